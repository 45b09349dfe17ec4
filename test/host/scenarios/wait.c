// SPDX-License-Identifier: MIT
// Waiting: close against wait, signal against timeout against close.
// CALLS(zx_event_create, zx_object_wait_one, zx_object_wait_many, zx_object_signal,
// zx_handle_close)
#include "scenarios.h"

struct waiter {
    zx_handle_t event;
    zx_time_t deadline;
    zx_status_t status;
    zx_signals_t observed;
};

static void wait_one(void *arg)
{
    struct waiter *w = arg;

    w->status = zx_object_wait_one(w->event, ZX_USER_SIGNAL_0, w->deadline, &w->observed);
}

static zx_handle_t event(void)
{
    zx_handle_t h;

    assert_ok(zx_event_create(0, &h));
    return h;
}

static void close_against_wait(void *arg)
{
    struct waiter w = { .event = event(), .deadline = ZX_TIME_INFINITE };

    (void)arg;
    zx_handle_t thread = lab_thread(wait_one, &w);
    lab_pause();
    assert_ok(zx_handle_close(w.event));
    lab_thread_join(thread);
    // Either it was waiting by then, or it came too late.
    assert_true(w.status == ZX_ERR_CANCELED || w.status == ZX_ERR_BAD_HANDLE);
}

static void test_close_against_wait(void **state)
{
    (void)state;
    lab_seeds(close_against_wait, 2, 300);
}

// Closing one handle must not disturb a wait that was begun through another.
static void close_other_handle(void *arg)
{
    struct waiter w = { .event = event(), .deadline = ZX_TIME_INFINITE };
    zx_handle_t other;

    (void)arg;
    assert_ok(zx_handle_duplicate(w.event, ZX_RIGHT_SAME_RIGHTS, &other));
    zx_handle_t thread = lab_thread(wait_one, &w);
    lab_pause();
    assert_ok(zx_handle_close(other));
    assert_ok(zx_object_signal(w.event, 0, ZX_USER_SIGNAL_0));
    lab_thread_join(thread);
    assert_status(w.status, ZX_OK);
    assert_true((w.observed & ZX_USER_SIGNAL_0) != 0);
    assert_ok(zx_handle_close(w.event));
}

static void test_close_of_another_handle_keeps_the_wait(void **state)
{
    (void)state;
    lab_seeds(close_other_handle, 2, 200);
}

static void signal_thread(void *arg)
{
    struct waiter *w = arg;
    zx_status_t status = zx_object_signal(w->event, 0, ZX_USER_SIGNAL_0);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
}

static void close_thread(void *arg)
{
    struct waiter *w = arg;

    assert_ok(zx_handle_close(w->event));
}

static void signal_timeout_close(void *arg)
{
    struct waiter w = { .event = event() };

    (void)arg;
    w.deadline = zx_deadline_after((zx_duration_t)host_random(60000));
    zx_handle_t a = lab_thread(wait_one, &w);
    zx_handle_t b = lab_thread(signal_thread, &w);
    zx_handle_t c = lab_thread(close_thread, &w);
    lab_thread_join(a);
    lab_thread_join(b);
    lab_thread_join(c);
    switch (w.status) {
    case ZX_OK: assert_true((w.observed & ZX_USER_SIGNAL_0) != 0); break;
    case ZX_ERR_TIMED_OUT:
    case ZX_ERR_CANCELED:
    case ZX_ERR_BAD_HANDLE: break;
    default: assert_status(w.status, ZX_OK);
    }
}

static void test_signal_against_timeout_against_close(void **state)
{
    (void)state;
    lab_seeds(signal_timeout_close, 3, 400);
}

// Many waiters, one signal: nobody is forgotten.
static void wake_all(void *arg)
{
    struct waiter w[6];
    zx_handle_t threads[6], e = event();

    (void)arg;
    for (unsigned i = 0; i < 6; i++) {
        w[i] = (struct waiter){ .event = e, .deadline = ZX_TIME_INFINITE };
        threads[i] = lab_thread(wait_one, &w[i]);
    }
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_0));
    for (unsigned i = 0; i < 6; i++) {
        lab_thread_join(threads[i]);
        assert_status(w[i].status, ZX_OK);
    }
    assert_ok(zx_handle_close(e));
}

static void test_signal_wakes_every_waiter(void **state)
{
    (void)state;
    lab_seeds(wake_all, 3, 200);
}

struct many {
    zx_wait_item_t items[3];
    zx_status_t status;
};

static void wait_many(void *arg)
{
    struct many *m = arg;

    m->status = zx_object_wait_many(m->items, 3, ZX_TIME_INFINITE);
}

static void wait_many_close(void *arg)
{
    struct many m;
    zx_handle_t handles[3];

    (void)arg;
    for (unsigned i = 0; i < 3; i++) {
        handles[i] = event();
        m.items[i] = (zx_wait_item_t){ .handle = handles[i], .waitfor = ZX_USER_SIGNAL_1 };
    }
    zx_handle_t thread = lab_thread(wait_many, &m);
    lab_pause();
    unsigned victim = (unsigned)host_random(3), lucky = (unsigned)host_random(3);
    zx_status_t status = zx_object_signal(handles[lucky], 0, ZX_USER_SIGNAL_1);
    assert_status(status, ZX_OK);
    assert_ok(zx_handle_close(handles[victim]));
    lab_thread_join(thread);
    assert_true(m.status == ZX_OK || m.status == ZX_ERR_CANCELED || m.status == ZX_ERR_BAD_HANDLE);
    for (unsigned i = 0; i < 3; i++) {
        if (i != victim)
            assert_ok(zx_handle_close(handles[i]));
    }
}

static void test_wait_many_against_close_and_signal(void **state)
{
    (void)state;
    lab_seeds(wait_many_close, 2, 300);
}

static void sleep_thread(void *arg)
{
    zx_time_t deadline = zx_deadline_after((zx_duration_t)(uintptr_t)arg);

    assert_ok(zx_nanosleep(deadline));
    assert_true(zx_clock_get_monotonic() >= deadline);
}

static void sleepers(void *arg)
{
    zx_handle_t threads[5];

    (void)arg;
    for (uintptr_t i = 0; i < 5; i++)
        threads[i] = lab_thread(sleep_thread, (void *)(i * 7000000));
    for (unsigned i = 0; i < 5; i++)
        lab_thread_join(threads[i]);
}

static void test_nanosleep_ends_after_its_deadline(void **state)
{
    (void)state;
    lab_seeds(sleepers, 2, 100);
}

const struct CMUnitTest wait_tests[] = {
    cmocka_unit_test(test_close_against_wait),
    cmocka_unit_test(test_close_of_another_handle_keeps_the_wait),
    cmocka_unit_test(test_signal_against_timeout_against_close),
    cmocka_unit_test(test_signal_wakes_every_waiter),
    cmocka_unit_test(test_wait_many_against_close_and_signal),
    cmocka_unit_test(test_nanosleep_ends_after_its_deadline),
};
const size_t wait_test_count = countof(wait_tests);
