// SPDX-License-Identifier: MIT
// Slab caches: mem/slab.h.
#include "suites.h"

#include <string.h>

#include <mem/page.h>
#include <mem/slab.h>

static SLAB_CACHE(tiny_cache, 1, 1);
static SLAB_CACHE(odd_cache, 52, 4);
static SLAB_CACHE(line_cache, 64, 64);
static SLAB_CACHE(big_cache, 3000, 8);
static SLAB_CACHE(page_cache_, 4096, 4096);
static SLAB_CACHE(unused_cache, 16, 8);

static struct slab_cache *const caches[] = {&tiny_cache, &odd_cache, &line_cache, &big_cache,
                                            &page_cache_};

#define SLOTS 700u

static struct {
    uint8_t *object;
    unsigned cache;
    uint8_t fill;
} slots[SLOTS];

static void check_fill(unsigned i)
{
    size_t size = caches[slots[i].cache]->size;
    for (size_t b = 0; b < size; b++)
        assert_int_equal(slots[i].object[b], slots[i].fill);
}

static void test_slab_random_alloc_free_keeps_contents(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), seed = 5;
    uint64_t live[countof(caches)] = {0};
    for (unsigned step = 0; step < 30000; step++) {
        stub_set_cpu(test_random(&seed) % 4);
        // Few slots in one phase, all in the next, so that slabs come and go.
        unsigned i = test_random(&seed) % ((step / 3000) % 2 ? 60 : SLOTS);
        if (slots[i].object) {
            check_fill(i);
            slab_free(caches[slots[i].cache], slots[i].object);
            live[slots[i].cache]--;
            slots[i].object = NULL;
            continue;
        }
        unsigned c = test_random(&seed) % countof(caches);
        uint8_t *object = slab_alloc(caches[c]);
        assert_non_null(object);
        assert_int_equal((uintptr_t)object % caches[c]->align, 0);
        slots[i].object = object;
        slots[i].cache = c;
        slots[i].fill = (uint8_t)test_random(&seed);
        memset(object, slots[i].fill, caches[c]->size);
        live[c]++;
        if (step % 500 == 0) {
            for (unsigned k = 0; k < countof(caches); k++)
                assert_int_equal(slab_outstanding(caches[k]), live[k]);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (!slots[i].object)
            continue;
        check_fill(i);
        slab_free(caches[slots[i].cache], slots[i].object);
        slots[i].object = NULL;
    }
    assert_int_equal(free_pages_now(), before);
    for (unsigned k = 0; k < countof(caches); k++) {
        assert_int_equal(slab_outstanding(caches[k]), 0);
        assert_int_equal(caches[k]->slab_count, 0);
    }
}

static void test_slab_fresh_contents_are_marked_or_zero(void **state)
{
    (void)state;
    uint8_t *object = slab_alloc(&odd_cache);
    for (unsigned i = 0; i < 52; i++)
        assert_int_equal(object[i], SLAB_POISON_FRESH);
    slab_free(&odd_cache, object);
    object = slab_zalloc(&odd_cache);
    for (unsigned i = 0; i < 52; i++)
        assert_int_equal(object[i], 0);
    slab_free(&odd_cache, object);
    slab_free(&odd_cache, NULL);
    slab_drain(&unused_cache); // never used: nothing to do
    assert_int_equal(slab_outstanding(&unused_cache), 0);
}

static void test_slab_without_pages_returns_null(void **state)
{
    (void)state;
    uint64_t before = free_pages_now();
    struct list all = LIST_INIT(all);
    struct page *page;
    while ((page = page_alloc(PAGE_STATE_VMO, 0)) != NULL)
        list_add_tail(&all, &page->node);
    unsigned got = 0;
    while (slab_alloc(&line_cache))
        got++;
    assert_int_equal(got, 0);
    assert_null(slab_zalloc(&big_cache));
    page_free_list(&all);
    assert_int_equal(free_pages_now(), before);
}

struct seen {
    unsigned line, unused;
    uint64_t line_outstanding;
};

static void see(void *ctx, const struct slab_cache *c, uint64_t outstanding)
{
    struct seen *s = ctx;
    s->unused += c == &unused_cache;
    if (c == &line_cache) {
        s->line++;
        s->line_outstanding = outstanding;
    }
}

static void test_slab_statistics(void **state)
{
    (void)state;
    struct slab_stats a, b;
    struct page_stats pages;
    drain_all_cpus();
    slab_stats_get(&a);
    void *objects[40];
    for (unsigned i = 0; i < countof(objects); i++)
        objects[i] = slab_alloc(&line_cache);
    slab_stats_get(&b);
    assert_int_equal(b.outstanding - a.outstanding, 40);
    assert_int_equal(b.outstanding_bytes - a.outstanding_bytes, 40 * line_cache.stride);
    assert_true(b.total_bytes - a.total_bytes >= 40 * line_cache.stride);
    page_stats_get(&pages);
    assert_int_equal(pages.pages[PAGE_STATE_HEAP] * PAGE_SIZE, b.total_bytes);
    struct seen s = {0};
    slab_for_each(see, &s);
    assert_int_equal(s.line, 1);
    assert_int_equal(s.line_outstanding, 40);
    assert_int_equal(s.unused, 0);
    for (unsigned i = 0; i < countof(objects); i++)
        slab_free(&line_cache, objects[i]);
}

static void free_twice(void)
{
    void *p = slab_alloc(&odd_cache);
    slab_free(&odd_cache, p);
    slab_free(&odd_cache, p);
}

static void free_to_another(void)
{
    slab_free(&line_cache, slab_alloc(&odd_cache));
}

// Not instrumented, as AddressSanitizer would be faster than the allocator's own check.
__attribute__((no_sanitize("address"))) static void poke(void *p)
{
    *(volatile uint8_t *)p = 1;
}

static void overrun_by_one(void)
{
    char *p = slab_alloc(&odd_cache);
    poke(p + 52);
    slab_free(&odd_cache, p);
}

static void overrun_tag(void)
{
    char *p = slab_alloc(&odd_cache);
    poke(p + 57);
    slab_free(&odd_cache, p);
}

static void write_after_free(void)
{
    char *p = slab_alloc(&odd_cache);
    slab_free(&odd_cache, p);
    poke(p + 20);
    (void)slab_alloc(&odd_cache);
}

static void expect_panic(void (*fn)(void), const char *what)
{
    const char *text = stub_panic_text(fn);
    assert_non_null(text);
    if (!strstr(text, what))
        print_error("wanted: %s\ngot: %s\n", what, text);
    assert_non_null(strstr(text, what));
}

static void test_slab_misuse_panics(void **state)
{
    (void)state;
    expect_panic(free_twice, "odd_cache: double free");
    expect_panic(free_to_another, "line_cache: ");
    expect_panic(overrun_by_one, "was overrun by 1 bytes");
    expect_panic(overrun_tag, "is not a live object, or was overrun");
    expect_panic(write_after_free, "was written while free, at offset 20");
}

int run_slab_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slab_random_alloc_free_keeps_contents),
        cmocka_unit_test(test_slab_fresh_contents_are_marked_or_zero),
        cmocka_unit_test(test_slab_without_pages_returns_null),
        cmocka_unit_test(test_slab_statistics),
        cmocka_unit_test(test_slab_misuse_panics),
    };
    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
