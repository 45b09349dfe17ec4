// SPDX-License-Identifier: MIT
// Placement: random, COMPACT and first fit; whenever a gap fits, the default policy finds one.
#include "tests.h"

#define REGION_PAGES 64u

static struct test_as t;
static struct test_vmar r1;
static struct test_vmo vmo;
static uint64_t seed;

static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return seed ^ (seed >> 29);
}

static bool fits(const bool *used, unsigned size)
{
    unsigned run = 0;

    for (unsigned i = 0; i < REGION_PAGES; i++) {
        run = used[i] ? 0 : run + 1;
        if (run == size)
            return true;
    }
    return false;
}

// Maps and unmaps at random in a small region and compares success with a bitmap.
static void run(uint32_t options, bool random)
{
    bool used[REGION_PAGES] = {false};
    vaddr_t base;

    as_create_random(&t, random ? next_random : NULL);
    vmo_new(&vmo, 16, 0);
    r1.freed = false;
    assert_int_equal(vmar_allocate(&t.root.r, CAN_ALL | options, 0, PAGES(REGION_PAGES), &r1.r,
                                   &test_vmar_ops, &base),
                     ZX_OK);
    for (unsigned step = 0; step < 3000; step++) {
        unsigned size = 1 + (unsigned)(next_random() % 12);
        if (next_random() % 5 < 3) {
            vaddr_t va = map_any(&r1.r, RW, &vmo, 0, size);
            assert_int_equal(va != 0, fits(used, size));
            for (unsigned i = 0; va != 0 && i < size; i++) {
                unsigned page = (unsigned)((va - base) >> PAGE_SHIFT) + i;
                assert_true(page < REGION_PAGES && !used[page]);
                used[page] = true;
            }
        } else {
            unsigned page = (unsigned)(next_random() % (REGION_PAGES - size + 1));
            assert_int_equal(vmar_unmap(&r1.r, base + PAGES(page), PAGES(size)), ZX_OK);
            for (unsigned i = 0; i < size; i++)
                used[page + i] = false;
        }
    }
    region_drop(&r1);
    as_destroy(&t);
    vmo_drop(&vmo);
}

static void test_place_finds_every_gap(void **state)
{
    (void)state;
    for (seed = 1; seed < 6; seed++) {
        uint64_t keep = seed;
        run(0, true);
        run(ZX_VM_COMPACT, true);
        run(0, false);
        seed = keep;
    }
}

static void test_place_compact_stays_close(void **state)
{
    vaddr_t base, low = UINTPTR_MAX, high = 0;

    (void)state;
    seed = 7;
    as_create_random(&t, next_random);
    vmo_new(&vmo, 1, 0);
    r1.freed = false;
    assert_int_equal(vmar_allocate(&t.root.r, CAN_ALL | ZX_VM_COMPACT, 0, 1ul << 40, &r1.r,
                                   &test_vmar_ops, &base),
                     ZX_OK);
    for (unsigned i = 0; i < 20; i++) {
        vaddr_t va = map_any(&r1.r, RW, &vmo, 0, 1);
        assert_true(va != 0);
        low = MIN(low, va);
        high = MAX(high, va);
    }
    assert_true(high - low <= PAGES(20 * 129));
    region_drop(&r1);
    as_destroy(&t);
    vmo_drop(&vmo);
}

// 200 single pages, each forgotten at once, hit every sixteenth of the address space.
static void test_place_spreads(void **state)
{
    unsigned hits[16] = {0};

    (void)state;
    seed = 3;
    as_create_random(&t, next_random);
    vmo_new(&vmo, 1, 0);
    for (unsigned i = 0; i < 200; i++) {
        vaddr_t va = map_any(&t.root.r, RW, &vmo, 0, 1);
        hits[(va - USER_BASE) / ((USER_MAP_END - USER_BASE) / 16 + 1)]++;
        assert_int_equal(vmar_unmap(&t.root.r, va, 1), ZX_OK);
    }
    for (unsigned i = 0; i < 16; i++)
        assert_true(hits[i] > 0 && hits[i] < 60);
    as_destroy(&t);
    vmo_drop(&vmo);
}

VM_GROUP(place, VM_TEST(test_place_finds_every_gap), VM_TEST(test_place_compact_stays_close),
         VM_TEST(test_place_spreads));
