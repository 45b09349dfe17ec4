// SPDX-License-Identifier: MIT
// Every allocation of single operations made to fail, one after the other: ZX_ERR_NO_MEMORY, nothing
// changed, nothing leaked. Random sequences get the same treatment in test_random.c.
#include "tests.h"

#include <account/account.h>
#include <mem/alloc_fail.h>
#include <mem/page.h>

static struct test_as t;
static struct test_vmo root, mid, leaf;

// Runs `call` with its k-th allocation failing until it succeeds; `unchanged` is evaluated after each
// failure. Leaves the number of failures in `failures`.
#define SWEEP(failures, call, unchanged)                 \
    do {                                                 \
        (failures) = 0;                                  \
        for (uint64_t k = 1;; k++) {                     \
            alloc_fail_set(k, false);                    \
            zx_status_t status_ = (call);                \
            alloc_fail_set(0, false);                    \
            if (status_ == ZX_OK)                        \
                break;                                   \
            assert_int_equal(status_, ZX_ERR_NO_MEMORY); \
            (failures)++;                                \
            assert_true(unchanged);                      \
        }                                                \
    } while (0)

static void test_alloc_fail_aspace_create(void **state)
{
    unsigned failures;

    (void)state;
    t.root.freed = false;
    assert_int_equal(account_create(&account_root, NULL, NULL, &t.account), ZX_OK);
    SWEEP(failures, vm_aspace_create(&t.root.r, &test_vmar_ops, NULL, t.account, &t.as),
          !t.root.freed && as_charged(&t) == 0);
    assert_true(failures >= 2); // the struct, the first table
    as_destroy(&t);
}

// The leaf gets the page first, then the clone in between, whose node cannot be had.
static void test_alloc_fail_clone_levels(void **state)
{
    uint64_t value = 5;
    unsigned failures;

    (void)state;
    vmo_new(&root, 200, 0);
    vmo_poke(&root, 150, 1);
    mid.freed = leaf.freed = false;
    mid.has_children = leaf.has_children = -1;
    assert_int_equal(vmo_init_clone(&mid.v, &root.v, 0, PAGES(200), 0, &test_vmo_ops), ZX_OK);
    assert_int_equal(vmo_init_clone(&leaf.v, &mid.v, 0, PAGES(200), 0, &test_vmo_ops), ZX_OK);
    SWEEP(failures, vmo_write(&leaf.v, &value, PAGES(150), 8),
          committed(&leaf) == 0 && committed(&mid) == 0 && vmo_peek(&leaf, 150) == 1);
    assert_true(failures >= 4); // pages, and two levels of nodes in two trees
    assert_int_equal(vmo_peek(&leaf, 150), 5);
    assert_int_equal(vmo_peek(&mid, 150), 1);
    vmo_drop(&leaf);
    vmo_drop(&mid);
    vmo_drop(&root);
}

static void test_alloc_fail_commit_range(void **state)
{
    unsigned failures = 0;

    (void)state;
    vmo_new(&root, 500, 0);
    vmo_poke(&root, 130, 9);
    // From the k-th on all fail: runs of pages, single pages, and nodes.
    for (uint64_t k = 1;; k++) {
        alloc_fail_set(k, true);
        zx_status_t status = vmo_commit(&root.v, PAGES(60), PAGES(300));
        alloc_fail_set(0, false);
        if (status == ZX_OK)
            break;
        assert_int_equal(status, ZX_ERR_NO_MEMORY);
        assert_true(committed(&root) == 1 && vmo_peek(&root, 130) == 9);
        failures++;
    }
    assert_true(failures >= 8);
    assert_int_equal(committed(&root), 300);
    // A run that cannot be had is made up of single pages.
    assert_int_equal(vmo_decommit(&root.v, 0, PAGES(500)), ZX_OK);
    alloc_fail_set(1, false);
    assert_int_equal(vmo_commit(&root.v, PAGES(60), PAGES(300)), ZX_OK);
    assert_true(alloc_fail_hit());
    assert_int_equal(committed(&root), 300);
    vmo_drop(&root);
}

static void test_alloc_fail_contiguous(void **state)
{
    unsigned failures;

    (void)state;
    root.freed = false;
    SWEEP(failures, vmo_init_contiguous(&root.v, PAGES(130), 0, &test_vmo_ops), !root.freed);
    assert_true(failures >= 4);
    vmo_drop(&root);
}

static void test_alloc_fail_wired(void **state)
{
    unsigned failures;

    (void)state;
    struct page *run = page_alloc_contiguous(130, PAGE_SHIFT, PAGE_STATE_WIRED, PAGE_ALLOC_ZERO);
    assert_non_null(run);
    root.freed = false;
    SWEEP(failures, vmo_init_wired(&root.v, page_to_paddr(run), PAGES(130), &test_vmo_ops),
          run[0].state == PAGE_STATE_WIRED && run[129].state == PAGE_STATE_WIRED);
    assert_true(failures >= 3);
    vmo_drop(&root);
}

static void test_alloc_fail_overwrite_middle(void **state)
{
    unsigned failures;

    (void)state;
    as_create(&t);
    vmo_new(&root, 4, 0);
    vmo_new(&mid, 4, 0);
    vmo_poke(&root, 1, 1);
    vmo_poke(&mid, 0, 2);
    assert_int_equal(map_at(&t.root.r, RW, 0, &root, 0, 4), ZX_OK);
    SWEEP(failures, map_at(&t.root.r, RW | OVERWRITE, 1, &mid, 0, 2),
          at(USER_BASE + PAGES(1)) == 1);
    assert_int_equal(failures, 2); // the mapping, and the upper piece of the old one
    assert_int_equal(at(USER_BASE + PAGES(1)), 2);
    as_destroy(&t);
    vmo_drop(&root);
    vmo_drop(&mid);
}

// MAP_RANGE without table memory: the mapping is there, its pages come by faults.
static void test_alloc_fail_map_range_degrades(void **state)
{
    (void)state;
    as_create(&t);
    vmo_new(&root, 4, 0);
    vmo_poke(&root, 1, 7);
    alloc_fail_set(2, true); // all but the mapping itself
    zx_status_t status = map_at(&t.root.r, RW | ZX_VM_MAP_RANGE, 0, &root, 0, 4);
    alloc_fail_set(0, false);
    assert_int_equal(status, ZX_OK);
    assert_int_equal(at(USER_BASE + PAGES(1)), 7);
    as_destroy(&t);
    vmo_drop(&root);
}

VM_GROUP(alloc_fail, VM_TEST(test_alloc_fail_aspace_create), VM_TEST(test_alloc_fail_clone_levels),
         VM_TEST(test_alloc_fail_commit_range), VM_TEST(test_alloc_fail_contiguous),
         VM_TEST(test_alloc_fail_wired), VM_TEST(test_alloc_fail_overwrite_middle),
         VM_TEST(test_alloc_fail_map_range_degrades));
