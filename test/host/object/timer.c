// SPDX-License-Identifier: MIT
// Timers: spec 10 section 7.
#include "object_test.h"

#define FAR ZX_SEC(100000)

static zx_handle_t make_timer(uint32_t options)
{
    zx_handle_t t = ZX_HANDLE_INVALID;

    assert_ok(zx_timer_create(options, ZX_CLOCK_MONOTONIC, &t));
    return t;
}

// CALLS(zx_timer_create)
SCENARIO(timer_begins_clear_with_its_rights)
{
    zx_handle_t out = 77;

    for (uint32_t options = 0; options <= ZX_TIMER_SLACK_LATE; options++) {
        zx_handle_t t = make_timer(options);
        zx_info_handle_basic_t info = basic(t);
        assert_int_equal(info.type, ZX_OBJ_TYPE_TIMER);
        assert_int_equal(info.rights, 0xd00b);
        assert_int_equal(info.related_koid, 0);
        assert_int_equal(state_of(t), 0);
        close_handle(t);
    }
    assert_status(zx_timer_create(0, ZX_CLOCK_UTC, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(0, ZX_CLOCK_THREAD, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(0, 77, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(3, ZX_CLOCK_MONOTONIC, &out), ZX_ERR_INVALID_ARGS);
    assert_status(zx_timer_create(~0u, ZX_CLOCK_MONOTONIC, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
}

// CALLS(zx_timer_set)
SCENARIO_ON(timer_never_fires_before_its_deadline, 2, 10)
{
    zx_handle_t t = make_timer(0);

    for (unsigned i = 0; i < 5; i++) {
        zx_time_t deadline = zx_deadline_after((zx_duration_t)i * 7000);
        zx_signals_t seen = 0;
        assert_ok(zx_timer_set(t, deadline, 0));
        assert_ok(zx_object_wait_one(t, ZX_TIMER_SIGNALED, FOREVER, &seen));
        assert_true(zx_clock_get_monotonic() >= deadline);
        assert_int_equal(seen, ZX_TIMER_SIGNALED);
        assert_int_equal(state_of(t), ZX_TIMER_SIGNALED); // stays until it is set or cancelled
    }
    close_handle(t);
}

SCENARIO(past_deadline_signals_before_the_call_returns)
{
    zx_handle_t t = make_timer(ZX_TIMER_SLACK_LATE);
    const zx_time_t past[] = {0, 1, -1, ZX_TIME_INFINITE_PAST};

    for (unsigned i = 0; i < countof(past); i++) {
        assert_ok(zx_timer_set(t, FOREVER, 0));
        assert_int_equal(state_of(t), 0);
        assert_ok(zx_timer_set(t, past[i], i % 2 == 0 ? 0 : FOREVER));
        assert_int_equal(state_of(t), ZX_TIMER_SIGNALED);
    }
    assert_ok(zx_timer_set(t, zx_clock_get_monotonic(), 0));
    assert_int_equal(state_of(t), ZX_TIMER_SIGNALED);
    close_handle(t);
}

SCENARIO(setting_a_timer_begins_anew)
{
    zx_handle_t t = make_timer(0);

    assert_ok(zx_timer_set(t, 0, 0));
    assert_ok(zx_timer_set(t, zx_deadline_after(FAR), 0));
    assert_int_equal(state_of(t), 0); // what was signaled is not any more
    zx_time_t late = zx_deadline_after(200000);
    assert_ok(zx_timer_set(t, zx_deadline_after(20000), 0));
    assert_ok(zx_timer_set(t, late, 0)); // the earlier deadline counts no more
    assert_ok(zx_object_wait_one(t, ZX_TIMER_SIGNALED, FOREVER, NULL));
    assert_true(zx_clock_get_monotonic() >= late);
    close_handle(t);
}

// CALLS(zx_timer_cancel)
SCENARIO(cancelled_timer_does_not_fire)
{
    zx_handle_t t = make_timer(0);

    assert_ok(zx_timer_cancel(t)); // never armed
    assert_ok(zx_timer_set(t, zx_deadline_after(30000), 0));
    assert_ok(zx_timer_cancel(t));
    assert_status(zx_object_wait_one(t, ZX_TIMER_SIGNALED, zx_deadline_after(200000), NULL),
                  ZX_ERR_TIMED_OUT);
    assert_ok(zx_timer_set(t, 0, 0));
    assert_ok(zx_timer_cancel(t)); // takes the signal back
    assert_int_equal(state_of(t), 0);
    assert_ok(zx_timer_set(t, zx_deadline_after(1000), 0)); // and it can be armed again
    await(t, ZX_TIMER_SIGNALED);
    close_handle(t);
}

SCENARIO(user_signals_of_a_timer_are_left_alone)
{
    zx_handle_t t = make_timer(0), copy = duplicate_without(t, 0);

    assert_ok(zx_object_signal(t, 0, ZX_USER_SIGNAL_3));
    assert_ok(zx_timer_set(copy, 0, 0)); // all handles share one state
    assert_int_equal(state_of(t), ZX_TIMER_SIGNALED | ZX_USER_SIGNAL_3);
    assert_ok(zx_timer_cancel(t));
    assert_int_equal(state_of(copy), ZX_USER_SIGNAL_3);
    assert_status(zx_object_signal(t, 0, ZX_TIMER_SIGNALED), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close_many((zx_handle_t[]){t, copy}, 2));
}

// How early each kind may be, with this slack.
static zx_time_t earliest(uint32_t options, zx_time_t deadline, zx_duration_t slack)
{
    zx_time_t bound;

    if (options == ZX_TIMER_SLACK_LATE)
        return deadline;
    return __builtin_sub_overflow(deadline, slack, &bound) ? ZX_TIME_INFINITE_PAST : bound;
}

SCENARIO_ON(slack_moves_a_timer_within_its_window_only, 2, 10)
{
    for (uint32_t options = 0; options <= ZX_TIMER_SLACK_LATE; options++) {
        zx_handle_t fixed = make_timer(0), t = make_timer(options);
        zx_time_t now = zx_clock_get_monotonic(), deadline = now + 400000;
        // Something to be moved to, in each window.
        assert_ok(zx_timer_set(fixed, now + 350000, 0));
        assert_ok(zx_timer_set(t, deadline, 100000));
        assert_ok(zx_object_wait_one(t, ZX_TIMER_SIGNALED, FOREVER, NULL));
        assert_true(zx_clock_get_monotonic() >= earliest(options, deadline, 100000));
        assert_ok(zx_handle_close_many((zx_handle_t[]){fixed, t}, 2));
    }
}

// Bounds that would overflow saturate: nothing is refused, and only LATE is held to its deadline.
SCENARIO(slack_without_end_is_taken)
{
    for (uint32_t options = 0; options <= ZX_TIMER_SLACK_LATE; options++) {
        zx_handle_t t = make_timer(options);
        zx_time_t deadline = zx_deadline_after(20000);
        assert_ok(zx_timer_set(t, deadline, FOREVER));
        assert_ok(zx_object_wait_one(t, ZX_TIMER_SIGNALED, FOREVER, NULL));
        if (options == ZX_TIMER_SLACK_LATE)
            assert_true(zx_clock_get_monotonic() >= deadline);
        assert_ok(zx_timer_set(t, ZX_TIME_INFINITE, 1));
        assert_ok(zx_timer_set(t, ZX_TIME_INFINITE - 1, FOREVER));
        close_handle(t); // disarms it
    }
}

SCENARIO(timer_calls_check_in_order)
{
    zx_handle_t t = make_timer(0), e = make_event(), ends[2];
    zx_handle_t mute = duplicate_without(t, ZX_RIGHT_WRITE);

    make_pair(ends);
    assert_status(zx_timer_set(0, 0, -1), ZX_ERR_OUT_OF_RANGE); // before the handle
    assert_status(zx_timer_set(0, 0, INT64_MIN), ZX_ERR_OUT_OF_RANGE);
    assert_status(zx_timer_set(0, 0, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_timer_set(mute, 0, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_timer_set(e, 0, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_timer_set(ends[0], 0, 0), ZX_ERR_WRONG_TYPE);
    assert_int_equal(state_of(t), 0);
    assert_status(zx_timer_cancel(0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_timer_cancel(mute), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_timer_cancel(e), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_timer_cancel(ends[0]), ZX_ERR_WRONG_TYPE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){t, e, mute, ends[0], ends[1]}, 5));
}

// CALLS(zx_object_wait_many)
SCENARIO_ON(many_timers_fire_none_early, 2, 5)
{
    zx_handle_t t[16];
    zx_time_t now = zx_clock_get_monotonic(), deadlines[16];
    zx_wait_item_t items[16];
    unsigned fired = 0;

    for (unsigned i = 0; i < 16; i++) {
        t[i] = make_timer(0);
        deadlines[i] = now + 100000 + (i * 7 % 16) * 20000;
        assert_ok(zx_timer_set(t[i], deadlines[i], 0));
        items[i] = (zx_wait_item_t){.handle = t[i], .waitfor = ZX_TIMER_SIGNALED};
    }
    while (fired < 16) {
        assert_ok(zx_object_wait_many(items, 16, FOREVER));
        zx_time_t then = zx_clock_get_monotonic();
        for (unsigned i = 0; i < 16; i++) {
            if (items[i].waitfor == 0 || !(items[i].pending & ZX_TIMER_SIGNALED))
                continue;
            assert_true(then >= deadlines[i]);
            items[i].waitfor = 0;
            fired++;
        }
    }
    assert_ok(zx_handle_close_many(t, 16));
}

// CALLS(zx_handle_close)
SCENARIO(last_close_of_an_armed_timer_disarms_it)
{
    for (unsigned i = 0; i < 20; i++) {
        zx_handle_t t = make_timer(i % 3);
        assert_ok(zx_timer_set(t, zx_deadline_after(i % 2 == 0 ? FAR : 3000), 0));
        close_handle(t); // were it still armed, it would be found left behind
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest timer_tests[] = {
    T(timer_begins_clear_with_its_rights),
    T(timer_never_fires_before_its_deadline),
    T(past_deadline_signals_before_the_call_returns),
    T(setting_a_timer_begins_anew),
    T(cancelled_timer_does_not_fire),
    T(user_signals_of_a_timer_are_left_alone),
    T(slack_moves_a_timer_within_its_window_only),
    T(slack_without_end_is_taken),
    T(timer_calls_check_in_order),
    T(many_timers_fire_none_early),
    T(last_close_of_an_armed_timer_disarms_it),
};
const size_t timer_test_count = countof(timer_tests);
