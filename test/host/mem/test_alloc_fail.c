// SPDX-License-Identifier: MIT
// mem/alloc_fail.h: every allocation function can be made to fail, once each, and nothing leaks.
#include "suites.h"

#include <mem/alloc_fail.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>

static SLAB_CACHE(fail_cache, 40, 8);

// Allocates one of everything; on failure gives back what it got. The number of attempts is fixed.
static bool scenario(void)
{
    struct list pages = LIST_INIT(pages);
    void *object = NULL, *small = NULL, *large = NULL;
    struct page *run = NULL, *page = NULL;
    bool ok = (object = slab_alloc(&fail_cache)) != NULL && (small = kmalloc(100)) != NULL &&
              (large = kzalloc(20000)) != NULL &&
              (run = page_alloc_contiguous(3, 12, PAGE_STATE_VMO, 0)) != NULL &&
              (page = page_alloc(PAGE_STATE_VMO, 0)) != NULL &&
              page_alloc_list(3, PAGE_STATE_VMO, 0, &pages);
    page_free_list(&pages);
    if (page)
        page_free(page);
    if (run)
        page_free_contiguous(run, 3);
    kfree(large);
    kfree(small);
    slab_free(&fail_cache, object);
    return ok;
}

static void test_alloc_fail_sweep_hits_each_attempt(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), outstanding = mem_outstanding();
    alloc_fail_set(0, false);
    uint64_t attempts = alloc_fail_count();
    assert_true(scenario());
    attempts = alloc_fail_count() - attempts;
    assert_int_equal(attempts, 8);
    assert_false(alloc_fail_hit());
    for (uint64_t k = 1; k <= attempts; k++) {
        alloc_fail_set(k, false);
        assert_false(scenario());
        assert_true(alloc_fail_hit());
        assert_int_equal(mem_outstanding(), outstanding);
    }
    alloc_fail_set(attempts + 1, false);
    assert_true(scenario());
    assert_false(alloc_fail_hit());
    alloc_fail_set(0, false);
    assert_int_equal(free_pages_now(), before);
}

static void test_alloc_fail_sticky_goes_on_failing(void **state)
{
    (void)state;
    alloc_fail_set(2, true);
    void *p = kmalloc(10);
    assert_non_null(p);
    assert_null(kmalloc(10));
    assert_null(kmalloc(10));
    assert_null(page_alloc(PAGE_STATE_VMO, 0));
    alloc_fail_set(0, false);
    kfree(p);
    alloc_fail_set(1, false);
    assert_null(kmalloc(10));
    p = kmalloc(10); // not sticky: once
    assert_non_null(p);
    kfree(p);
    alloc_fail_set(0, false);
}

int run_alloc_fail_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_fail_sweep_hits_each_attempt),
        cmocka_unit_test(test_alloc_fail_sticky_goes_on_failing),
    };
    return cmocka_run_group_tests_name("alloc_fail", tests, NULL, NULL);
}
