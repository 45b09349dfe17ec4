// SPDX-License-Identifier: MIT
// The sync library on the target (spec 12 section 3, 34 section 7.4); its races are looked for in
// the laboratory, test/host/sync.
// CALLS(zx_futex_wait, zx_futex_wake, zx_futex_requeue)
#include <check/check.h>

#include <stdatomic.h>
#include <string.h>

#include <lib/sync/completion.h>
#include <lib/sync/condition.h>
#include <lib/sync/mutex.h>
#include <zircon/syscalls.h>
#include <zircon/threads.h>

#include "baseline.h"

static zx_time_t after(zx_duration_t duration)
{
    return zx_deadline_after(duration);
}

TEST(initialisers_are_zero_and_sizes_as_agreed)
{
    static const char zeros[24];
    sync_mutex_t mutex = SYNC_MUTEX_INIT;
    sync_completion_t completion = SYNC_COMPLETION_INIT;
    sync_condition_t condition;

    memset(&condition, 0xae, sizeof(condition));
    condition = SYNC_CONDITION_INIT;
    EXPECT_EQ(sizeof(mutex), 4);
    EXPECT_EQ(sizeof(completion), 4);
    EXPECT_EQ(sizeof(condition), 24);
    EXPECT_EQ(memcmp(&mutex, zeros, sizeof(mutex)), 0);
    EXPECT_EQ(memcmp(&completion, zeros, sizeof(completion)), 0);
    EXPECT_EQ(condition.lock, 0);
    EXPECT_TRUE(condition.head == NULL && condition.tail == NULL);
}

// ---- mutexes ----

static sync_mutex_t mutex;
static unsigned counter;

static int count_up(void *argument)
{
    for (unsigned i = 0; i < 20000; i++) {
        if (argument)
            sync_mutex_lock_with_waiter(&mutex);
        else
            sync_mutex_lock(&mutex);
        counter++;
        sync_mutex_unlock(&mutex);
    }
    return 0;
}

TEST(mutexes_exclude)
{
    thrd_t threads[4];

    counter = 0;
    for (uintptr_t i = 0; i < 4; i++)
        ASSERT_EQ(thrd_create(&threads[i], count_up, (void *)(i / 3)), thrd_success);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(thrd_join(threads[i], NULL), thrd_success);
    EXPECT_EQ(counter, 80000);
    EXPECT_EQ(mutex.futex, 0);
}

static int time_out(void *argument)
{
    zx_time_t deadline = after(ZX_MSEC(100));

    EXPECT_EQ(sync_mutex_trylock(&mutex), ZX_ERR_BAD_STATE);
    EXPECT_EQ(sync_mutex_timedlock(&mutex, deadline), ZX_ERR_TIMED_OUT);
    EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
    EXPECT_EQ(sync_mutex_timedlock(&mutex, 0), ZX_ERR_TIMED_OUT);
    (void)argument;
    return 0;
}

TEST(timed_lock_is_never_early)
{
    thrd_t thread;

    EXPECT_EQ(sync_mutex_trylock(&mutex), ZX_OK);
    ASSERT_EQ(thrd_create(&thread, time_out, NULL), thrd_success);
    EXPECT_EQ(thrd_join(thread, NULL), thrd_success);
    sync_mutex_unlock(&mutex);
    EXPECT_EQ(sync_mutex_timedlock(&mutex, 0), ZX_OK);
    sync_mutex_unlock(&mutex);
    sync_mutex_lock_with_waiter(&mutex);
    EXPECT_EQ(mutex.futex, 2);
    sync_mutex_unlock(&mutex);
}

// ---- completions ----

#define WAITERS 16

static sync_completion_t completion;
static atomic_uint returned;

static int wait_forever(void *argument)
{
    zx_status_t status = sync_completion_wait(&completion, ZX_TIME_INFINITE);

    returned++;
    (void)argument;
    return status;
}

static int wait_a_minute(void *argument)
{
    (void)argument;
    return sync_completion_wait_deadline(&completion, after(ZX_SEC(60)));
}

static void join_ok(thrd_t *threads, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int result = -1;

        EXPECT_EQ(thrd_join(threads[i], &result), thrd_success);
        EXPECT_EQ(result, ZX_OK);
    }
}

TEST(the_last_signal_releases_16_waiters_in_64_rounds)
{
    thrd_t threads[WAITERS];

    for (unsigned round = 0; round < 64; round++) {
        sync_completion_reset(&completion);
        for (unsigned i = 0; i < WAITERS; i++)
            ASSERT_EQ(thrd_create(&threads[i], i & 1 ? wait_a_minute : wait_forever, NULL),
                      thrd_success);
        for (unsigned i = 0; i < 4; i++) {
            sync_completion_signal(&completion);
            sync_completion_reset(&completion);
        }
        sync_completion_signal(&completion);
        join_ok(threads, WAITERS);
    }
    EXPECT_EQ(sync_completion_wait(&completion, 0), ZX_OK);
    EXPECT_EQ(sync_completion_wait_deadline(&completion, 0), ZX_OK);
}

TEST(a_wait_that_is_over_already_times_out_each_time)
{
    sync_completion_t c = SYNC_COMPLETION_INIT;
    unsigned timed_out = 0;

    for (unsigned i = 0; i < 1000; i++)
        timed_out += sync_completion_wait(&c, i & 1 ? 0 : -1) == ZX_ERR_TIMED_OUT;
    EXPECT_EQ(timed_out, 1000);
    zx_time_t deadline = after(ZX_MSEC(20));
    EXPECT_EQ(sync_completion_wait_deadline(&c, deadline), ZX_ERR_TIMED_OUT);
    EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
}

TEST(requeued_waiters_return_when_the_other_word_is_woken)
{
    thrd_t threads[WAITERS];
    zx_futex_t other = 0;

    sync_completion_reset(&completion);
    returned = 0;
    for (unsigned i = 0; i < WAITERS; i++)
        ASSERT_EQ(thrd_create(&threads[i], wait_forever, NULL), thrd_success);
    for (unsigned i = 0; i < WAITERS; i++)
        ASSERT_TRUE(wait_until_futex(thrd_get_zx_handle(threads[i])));
    sync_completion_signal_requeue(&completion, &other);
    zx_nanosleep(after(ZX_MSEC(100)));
    EXPECT_EQ(returned, 0);
    for (unsigned i = 0; i < WAITERS; i++)
        EXPECT_TRUE(wait_until_futex(thrd_get_zx_handle(threads[i])));
    EXPECT_EQ(completion.futex, 1);
    // Nobody is left where they were.
    EXPECT_EQ(zx_futex_wake(&completion.futex, UINT32_MAX), ZX_OK);
    zx_nanosleep(after(ZX_MSEC(20)));
    EXPECT_EQ(returned, 0);
    EXPECT_EQ(zx_futex_wake(&other, UINT32_MAX), ZX_OK);
    join_ok(threads, WAITERS);
}

// ---- conditions ----

static sync_condition_t condition;
static unsigned waiting, released, order[8];

static int wait_once(void *argument)
{
    sync_mutex_lock(&mutex);
    waiting++;
    sync_condition_wait(&condition, &mutex);
    order[released++ % 8] = (unsigned)(uintptr_t)argument;
    sync_mutex_unlock(&mutex);
    return 0;
}

static unsigned read_locked(const unsigned *value)
{
    sync_mutex_lock(&mutex);
    unsigned seen = *value;
    sync_mutex_unlock(&mutex);
    return seen;
}

static void wait_for(const unsigned *value, unsigned wanted)
{
    while (read_locked(value) < wanted)
        zx_nanosleep(after(ZX_USEC(100)));
}

static void start_waiters(thrd_t *threads, unsigned count)
{
    waiting = released = 0;
    for (unsigned i = 0; i < count; i++) {
        ASSERT_EQ(thrd_create(&threads[i], wait_once, (void *)(uintptr_t)i), thrd_success);
        wait_for(&waiting, i + 1);
    }
}

TEST(signals_release_the_oldest_one_by_one)
{
    thrd_t threads[4];

    start_waiters(threads, 4);
    for (unsigned i = 1; i <= 4; i++) {
        sync_condition_signal(&condition);
        wait_for(&released, i);
        zx_nanosleep(after(ZX_MSEC(10)));
        EXPECT_EQ(read_locked(&released), i);
        EXPECT_EQ(order[i - 1], i - 1);
    }
    join_ok(threads, 4);
}

// Those that wait for the mutex after a broadcast sleep: they were moved, not woken.
TEST(a_broadcast_hands_the_mutex_on)
{
    thrd_t threads[4];

    start_waiters(threads, 4);
    sync_mutex_lock(&mutex);
    sync_condition_broadcast(&condition);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_TRUE(wait_until_futex(thrd_get_zx_handle(threads[i])));
    EXPECT_EQ(released, 0);
    sync_mutex_unlock(&mutex);
    join_ok(threads, 4);
    EXPECT_EQ(released, 4);
    EXPECT_EQ(mutex.futex, 0);
    EXPECT_TRUE(condition.head == NULL && condition.tail == NULL);
    sync_condition_signal(&condition); // for nobody
    zx_time_t deadline = after(ZX_MSEC(20));
    sync_mutex_lock(&mutex);
    EXPECT_EQ(sync_condition_timedwait(&condition, &mutex, deadline), ZX_ERR_TIMED_OUT);
    EXPECT_TRUE(zx_clock_get_monotonic() >= deadline);
    EXPECT_EQ(sync_mutex_trylock(&mutex), ZX_ERR_BAD_STATE);
    sync_mutex_unlock(&mutex);
}

// ---- many, with deadlines ----

static unsigned tokens, given;

static int take_tokens(void *argument)
{
    unsigned early = 0;

    for (unsigned taken = 0; taken < 300;) {
        sync_mutex_lock(&mutex);
        while (tokens == 0) {
            zx_time_t deadline = after(ZX_USEC(50 + early % 500));
            if (sync_condition_timedwait(&condition, &mutex, deadline) == ZX_ERR_TIMED_OUT)
                early++;
        }
        tokens--;
        taken++;
        sync_mutex_unlock(&mutex);
    }
    (void)argument;
    return 0;
}

static int give_tokens(void *argument)
{
    for (unsigned i = 0; i < 600; i++) {
        sync_mutex_lock(&mutex);
        tokens++;
        given++;
        sync_mutex_unlock(&mutex);
        if (i % 3)
            sync_condition_signal(&condition);
        else
            sync_condition_broadcast(&condition);
        if (i % 16 == 0)
            zx_nanosleep(after(ZX_USEC(100)));
    }
    (void)argument;
    return 0;
}

TEST(tokens_are_neither_lost_nor_doubled)
{
    thrd_t threads[6];

    tokens = given = 0;
    for (unsigned i = 0; i < 6; i++)
        ASSERT_EQ(thrd_create(&threads[i], i < 4 ? take_tokens : give_tokens, NULL), thrd_success);
    join_ok(threads, 6);
    EXPECT_EQ(given, 1200);
    EXPECT_EQ(tokens, 0);
}
