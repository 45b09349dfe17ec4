// SPDX-License-Identifier: MIT
// mem/kmalloc.h
#include "suites.h"

#include <string.h>

#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>

static void test_kmalloc_every_small_size(void **state)
{
    (void)state;
    uint64_t outstanding = mem_outstanding();
    for (size_t size = 1; size <= KMALLOC_SLAB_MAX + 300; size += 1 + size / 64) {
        uint8_t *p = kmalloc(size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        size_t usable = kmalloc_usable_size(p);
        assert_true(usable >= size);
        // No class wastes more than a third, beyond the smallest.
        assert_true(size < 48 || size > KMALLOC_SLAB_MAX || usable <= size + size / 3 + 16);
        memset(p, 0x11, usable);
        uint8_t *q = kzalloc(size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(q[i], 0);
        memset(q, 0x22, size);
        assert_int_equal(p[0], 0x11);
        assert_int_equal(p[usable - 1], 0x11);
        kfree(p);
        kfree_sized(q, size);
    }
    assert_int_equal(mem_outstanding(), outstanding);
}

static void test_kmalloc_class_boundaries(void **state)
{
    (void)state;
    static const size_t edges[] = {16, 17, 128, 129, 1024, 1025, 4096, 4097, 5120, 8192, 8193};
    for (size_t i = 0; i < countof(edges); i++) {
        void *p = kmalloc(edges[i]);
        assert_non_null(p);
        assert_true(kmalloc_usable_size(p) >= edges[i]);
        kfree_sized(p, edges[i]);
    }
    void *p = kmalloc(16);
    assert_int_equal(kmalloc_usable_size(p), 16);
    kfree(p);
    p = kmalloc(8192);
    assert_int_equal(kmalloc_usable_size(p), 8192);
    kfree(p);
}

static void test_kmalloc_large_sizes(void **state)
{
    (void)state;
    uint64_t before = free_pages_now(), bytes, count, bytes0, count0;
    kmalloc_large_stats(&bytes0, &count0);
    for (size_t size = 8193; size < 12ul << 20; size = size * 2 + 777) {
        uint8_t *p = kzalloc(size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
        assert_int_equal(p[0] | p[size / 2] | p[size - 1], 0);
        assert_int_equal(kmalloc_usable_size(p), ROUND_UP(size, PAGE_SIZE));
        kmalloc_large_stats(&bytes, &count);
        assert_int_equal(count, count0 + 1);
        assert_int_equal(bytes, bytes0 + ROUND_UP(size, PAGE_SIZE));
        if (size % 2)
            kfree(p);
        else
            kfree_sized(p, size);
    }
    kmalloc_large_stats(&bytes, &count);
    assert_int_equal(count, count0);
    assert_int_equal(bytes, bytes0);
    assert_int_equal(free_pages_now(), before);
}

static void test_kmalloc_impossible_sizes(void **state)
{
    (void)state;
    assert_null(kmalloc(0));
    assert_null(kzalloc(0));
    assert_null(kcalloc(0, 8));
    assert_null(kcalloc(SIZE_MAX / 2, 3));
    assert_null(kmalloc(SIZE_MAX));
    assert_null(kmalloc(MEM_BYTES));
    kfree(NULL);
    kfree_sized(NULL, 5);
}

static void test_kmalloc_random_model(void **state)
{
    (void)state;
    static struct {
        uint8_t *p;
        size_t size;
        uint8_t fill;
    } slots[300];
    uint64_t before = free_pages_now(), outstanding = mem_outstanding(), seed = 31;
    uint64_t live = 0;
    for (unsigned step = 0; step < 20000; step++) {
        stub_set_cpu(test_random(&seed) % 3);
        unsigned i = test_random(&seed) % countof(slots);
        if (slots[i].p) {
            assert_int_equal(slots[i].p[0], slots[i].fill);
            assert_int_equal(slots[i].p[slots[i].size - 1], slots[i].fill);
            if (step % 2)
                kfree(slots[i].p);
            else
                kfree_sized(slots[i].p, slots[i].size);
            slots[i].p = NULL;
            live--;
            continue;
        }
        size_t limit = 1ul << (4 + test_random(&seed) % 12);
        slots[i].size = 1 + test_random(&seed) % limit;
        slots[i].fill = (uint8_t)step;
        slots[i].p = kmalloc(slots[i].size);
        assert_non_null(slots[i].p);
        memset(slots[i].p, slots[i].fill, slots[i].size);
        live++;
        if (step % 1000 == 0)
            assert_int_equal(mem_outstanding(), outstanding + live);
    }
    for (unsigned i = 0; i < countof(slots); i++) {
        kfree(slots[i].p);
        slots[i].p = NULL;
    }
    assert_int_equal(mem_outstanding(), outstanding);
    assert_int_equal(free_pages_now(), before);
}

int run_kmalloc_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kmalloc_every_small_size),
        cmocka_unit_test(test_kmalloc_class_boundaries),
        cmocka_unit_test(test_kmalloc_large_sizes),
        cmocka_unit_test(test_kmalloc_impossible_sizes),
        cmocka_unit_test(test_kmalloc_random_model),
    };
    return cmocka_run_group_tests_name("kmalloc", tests, NULL, NULL);
}
