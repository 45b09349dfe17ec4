// SPDX-License-Identifier: MIT
// Timers: set, cancelled, expired and closed all at once. SIGNALED comes exactly when it is due.
#include "object_test.h"

#include <zircon/syscalls/port.h>

struct clockwork {
    zx_handle_t timer, port;
    unsigned got;
};

static struct clockwork clockwork_make(void)
{
    struct clockwork c = {0};

    assert_ok(zx_timer_create((uint32_t)host_random(3), ZX_CLOCK_MONOTONIC, &c.timer));
    return c;
}

static bool ok_or_bad(zx_status_t status)
{
    return status == ZX_OK || status == ZX_ERR_BAD_HANDLE;
}

static void set_often(void *arg)
{
    struct clockwork *c = arg;

    for (unsigned i = 0; i < 6; i++)
        assert_true(ok_or_bad(
            zx_timer_set(c->timer, zx_deadline_after((zx_duration_t)host_random(6000)), 0)));
}

static void cancel_often(void *arg)
{
    struct clockwork *c = arg;

    for (unsigned i = 0; i < 4; i++) {
        assert_true(ok_or_bad(zx_timer_cancel(c->timer)));
        sleep_ns((zx_duration_t)host_random(3000));
    }
}

static void close_it(void *arg)
{
    sleep_ns((zx_duration_t)host_random(12000));
    close_handle(((struct clockwork *)arg)->timer);
}

static void wait_it(void *arg)
{
    struct clockwork *c = arg;
    zx_status_t status =
        zx_object_wait_one(c->timer, ZX_TIMER_SIGNALED, zx_deadline_after(ZX_USEC(20)), NULL);

    assert_true(ok_or_bad(status) || status == ZX_ERR_TIMED_OUT || status == ZX_ERR_CANCELED);
}

// CALLS(zx_timer_set, zx_timer_cancel)
SCENARIO_ON(race_set_cancel_close_storm, 4, 400)
{
    struct clockwork c = clockwork_make();

    RACE(&c, set_often, cancel_often, close_it, set_often, wait_it);
}

SCENARIO_ON(race_expiry_against_close, 3, 400)
{
    struct clockwork c = clockwork_make();

    assert_ok(zx_timer_set(c.timer, zx_deadline_after((zx_duration_t)host_random(12000)), 0));
    RACE(&c, close_it);
}

// After a cancel the timer stays quiet, however near its expiry was.
SCENARIO_ON(race_cancel_against_expiry, 3, 300)
{
    struct clockwork c = clockwork_make();

    for (unsigned i = 0; i < 6; i++) {
        assert_ok(zx_timer_set(c.timer, zx_deadline_after((zx_duration_t)host_random(5000)), 0));
        sleep_ns((zx_duration_t)host_random(5000));
        assert_ok(zx_timer_cancel(c.timer));
        assert_int_equal(state_of(c.timer), 0);
        sleep_ns((zx_duration_t)host_random(8000));
        assert_int_equal(state_of(c.timer), 0);
    }
    close_handle(c.timer);
}

// After a new set the old deadline means nothing.
SCENARIO_ON(race_set_again_against_expiry, 3, 300)
{
    struct clockwork c = clockwork_make();

    for (unsigned i = 0; i < 6; i++) {
        zx_time_t due = zx_deadline_after(ZX_USEC(60));
        assert_ok(zx_timer_set(c.timer, zx_deadline_after((zx_duration_t)host_random(5000)), 0));
        sleep_ns((zx_duration_t)host_random(5000));
        assert_ok(zx_timer_set(c.timer, due, 0));
        sleep_ns((zx_duration_t)host_random(5000));
        zx_signals_t state = state_of(c.timer);
        assert_true(state == 0 || zx_clock_get_monotonic() >= due);
        await(c.timer, ZX_TIMER_SIGNALED);
        assert_true(zx_clock_get_monotonic() >= due);
    }
    close_handle(c.timer);
}

// Whoever sets last: it expires.
SCENARIO_ON(race_two_setters_then_it_expires, 3, 300)
{
    struct clockwork c = clockwork_make();

    RACE(&c, set_often, set_often, set_often);
    await(c.timer, ZX_TIMER_SIGNALED);
    assert_ok(zx_timer_cancel(c.timer));
    sleep_ns(20000);
    assert_int_equal(state_of(c.timer), 0);
    close_handle(c.timer);
}

static void set_and_await(void *arg)
{
    struct clockwork *c = arg;

    for (unsigned i = 0; i < 6; i++) {
        zx_port_packet_t p;
        zx_time_t due = zx_deadline_after((zx_duration_t)host_random(8000));
        assert_ok(zx_timer_set(c->timer, due, 0));
        assert_ok(zx_port_wait(c->port, FOREVER, &p));
        assert_true(zx_clock_get_monotonic() >= due);
        assert_true(p.signal.observed & ZX_TIMER_SIGNALED);
        c->got++;
    }
}

static void poll_it(void *arg)
{
    for (unsigned i = 0; i < 8; i++)
        (void)state_of(((struct clockwork *)arg)->timer);
}

// CALLS(zx_object_wait_async): one packet for each expiry.
SCENARIO_ON(race_repeating_wait_on_a_timer, 3, 200)
{
    struct clockwork c = clockwork_make();
    zx_port_packet_t p;

    assert_ok(zx_port_create(0, &c.port));
    assert_ok(zx_object_wait_async(c.timer, c.port, 5, ZX_TIMER_SIGNALED, ZX_WAIT_ASYNC_REPEATING));
    RACE(&c, set_and_await, poll_it);
    assert_int_equal(c.got, 6);
    assert_status(zx_port_wait(c.port, zx_deadline_after(20000), &p), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){c.timer, c.port}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_timer_tests[] = {
    T(race_set_cancel_close_storm),      T(race_expiry_against_close),
    T(race_cancel_against_expiry),       T(race_set_again_against_expiry),
    T(race_two_setters_then_it_expires), T(race_repeating_wait_on_a_timer),
};
const size_t ipc_race_timer_test_count = countof(ipc_race_timer_tests);
