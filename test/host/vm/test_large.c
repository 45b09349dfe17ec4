// SPDX-License-Identifier: MIT
// Sizes at which anything that is not logarithmic, or lives on the stack, shows.
#include "tests.h"

#define SPARSE_PAGES (1ull << 35) // 2^47 bytes
#define MAPPINGS     100000u
#define STRIDE       5u // pages: four mapped, one free

// What lies far apart costs what is there, and whole-range operations cost no more.
static void test_sparse_vmo_of_2_to_the_47(void **state)
{
    static const uint64_t at_page[] = {0, 1, 63, 64, 1ull << 20, SPARSE_PAGES / 2, SPARSE_PAGES - 1};
    struct test_vmo v, clone;
    struct test_as as;

    (void)state;
    as_create(&as);
    vmo_new(&v, SPARSE_PAGES, VMO_RESIZABLE);
    for (unsigned i = 0; i < countof(at_page); i++)
        vmo_poke(&v, at_page[i], i + 1);
    assert_int_equal(committed(&v), countof(at_page));
    clone = (struct test_vmo){.has_children = -1};
    assert_int_equal(vmo_init_clone(&clone.v, &v.v, 0, PAGES(SPARSE_PAGES), VMO_RESIZABLE,
                                    &test_vmo_ops),
                     ZX_OK);
    for (unsigned i = 0; i < countof(at_page); i++) {
        vaddr_t va = map_any(&as.root.r, RW, &clone, at_page[i], 1);
        assert_int_equal(at(va), i + 1);
        if (i % 2 == 0)
            assert_true(poke(va, 100 + i));
    }
    assert_int_equal(committed(&clone), (countof(at_page) + 1) / 2);
    // Nothing in between: the whole of it goes at once, and the parent shows again.
    assert_int_equal(vmo_decommit(&clone.v, 0, PAGES(SPARSE_PAGES)), ZX_OK);
    assert_int_equal(committed(&clone), 0);
    assert_int_equal(vmo_peek(&clone, SPARSE_PAGES - 1), countof(at_page));
    assert_int_equal(vmo_set_size(&v.v, PAGES(2)), ZX_OK);
    assert_int_equal(vmo_peek(&clone, SPARSE_PAGES - 1), 0);
    assert_int_equal(vmo_set_size(&v.v, PAGES(SPARSE_PAGES)), ZX_OK);
    assert_int_equal(vmo_peek(&clone, SPARSE_PAGES - 1), 0); // what was cut off is gone
    assert_int_equal(committed(&v), 2);
    as_destroy(&as);
    vmo_drop(&clone);
    vmo_drop(&v);
}

// Whether page `page` of mapping `n` is there still, by what it shows.
static bool shows(const struct test_as *as, unsigned n, unsigned page)
{
    uint64_t value = 0;

    return peek(vmar_base(&as->root.r) + PAGES((uint64_t)n * STRIDE + page), &value) &&
           value == page + 1;
}

static void expect_pages(const struct test_as *as, unsigned n, unsigned mask)
{
    for (unsigned page = 0; page < 4; page++)
        assert_int_equal(shows(as, n, page), mask >> page & 1);
}

static void unmap(const struct test_as *as, unsigned n, unsigned page, unsigned pages)
{
    vaddr_t va = vmar_base(&as->root.r) + PAGES((uint64_t)n * STRIDE + page);

    assert_int_equal(vmar_unmap((struct vmar *)&as->root.r, va, PAGES(pages)), ZX_OK);
}

// Every way in which a range can lie to a mapping: beside it, its head, tail, middle, all of it, over
// the gap into the next, over several.
static void cut_in_every_relation(const struct test_as *as, unsigned n)
{
    unmap(as, n, 4, 1); // the gap behind it
    expect_pages(as, n, 0xf);
    unmap(as, n, 0, 1);
    expect_pages(as, n, 0xe);
    unmap(as, n + 1, 3, 1);
    expect_pages(as, n + 1, 0x7);
    unmap(as, n + 2, 1, 2);
    expect_pages(as, n + 2, 0x9);
    unmap(as, n + 3, 0, 4);
    expect_pages(as, n + 3, 0);
    unmap(as, n + 4, 2, 4); // tail, gap, head
    expect_pages(as, n + 4, 0x3);
    expect_pages(as, n + 5, 0xe);
    unmap(as, n + 6, 3, 2 * STRIDE);
    expect_pages(as, n + 6, 0x7);
    expect_pages(as, n + 7, 0);
    expect_pages(as, n + 8, 0x8);
    expect_pages(as, n + 9, 0xf);
}

static void test_100000_mappings_cut_in_every_relation(void **state)
{
    struct test_vmo v;
    struct test_as as;

    (void)state;
    as_create(&as);
    vmo_new(&v, 4, 0);
    for (unsigned page = 0; page < 4; page++)
        vmo_poke(&v, page, page + 1);
    for (unsigned n = 0; n < MAPPINGS; n++)
        assert_int_equal(map_at(&as.root.r, RO, (uint64_t)n * STRIDE, &v, 0, 4), ZX_OK);
    assert_int_equal(as.as->mapping_count, MAPPINGS);
    cut_in_every_relation(&as, 0);
    cut_in_every_relation(&as, MAPPINGS / 2);
    cut_in_every_relation(&as, MAPPINGS - 10);
    // Each time one piece more, of the mapping that lost its middle, and two mappings less.
    assert_int_equal(as.as->mapping_count, MAPPINGS - 3);
    unmap(&as, 0, 0, MAPPINGS * STRIDE);
    assert_int_equal(as.as->mapping_count, 0);
    as_destroy(&as);
    vmo_drop(&v);
}

VM_GROUP(large, VM_TEST(test_sparse_vmo_of_2_to_the_47),
         VM_TEST(test_100000_mappings_cut_in_every_relation));
