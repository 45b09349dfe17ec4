// SPDX-License-Identifier: MIT
// vmar_protect: spec 23 section 12.
#include "tests.h"

static struct test_as t;
static struct test_vmar r1;
static struct test_vmo vmo;

static struct vmar *const root = &t.root.r;

static void start(void)
{
    as_create(&t);
    vmo_new(&vmo, 128, 0);
}

static void finish(void)
{
    as_destroy(&t);
    vmo_drop(&vmo);
}

static vaddr_t page(uint64_t n)
{
    return USER_BASE + PAGES(n);
}

static void test_protect_checks_in_order(void **state)
{
    (void)state;
    start();
    assert_int_equal(region_new(root, &r1, 0, 8), ZX_OK);
    struct vmar *r = &r1.r;
    assert_int_equal(vmar_protect(r, ZX_VM_PERM_WRITE, page(0), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, ZX_VM_PERM_EXECUTE, page(0), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(0) + 1, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO | ZX_VM_CAN_MAP_WRITE, page(0), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO | 1u << 31, page(0), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(0), 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(0), UINT64_MAX), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(8), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(0), PAGES(9)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_protect(r, RO, page(0), 4096), ZX_ERR_NOT_FOUND); // no children
    assert_int_equal(map_at(r, RW, 2, &vmo, 0, 2), ZX_OK);
    assert_int_equal(vmar_protect(r, RO, page(1), 4096), ZX_ERR_NOT_FOUND);
    assert_int_equal(vmar_protect(r, RO, page(1), PAGES(2)), ZX_ERR_NOT_FOUND);
    assert_int_equal(vmar_protect(r, RO, page(3), PAGES(2)), ZX_ERR_NOT_FOUND); // past the last
    assert_int_equal(map_at(r, RW, 5, &vmo, 0, 1), ZX_OK);
    assert_int_equal(vmar_protect(r, RO, page(3), PAGES(3)), ZX_ERR_NOT_FOUND); // a gap
    struct test_vmar sub;
    assert_int_equal(region_new(r, &sub, 4, 1), ZX_OK);
    assert_int_equal(vmar_protect(r, RO, page(3), PAGES(3)), ZX_ERR_INVALID_ARGS); // empty region
    assert_int_equal(vmar_protect(r, RO, page(4), PAGES(1)), ZX_ERR_INVALID_ARGS);
    assert_true(poke(page(3), 1) && poke(page(5), 1)); // nothing changed
    region_drop(&sub);
    region_drop(&r1);
    finish();
}

static void test_protect_pieces(void **state)
{
    (void)state;
    start();
    for (uint64_t lo = 0; lo < 4; lo++) {
        for (uint64_t hi = lo + 1; hi <= 4; hi++) {
            assert_int_equal(map_at(root, RW, 0, &vmo, 5, 4), ZX_OK);
            for (uint64_t i = 0; i < 4; i += 2)
                assert_true(poke(page(i), i + 9)); // some committed, some not
            assert_int_equal(vmar_protect(root, RO, page(lo), PAGES(hi - lo) - 1), ZX_OK);
            for (uint64_t i = 0; i < 4; i++) {
                uint64_t value;
                assert_true(peek(page(i), &value));
                assert_int_equal(poke(page(i), i + 9), i < lo || i >= hi);
                if (i % 2 == 0)
                    assert_int_equal(value, i + 9);
            }
            assert_int_equal(vmar_protect(root, 0, page(0), PAGES(4)), ZX_OK);
            for (uint64_t i = 0; i < 4; i++) {
                uint64_t value;
                assert_false(peek(page(i), &value));
            }
            assert_int_equal(map_at(root, RW, lo, &vmo, 0, 1), ZX_ERR_NO_MEMORY); // reserved
            assert_int_equal(vmar_protect(root, RW, page(0), PAGES(4)), ZX_OK);
            for (uint64_t i = 0; i < 4; i++)
                assert_true(poke(page(i), i + 9));
            assert_int_equal(vmar_unmap(root, page(0), PAGES(4)), ZX_OK);
            assert_int_equal(vmo_decommit(&vmo.v, 0, PAGES(128)), ZX_OK);
        }
    }
    finish();
}

static void test_protect_across_mappings_with_ceilings(void **state)
{
    vaddr_t out;

    (void)state;
    start();
    assert_int_equal(map_at(root, RW, 0, &vmo, 0, 2), ZX_OK);
    assert_int_equal(vmar_map(root, SPECIFIC | RO, PAGES(2), &vmo.v, 0, PAGES(2), RO, &out), ZX_OK);
    assert_int_equal(map_at(root, RO, 4, &vmo, 4, 2), ZX_OK);
    assert_int_equal(vmar_protect(root, RW, page(0), PAGES(6)), ZX_ERR_ACCESS_DENIED);
    assert_false(poke(page(4), 1)); // nothing changed
    assert_int_equal(vmar_protect(root, RO, page(1), PAGES(4)), ZX_OK);
    assert_true(poke(page(0), 1));
    assert_false(poke(page(1), 1));
    // A piece keeps its ceiling.
    assert_int_equal(vmar_unmap(root, page(2), 4096), ZX_OK);
    assert_int_equal(vmar_protect(root, RW, page(3), 4096), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_protect(root, RW, page(4), PAGES(2)), ZX_OK);
    assert_true(poke(page(4), 1));
    finish();
}

static void test_protect_100_pages_3_committed(void **state)
{
    (void)state;
    start();
    assert_int_equal(map_at(root, RW, 0, &vmo, 0, 100), ZX_OK);
    assert_true(poke(page(0), 1) && poke(page(50), 1) && poke(page(99), 1));
    assert_int_equal(at(page(20)), 0);
    assert_int_equal(vmar_protect(root, RO, page(0), PAGES(100)), ZX_OK);
    assert_false(poke(page(0), 1) || poke(page(20), 1) || poke(page(30), 1) || poke(page(99), 1));
    finish();
}

// A4: zero pages that were read must not become writable with the rest.
static void test_protect_keeps_zero_page_read_only(void **state)
{
    (void)state;
    start();
    vmo_poke(&vmo, 1, 7);
    assert_int_equal(map_at(root, RO, 0, &vmo, 0, 2), ZX_OK);
    assert_int_equal(at(page(0)), 0);
    assert_int_equal(at(page(1)), 7);
    assert_int_equal(vmar_protect(root, RW, page(0), PAGES(2)), ZX_OK);
    assert_true(poke(page(0), 8) && poke(page(1), 9));
    assert_int_equal(vmo_peek(&vmo, 0), 8);
    assert_int_equal(vmo_peek(&vmo, 2), 0);
    // The same on the way down and up through execute.
    assert_int_equal(at(page(0)), 8);
    assert_int_equal(vmar_protect(root, RWX, page(0), PAGES(2)), ZX_OK);
    assert_true(can_exec(page(0)) && can_exec(page(1)));
    assert_int_equal(vmar_protect(root, RW, page(0), PAGES(2)), ZX_OK);
    assert_false(can_exec(page(0)));
    assert_true(poke(page(1), 3));
    finish();
}

static void test_protect_large_sparse(void **state)
{
    static struct test_vmo big;
    const uint64_t pages = (1ul << 30) / PAGE_SIZE;

    (void)state;
    start();
    vmo_new(&big, pages, 0);
    assert_int_equal(map_at(root, RW, 0, &big, 0, pages), ZX_OK);
    assert_true(poke(page(2), 1) && poke(page(3), 1) && poke(page(pages - 1), 1));
    assert_int_equal(vmar_protect(root, RO, page(3), PAGES(pages - 3)), ZX_OK);
    assert_true(poke(page(2), 2));
    assert_false(poke(page(3), 2) || poke(page(500), 2) || poke(page(pages - 1), 2));
    vmo_drop(&big);
    finish();
}

VM_GROUP(protect, VM_TEST(test_protect_checks_in_order), VM_TEST(test_protect_pieces),
         VM_TEST(test_protect_across_mappings_with_ceilings),
         VM_TEST(test_protect_100_pages_3_committed),
         VM_TEST(test_protect_keeps_zero_page_read_only), VM_TEST(test_protect_large_sparse));
