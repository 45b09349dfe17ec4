// SPDX-License-Identifier: MIT
//
// Clocks, ticks and sleeping (spec 10 section 8).

#include <testing/testing.h>

#include <zircon/process.h>
#include <zircon/time.h>

// CALLS(zx_clock_get_monotonic, zx_clock_get, zx_clock_get_new)
TEST(monotonic_time_never_goes_back)
{
    zx_time_t last = zx_clock_get_monotonic();

    EXPECT_GT(last, 0);
    for (int i = 0; i < 10000; i++) {
        zx_time_t now;

        switch (i % 3) {
        case 0: now = zx_clock_get_monotonic(); break;
        case 1: now = zx_clock_get(ZX_CLOCK_MONOTONIC); break;
        default: EXPECT_OK(zx_clock_get_new(ZX_CLOCK_MONOTONIC, &now)); break;
        }
        if (now < last) {
            test_fail(__FILE__, __LINE__, "%ld after %ld", now, last);
            return;
        }
        last = now;
    }
}

// CALLS(zx_clock_get, zx_clock_get_new)
TEST(unknown_clocks_and_bad_pointers)
{
    zx_time_t out = 77;

    EXPECT_EQ(zx_clock_get(3), 0);
    EXPECT_EQ(zx_clock_get(0xffffffff), 0);
    EXPECT_EQ(zx_clock_get_new(3, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_clock_get_new(ZX_CLOCK_MONOTONIC, (zx_time_t *)8), ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_clock_get_new)
TEST(thread_time_is_the_time_spent_running)
{
    zx_time_t before = 0, after_sleep = 0, after_work = 0;

    // Long, since a busy host may stop a virtual CPU for a while, which counts as running.
    ASSERT_OK(zx_clock_get_new(ZX_CLOCK_THREAD, &before));
    zx_nanosleep(zx_deadline_after(ZX_MSEC(500)));
    ASSERT_OK(zx_clock_get_new(ZX_CLOCK_THREAD, &after_sleep));
    EXPECT_GE(after_sleep, before);
    EXPECT_LT(after_sleep - before, ZX_MSEC(500));
    zx_time_t end = zx_deadline_after(ZX_MSEC(5));

    while (zx_clock_get_monotonic() < end) {}
    ASSERT_OK(zx_clock_get_new(ZX_CLOCK_THREAD, &after_work));
    EXPECT_GT(after_work, after_sleep);
}

// CALLS(zx_ticks_get, zx_ticks_per_second)
TEST(ticks_advance_at_their_rate)
{
    zx_ticks_t rate = zx_ticks_per_second();
    zx_ticks_t first = zx_ticks_get();
    zx_time_t start = zx_clock_get_monotonic();

    EXPECT_GT(rate, 0);
    EXPECT_EQ(zx_ticks_per_second(), rate);
    zx_nanosleep(zx_deadline_after(ZX_MSEC(20)));
    zx_time_t slept = zx_clock_get_monotonic() - start;
    zx_ticks_t ticks = zx_ticks_get() - first;

    // Both ran over nearly the same time: at least as long in ticks, less a thousandth.
    EXPECT_GE(ticks, (uint64_t)slept / 1000 * (rate / 1000) / 1000 * 999 / 1000);
}

// CALLS(zx_deadline_after)
TEST(deadline_after_saturates)
{
    zx_time_t now = zx_clock_get_monotonic();

    EXPECT_GE(zx_deadline_after(0), now);
    EXPECT_GE(zx_deadline_after(ZX_SEC(10)), now + ZX_SEC(10));
    EXPECT_EQ(zx_deadline_after(ZX_TIME_INFINITE), ZX_TIME_INFINITE);
    EXPECT_EQ(zx_deadline_after(INT64_MAX - 100), ZX_TIME_INFINITE);
    EXPECT_LT(zx_deadline_after(ZX_TIME_INFINITE_PAST), 0);
}

// CALLS(zx_nanosleep)
TEST(a_sleep_is_never_short)
{
    const zx_duration_t durations[] = {ZX_USEC(1), ZX_USEC(100), ZX_MSEC(1), ZX_MSEC(15)};

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        zx_time_t deadline = zx_deadline_after(durations[i]);

        EXPECT_OK(zx_nanosleep(deadline));
        EXPECT_GE(zx_clock_get_monotonic(), deadline);
    }
}

// CALLS(zx_nanosleep)
TEST(a_past_deadline_does_not_sleep)
{
    EXPECT_OK(zx_nanosleep(0));
    EXPECT_OK(zx_nanosleep(-1));
    EXPECT_OK(zx_nanosleep(ZX_TIME_INFINITE_PAST));
    EXPECT_OK(zx_nanosleep(1));
    EXPECT_OK(zx_nanosleep(zx_clock_get_monotonic() - 1));
}

static void sleep_until(void *context)
{
    zx_nanosleep(*(zx_time_t *)context);
}

// CALLS(zx_nanosleep)
TEST(many_threads_sleep_at_the_same_time)
{
    static struct test_thread threads[16];
    static zx_time_t deadlines[16];

    for (size_t i = 0; i < 16; i++) {
        deadlines[i] = zx_deadline_after(ZX_MSEC(5) + (zx_duration_t)(i * 7 % 16) * ZX_USEC(300));
        ASSERT_OK(test_thread_start(&threads[i], sleep_until, &deadlines[i]));
    }
    for (size_t i = 0; i < 16; i++) {
        test_thread_join(&threads[i]);
        EXPECT_GE(zx_clock_get_monotonic(), deadlines[i]);
    }
}

// CALLS(zx_nanosleep, zx_task_kill)
TEST(a_sleeping_thread_can_be_killed)
{
    zx_time_t forever = ZX_TIME_INFINITE;
    struct test_thread thread;

    ASSERT_OK(test_thread_start(&thread, sleep_until, &forever));
    EXPECT_TRUE(test_thread_reaches(thread.handle, ZX_THREAD_STATE_BLOCKED_SLEEPING));
    EXPECT_OK(zx_task_kill(thread.handle));
    test_thread_join(&thread);
}
