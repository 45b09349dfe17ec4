// SPDX-License-Identifier: MIT
// Single pages: mem/page.h.
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include <hal/upcall.h>
#include <mem/page.h>

#define SLOTS 3000u

static struct page *slots[SLOTS];

// Random allocation and release on changing CPUs; a page's contents and fields stay as its owner left
// them, and the counters follow.
static void test_page_random_alloc_free_keeps_contents(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), seed = 9;
    uint64_t counts[PAGE_STATE_COUNT] = {0};
    struct page_stats start, s;
    page_stats_get(&start);
    for (unsigned step = 0; step < 40000; step++) {
        stub_set_cpu(test_random(&seed) % 4);
        unsigned i = test_random(&seed) % SLOTS;
        if (!slots[i]) {
            enum page_state use = PAGE_STATE_WIRED + test_random(&seed) % (PAGE_STATE_COUNT - 1);
            bool zero = test_random(&seed) % 4 == 0;
            struct page *page = page_alloc(use, zero ? PAGE_ALLOC_ZERO : 0);
            assert_non_null(page);
            assert_int_equal(page->state, use);
            assert_int_equal(page->count, 0);
            assert_int_equal(page->flags, 0);
            uint64_t *words = page_to_virt(page);
            if (zero) {
                for (unsigned w = 0; w < PAGE_SIZE / 8; w++)
                    assert_int_equal(words[w], 0);
            }
            words[0] = words[511] = page->index = i;
            page->owner = &slots[i];
            page->count = ~i;
            slots[i] = page;
            counts[use]++;
        } else {
            struct page *page = slots[i];
            uint64_t *words = page_to_virt(page);
            assert_int_equal(words[0], i);
            assert_int_equal(words[511], i);
            assert_int_equal(page->index, i);
            assert_ptr_equal(page->owner, &slots[i]);
            assert_int_equal(page->count, ~i);
            counts[page->state]--;
            if (test_random(&seed) % 8 == 0)
                page_set_state(page, PAGE_STATE_IPC);
            page_free(page);
            slots[i] = NULL;
        }
        if (step % 1000 == 0) {
            page_stats_get(&s);
            for (unsigned use = PAGE_STATE_WIRED; use < PAGE_STATE_COUNT; use++)
                assert_int_equal(s.pages[use], start.pages[use] + counts[use]);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i])
            page_free(slots[i]);
        slots[i] = NULL;
    }
    assert_int_equal(free_pages_now(), before);
    page_stats_get(&s);
    assert_memory_equal(&s, &start, sizeof(s));
}

static void test_page_alloc_exhaustion_returns_null(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), got = 0;
    struct list all = LIST_INIT(all);
    struct page *page;
    while ((page = page_alloc(PAGE_STATE_VMO, 0)) != NULL) {
        list_add_tail(&all, &page->node);
        got++;
    }
    assert_int_equal(got, before);
    assert_null(page_alloc_contiguous(2, 12, PAGE_STATE_VMO, 0));
    assert_int_equal(kernel_table_page_alloc(), 0);
    struct page_stats s;
    page_stats_get(&s);
    assert_int_equal(s.pages[PAGE_STATE_FREE], 0);
    page_free_list(&all);
    assert_true(list_is_empty(&all));
    assert_int_equal(free_pages_now(), before);
}

static void test_page_alloc_list_all_or_nothing(void **state)
{
    (void)state;
    uint64_t before = free_pages_now();
    struct list list = LIST_INIT(list);
    assert_true(page_alloc_list(100, PAGE_STATE_VMO, PAGE_ALLOC_ZERO, &list));
    assert_int_equal(list_count(&list), 100);
    assert_false(page_alloc_list(before, PAGE_STATE_VMO, 0, &list));
    assert_int_equal(list_count(&list), 100);
    assert_true(page_alloc_list(0, PAGE_STATE_VMO, 0, &list));
    page_free_list(&list);
    assert_int_equal(free_pages_now(), before);
}

static void test_table_pages_are_zero_and_counted(void **state)
{
    (void)state;
    struct page_stats a, b;
    page_stats_get(&a);
    paddr_t pa = kernel_table_page_alloc();
    assert_int_not_equal(pa, 0);
    const uint64_t *words = hal_phys_to_virt(pa);
    for (unsigned w = 0; w < PAGE_SIZE / 8; w++)
        assert_int_equal(words[w], 0);
    page_stats_get(&b);
    assert_int_equal(b.pages[PAGE_STATE_MMU], a.pages[PAGE_STATE_MMU] + 1);
    kernel_table_page_free(pa);
}

static void free_twice(void)
{
    struct page *page = page_alloc(PAGE_STATE_VMO, 0);
    page_free(page);
    page_free(page);
}

// Not instrumented, as AddressSanitizer would be faster than the allocator's own check.
__attribute__((no_sanitize("address"))) static void poke(void *p)
{
    *(volatile uint8_t *)p = 1;
}

static void write_after_free(void)
{
    struct page *page = page_alloc(PAGE_STATE_VMO, 0);
    char *va = page_to_virt(page);
    page_free(page);
    poke(va + 1000);
    page = page_alloc(PAGE_STATE_VMO, 0); // the same one
    (void)page;
}

static void test_page_misuse_panics(void **state)
{
    (void)state;
    const char *text = stub_panic_text(free_twice);
    assert_non_null(text);
    assert_non_null(strstr(text, "page->state != PAGE_STATE_FREE"));
    text = stub_panic_text(write_after_free);
    assert_non_null(text);
    assert_non_null(strstr(text, "was written while free: offset 1000"));
}

// Each page's state and its owner's fields can be told, and the runs of all states make up the arena.
static void test_page_state_is_told_for_each_page(void **state)
{
    (void)state;
    char line[128];
    struct page *page = page_alloc(PAGE_STATE_IPC, 0);
    assert_non_null(page);
    const paddr_t pa = page_to_paddr(page);
    page->owner = (void *)0x1234;
    page->index = 77;
    page->count = 3;
    assert_true(page_describe(pa + 5, line, sizeof(line)) > 0);
    assert_non_null(strstr(line, ": ipc, owner 0x1234, index 77, flags 0x0, count 0x3"));
    paddr_t at = pa;
    assert_true(page_describe_run(&at, line, sizeof(line)) > 0);
    assert_non_null(strstr(line, " ipc"));
    assert_true(at > pa);
    page_free(page);
    page_describe(pa, line, sizeof(line));
    assert_non_null(strstr(line, ": free"));
    page_describe(page_arenas[0].base - PAGE_SIZE, line, sizeof(line));
    assert_non_null(strstr(line, ": not memory"));
    at = page_arenas[0].base - PAGE_SIZE;
    assert_int_equal(page_describe_run(&at, line, sizeof(line)), 0);
    unsigned runs = 0;
    for (at = page_arenas[0].base; at < page_arenas[0].base + page_arenas[0].size; runs++)
        assert_true(page_describe_run(&at, line, sizeof(line)) > 0);
    assert_int_equal(at, page_arenas[0].base + page_arenas[0].size);
    assert_true(runs >= 2); // wired, and free
}

int run_page_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_random_alloc_free_keeps_contents),
        cmocka_unit_test(test_page_alloc_exhaustion_returns_null),
        cmocka_unit_test(test_page_alloc_list_all_or_nothing),
        cmocka_unit_test(test_table_pages_are_zero_and_counted),
        cmocka_unit_test(test_page_state_is_told_for_each_page),
        cmocka_unit_test(test_page_misuse_panics),
    };
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
