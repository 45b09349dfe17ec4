// SPDX-License-Identifier: MIT
// Timer objects: setting, cancelling and expiring against each other and against the last close.
// CALLS(zx_timer_create, zx_timer_set, zx_timer_cancel)
#include "scenarios.h"

#define ROUNDS 12u
#define FAR    (ZX_SEC(1000000))

struct shared {
    zx_handle_t timer;
    bool closes; // the handle goes away while the setters are at it
};

// True while the handle is there.
static bool went_well(const struct shared *s, zx_status_t status)
{
    if (status != ZX_OK) {
        assert_true(s->closes);
        assert_status(status, ZX_ERR_BAD_HANDLE);
    }
    return status == ZX_OK;
}

static void setter(void *arg)
{
    struct shared *s = arg;

    for (unsigned round = 0; round < ROUNDS; round++) {
        zx_time_t now = zx_clock_get_monotonic();
        zx_time_t deadlines[] = { 0, now + 1, now + ZX_USEC(20), now + FAR };
        if (!went_well(s, zx_timer_set(s->timer, deadlines[host_random(4)], 0)))
            return;
        if (host_random(3) == 0)
            assert_ok(zx_nanosleep(now + ZX_USEC(10)));
        if (host_random(4) == 0 && !went_well(s, zx_timer_cancel(s->timer)))
            return;
    }
}

static void closer(void *arg)
{
    struct shared *s = arg;

    assert_ok(zx_nanosleep(zx_clock_get_monotonic() + (zx_time_t)host_random(ZX_USEC(60))));
    assert_ok(zx_handle_close(s->timer));
}

// Nothing may be left over: a timer set by the one who lost the race would live until it is due.
static void set_against_close(void *arg)
{
    struct shared s = { .closes = true };
    zx_handle_t threads[3];

    (void)arg;
    assert_ok(zx_timer_create(ZX_TIMER_SLACK_CENTER, ZX_CLOCK_MONOTONIC, &s.timer));
    threads[0] = lab_thread(setter, &s);
    threads[1] = lab_thread(setter, &s);
    threads[2] = lab_thread(closer, &s);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
}

static void test_timer_set_against_close(void **state)
{
    (void)state;
    lab_seeds(set_against_close, 3, 200);
}

// Whatever the setters did: the last word counts.
static void set_against_set(void *arg)
{
    struct shared s = { 0 };
    zx_handle_t threads[3];
    zx_signals_t seen;

    (void)arg;
    assert_ok(zx_timer_create(ZX_TIMER_SLACK_CENTER, ZX_CLOCK_MONOTONIC, &s.timer));
    for (unsigned i = 0; i < 3; i++)
        threads[i] = lab_thread(setter, &s);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
    assert_ok(zx_timer_cancel(s.timer));
    assert_status(zx_object_wait_one(s.timer, ZX_TIMER_SIGNALED,
                                     zx_clock_get_monotonic() + ZX_USEC(50), &seen),
                  ZX_ERR_TIMED_OUT);
    assert_int_equal(seen, 0);
    zx_time_t due = zx_clock_get_monotonic() + ZX_USEC(30);
    assert_ok(zx_timer_set(s.timer, due, 0));
    assert_ok(zx_object_wait_one(s.timer, ZX_TIMER_SIGNALED, ZX_TIME_INFINITE, NULL));
    assert_true(zx_clock_get_monotonic() >= due);
    assert_ok(zx_handle_close(s.timer));
}

static void test_timer_set_against_set(void **state)
{
    (void)state;
    lab_seeds(set_against_set, 3, 100);
}

const struct CMUnitTest timer_tests[] = {
    cmocka_unit_test(test_timer_set_against_close),
    cmocka_unit_test(test_timer_set_against_set),
};
const size_t timer_test_count = sizeof(timer_tests) / sizeof(timer_tests[0]);
