// SPDX-License-Identifier: MIT
//
// Events, signals, and waiting for one or many objects (spec 10 section 3).

#include <testing/testing.h>

#include <stdatomic.h>

#include <zircon/process.h>
#include <zircon/rights.h>

#define ALL_SETTABLE (ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_ALL)

static zx_handle_t make_event(void)
{
    zx_handle_t event = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_event_create(0, &event));
    return event;
}

// CALLS(zx_event_create)
TEST(event_create_takes_no_options)
{
    zx_handle_t out = 77;

    EXPECT_EQ(zx_event_create(1, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_event_create(0, (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
    zx_handle_t event = make_event();

    EXPECT_EQ(test_signals(event), 0);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_signal)
TEST(signals_are_cleared_then_set)
{
    zx_handle_t event = make_event();

    EXPECT_OK(zx_object_signal(event, 0, ALL_SETTABLE));
    EXPECT_EQ(test_signals(event), ALL_SETTABLE);
    EXPECT_OK(zx_object_signal(event, ZX_USER_SIGNAL_ALL, 0));
    EXPECT_EQ(test_signals(event), ZX_EVENT_SIGNALED);
    // A bit in both masks ends up set.
    EXPECT_OK(zx_object_signal(event, ALL_SETTABLE, ZX_USER_SIGNAL_3 | ZX_EVENT_SIGNALED));
    EXPECT_EQ(test_signals(event), ZX_USER_SIGNAL_3 | ZX_EVENT_SIGNALED);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_signal)
TEST(signal_refuses_the_kernels_bits)
{
    zx_handle_t event = make_event();
    zx_handle_t mute = test_without_rights(event, ZX_RIGHT_SIGNAL);

    for (unsigned bit = 0; bit < 24; bit++) {
        if (bit != 3) {
            EXPECT_EQ(zx_object_signal(event, 0, 1u << bit), ZX_ERR_INVALID_ARGS);
            EXPECT_EQ(zx_object_signal(event, 1u << bit, 0), ZX_ERR_INVALID_ARGS);
        }
    }
    EXPECT_EQ(zx_object_signal(0, 0, ZX_USER_SIGNAL_0), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_object_signal(mute, 0, ZX_USER_SIGNAL_0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(test_signals(event), 0);
    EXPECT_OK(zx_handle_close(mute));
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_signal)
TEST(other_objects_take_user_signals_only)
{
    zx_handle_t vmo;

    ASSERT_OK(zx_vmo_create(0, 0, &vmo));
    EXPECT_OK(zx_object_signal(vmo, 0, ZX_USER_SIGNAL_7));
    EXPECT_EQ(test_signals(vmo), ZX_USER_SIGNAL_7 | ZX_VMO_ZERO_CHILDREN);
    EXPECT_EQ(zx_object_signal(vmo, 0, ZX_EVENT_SIGNALED), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_object_wait_one)
TEST(wait_one_polls_when_the_deadline_has_passed)
{
    const zx_time_t past[] = {0, -1, ZX_TIME_INFINITE_PAST, 1};
    zx_handle_t event = make_event();
    zx_signals_t seen = 0;

    for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        EXPECT_EQ(zx_object_wait_one(event, ZX_EVENT_SIGNALED, past[i], &seen), ZX_ERR_TIMED_OUT);
        EXPECT_EQ(seen, 0);
    }
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_1));
    for (size_t i = 0; i < sizeof(past) / sizeof(past[0]); i++) {
        EXPECT_OK(zx_object_wait_one(event, ZX_EVENT_SIGNALED, past[i], &seen));
        EXPECT_EQ(seen, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_1);
    }
    EXPECT_OK(zx_object_wait_one(event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, NULL));
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_one)
TEST(wait_one_never_ends_before_its_deadline)
{
    zx_handle_t event = make_event();

    for (int i = 0; i < 5; i++) {
        zx_time_t deadline = zx_deadline_after(ZX_MSEC(3));

        EXPECT_EQ(zx_object_wait_one(event, ZX_EVENT_SIGNALED, deadline, NULL), ZX_ERR_TIMED_OUT);
        EXPECT_GE(zx_clock_get_monotonic(), deadline);
    }
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_one)
TEST(wait_one_reports_bad_arguments)
{
    zx_handle_t event = make_event();
    zx_handle_t blind = test_without_rights(event, ZX_RIGHT_WAIT);
    zx_signals_t seen = 99;

    EXPECT_EQ(zx_object_wait_one(0, ZX_EVENT_SIGNALED, 0, &seen), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_object_wait_one(blind, ZX_EVENT_SIGNALED, 0, &seen), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_wait_one(zx_vmar_root_self(), 1, 0, &seen), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(seen, 99);
    EXPECT_EQ(zx_object_wait_one(event, ZX_EVENT_SIGNALED, 0, (zx_signals_t *)8),
              ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(blind));
    EXPECT_OK(zx_handle_close(event));
}

// A thread that waits once and keeps what came of it.
struct waiter {
    struct test_thread thread;
    zx_handle_t handle;
    zx_signals_t signals;
    zx_status_t status;
    zx_signals_t seen;
};

static void wait_once(void *context)
{
    struct waiter *waiter = context;

    waiter->status =
        zx_object_wait_one(waiter->handle, waiter->signals, test_patience(), &waiter->seen);
}

// Starts a waiter and returns when it is blocked.
static bool start_waiter(struct waiter *waiter, zx_handle_t handle, zx_signals_t signals)
{
    *waiter = (struct waiter){.handle = handle, .signals = signals, .status = 1};
    EXPECT_OK(test_thread_start(&waiter->thread, wait_once, waiter));
    bool blocked = test_thread_reaches(waiter->thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);

    EXPECT_TRUE(blocked);
    return blocked;
}

// CALLS(zx_object_wait_one, zx_object_signal)
TEST(signal_wakes_a_waiting_thread)
{
    zx_handle_t event = make_event();
    struct waiter waiter;

    ASSERT_TRUE(start_waiter(&waiter, event, ZX_USER_SIGNAL_2));
    EXPECT_OK(zx_object_signal(event, 0, ZX_USER_SIGNAL_1)); // not the one
    EXPECT_OK(zx_object_signal(event, 0, ZX_USER_SIGNAL_2));
    test_thread_join(&waiter.thread);
    EXPECT_OK(waiter.status);
    EXPECT_EQ(waiter.seen, ZX_USER_SIGNAL_1 | ZX_USER_SIGNAL_2);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_one, zx_object_signal)
TEST(a_pulse_wakes_and_is_seen)
{
    zx_handle_t event = make_event();
    struct waiter waiter;

    ASSERT_TRUE(start_waiter(&waiter, event, ZX_EVENT_SIGNALED));
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    EXPECT_OK(zx_object_signal(event, ZX_EVENT_SIGNALED, 0));
    test_thread_join(&waiter.thread);
    EXPECT_OK(waiter.status);
    EXPECT_TRUE((waiter.seen & ZX_EVENT_SIGNALED) != 0);
    EXPECT_EQ(test_signals(event), 0);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_one, zx_handle_close)
TEST(closing_the_waited_handle_cancels_only_its_own_waits)
{
    zx_handle_t event = make_event(), copy;
    struct waiter cancelled, other;

    ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy));
    ASSERT_TRUE(start_waiter(&cancelled, event, ZX_EVENT_SIGNALED));
    ASSERT_TRUE(start_waiter(&other, copy, ZX_EVENT_SIGNALED));
    EXPECT_OK(zx_handle_close(event));
    test_thread_join(&cancelled.thread);
    EXPECT_EQ(cancelled.status, ZX_ERR_CANCELED);
    EXPECT_EQ(cancelled.seen, ZX_SIGNAL_HANDLE_CLOSED);
    EXPECT_EQ(other.status, 1); // still waiting
    EXPECT_OK(zx_object_signal(copy, 0, ZX_EVENT_SIGNALED));
    test_thread_join(&other.thread);
    EXPECT_OK(other.status);
    EXPECT_EQ(other.seen, ZX_EVENT_SIGNALED);
    EXPECT_OK(zx_handle_close(copy));
}

// CALLS(zx_object_wait_one, zx_handle_replace)
TEST(replacing_the_waited_handle_cancels_the_wait)
{
    zx_handle_t event = make_event();
    struct waiter waiter;

    ASSERT_TRUE(start_waiter(&waiter, event, ZX_EVENT_SIGNALED));
    EXPECT_OK(zx_handle_replace(event, ZX_RIGHT_SAME_RIGHTS, &event));
    test_thread_join(&waiter.thread);
    EXPECT_EQ(waiter.status, ZX_ERR_CANCELED);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_one, zx_channel_write, zx_channel_read)
TEST(transferring_the_waited_handle_cancels_the_wait)
{
    zx_handle_t event = make_event(), ends[2], received;
    struct waiter waiter;
    uint32_t bytes, handles;

    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    ASSERT_TRUE(start_waiter(&waiter, event, ZX_EVENT_SIGNALED));
    ASSERT_OK(zx_channel_write(ends[0], 0, NULL, 0, &event, 1));
    ASSERT_OK(zx_channel_read(ends[1], 0, NULL, &received, 0, 1, &bytes, &handles));
    test_thread_join(&waiter.thread);
    EXPECT_EQ(waiter.status, ZX_ERR_CANCELED);
    EXPECT_TRUE((waiter.seen & ZX_SIGNAL_HANDLE_CLOSED) != 0);
    EXPECT_OK(zx_handle_close(received));
    EXPECT_OK(zx_handle_close_many(ends, 2));
}

// CALLS(zx_object_wait_many)
TEST(wait_many_of_nothing_sleeps)
{
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(2));

    EXPECT_EQ(zx_object_wait_many(NULL, 0, deadline), ZX_ERR_TIMED_OUT);
    EXPECT_GE(zx_clock_get_monotonic(), deadline);
    EXPECT_EQ(zx_object_wait_many(NULL, 0, 0), ZX_ERR_TIMED_OUT);
}

// CALLS(zx_object_wait_many)
TEST(wait_many_fills_in_the_state_of_every_item)
{
    zx_handle_t a = make_event(), b = make_event();
    zx_wait_item_t items[3] = {
        {a, ZX_EVENT_SIGNALED, 99}, {b, ZX_EVENT_SIGNALED, 99}, {a, ZX_USER_SIGNAL_0, 99}};

    EXPECT_EQ(zx_object_wait_many(items, 3, 0), ZX_ERR_TIMED_OUT);
    EXPECT_EQ(items[0].pending, 0);
    EXPECT_EQ(items[1].pending, 0);
    EXPECT_OK(zx_object_signal(a, 0, ZX_USER_SIGNAL_5));
    EXPECT_OK(zx_object_signal(b, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_6));
    EXPECT_OK(zx_object_wait_many(items, 3, ZX_TIME_INFINITE));
    EXPECT_EQ(items[0].pending, ZX_USER_SIGNAL_5);
    EXPECT_EQ(items[1].pending, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_6);
    EXPECT_EQ(items[2].pending, ZX_USER_SIGNAL_5);
    EXPECT_OK(zx_handle_close(a));
    EXPECT_OK(zx_handle_close(b));
}

// CALLS(zx_object_wait_many)
TEST(wait_many_takes_sixteen_items_and_no_more)
{
    zx_wait_item_t items[17];
    zx_handle_t event = make_event();

    for (size_t i = 0; i < 17; i++) {
        items[i] = (zx_wait_item_t){event, ZX_EVENT_SIGNALED, 99};
    }
    EXPECT_EQ(zx_object_wait_many(items, 17, 0), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(items[0].pending, 99);
    EXPECT_EQ(zx_object_wait_many(items, 16, 0), ZX_ERR_TIMED_OUT);
    EXPECT_EQ(items[15].pending, 0);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_wait_many)
TEST(wait_many_reports_bad_items_and_leaves_nothing_behind)
{
    zx_handle_t event = make_event();
    zx_handle_t blind = test_without_rights(event, ZX_RIGHT_WAIT);
    zx_wait_item_t items[2] = {{event, ZX_EVENT_SIGNALED, 99}, {0, ZX_EVENT_SIGNALED, 99}};

    EXPECT_EQ(zx_object_wait_many(items, 2, 0), ZX_ERR_BAD_HANDLE);
    items[1].handle = blind;
    EXPECT_EQ(zx_object_wait_many(items, 2, 0), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(items[0].pending, 99);
    EXPECT_EQ(zx_object_wait_many((zx_wait_item_t *)8, 1, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    EXPECT_OK(zx_handle_close(event));
    EXPECT_OK(zx_handle_close(blind));
}

struct many_waiter {
    struct test_thread thread;
    zx_wait_item_t items[3];
    zx_status_t status;
};

static void wait_many_once(void *context)
{
    struct many_waiter *waiter = context;

    waiter->status = zx_object_wait_many(waiter->items, 3, test_patience());
}

// CALLS(zx_object_wait_many)
TEST(wait_many_wakes_by_any_item_and_by_a_close)
{
    zx_handle_t events[3] = {make_event(), make_event(), make_event()};

    for (int round = 0; round < 2; round++) {
        struct many_waiter waiter = {0};

        for (size_t i = 0; i < 3; i++) {
            waiter.items[i] = (zx_wait_item_t){events[i], ZX_EVENT_SIGNALED, 0};
        }
        ASSERT_OK(test_thread_start(&waiter.thread, wait_many_once, &waiter));
        EXPECT_TRUE(test_thread_reaches(waiter.thread.handle, ZX_THREAD_STATE_BLOCKED_WAIT_MANY));
        if (round == 0) {
            EXPECT_OK(zx_object_signal(events[1], 0, ZX_EVENT_SIGNALED));
        } else {
            EXPECT_OK(zx_object_signal(events[1], ZX_EVENT_SIGNALED, 0));
            EXPECT_OK(zx_handle_close(events[2]));
        }
        test_thread_join(&waiter.thread);
        if (round == 0) {
            EXPECT_OK(waiter.status);
            EXPECT_EQ(waiter.items[1].pending, ZX_EVENT_SIGNALED);
            EXPECT_OK(zx_object_signal(events[1], ZX_EVENT_SIGNALED, 0));
        } else {
            EXPECT_EQ(waiter.status, ZX_ERR_CANCELED);
            EXPECT_EQ(waiter.items[2].pending, ZX_SIGNAL_HANDLE_CLOSED);
        }
    }
    EXPECT_OK(zx_handle_close_many(events, 2));
}

// Two threads that hand a turn to each other through two events.
struct turn {
    zx_handle_t mine, theirs;
    int rounds;
    atomic_int failures;
};

static void take_turns(void *context)
{
    struct turn *turn = context;

    for (int i = 0; i < turn->rounds; i++) {
        if (zx_object_wait_one(turn->mine, ZX_EVENT_SIGNALED, test_patience(), NULL) != ZX_OK ||
            zx_object_signal(turn->mine, ZX_EVENT_SIGNALED, 0) != ZX_OK ||
            zx_object_signal(turn->theirs, 0, ZX_EVENT_SIGNALED) != ZX_OK) {
            turn->failures++;
            return;
        }
    }
}

// CALLS(zx_object_wait_one, zx_object_signal)
TEST(two_threads_take_turns_without_losing_a_wake_up)
{
    zx_handle_t ping = make_event(), pong = make_event();
    struct turn a = {.mine = ping, .theirs = pong, .rounds = 2000};
    struct turn b = {.mine = pong, .theirs = ping, .rounds = 2000};
    struct test_thread threads[2];

    ASSERT_OK(test_thread_start(&threads[0], take_turns, &a));
    ASSERT_OK(test_thread_start(&threads[1], take_turns, &b));
    EXPECT_OK(zx_object_signal(ping, 0, ZX_EVENT_SIGNALED));
    test_thread_join(&threads[0]);
    test_thread_join(&threads[1]);
    EXPECT_EQ(a.failures, 0);
    EXPECT_EQ(b.failures, 0);
    EXPECT_OK(zx_handle_close(ping));
    EXPECT_OK(zx_handle_close(pong));
}
