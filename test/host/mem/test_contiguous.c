// SPDX-License-Identifier: MIT
// Contiguous runs: page_alloc_contiguous.
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <mem/page.h>

#define PAGES (MEM_BYTES / PAGE_SIZE)
#define RUNS  120u

static struct {
    struct page *first;
    size_t count;
} runs[RUNS];
static uint8_t owner[PAGES]; // number of the run that holds the page + 1

static size_t index_of(const struct page *page)
{
    return (page_to_paddr(page) - STUB_RAM_BASE) / PAGE_SIZE;
}

static void claim(unsigned run, uint8_t from, uint8_t to)
{
    size_t start = index_of(runs[run].first);
    for (size_t i = 0; i < runs[run].count; i++) {
        assert_int_equal(owner[start + i], from);
        owner[start + i] = to;
    }
}

static size_t random_count(uint64_t *seed)
{
    switch (test_random(seed) % 4) {
    case 0: return 1 + test_random(seed) % 4;
    case 1: return 1 + test_random(seed) % 64;
    case 2: return 1 + test_random(seed) % 600;
    default: return 1 + test_random(seed) % 3000;
    }
}

static void test_contiguous_random_runs_never_overlap(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), seed = 77;
    unsigned refused = 0, done = 0;
    for (unsigned step = 0; step < 3000; step++) {
        unsigned r = test_random(&seed) % RUNS;
        if (runs[r].first) {
            claim(r, (uint8_t)(r + 1), 0);
            page_free_contiguous(runs[r].first, runs[r].count);
            runs[r].first = NULL;
            continue;
        }
        size_t count = random_count(&seed);
        unsigned align = 12 + test_random(&seed) % 10;
        struct page *first = page_alloc_contiguous(count, align, PAGE_STATE_VMO, 0);
        if (!first) {
            refused++;
            continue;
        }
        done++;
        assert_int_equal(page_to_paddr(first) & ((1ul << align) - 1), 0);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(first[i].state, PAGE_STATE_VMO);
        runs[r].first = first;
        runs[r].count = count;
        claim(r, 0, (uint8_t)(r + 1));
    }
    assert_true(refused > 0 && done > 1000); // both ways were tried
    for (unsigned r = 0; r < RUNS; r++) {
        if (runs[r].first)
            page_free_contiguous(runs[r].first, runs[r].count);
        runs[r].first = NULL;
    }
    memset(owner, 0, sizeof(owner));
    assert_int_equal(free_pages_now(), before);
}

// 40 of 64 MiB: no power of two, and no block is so large; found across blocks.
static void test_contiguous_larger_than_any_block(void **state)
{
    (void)state;
    uint64_t before = free_pages_now();
    size_t count = (40ul << 20) / PAGE_SIZE;
    struct page *first = page_alloc_contiguous(count, 12, PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
    assert_non_null(first);
    assert_int_equal(page_free_estimate(), before - count);
    assert_null(page_alloc_contiguous(count, 12, PAGE_STATE_VMO, 0));
    page_free_contiguous(first, count);
    assert_int_equal(free_pages_now(), before);
    // The same with an alignment that most starts do not have.
    first = page_alloc_contiguous((30ul << 20) / PAGE_SIZE + 1, 24, PAGE_STATE_VMO, 0);
    assert_non_null(first);
    assert_int_equal(page_to_paddr(first) % (16ul << 20), 0);
    page_free_contiguous(first, (30ul << 20) / PAGE_SIZE + 1);
    assert_int_equal(free_pages_now(), before);
}

// Every second page is in use: there is no run of two; then a hole of exactly nine.
static void test_contiguous_in_fragmented_memory(void **state)
{
    (void)state;
    uint64_t before = free_pages_now();
    static struct page *at[PAGES];
    struct page *page;
    memset(at, 0, sizeof(at));
    while ((page = page_alloc(PAGE_STATE_VMO, 0)) != NULL)
        at[index_of(page)] = page;
    for (size_t i = 0; i < PAGES; i += 2) {
        if (at[i])
            page_free(at[i]);
        at[i] = NULL;
    }
    drain_all_cpus();
    assert_null(page_alloc_contiguous(2, 12, PAGE_STATE_VMO, 0));
    size_t hole = 4001; // odd: pages 4001, 4003, 4005, 4007 join 4000..4008
    for (size_t i = hole; i < hole + 8; i += 2) {
        assert_non_null(at[i]);
        page_free(at[i]);
        at[i] = NULL;
    }
    drain_all_cpus();
    assert_null(page_alloc_contiguous(10, 12, PAGE_STATE_VMO, 0));
    struct page *first = page_alloc_contiguous(9, 12, PAGE_STATE_VMO, 0);
    assert_non_null(first);
    assert_int_equal(index_of(first), 4000);
    assert_null(page_alloc_contiguous(2, 12, PAGE_STATE_VMO, 0));
    page_free_contiguous(first, 9);
    for (size_t i = 0; i < PAGES; i++) {
        if (at[i])
            page_free(at[i]);
    }
    assert_int_equal(free_pages_now(), before);
}

static void test_contiguous_impossible_requests(void **state)
{
    (void)state;
    assert_null(page_alloc_contiguous(0, 12, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(PAGES, 12, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(SIZE_MAX, 12, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(SIZE_MAX / PAGE_SIZE, 12, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(1, 40, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(1, 63, PAGE_STATE_VMO, 0));
    assert_null(page_alloc_contiguous(1, 64, PAGE_STATE_VMO, 0));
}

// A run's pages may be freed one by one.
static void test_contiguous_pages_freed_singly(void **state)
{
    (void)state;
    uint64_t before = free_pages_now();
    struct page *first = page_alloc_contiguous(33, 12, PAGE_STATE_VMO, 0);
    assert_non_null(first);
    for (unsigned i = 0; i < 33; i++)
        page_free(&first[(i * 7) % 33]);
    assert_int_equal(free_pages_now(), before);
}

int run_contiguous_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contiguous_random_runs_never_overlap),
        cmocka_unit_test(test_contiguous_larger_than_any_block),
        cmocka_unit_test(test_contiguous_in_fragmented_memory),
        cmocka_unit_test(test_contiguous_impossible_requests),
        cmocka_unit_test(test_contiguous_pages_freed_singly),
    };
    return cmocka_run_group_tests_name("contiguous", tests, NULL, NULL);
}
