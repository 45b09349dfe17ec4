// SPDX-License-Identifier: MIT
// The life of pthreads (spec 12 section 5, 34 section 4.2). What they are made of: thread_parts.c;
// locks: locks.c.
// CALLS(zx_thread_create, zx_thread_start, zx_futex_wake_handle_close_thread_exit,
// zx_vmar_unmap_handle_close_thread_exit)
#define _GNU_SOURCE // environ, pthread_*_np

#include <check/check.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "baseline.h"

static void *give_back(void *argument)
{
    return argument;
}

TEST(create_and_join_gives_the_result)
{
    struct baseline before = baseline_take(true);
    pthread_t thread;
    void *result = NULL;
    int argument;

    EXPECT_TRUE(pthread_self() != 0);
    ASSERT_EQ(pthread_create(&thread, NULL, give_back, &argument), 0);
    EXPECT_FALSE(pthread_equal(thread, pthread_self()));
    EXPECT_EQ(pthread_join(thread, &result), 0);
    EXPECT_TRUE(result == &argument);
    baseline_check(&before);
}

static pthread_t stored_first;

static void *look_at_stored(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)(stored_first == pthread_self());
}

TEST(the_thread_is_stored_before_it_runs)
{
    for (unsigned i = 0; i < 200; i++) {
        void *result = NULL;

        stored_first = 0;
        ASSERT_EQ(pthread_create(&stored_first, NULL, look_at_stored, NULL), 0);
        EXPECT_EQ(pthread_join(stored_first, &result), 0);
        ASSERT_TRUE(result != NULL);
    }
}

static void note_cleanup(void *argument)
{
    int *order = argument;

    *order = *order * 10 + 1;
}

static void note_cleanup_2(void *argument)
{
    int *order = argument;

    *order = *order * 10 + 2;
}

static void *exit_with_cleanup(void *argument)
{
    pthread_cleanup_push(note_cleanup, argument);
    pthread_cleanup_push(note_cleanup_2, argument);
    pthread_exit((void *)77);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

TEST(exit_runs_cleanup_handlers_last_first)
{
    pthread_t thread;
    void *result;
    int order = 0;

    ASSERT_EQ(pthread_create(&thread, NULL, exit_with_cleanup, &order), 0);
    ASSERT_EQ(pthread_join(thread, &result), 0);
    EXPECT_EQ((intptr_t)result, 77);
    EXPECT_EQ(order, 21);
}

// ---- joining what cannot be joined ----

static atomic_bool go_on;

static void *wait_for_go(void *argument)
{
    while (!go_on)
        zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
    return argument;
}

TEST(join_refuses_what_is_detached_joined_or_itself)
{
    pthread_t thread, joined;
    struct timespec now;

    go_on = false;
    ASSERT_EQ(pthread_create(&thread, NULL, wait_for_go, NULL), 0);
    EXPECT_EQ(pthread_tryjoin_np(thread, NULL), EBUSY);
    clock_gettime(CLOCK_REALTIME, &now);
    EXPECT_EQ(pthread_timedjoin_np(thread, NULL, &now), ETIMEDOUT);
    EXPECT_EQ(pthread_detach(thread), 0);
    EXPECT_EQ(pthread_detach(thread), EINVAL);
    EXPECT_EQ(pthread_join(thread, NULL), EINVAL);
    EXPECT_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
    go_on = true;
    ASSERT_EQ(pthread_create(&joined, NULL, give_back, NULL), 0);
    EXPECT_EQ(pthread_join(joined, NULL), 0);
    EXPECT_EQ(pthread_join(joined, NULL), EINVAL);
    EXPECT_EQ(pthread_detach(joined), EINVAL);
}

TEST(timed_join_gets_the_result)
{
    pthread_t thread;
    struct timespec at;
    void *result = NULL;

    ASSERT_EQ(pthread_create(&thread, NULL, give_back, (void *)5), 0);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += 60;
    EXPECT_EQ(pthread_timedjoin_np(thread, &result, &at), 0);
    EXPECT_EQ((intptr_t)result, 5);
}

// ---- detaching ----

static atomic_uint ended;

static void *detach_itself(void *argument)
{
    pthread_detach(pthread_self());
    ended++;
    return argument;
}

static void *just_end(void *argument)
{
    ended++;
    return argument;
}

static void wait_for_ended(unsigned count)
{
    while (ended < count)
        zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
}

#define STORM 1000

static void storm_of_detached(void)
{
    pthread_t thread;

    ended = 0;
    for (unsigned i = 0; i < STORM; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, detach_itself, NULL), 0);
        if (i % 32 == 31)
            wait_for_ended(i - 15);
    }
    wait_for_ended(STORM);
}

TEST(threads_that_detach_themselves_leave_nothing)
{
    baseline_check_rounds(storm_of_detached);
}

static void storm_of_detaching(void)
{
    pthread_t thread;

    ended = 0;
    for (unsigned i = 0; i < STORM; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, just_end, NULL), 0);
        for (volatile unsigned spin = 0; spin < (i % 50) * 40; spin++)
            ;
        ASSERT_EQ(pthread_detach(thread), 0);
        if (i % 32 == 31)
            wait_for_ended(i - 15);
    }
    wait_for_ended(STORM);
}

TEST(detach_that_meets_the_end_leaves_nothing)
{
    baseline_check_rounds(storm_of_detaching);
}

static void *create_and_leave(void *argument)
{
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (unsigned i = 0; i < STORM / 8; i++) {
        while (pthread_create(&thread, &attr, just_end, NULL) != 0)
            sched_yield();
    }
    return argument;
}

static void storm_of_four(void)
{
    pthread_t threads[4];

    ended = 0;
    for (unsigned i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, create_and_leave, NULL), 0);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
    wait_for_ended(4 * (STORM / 8));
}

TEST(four_threads_that_create_detached_ones_leave_nothing)
{
    baseline_check_rounds(storm_of_four);
}

// ---- failing ----

TEST(a_stack_that_cannot_be_had_is_eagain_and_leaves_nothing)
{
    struct baseline before = baseline_take(true);
    pthread_attr_t attr;
    pthread_t thread = (pthread_t)1;

    pthread_attr_init(&attr);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, (size_t)1 << 47), 0);
    EXPECT_EQ(pthread_create(&thread, &attr, give_back, NULL), EAGAIN);
    ASSERT_EQ(pthread_attr_setstacksize(&attr, (size_t)1 << 61), 0);
    EXPECT_EQ(pthread_create(&thread, &attr, give_back, NULL), EAGAIN);
    EXPECT_EQ(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN - 1), EINVAL);
    static char stack[64 << 10] __attribute__((aligned(16)));
    ASSERT_EQ(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
    EXPECT_EQ(pthread_create(&thread, &attr, give_back, NULL), ENOTSUP);
    baseline_check(&before);
}

TEST(what_does_not_exist_says_so)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    clockid_t clock;
    int value;

    EXPECT_EQ(pthread_cancel(pthread_self()), ENOSYS);
    EXPECT_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &value), ENOSYS);
    EXPECT_EQ(pthread_setcancelstate(99, &value), EINVAL);
    EXPECT_EQ(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &value), ENOSYS);
    EXPECT_EQ(pthread_setcanceltype(99, &value), EINVAL);
    EXPECT_EQ(pthread_kill(pthread_self(), 0), ENOSYS);
    EXPECT_EQ(pthread_getcpuclockid(pthread_self(), &clock), ENOSYS);
    EXPECT_ERRNO(pthread_atfork(NULL, NULL, NULL), ENOSYS);
    pthread_mutexattr_init(&attr);
    EXPECT_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), ENOSYS);
    EXPECT_EQ(pthread_mutexattr_setrobust(&attr, 9), EINVAL);
    EXPECT_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), ENOTSUP);
    EXPECT_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_NONE), 0);
    EXPECT_EQ(pthread_mutex_getprioceiling(&mutex, &value), EINVAL);
    EXPECT_EQ(pthread_mutex_consistent(&mutex), EINVAL);
    EXPECT_EQ(gettid() > 0, 1);
}
