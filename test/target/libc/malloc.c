// SPDX-License-Identifier: MIT
//
// malloc() and its relatives: what they promise, memory that goes back, and threads that do not wait
// for each other.
//
// How often threads take the allocator's lock is counted, not timed: this program has the library's
// lock functions itself.

#define _GNU_SOURCE
#include <check/check.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define THREADS 4u

// ---- counting ----

// The lock that musl's allocator has, and the functions that take and leave the library's locks.
extern int __malloc_lock[1] __attribute__((visibility("hidden")));
void __lock(volatile int *lock) __attribute__((visibility("hidden")));
void __unlock(volatile int *lock) __attribute__((visibility("hidden")));

static atomic_uint malloc_locks;

void __lock(volatile int *lock)
{
    if (lock == __malloc_lock) {
        atomic_fetch_add_explicit(&malloc_locks, 1, memory_order_relaxed);
    }
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0) {
        zx_nanosleep(0);
    }
}

void __unlock(volatile int *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

// ---- promises ----

TEST(blocks_are_aligned_and_do_not_overlap)
{
    enum { COUNT = 400 };
    static unsigned char *blocks[COUNT];

    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc((size_t)i * 7);
        ASSERT_TRUE(blocks[i] != NULL);
        EXPECT_EQ((uintptr_t)blocks[i] % 16, 0);
        EXPECT_TRUE(malloc_usable_size(blocks[i]) >= (size_t)i * 7);
        memset(blocks[i], i & 0xff, (size_t)i * 7);
    }
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < i * 7; j++) {
            if (blocks[i][j] != (i & 0xff)) {
                check_fail(__FILE__, __LINE__, "block %d changed at %d", i, j);
                break;
            }
        }
        free(blocks[i]);
    }
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

TEST(calloc_gives_zeros_from_used_memory)
{
    static const size_t sizes[] = {1, 12, 13, 100, 1000, 1004, 1005, 5000, 70000, 300000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int round = 0; round < 8; round++) {
            unsigned char *dirty = malloc(sizes[i]);

            ASSERT_TRUE(dirty != NULL);
            memset(dirty, 0xa5, sizes[i]);
            free(dirty);
            unsigned char *clean = calloc(1, sizes[i]);

            ASSERT_TRUE(clean != NULL);
            EXPECT_TRUE(is_zero(clean, sizes[i]));
            memset(clean, 0x5a, sizes[i]);
            free(clean);
        }
    }
    // A small block in a mapping of its own, which would be zero if it were fresh.
    unsigned char *aligned = aligned_alloc(1u << 18, 64);
    ASSERT_TRUE(aligned != NULL);
    memset(aligned, 0xaa, 64);
    free(aligned);
    unsigned char *clean = calloc(1, 60);
    ASSERT_TRUE(clean != NULL);
    EXPECT_TRUE(is_zero(clean, 60));
    free(clean);
    errno = 0;
    EXPECT_TRUE(calloc(SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
    errno = 0;
    EXPECT_TRUE(malloc((size_t)1 << 62) == NULL && errno == ENOMEM);
}

TEST(realloc_keeps_the_content)
{
    static const size_t sizes[] = {1, 20, 16, 500, 499, 2000, 40, 130000, 200000, 150000, 3, 0};
    unsigned char *block = malloc(1);
    size_t valid = 1;

    ASSERT_TRUE(block != NULL);
    block[0] = 0;
    for (size_t i = 0; sizes[i] != 0; i++) {
        unsigned char *moved = realloc(block, sizes[i]);

        ASSERT_TRUE(moved != NULL);
        block = moved;
        valid = valid < sizes[i] ? valid : sizes[i];
        for (size_t at = 0; at < valid; at++) {
            if (block[at] != (unsigned char)(at * 11)) {
                check_fail(__FILE__, __LINE__, "size %zu: byte %zu is wrong", sizes[i], at);
                break;
            }
        }
        for (size_t at = 0; at < sizes[i]; at++) {
            block[at] = (unsigned char)(at * 11);
        }
        valid = sizes[i];
    }
    free(block);
    errno = 0;
    EXPECT_TRUE(malloc(SIZE_MAX - 100) == NULL && errno == ENOMEM);
}

TEST(alignments)
{
    for (size_t alignment = 16; alignment <= 1u << 20; alignment *= 2) {
        void *block = aligned_alloc(alignment, 100);

        ASSERT_TRUE(block != NULL);
        EXPECT_EQ((uintptr_t)block % alignment, 0);
        memset(block, 1, 100);
        free(block);
        EXPECT_EQ(posix_memalign(&block, alignment, 3000), 0);
        EXPECT_EQ((uintptr_t)block % alignment, 0);
        free(block);
    }
    void *block;

    EXPECT_EQ(posix_memalign(&block, 3, 10), EINVAL);
    EXPECT_ERRNO(aligned_alloc(24, 10) == NULL ? -1 : 0, EINVAL);
}

// A fixed sequence of sizes, freed in another order.
static bool churn(uint32_t seed, int rounds)
{
    enum { LIVE = 128 };
    struct {
        unsigned char *block;
        size_t size;
    } live[LIVE] = {0};
    bool good = true;

    for (int i = 0; i < rounds; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned at = seed >> 25;
        size_t size = (seed >> 8) % ((seed & 0xf0) == 0 ? 60000 : 900);

        if (live[at].block != NULL) {
            good &= live[at].size == 0 || (live[at].block[0] == (unsigned char)at &&
                                           live[at].block[live[at].size - 1] == (unsigned char)at);
            free(live[at].block);
        }
        live[at].block = malloc(size);
        live[at].size = size;
        good &= live[at].block != NULL;
        if (live[at].block != NULL) {
            memset(live[at].block, (int)at, size);
        }
    }
    for (unsigned at = 0; at < LIVE; at++) {
        free(live[at].block);
    }
    return good;
}

TEST(a_long_mixture)
{
    EXPECT_TRUE(churn(1, 50000));
}

// ---- memory goes back ----

static size_t private_bytes(void)
{
    zx_info_task_stats_t stats = {0};

    (void)zx_object_get_info(zx_process_self(), ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL,
                             NULL);
    return stats.mem_private_bytes;
}

TEST(memory_freed_in_bulk_goes_back_to_the_system)
{
    enum { COUNT = 20000 };
    static void *blocks[COUNT];
    size_t size_of_block = 400;

    (void)churn(7, 2000); // the allocator's own structures are there
    memset(blocks, 1, sizeof(blocks));
    size_t before = private_bytes();

    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(size_of_block);
        ASSERT_TRUE(blocks[i] != NULL);
        memset(blocks[i], 1, size_of_block);
    }
    EXPECT_TRUE(private_bytes() - before >= COUNT * size_of_block);
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    size_t after = private_bytes();

    if (after > before + 256 * 1024) {
        check_fail(__FILE__, __LINE__, "%zu bytes before, %zu after", before, after);
    }
}

TEST(large_blocks_go_back_at_once)
{
    size_t before = private_bytes();
    void *block = malloc(8 << 20);

    ASSERT_TRUE(block != NULL);
    memset(block, 1, 8 << 20);
    EXPECT_TRUE(private_bytes() >= before + (8 << 20));
    free(block);
    EXPECT_TRUE(private_bytes() <= before + 64 * 1024);
}

// ---- threads ----

static pthread_barrier_t barrier;
static atomic_uint locks_in_between;

// Allocates and frees what fits its cache, again and again, with the others.
static void *allocate_much(void *result)
{
    enum { LIVE = 4 };
    void *live[LIVE][3];
    static const size_t sizes[3] = {24, 100, 500};
    bool *good = result;

    for (int round = 0; round < 20001; round++) {
        if (round == 1) {
            // The caches are filled now: from here on there is nothing to wait for.
            pthread_barrier_wait(&barrier);
            atomic_store(&locks_in_between, atomic_load(&malloc_locks));
            pthread_barrier_wait(&barrier);
        }
        for (int i = 0; i < LIVE * 3; i++) {
            live[i / 3][i % 3] = malloc(sizes[i % 3]);
            *good &= live[i / 3][i % 3] != NULL;
            *(int *)live[i / 3][i % 3] = i;
        }
        for (int i = 0; i < LIVE * 3; i++) {
            *good &= *(int *)live[i / 3][i % 3] == i;
            free(live[i / 3][i % 3]);
        }
        if (round == 20000) {
            *good &= atomic_load(&malloc_locks) == atomic_load(&locks_in_between);
        }
    }
    pthread_barrier_wait(&barrier);
    return NULL;
}

TEST(four_threads_do_not_take_a_lock)
{
    pthread_t threads[THREADS];
    bool good[THREADS];

    ASSERT_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        good[i] = true;
        ASSERT_EQ(pthread_create(&threads[i], NULL, allocate_much, &good[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
        EXPECT_TRUE(good[i]);
    }
    pthread_barrier_destroy(&barrier);
    EXPECT_TRUE(atomic_load(&malloc_locks) != 0); // they are counted at all
}

static void *churn_thread(void *seed)
{
    return churn((uint32_t)(uintptr_t)seed, 20000) ? seed : NULL;
}

TEST(four_threads_with_all_sizes)
{
    pthread_t threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        ASSERT_EQ(pthread_create(&threads[i], NULL, churn_thread, (void *)(i + 1)), 0);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        void *result;

        EXPECT_EQ(pthread_join(threads[i], &result), 0);
        EXPECT_EQ((uintptr_t)result, i + 1);
    }
}

// What one allocates another frees: both caches stay bounded.
static void *_Atomic mailbox[64];

static void *consume(void *count)
{
    for (uintptr_t left = (uintptr_t)count; left > 0; left--) {
        void *block;

        while ((block = atomic_exchange(&mailbox[left % 64], NULL)) == NULL) {
            zx_nanosleep(0);
        }
        free(block);
    }
    return NULL;
}

TEST(blocks_may_be_freed_by_another_thread)
{
    enum { COUNT = 20000 };
    pthread_t thread;
    size_t before = private_bytes();

    ASSERT_EQ(pthread_create(&thread, NULL, consume, (void *)COUNT), 0);
    for (uintptr_t left = COUNT; left > 0; left--) {
        void *block = malloc(200), *expected = NULL;

        ASSERT_TRUE(block != NULL);
        while (!atomic_compare_exchange_weak(&mailbox[left % 64], &expected, block)) {
            expected = NULL;
            zx_nanosleep(0);
        }
    }
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_TRUE(private_bytes() < before + 256 * 1024);
}

static void *fill_cache(void *unused)
{
    void *blocks[60];

    for (int round = 0; round < 16; round++) {
        for (int i = 0; i < 60; i++) {
            blocks[i] = malloc((size_t)round * 60 + 10);
        }
        for (int i = 0; i < 60; i++) {
            free(blocks[i]);
        }
    }
    return unused;
}

TEST(the_caches_of_ended_threads_are_given_back)
{
    pthread_t thread;
    size_t before = 0;

    for (int i = 0; i < 200; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, fill_cache, NULL), 0);
        EXPECT_EQ(pthread_join(thread, NULL), 0);
        if (i == 20) {
            before = private_bytes();
        }
    }
    EXPECT_TRUE(private_bytes() <= before + 64 * 1024);
}
