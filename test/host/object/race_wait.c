// SPDX-License-Identifier: MIT
// Waits against everything that can end them.
#include "object_test.h"

struct duel {
    zx_handle_t h, other, ends[2];
    zx_handle_t many[16];
    zx_time_t deadline;
    zx_status_t status[4];
    zx_signals_t seen[4];
    atomic_uint waiter;
    atomic_uint count;
    zx_handle_t thread;
    atomic_bool passed;
};

static void wait_it(void *arg)
{
    struct duel *d = arg;
    unsigned me = atomic_fetch_add(&d->waiter, 1);

    d->status[me] = zx_object_wait_one(d->h, ZX_USER_SIGNAL_0, d->deadline, &d->seen[me]);
}

static void signal_it(void *arg)
{
    struct duel *d = arg;
    zx_status_t status = zx_object_signal(d->h, 0, ZX_USER_SIGNAL_0);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
}

static void close_it(void *arg)
{
    struct duel *d = arg;
    zx_status_t status = zx_handle_close(d->h);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
}

static void replace_it(void *arg)
{
    struct duel *d = arg;
    zx_handle_t fresh = 0;
    zx_status_t status = zx_handle_replace(d->h, ZX_RIGHT_SAME_RIGHTS, &fresh);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    if (status == ZX_OK)
        d->other = fresh;
}

static void send_it(void *arg)
{
    struct duel *d = arg;
    zx_handle_t h = d->h;
    zx_status_t status = zx_channel_write(d->ends[0], 0, NULL, 0, &h, 1);

    assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
}

static void receive_it(void *arg)
{
    struct duel *d = arg;
    zx_handle_t h;
    uint32_t bytes, handles;

    if (zx_channel_read(d->ends[1], 0, NULL, &h, 0, 1, &bytes, &handles) == ZX_OK)
        d->other = h;
}

// Each waiter must have ended in one of the ways that its opponents can cause.
static void check_waiters(const struct duel *d, bool may_signal, bool may_close, bool may_expire)
{
    for (unsigned i = 0; i < atomic_load(&((struct duel *)d)->waiter); i++) {
        switch (d->status[i]) {
        case ZX_OK:
            assert_true(may_signal && (d->seen[i] & ZX_USER_SIGNAL_0) != 0);
            assert_true((d->seen[i] & ZX_SIGNAL_HANDLE_CLOSED) == 0);
            break;
        case ZX_ERR_CANCELED:
            assert_true(may_close && (d->seen[i] & ZX_SIGNAL_HANDLE_CLOSED) != 0);
            break;
        case ZX_ERR_BAD_HANDLE: assert_true(may_close); break;
        case ZX_ERR_TIMED_OUT:
            assert_true(may_expire && (d->seen[i] & ZX_USER_SIGNAL_0) == 0);
            break;
        default: assert_status(d->status[i], ZX_OK);
        }
    }
}

SCENARIO_ON(race_close_wait_wait, 3, 200)
{
    struct duel d = {.h = make_event(), .deadline = FOREVER};

    RACE(&d, wait_it, close_it, wait_it);
    check_waiters(&d, false, true, false);
}

SCENARIO_ON(race_replace_wait_signal, 3, 200)
{
    struct duel d = {.h = make_event(), .deadline = FOREVER};

    RACE(&d, wait_it, replace_it, signal_it, wait_it);
    check_waiters(&d, true, true, false);
    assert_true((state_of(d.other) & ~ZX_USER_SIGNAL_0) == 0);
    close_handle(d.other);
}

// The waits end when the message is received, if they did not come too late.
SCENARIO_ON(race_transfer_wait_receive, 3, 200)
{
    struct duel d = {.h = make_event(), .deadline = FOREVER};
    zx_handle_t waiters[2];

    make_pair(d.ends);
    for (unsigned i = 0; i < 2; i++)
        waiters[i] = lab_thread(wait_it, &d);
    RACE(&d, send_it, receive_it);
    if (d.other == 0)
        receive_it(&d);
    for (unsigned i = 0; i < 2; i++)
        lab_thread_join(waiters[i]);
    check_waiters(&d, false, true, false);
    close_handle(d.other);
    assert_ok(zx_handle_close_many(d.ends, 2));
}

static void close_channel(void *arg)
{
    close_handle(((struct duel *)arg)->ends[1]);
}

static void send_if_open(void *arg)
{
    struct duel *d = arg;
    zx_handle_t h = d->h;
    zx_status_t status = zx_channel_write(d->ends[0], 0, NULL, 0, &h, 1);

    assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
    assert_false(alive(h));
}

// The handle dies with the message instead of arriving.
SCENARIO_ON(race_transfer_wait_close_of_the_channel, 3, 200)
{
    struct duel d = {.h = make_event(), .deadline = FOREVER};

    make_pair(d.ends);
    RACE(&d, wait_it, send_if_open, close_channel);
    check_waiters(&d, false, true, false);
    close_handle(d.ends[0]);
}

SCENARIO_ON(race_signal_timeout_close_replace, 4, 300)
{
    struct duel d = {.h = make_event()};

    d.deadline = zx_deadline_after((zx_duration_t)host_random(200000));
    RACE(&d, wait_it, wait_it, signal_it, close_it, replace_it);
    check_waiters(&d, true, true, true);
    if (d.other != 0)
        close_handle(d.other);
}

static void kill_waiter(void *arg)
{
    struct duel *d = arg;

    assert_ok(zx_task_kill(d->thread));
}

static void victim(void *arg)
{
    struct duel *d = arg;
    zx_wait_item_t items[2] = {
        {.handle = d->h, .waitfor = ZX_USER_SIGNAL_0},
        {.handle = d->other, .waitfor = 0},
    };
    d->status[0] = zx_object_wait_many(items, 2, d->deadline);
    d->seen[0] = items[0].pending;
    atomic_store(&d->passed, true);
}

// CALLS(zx_object_wait_many, zx_task_kill)
SCENARIO_ON(race_wake_timeout_kill_close, 4, 300)
{
    struct duel d = {.h = make_event(), .other = make_event()};

    d.deadline = zx_deadline_after((zx_duration_t)host_random(200000));
    d.thread = lab_thread(victim, &d);
    RACE(&d, signal_it, kill_waiter, close_it);
    lab_thread_join(d.thread);
    if (atomic_load(&d.passed)) {
        atomic_store(&d.waiter, 1);
        check_waiters(&d, true, true, true);
    }
    close_handle(d.other);
}

static void wait_all_16(void *arg)
{
    struct duel *d = arg;
    zx_wait_item_t items[16];

    for (unsigned i = 0; i < 16; i++)
        items[i] = (zx_wait_item_t){.handle = d->many[i], .waitfor = ZX_USER_SIGNAL_0};
    zx_status_t status = zx_object_wait_many(items, 16, FOREVER);
    assert_true(status == ZX_OK || status == ZX_ERR_CANCELED || status == ZX_ERR_BAD_HANDLE);
    zx_signals_t all = 0;
    for (unsigned i = 0; i < 16; i++)
        all |= items[i].pending;
    if (status == ZX_OK)
        assert_int_equal(all, ZX_USER_SIGNAL_0);
    if (status == ZX_ERR_CANCELED)
        assert_true((all & ZX_SIGNAL_HANDLE_CLOSED) != 0);
}

static void close_many_of_them(void *arg)
{
    struct duel *d = arg;
    unsigned first = (unsigned)host_random(16);

    assert_ok(zx_handle_close_many(&d->many[first], 16 - first));
    atomic_store(&d->count, first);
}

static void signal_many_of_them(void *arg)
{
    struct duel *d = arg;

    for (unsigned i = 0; i < 3; i++) {
        zx_status_t status = zx_object_signal(d->many[host_random(16)], 0, ZX_USER_SIGNAL_0);
        assert_true(status == ZX_OK || status == ZX_ERR_BAD_HANDLE);
    }
}

// CALLS(zx_handle_close_many)
SCENARIO_ON(race_wait_for_16_against_close_many, 3, 150)
{
    struct duel d = {0};

    for (unsigned i = 0; i < 16; i++)
        d.many[i] = make_event();
    RACE(&d, wait_all_16, close_many_of_them, signal_many_of_them, wait_all_16);
    assert_ok(zx_handle_close_many(d.many, atomic_load(&d.count)));
}

// Two threads hand a bit to and fro: a lost wake-up stops them for ever.
#define ROUNDS 40u

static void ping(void *arg)
{
    struct duel *d = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_ok(zx_object_wait_one(d->h, ZX_USER_SIGNAL_0, FOREVER, NULL));
        assert_ok(zx_object_signal(d->h, ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_1));
    }
}

static void pong(void *arg)
{
    struct duel *d = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_ok(zx_object_signal(d->h, ZX_USER_SIGNAL_1, ZX_USER_SIGNAL_0));
        assert_ok(zx_object_wait_one(d->h, ZX_USER_SIGNAL_1, FOREVER, NULL));
    }
}

SCENARIO_ON(race_ping_pong_loses_no_wake_up, 3, 150)
{
    struct duel d = {.h = make_event()};

    RACE(&d, ping, pong);
    close_handle(d.h);
}

static void pulse(void *arg)
{
    struct duel *d = arg;

    for (unsigned i = 0; i < 10; i++) {
        assert_ok(zx_object_signal(d->h, 0, ZX_USER_SIGNAL_1));
        assert_ok(zx_object_signal(d->h, ZX_USER_SIGNAL_1, 0));
    }
    assert_ok(zx_object_signal(d->h, 0, ZX_USER_SIGNAL_0));
}

// Changes that do not concern the waiters run past them all the time.
SCENARIO_ON(race_pulses_against_arriving_waiters, 4, 150)
{
    struct duel d = {.h = make_event(), .deadline = FOREVER};

    RACE(&d, wait_it, pulse, wait_it, wait_it);
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(d.status[i]);
        assert_true((d.seen[i] & ~(ZX_USER_SIGNAL_1)) == ZX_USER_SIGNAL_0);
    }
    close_handle(d.h);
}

static void sleep_it(void *arg)
{
    struct duel *d = arg;

    assert_ok(zx_nanosleep(d->deadline));
    assert_true(zx_clock_get_monotonic() >= d->deadline);
    atomic_store(&d->passed, true);
}

// CALLS(zx_nanosleep)
SCENARIO_ON(race_sleep_timeout_kill, 2, 200)
{
    struct duel d = {0};

    d.deadline = zx_deadline_after((zx_duration_t)host_random(100000));
    d.thread = lab_thread(sleep_it, &d);
    RACE(&d, kill_waiter);
    lab_thread_join(d.thread);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest race_wait_tests[] = {
    T(race_close_wait_wait),
    T(race_replace_wait_signal),
    T(race_transfer_wait_receive),
    T(race_transfer_wait_close_of_the_channel),
    T(race_signal_timeout_close_replace),
    T(race_wake_timeout_kill_close),
    T(race_wait_for_16_against_close_many),
    T(race_ping_pong_loses_no_wake_up),
    T(race_pulses_against_arriving_waiters),
    T(race_sleep_timeout_kill),
};
const size_t race_wait_test_count = countof(race_wait_tests);
