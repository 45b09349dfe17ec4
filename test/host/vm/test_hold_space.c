// SPDX-License-Identifier: MIT
// How much is done in one hold of an address space's lock, and what others may do in between.
#include "hold.h"
#include "tests.h"

#include <hal/mmu.h>
#include <host/machine.h>
#include <mem/alloc_fail.h>

#define MANY  5000u // pages
#define SMALL 1500u // mappings of a page
// That one hold may translate; unmap, which is a bit more than kernel/vm's UNMAP_PIECE, for tables go whole; and
// mappings that it may remove.
#define MOST_MAPPED   512u
#define MOST_UNMAPPED (2048u + 512u)
#define MOST_MAPPINGS 128u

static struct test_as t;
static struct test_vmar outer, region, sub;
static struct test_vmo vmo, other, stubs;

static size_t translations_before, worst_translations;
static uint32_t mappings_before, worst_mappings;
static unsigned holds; // that changed something

static size_t difference(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static void taken(const void *lock)
{
    if (lock != &t.as->lock)
        return;
    translations_before = host_usage().mappings;
    mappings_before = t.as->mapping_count;
}

static void given(const void *lock)
{
    if (lock != &t.as->lock)
        return;
    const size_t translations = difference(host_usage().mappings, translations_before);
    const size_t mappings = difference(t.as->mapping_count, mappings_before);
    holds += translations + mappings > 0;
    worst_translations = MAX(worst_translations, translations);
    worst_mappings = MAX(worst_mappings, (uint32_t)mappings);
}

static void watch(void)
{
    worst_translations = worst_mappings = holds = 0;
    hold_taken = taken;
    hold_given = given;
}

static void expect_pieces(size_t most_translations, unsigned least_holds)
{
    hold_taken = hold_given = NULL;
    assert_in_range(worst_translations, 1, most_translations);
    assert_in_range(worst_mappings, 0, MOST_MAPPINGS);
    assert_true(holds >= least_holds);
}

static void start(void)
{
    as_create(&t);
    assert_int_equal(region_new(&t.root.r, &outer, 512 - 7, 3 * MANY), ZX_OK);
    assert_int_equal(region_new(&outer.r, &region, 1, 2 * MANY), ZX_OK);
}

static void finish(void)
{
    region_drop(&region);
    region_drop(&outer);
    as_destroy(&t);
}

static size_t translated(vaddr_t va, uint64_t pages)
{
    size_t count = 0;
    paddr_t pa;
    unsigned prot;

    for (uint64_t i = 0; i < pages; i++)
        count += hal_aspace_query(&t.as->hal, va + PAGES(i), &pa, &prot) == ZX_OK;
    return count;
}

// MAP_RANGE of all pages, then unmapped but for both ends; of memory by pages, and of one run.
static void test_hold_of_map_range_and_unmap(void **state)
{
    (void)state;
    for (unsigned run = 0; run < 2; run++) {
        const unsigned pages = run ? 2000 : MANY;
        start();
        vmo_new(&vmo, pages, 0);
        if (run) {
            vmo_drop(&vmo);
            vmo.freed = false;
            assert_int_equal(vmo_init_contiguous(&vmo.v, PAGES(pages), 0, &test_vmo_ops), ZX_OK);
        }
        assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(pages)), ZX_OK);
        watch();
        assert_int_equal(map_at(&region.r, RW | ZX_VM_MAP_RANGE, 3, &vmo, 0, pages + 50), ZX_OK);
        expect_pieces(MOST_MAPPED, pages / MOST_MAPPED);
        const vaddr_t va = vmar_base(&region.r) + PAGES(3);
        assert_int_equal(translated(va, pages + 50), pages);
        watch();
        assert_int_equal(vmar_unmap(&region.r, va + PAGES(10), PAGES(pages - 20)), ZX_OK);
        expect_pieces(MOST_UNMAPPED, run ? 1 : 2);
        assert_int_equal(translated(va, pages), 20);
        assert_true(poke(va + PAGES(9), 1) && poke(va + PAGES(pages - 10), 1));
        assert_false(poke(va + PAGES(10), 1) || poke(va + PAGES(pages - 11), 1));
        assert_int_equal(t.as->mapping_count, 2);
        assert_int_equal(t.as->mapped_bytes, PAGES(pages + 50 - (pages - 20)));
        vmo_drop(&vmo);
        finish();
        assert_true(vmo.freed);
    }
}

// The upper end of a mapping goes in pieces as well; all at once where there is no memory for what that takes.
static void test_hold_of_a_tail(void **state)
{
    (void)state;
    for (unsigned poor = 0; poor < 2; poor++) {
        start();
        vmo_new(&vmo, MANY, 0);
        assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(MANY)), ZX_OK);
        assert_int_equal(map_at(&region.r, RW | ZX_VM_MAP_RANGE, 3, &vmo, 0, MANY), ZX_OK);
        const vaddr_t va = vmar_base(&region.r) + PAGES(3);
        watch();
        alloc_fail_set(poor, true);
        assert_int_equal(vmar_unmap(&region.r, va + PAGES(1), PAGES(MANY - 1)), ZX_OK);
        alloc_fail_set(0, false);
        expect_pieces(poor ? MANY : MOST_UNMAPPED, poor ? 1 : 2);
        assert_int_equal(translated(va, MANY), 1);
        assert_true(poke(va, 1));
        assert_false(poke(va + PAGES(1), 1) || poke(va + PAGES(MANY - 1), 1));
        assert_int_equal(t.as->mapping_count, 1);
        assert_int_equal(t.as->mapped_bytes, PAGES(1));
        vmo_drop(&vmo);
        finish();
        assert_true(vmo.freed);
    }
}

static void map_small(struct vmar *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(map_at(r, RW, 2 * i, &vmo, i, 1), ZX_OK);
        assert_true(poke(vmar_base(r) + PAGES(2 * i), i));
    }
}

// Many mappings, gone by unmap, with their region, and with the address space.
static void test_hold_of_many_mappings(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        start();
        vmo_new(&vmo, SMALL, 0);
        map_small(&region.r, SMALL);
        watch();
        if (way == 0)
            assert_int_equal(vmar_unmap(&region.r, vmar_base(&region.r), PAGES(2 * MANY)), ZX_OK);
        else if (way == 1)
            assert_int_equal(vmar_destroy(&outer.r), ZX_OK);
        else
            vm_aspace_teardown(t.as);
        expect_pieces(MOST_UNMAPPED, SMALL / MOST_MAPPINGS);
        assert_int_equal(t.as->mapping_count, 0);
        vmo_drop(&vmo);
        assert_true(vmo.freed);
        finish();
    }
}

static void others_map_into_the_gap(void)
{
    assert_int_equal(map_at(&region.r, RW, 0, &other, 0, 1), ZX_OK);
    assert_int_equal(t.as->mapping_count, 2);
}

// What others map where a piece has been unmapped is theirs.
static void test_unmap_goes_on_behind_what_others_map(void **state)
{
    (void)state;
    start();
    vmo_new(&vmo, MANY, 0);
    vmo_new(&other, 1, 0);
    vmo_poke(&other, 0, 77);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(MANY)), ZX_OK);
    assert_int_equal(map_at(&region.r, RW | ZX_VM_MAP_RANGE, 0, &vmo, 0, MANY), ZX_OK);
    meddling = (struct meddling){.act = others_map_into_the_gap, .lock = &t.as->lock, .after = 1};
    assert_int_equal(vmar_unmap(&region.r, vmar_base(&region.r), PAGES(MANY)), ZX_OK);
    assert_null(meddling.act);
    assert_int_equal(at(vmar_base(&region.r)), 77);
    assert_int_equal(t.as->mapping_count, 1);
    assert_int_equal(translated(vmar_base(&region.r), MANY), 1);
    vmo_drop(&vmo);
    assert_true(vmo.freed);
    finish();
    vmo_drop(&other);
}

static bool destroy_outer;
static unsigned late; // regions that were found before they were come upon

// `region` is being taken apart; `sub` in it has not been come upon.
static void others_use_a_dying_region(void)
{
    vaddr_t out;

    assert_int_equal(map_at(&region.r, RW, 1, &other, 0, 1), ZX_ERR_BAD_STATE);
    assert_int_equal(vmar_unmap(&region.r, vmar_base(&region.r), PAGES(1)), ZX_ERR_BAD_STATE);
    assert_int_equal(vmar_destroy(&region.r), ZX_ERR_BAD_STATE);
    assert_int_equal(map_at(&outer.r, RW, 1, &other, 0, 1), ZX_ERR_NO_MEMORY); // it is there
    late += sub.r.alive;
    if (sub.r.alive) {
        assert_int_equal(map_at(&sub.r, RW, 0, &other, 0, 1), ZX_OK);
        // What could not go any more must not come.
        assert_int_equal(
            vmar_map(&sub.r, RX | SPECIFIC, PAGES(1), &stubs.v, 0, PAGE_SIZE, RWX, &out),
            ZX_ERR_BAD_STATE);
    }
    if (destroy_outer)
        assert_int_equal(vmar_destroy(&outer.r), ZX_OK);
}

static void test_a_region_that_is_being_destroyed(void **state)
{
    (void)state;
    late = 0;
    for (unsigned round = 0; round < 4; round++) {
        start();
        vmo_new(&stubs, 1, 0);
        vmo_set_vdso(&stubs.v, 0, PAGE_SIZE);
        vmo_new(&vmo, SMALL, 0);
        vmo_new(&other, 1, 0);
        map_small(&region.r, SMALL);
        assert_int_equal(region_new(&region.r, &sub, 2 * MANY - 8, 8), ZX_OK);
        destroy_outer = round % 2 != 0;
        meddling = (struct meddling){
            .act = others_use_a_dying_region, .lock = &t.as->lock, .after = 1 + round / 2};
        assert_int_equal(vmar_destroy(&region.r), ZX_OK);
        assert_null(meddling.act);
        assert_false(region.r.alive || sub.r.alive);
        assert_int_equal(outer.r.alive, !destroy_outer);
        assert_int_equal(t.as->mapping_count, 0);
        vmo_drop(&vmo);
        vmo_drop(&other);
        vmo_drop(&stubs);
        assert_true(vmo.freed && other.freed && stubs.freed);
        region_drop(&sub);
        finish();
        assert_true(region.freed && outer.freed && sub.freed);
    }
    assert_int_equal(late, 4);
}

// What must change at once, large as it may be, has lost its translations in pieces before.
static void test_hold_of_protect_and_overwrite(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        start();
        vmo_new(&vmo, MANY, 0);
        vmo_new(&other, 1, 0);
        assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(MANY)), ZX_OK);
        assert_int_equal(map_at(&region.r, RW | ZX_VM_MAP_RANGE, 3, &vmo, 0, MANY), ZX_OK);
        const vaddr_t va = vmar_base(&region.r) + PAGES(3);
        vaddr_t out;
        watch();
        if (way == 2)
            assert_int_equal(vmar_map(&region.r, RW | ZX_VM_SPECIFIC_OVERWRITE, PAGES(4), &other.v, 0,
                                      PAGES(MANY - 2), RWX, &out),
                             ZX_OK);
        else
            assert_int_equal(vmar_protect(&region.r, way == 1 ? ZX_VM_PERM_READ : 0, va + PAGES(1),
                                          PAGES(MANY - 2)),
                             ZX_OK);
        expect_pieces(MOST_UNMAPPED, MANY / MOST_UNMAPPED);
        assert_true(poke(va, 1) && poke(va + PAGES(MANY - 1), 1));
        assert_int_equal(poke(va + PAGES(1), 1), way == 2);
        assert_int_equal(poke(va + PAGES(MANY - 2), 1), false); // behind the end of the other
        if (way == 1)
            assert_int_equal(at(va + PAGES(MANY / 2)), 0);
        assert_int_equal(t.as->mapping_count, 3);
        vmo_drop(&vmo);
        vmo_drop(&other);
        finish();
        assert_true(vmo.freed && other.freed);
    }
}

// A range that does not fit, or one with a hole, is refused as a small one is.
static void test_protect_of_a_large_range_that_may_not_be(void **state)
{
    (void)state;
    start();
    vmo_new(&vmo, MANY, 0);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(MANY)), ZX_OK);
    assert_int_equal(map_at(&region.r, RW | ZX_VM_MAP_RANGE, 3, &vmo, 0, MANY), ZX_OK);
    const vaddr_t va = vmar_base(&region.r) + PAGES(3);
    assert_int_equal(vmar_protect(&region.r, 0, va, PAGES(MANY + 1)), ZX_ERR_NOT_FOUND);
    assert_int_equal(vmar_protect(&region.r, 0, va, PAGES(2 * MANY)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(&region.r, 0, va, UINT64_MAX - PAGE_SIZE), ZX_ERR_INVALID_ARGS);
    assert_true(poke(va, 1) && poke(va + PAGES(MANY - 1), 1));
    assert_int_equal(t.as->mapping_count, 1);
    assert_int_equal(vmar_destroy(&region.r), ZX_OK);
    assert_int_equal(vmar_protect(&region.r, 0, va, PAGES(MANY)), ZX_ERR_BAD_STATE);
    vmo_drop(&vmo);
    finish();
    assert_true(vmo.freed);
}

#define DEEP 6000u // regions, each in the one before
// Regions that one hold comes upon: kernel/vm's UNMAP_PIECE.
#define MOST_REGIONS 2048u

static struct test_vmar deep[DEEP];
static unsigned alive_before, worst_regions, region_holds;

static unsigned alive_regions(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < DEEP; i++)
        count += deep[i].r.alive;
    return count;
}

static void taken_deep(const void *lock)
{
    if (lock == &t.as->lock)
        alive_before = alive_regions();
}

static void given_deep(const void *lock)
{
    if (lock != &t.as->lock)
        return;
    const unsigned gone = alive_before - alive_regions();
    region_holds += gone > 0;
    worst_regions = MAX(worst_regions, gone);
}

// Regions in each other, each with a mapping before and behind the next one: they go in pieces, however deep, by
// destroy, by unmap, and with the address space.
static void test_hold_of_nested_regions(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        start();
        vmo_new(&vmo, 1, 0);
        assert_int_equal(region_new(&region.r, &deep[0], 0, 2 * MANY), ZX_OK);
        for (unsigned i = 1; i < DEEP; i++) {
            const bool shared = i % 100 == 0 && i / 100 * 2 < 100;
            const uint64_t inset = shared ? 1 : 0;
            const uint64_t pages = deep[i - 1].r.node.size / PAGE_SIZE;
            if (shared) {
                assert_int_equal(map_at(&deep[i - 1].r, RW, 0, &vmo, 0, 1), ZX_OK);
                assert_int_equal(map_at(&deep[i - 1].r, RW, pages - 1, &vmo, 0, 1), ZX_OK);
                assert_true(poke(vmar_base(&deep[i - 1].r), 5));
            }
            assert_int_equal(
                region_new(&deep[i - 1].r, &deep[i], inset, pages - 2 * inset), ZX_OK);
        }
        const vaddr_t lowest = deep[DEEP - 1].r.node.base;
        worst_regions = region_holds = 0;
        hold_taken = taken_deep;
        hold_given = given_deep;
        if (way == 0)
            assert_int_equal(vmar_destroy(&outer.r), ZX_OK);
        else if (way == 1)
            assert_int_equal(vmar_unmap(&region.r, vmar_base(&region.r), PAGES(2 * MANY)), ZX_OK);
        else
            vm_aspace_teardown(t.as);
        hold_taken = hold_given = NULL;
        assert_in_range(worst_regions, 1, MOST_REGIONS);
        assert_true(region_holds >= DEEP / MOST_REGIONS);
        assert_int_equal(t.as->mapping_count, 0);
        assert_int_equal(alive_regions(), 0);
        assert_int_equal(deep[DEEP - 1].r.node.base, lowest); // can be asked for still
        for (unsigned i = 0; i < DEEP; i++) {
            assert_int_equal(vmar_destroy(&deep[i].r), ZX_ERR_BAD_STATE);
            region_drop(&deep[i]);
            assert_true(deep[i].freed);
        }
        vmo_drop(&vmo);
        assert_true(vmo.freed);
        finish();
    }
}

static unsigned others_destroyed;

// Of what lies in what is being destroyed: some that has been come upon, some that has not, and what is left of it
// is gone when that call ends.
static void others_destroy_below(void)
{
    for (unsigned i = 0; i < 8; i++) {
        if (!deep[i].r.alive)
            continue;
        assert_int_equal(vmar_destroy(&deep[i].r), ZX_OK);
        assert_true(deep[i].r.node.parent == NULL && rb_is_empty(&deep[i].r.children));
        others_destroyed++;
        break;
    }
}

static void test_regions_within_one_that_is_being_destroyed(void **state)
{
    (void)state;
    others_destroyed = 0;
    for (unsigned after = 1; after < 12; after++) {
        start();
        vmo_new(&vmo, SMALL, 0);
        for (unsigned i = 0; i < 8; i++) {
            struct vmar *in = i == 0 ? &region.r : i % 3 != 0 ? &deep[i - 1].r : &deep[0].r;
            const uint64_t page = i == 0 ? 0 : i % 3 != 0 ? 1 : 800 * (i / 3);
            assert_int_equal(region_new(in, &deep[i], page, i == 0 ? 2 * MANY : 790 - 2 * (i % 3)), ZX_OK);
            for (unsigned k = 0; i % 3 == 2 && k < 300; k++)
                assert_int_equal(map_at(&deep[i].r, RW, 2 * k, &vmo, k, 1), ZX_OK);
        }
        meddling = (struct meddling){.act = others_destroy_below, .lock = &t.as->lock, .after = after};
        assert_int_equal(vmar_destroy(&outer.r), ZX_OK);
        meddling.act = NULL;
        assert_int_equal(t.as->mapping_count, 0);
        for (unsigned i = 0; i < 8; i++) {
            assert_false(deep[i].r.alive);
            region_drop(&deep[i]);
            assert_true(deep[i].freed);
        }
        vmo_drop(&vmo);
        assert_true(vmo.freed);
        finish();
    }
    assert_true(others_destroyed > 0);
}

VM_GROUP(hold_space, VM_TEST(test_hold_of_map_range_and_unmap), VM_TEST(test_hold_of_a_tail),
         VM_TEST(test_hold_of_many_mappings),
         VM_TEST(test_unmap_goes_on_behind_what_others_map),
         VM_TEST(test_a_region_that_is_being_destroyed), VM_TEST(test_hold_of_nested_regions),
         VM_TEST(test_hold_of_protect_and_overwrite),
         VM_TEST(test_protect_of_a_large_range_that_may_not_be),
         VM_TEST(test_regions_within_one_that_is_being_destroyed));
