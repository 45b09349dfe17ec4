// SPDX-License-Identifier: MIT
// Four CPUs as POSIX threads allocate, free and pass memory to each other; meant for ThreadSanitizer.
#include "suites.h"

#include <pthread.h>
#include <string.h>

#include <hal/lock_class.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <mem/slab.h>

#define CPUS   4u
#define STEPS  6000u
#define SHARED 64u

static SLAB_CACHE(shared_cache, 96, 16);

// What the threads hand to each other.
static struct {
    void *p;
    size_t size; // 0: a page, 1: an object of shared_cache, else kmalloc
} shared[SHARED];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;

static _Thread_local struct lock_debug_held held;

static struct lock_debug_held *held_here(void)
{
    return &held;
}

static void *make(size_t size)
{
    if (size == 0)
        return page_alloc(PAGE_STATE_VMO, 0);
    return size == 1 ? slab_alloc(&shared_cache) : kmalloc(size);
}

static void drop(void *p, size_t size)
{
    if (!p)
        return;
    if (size == 0)
        page_free(p);
    else if (size == 1)
        slab_free(&shared_cache, p);
    else
        kfree(p);
}

static void *worker(void *arg)
{
    unsigned cpu = (unsigned)(uintptr_t)arg;
    uint64_t seed = cpu + 1;
    stub_set_cpu(cpu);
    for (unsigned step = 0; step < STEPS; step++) {
        size_t size = test_random(&seed) % 3;
        if (size == 2)
            size += test_random(&seed) % 12000;
        void *p = make(size);
        if (p && size > 0)
            memset(p, (int)cpu, size == 1 ? 96 : size);
        unsigned slot = test_random(&seed) % SHARED;
        pthread_mutex_lock(&shared_lock);
        void *old = shared[slot].p;
        size_t old_size = shared[slot].size;
        shared[slot].p = p;
        shared[slot].size = size;
        pthread_mutex_unlock(&shared_lock);
        drop(old, old_size);
        if (step % 512 == 0) {
            struct page_stats pages;
            struct slab_stats slabs;
            page_stats_get(&pages);
            slab_stats_get(&slabs);
            struct page *run = page_alloc_contiguous(1 + step % 300, 13, PAGE_STATE_VMO, 0);
            if (run)
                page_free_contiguous(run, 1 + step % 300);
            slab_drain(&shared_cache);
            page_cache_drain();
        }
    }
    return NULL;
}

static void test_parallel_alloc_free_hand_over(void **state)
{
    (void)state;
    pthread_t threads[CPUS];
    uint64_t before = free_pages_now(), outstanding = mem_outstanding();
    lock_debug_set_hook(held_here);
    for (unsigned i = 0; i < CPUS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, worker, (void *)(uintptr_t)i), 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
    lock_debug_set_hook(NULL);
    for (unsigned i = 0; i < SHARED; i++)
        drop(shared[i].p, shared[i].size);
    assert_int_equal(mem_outstanding(), outstanding);
    assert_int_equal(free_pages_now(), before);
}

int run_parallel_tests(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parallel_alloc_free_hand_over)};
    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
