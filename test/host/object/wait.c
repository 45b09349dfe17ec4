// SPDX-License-Identifier: MIT
// Signals and synchronous waits of one thread: spec 10 section 3.
#include "object_test.h"

// CALLS(zx_object_wait_one)
SCENARIO(wait_one_returns_at_once_when_a_bit_is_set)
{
    zx_handle_t e = make_event();
    zx_signals_t seen = 0;

    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_5));
    assert_ok(zx_object_wait_one(e, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1, FOREVER, &seen));
    assert_int_equal(seen, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_5);
    close_handle(e);
}

SCENARIO(wait_for_nothing_reads_the_state)
{
    zx_handle_t e = make_event();
    zx_signals_t seen = 0xdead;

    assert_status(zx_object_wait_one(e, 0, 0, &seen), ZX_ERR_TIMED_OUT);
    assert_int_equal(seen, 0);
    assert_ok(zx_object_signal(e, 0, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_7));
    assert_status(zx_object_wait_one(e, 0, 0, &seen), ZX_ERR_TIMED_OUT);
    assert_int_equal(seen, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_7);
    close_handle(e);
}

SCENARIO(past_deadlines_poll_once)
{
    const zx_time_t past[] = {0, 1, -1, ZX_TIME_INFINITE_PAST};
    zx_handle_t e = make_event();
    zx_signals_t seen;

    for (unsigned i = 0; i < countof(past); i++) {
        assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1));
        assert_status(zx_object_wait_one(e, ZX_USER_SIGNAL_0, past[i], &seen), ZX_ERR_TIMED_OUT);
        assert_int_equal(seen, ZX_USER_SIGNAL_1);
        assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
        assert_ok(zx_object_wait_one(e, ZX_USER_SIGNAL_0, past[i], &seen));
        assert_int_equal(seen, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
    }
    close_handle(e);
}

SCENARIO_ON(wait_never_times_out_early, 2, 20)
{
    zx_handle_t e = make_event();

    for (zx_duration_t d = 1; d < 50000000; d *= 7) {
        zx_time_t deadline = zx_deadline_after(d);
        assert_status(zx_object_wait_one(e, ZX_USER_SIGNAL_0, deadline, NULL), ZX_ERR_TIMED_OUT);
        assert_true(zx_clock_get_monotonic() >= deadline);
    }
    close_handle(e);
}

SCENARIO(observed_is_optional)
{
    zx_handle_t e = make_event();

    assert_status(zx_object_wait_one(e, ZX_USER_SIGNAL_0, 0, NULL), ZX_ERR_TIMED_OUT);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    assert_ok(zx_object_wait_one(e, ZX_USER_SIGNAL_0, 0, NULL));
    close_handle(e);
}

SCENARIO(early_errors_leave_observed_alone)
{
    zx_handle_t e = make_event(), weak = duplicate_without(e, ZX_RIGHT_WAIT);
    zx_handle_t vmar = 0, vmar_weak;
    zx_signals_t seen = 0x1234;

    // A VMAR's handle has no WAIT right, so that its type is never judged.
    assert_ok(zx_handle_duplicate(lab.vmar, ZX_RIGHT_SAME_RIGHTS, &vmar));
    vmar_weak = duplicate_without(vmar, 0);
    assert_status(zx_object_wait_one(0, 1, FOREVER, &seen), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_one(weak, 1, FOREVER, &seen), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_one(vmar, 1, FOREVER, &seen), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(seen, 0x1234);
    // Before the pointer is looked at.
    assert_status(zx_object_wait_one(0, 1, FOREVER, LAB_BAD_PTR), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_one(weak, 1, FOREVER, LAB_BAD_PTR), ZX_ERR_ACCESS_DENIED);
    const zx_handle_t all[] = {e, weak, vmar, vmar_weak};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(unwritable_observed_is_reported_after_the_wait)
{
    zx_handle_t e = make_event();

    assert_status(zx_object_wait_one(e, 1, 0, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    zx_time_t deadline = zx_deadline_after(100000);
    assert_status(zx_object_wait_one(e, 1, deadline, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_true(zx_clock_get_monotonic() >= deadline);
    close_handle(e);
}

SCENARIO_ON(thread_in_wait_one_shows_it, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event();

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER); // looks at the state
    assert_int_equal(state_of(w.thread), ZX_THREAD_RUNNING);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    // From now on it does not wait any more, whether it has run since or not.
    assert_int_not_equal(thread_state(w.thread), ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    waiter_join(&w);
    close_handle(e);
}

// CALLS(zx_object_signal)
SCENARIO_ON(wait_sees_the_union_of_all_states, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event();

    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_6));
    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    // Neither asked for nor set any more when the wait ends.
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_6, 0));
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_1, ZX_USER_SIGNAL_2));
    assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_2, ZX_USER_SIGNAL_0));
    waiter_join(&w);
    assert_ok(w.status);
    assert_int_equal(w.observed,
                     ZX_USER_SIGNAL_6 | ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1 | ZX_USER_SIGNAL_2);
    assert_int_equal(state_of(e), ZX_USER_SIGNAL_0);
    close_handle(e);
}

SCENARIO_ON(pulse_wakes_a_waiter_and_is_reported, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event();

    waiter_start(&w, e, ZX_EVENT_SIGNALED, FOREVER);
    assert_ok(zx_object_signal(e, 0, ZX_EVENT_SIGNALED));
    assert_ok(zx_object_signal(e, ZX_EVENT_SIGNALED, 0));
    waiter_join(&w);
    assert_ok(w.status);
    assert_int_equal(w.observed, ZX_EVENT_SIGNALED);
    assert_int_equal(state_of(e), 0);
    close_handle(e);
}

SCENARIO(timed_out_wait_reports_what_it_saw)
{
    struct waiter w;
    zx_handle_t e = make_event();
    bool in_time = false;

    for (zx_duration_t span = ZX_MSEC(20); !in_time; span *= 4) {
        zx_time_t deadline = zx_deadline_after(span);
        waiter_start(&w, e, ZX_USER_SIGNAL_0, deadline);
        assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
        assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_1, 0));
        in_time = zx_clock_get_monotonic() < deadline; // else it may have seen nothing
        waiter_join(&w);
        assert_status(w.status, ZX_ERR_TIMED_OUT);
        if (in_time)
            assert_int_equal(w.observed, ZX_USER_SIGNAL_1);
    }
    close_handle(e);
}

SCENARIO(wait_for_nothing_is_not_woken_by_signals)
{
    struct waiter w;
    zx_handle_t e = make_event();

    waiter_start(&w, e, 0, FOREVER);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED));
    sleep_ns(100000);
    assert_int_equal(thread_state(w.thread), ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    close_handle(e);
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_CANCELED);
    assert_int_equal(w.observed, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED | ZX_SIGNAL_HANDLE_CLOSED);
}

// CALLS(zx_handle_close, zx_handle_replace)
SCENARIO_ON(close_cancels_the_waits_through_that_handle, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), copy = duplicate_without(e, 0);

    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_4));
    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    close_handle(e); // though a duplicate exists
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_CANCELED);
    assert_int_equal(w.observed, ZX_USER_SIGNAL_4 | ZX_SIGNAL_HANDLE_CLOSED);
    // It is never part of the state.
    assert_int_equal(state_of(copy), ZX_USER_SIGNAL_4);
    close_handle(copy);
}

SCENARIO_ON(close_leaves_waits_through_other_handles_alone, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), copy = duplicate_without(e, 0);

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    close_handle(copy);
    sleep_ns(10000);
    assert_int_equal(thread_state(w.thread), ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    waiter_join(&w);
    assert_ok(w.status);
    close_handle(e);
}

SCENARIO_ON(replace_cancels_the_waits_through_the_source, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), fresh;

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    assert_ok(zx_handle_replace(e, ZX_RIGHT_SAME_RIGHTS, &fresh));
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_CANCELED);
    assert_int_equal(w.observed, ZX_SIGNAL_HANDLE_CLOSED);
    close_handle(fresh);
}

SCENARIO_ON(failed_replace_cancels_them_too, 2, 5)
{
    struct waiter w;
    zx_handle_t e = make_event(), fresh;

    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    assert_status(zx_handle_replace(e, ZX_RIGHT_MANAGE_JOB, &fresh), ZX_ERR_INVALID_ARGS);
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_CANCELED);
}

// CALLS(zx_channel_write, zx_channel_read)
SCENARIO_ON(transfer_cancels_the_waits_through_the_handle, 2, 20)
{
    struct waiter w;
    zx_handle_t e = make_event(), ends[2], there;
    uint32_t bytes, handles;

    make_pair(ends);
    waiter_start(&w, e, ZX_USER_SIGNAL_0, FOREVER);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &e, 1));
    assert_ok(zx_channel_read(ends[1], 0, NULL, &there, 0, 1, &bytes, &handles));
    waiter_join(&w);
    assert_status(w.status, ZX_ERR_CANCELED);
    assert_true((w.observed & ZX_SIGNAL_HANDLE_CLOSED) != 0);
    close_handle(there);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO_ON(exit_of_the_process_ends_its_waits, 2, 20)
{
    struct child c = start_child(lab.job, child_waits, 0);

    await_state(c.thread, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_task_kill(c.process));
    await(c.process, ZX_PROCESS_TERMINATED);
    await(c.thread, ZX_THREAD_TERMINATED);
    close_child(&c);
}

SCENARIO_ON(one_signal_wakes_all_waiters, 3, 20)
{
    struct waiter w[5];
    zx_handle_t e = make_event();

    for (unsigned i = 0; i < 5; i++)
        waiter_start(&w[i], e, ZX_USER_SIGNAL_0 << (i % 2), FOREVER);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1));
    for (unsigned i = 0; i < 5; i++) {
        waiter_join(&w[i]);
        assert_ok(w[i].status);
        assert_int_equal(w[i].observed, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
    }
    close_handle(e);
}

SCENARIO(signal_wakes_only_those_who_asked_for_it)
{
    struct waiter a, b;
    zx_handle_t e = make_event();

    waiter_start(&a, e, ZX_USER_SIGNAL_0, FOREVER);
    waiter_start(&b, e, ZX_USER_SIGNAL_1, FOREVER);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    waiter_join(&a);
    assert_int_equal(thread_state(b.thread), ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
    waiter_join(&b);
    assert_ok(a.status);
    assert_ok(b.status);
    assert_int_equal(b.observed, ZX_USER_SIGNAL_0 | ZX_USER_SIGNAL_1);
    close_handle(e);
}

// A wait that ended leaves nothing behind: later changes do not touch its thread's stack.
SCENARIO(ended_waits_leave_no_observer)
{
    zx_handle_t e = make_event();

    for (unsigned i = 0; i < 50; i++) {
        assert_status(zx_object_wait_one(e, ZX_USER_SIGNAL_0, zx_deadline_after(100), NULL),
                      ZX_ERR_TIMED_OUT);
        assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
        assert_ok(zx_object_signal(e, ZX_USER_SIGNAL_1, 0));
    }
    close_handle(e);
}

// CALLS(zx_nanosleep, zx_deadline_after, zx_clock_get_monotonic, zx_clock_get_new, zx_clock_get)
SCENARIO_ON(sleep_lasts_until_its_deadline, 2, 20)
{
    for (zx_duration_t d = 1; d < 50000000; d *= 11) {
        zx_time_t deadline = zx_deadline_after(d);
        assert_ok(zx_nanosleep(deadline));
        assert_true(zx_clock_get_monotonic() >= deadline);
    }
    assert_ok(zx_nanosleep(0));
    assert_ok(zx_nanosleep(-1));
    assert_ok(zx_nanosleep(ZX_TIME_INFINITE_PAST));
    assert_ok(zx_nanosleep(1));
}

SCENARIO(clocks_of_unknown_number)
{
    zx_time_t t = 77;

    assert_int_equal(zx_clock_get(3), 0);
    assert_status(zx_clock_get_new(3, &t), ZX_ERR_INVALID_ARGS);
    assert_int_equal(t, 77);
    assert_status(zx_clock_get_new(ZX_CLOCK_MONOTONIC, LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_clock_get_new(ZX_CLOCK_MONOTONIC, &t));
    assert_true(t > 0 && zx_clock_get_monotonic() >= t);
    assert_ok(zx_clock_get_new(ZX_CLOCK_THREAD, &t));
    assert_true(t >= 0);
}

// CALLS(zx_clock_adjust)
SCENARIO(clock_adjust_replaces_the_utc_offset)
{
    zx_handle_t e = make_event();
    zx_time_t utc;

    assert_status(zx_clock_adjust(0, ZX_CLOCK_UTC, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_clock_adjust(e, ZX_CLOCK_UTC, 0), ZX_ERR_WRONG_TYPE);
    assert_status(zx_clock_adjust(lab.resource, ZX_CLOCK_MONOTONIC, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_clock_adjust(lab.resource, ZX_CLOCK_THREAD, 0), ZX_ERR_INVALID_ARGS);
    for (unsigned i = 0; i < 2; i++) { // twice: it does not add up
        zx_time_t low = zx_clock_get_monotonic() + ZX_SEC(1000);
        assert_ok(zx_clock_adjust(lab.resource, ZX_CLOCK_UTC, ZX_SEC(1000)));
        assert_ok(zx_clock_get_new(ZX_CLOCK_UTC, &utc));
        assert_true(utc >= low && utc <= zx_clock_get_monotonic() + ZX_SEC(1000));
    }
    close_handle(e);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest wait_tests[] = {
    T(wait_one_returns_at_once_when_a_bit_is_set),
    T(wait_for_nothing_reads_the_state),
    T(past_deadlines_poll_once),
    T(wait_never_times_out_early),
    T(observed_is_optional),
    T(early_errors_leave_observed_alone),
    T(unwritable_observed_is_reported_after_the_wait),
    T(thread_in_wait_one_shows_it),
    T(wait_sees_the_union_of_all_states),
    T(pulse_wakes_a_waiter_and_is_reported),
    T(timed_out_wait_reports_what_it_saw),
    T(wait_for_nothing_is_not_woken_by_signals),
    T(close_cancels_the_waits_through_that_handle),
    T(close_leaves_waits_through_other_handles_alone),
    T(replace_cancels_the_waits_through_the_source),
    T(failed_replace_cancels_them_too),
    T(transfer_cancels_the_waits_through_the_handle),
    lab_only_unit_test(test_exit_of_the_process_ends_its_waits),
    T(one_signal_wakes_all_waiters),
    T(signal_wakes_only_those_who_asked_for_it),
    T(ended_waits_leave_no_observer),
    T(sleep_lasts_until_its_deadline),
    T(clocks_of_unknown_number),
    T(clock_adjust_replaces_the_utc_offset),
};
const size_t wait_test_count = countof(wait_tests);
