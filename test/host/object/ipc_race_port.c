// SPDX-License-Identifier: MIT
// Ports: cancelling against delivery, and many threads on one queue.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE ZX_USER_SIGNAL_0

struct arena {
    zx_handle_t port, e, dup;
    uint32_t mode;
    zx_status_t cancelled;
    atomic_uint got;
};

static struct arena arena_make(uint32_t mode)
{
    struct arena a = {.e = make_event(), .mode = mode};

    assert_ok(zx_port_create(0, &a.port));
    a.dup = duplicate_without(a.e, 0);
    assert_ok(zx_object_wait_async(a.e, a.port, 1, ONE, mode));
    return a;
}

static unsigned drain(zx_handle_t port)
{
    zx_port_packet_t p;
    unsigned n = 0;

    while (zx_port_wait(port, 0, &p) == ZX_OK)
        n++;
    return n;
}

static void arena_close(struct arena *a)
{
    assert_ok(zx_handle_close_many((zx_handle_t[]){a->port, a->e, a->dup}, 3));
}

static void fire_it(void *arg)
{
    assert_ok(zx_object_signal(((struct arena *)arg)->dup, 0, ONE));
}

static void pulse_it(void *arg)
{
    for (unsigned i = 0; i < 4; i++) {
        fire_it(arg);
        assert_ok(zx_object_signal(((struct arena *)arg)->dup, ONE, 0));
    }
}

static void cancel_it(void *arg)
{
    struct arena *a = arg;

    a->cancelled = zx_port_cancel(a->port, a->e, 1);
}

static void read_one(void *arg)
{
    struct arena *a = arg;
    zx_port_packet_t p;

    if (zx_port_wait(a->port, zx_deadline_after((zx_duration_t)host_random(100000)), &p) != ZX_OK)
        return;
    assert_int_equal(p.key, 1);
    assert_ok(p.status);
    assert_int_equal(p.signal.trigger, ONE);
    assert_true(p.signal.observed & ONE);
    assert_int_equal(p.type, a->mode == 0 ? ZX_PKT_TYPE_SIGNAL_ONE : ZX_PKT_TYPE_SIGNAL_REP);
    atomic_fetch_add(&a->got, 1);
}

// CALLS(zx_port_cancel, zx_object_wait_async): nobody reads, so there is always something to cancel,
// and nothing remains of it.
SCENARIO_ON(race_cancel_against_delivery, 3, 300)
{
    struct arena a = arena_make((uint32_t)host_random(2));

    RACE(&a, fire_it, cancel_it);
    assert_ok(a.cancelled);
    assert_int_equal(drain(a.port), 0);
    assert_status(zx_port_cancel(a.port, a.e, 1), ZX_ERR_NOT_FOUND);
    arena_close(&a);
}

SCENARIO_ON(race_cancel_against_pulses, 3, 200)
{
    struct arena a = arena_make(ZX_WAIT_ASYNC_REPEATING);

    RACE(&a, pulse_it, cancel_it, pulse_it);
    assert_ok(a.cancelled);
    assert_int_equal(drain(a.port), 0);
    arena_close(&a);
}

// The packet is the reader's or the canceller's.
SCENARIO_ON(race_cancel_against_delivery_and_reader, 3, 300)
{
    struct arena a = arena_make(ZX_WAIT_ASYNC_ONCE);

    RACE(&a, fire_it, cancel_it, read_one);
    assert_status(a.cancelled, atomic_load(&a.got) ? ZX_ERR_NOT_FOUND : ZX_OK);
    assert_int_equal(drain(a.port), 0);
    arena_close(&a);
}

SCENARIO_ON(race_cancel_against_pulses_and_readers, 4, 200)
{
    struct arena a = arena_make(ZX_WAIT_ASYNC_REPEATING);

    RACE(&a, pulse_it, cancel_it, read_one, read_one);
    assert_ok(a.cancelled);
    assert_int_equal(drain(a.port), 0);
    arena_close(&a);
}

static void cancel_again(void *arg)
{
    struct arena *a = arg;
    zx_status_t status = zx_port_cancel(a->port, a->e, 1);

    assert_true(status == ZX_OK || status == ZX_ERR_NOT_FOUND);
    if (status == ZX_OK)
        atomic_fetch_add(&a->got, 1);
}

// Two cancel one registration: it is found once.
SCENARIO_ON(race_two_cancels_against_delivery, 3, 200)
{
    struct arena a = arena_make(ZX_WAIT_ASYNC_ONCE);

    RACE(&a, cancel_again, fire_it, cancel_again);
    assert_int_equal(atomic_load(&a.got), 1);
    assert_int_equal(drain(a.port), 0);
    arena_close(&a);
}

static void pulse_and_stop(void *arg)
{
    static const zx_port_packet_t stop = {0};

    pulse_it(arg);
    fire_it(arg);
    assert_ok(zx_port_queue(((struct arena *)arg)->port, &stop));
}

static void read_until_stop(void *arg)
{
    struct arena *a = arg;
    zx_port_packet_t p;

    for (;;) {
        assert_ok(zx_port_wait(a->port, FOREVER, &p));
        if (p.type == ZX_PKT_TYPE_USER)
            return;
        assert_true(p.signal.observed & ONE);
        assert_int_equal(p.signal.count, 1);
        atomic_fetch_add(&a->got, 1);
    }
}

// Merging and dequeuing: a packet at least, one for each change at most, and the registration lives on.
SCENARIO_ON(race_repeating_against_its_reader, 3, 200)
{
    struct arena a = arena_make(ZX_WAIT_ASYNC_REPEATING);

    RACE(&a, pulse_and_stop, read_until_stop);
    assert_in_range(atomic_load(&a.got), 1, 5);
    assert_ok(zx_object_signal(a.dup, ONE, 0));
    fire_it(&a);
    assert_int_equal(drain(a.port), 1);
    assert_ok(zx_port_cancel(a.port, a.e, 1));
    arena_close(&a);
}

// --- Many threads on one queue -----------------------------------------------------------------

#define PACKETS 8u
#define STOP    1000u

struct crowd {
    zx_handle_t port, victim;
    bool timeouts;
    atomic_uint next; // keys given out
    atomic_uint seen[4 * PACKETS];
};

static void queue_one(struct crowd *c, uint64_t key)
{
    zx_port_packet_t p = {.key = key, .type = ZX_PKT_TYPE_INTERRUPT, .status = -7};

    for (unsigned i = 0; i < 4; i++)
        p.user.u64[i] = key * 3 + i;
    assert_ok(zx_port_queue(c->port, &p));
}

static void queue_some(void *arg)
{
    struct crowd *c = arg;

    for (unsigned i = 0; i < PACKETS; i++)
        queue_one(c, atomic_fetch_add(&c->next, 1));
}

static bool take_one(struct crowd *c, zx_time_t deadline)
{
    zx_port_packet_t p;
    zx_status_t status = zx_port_wait(c->port, deadline, &p);

    if (status == ZX_ERR_TIMED_OUT) {
        assert_true(zx_clock_get_monotonic() >= deadline);
        return true;
    }
    assert_ok(status);
    if (p.key == STOP)
        return false;
    assert_int_equal(p.status, -7);
    assert_int_equal(p.type, ZX_PKT_TYPE_USER);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(p.user.u64[i], p.key * 3 + i);
    assert_int_equal(atomic_fetch_add(&c->seen[p.key], 1), 0);
    return true;
}

static void take_until_stop(void *arg)
{
    struct crowd *c = arg;

    while (take_one(c, c->timeouts ? zx_deadline_after((zx_duration_t)host_random(20000))
                                   : FOREVER)) {}
}

static unsigned seen(struct crowd *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < atomic_load(&c->next); i++)
        n += atomic_load(&c->seen[i]);
    return n;
}

static void three_takers(struct crowd *c, void (*third)(void *))
{
    zx_handle_t t[3];

    assert_ok(zx_port_create(0, &c->port));
    for (unsigned i = 0; i < 3; i++)
        t[i] = lab_thread(take_until_stop, c);
    c->victim = t[2];
    RACE(c, queue_some, queue_some, third);
    for (unsigned i = 0; i < 3; i++)
        queue_one(c, STOP);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(t[i]);
}

// CALLS(zx_port_wait, zx_port_queue): without deadlines a lost wake-up stops the machine.
SCENARIO_ON(race_three_takers_two_queuers, 4, 200)
{
    struct crowd c = {0};

    three_takers(&c, queue_some);
    assert_int_equal(seen(&c), 3 * PACKETS);
    close_handle(c.port);
}

SCENARIO_ON(race_takers_with_timeouts, 4, 200)
{
    struct crowd c = {.timeouts = true};

    three_takers(&c, queue_some);
    assert_int_equal(seen(&c), 3 * PACKETS);
    close_handle(c.port);
}

static void kill_victim(void *arg)
{
    assert_ok(zx_task_kill(((struct crowd *)arg)->victim));
}

// What the dying thread has taken and not yet returned is lost with it: one packet at most.
SCENARIO_ON(race_takers_with_a_kill, 4, 300)
{
    struct crowd c = {.timeouts = host_random(2) != 0};

    three_takers(&c, kill_victim);
    assert_in_range(seen(&c), 2 * PACKETS - 1, 2 * PACKETS);
    assert_true(drain(c.port) <= 1); // the victim's stop
    close_handle(c.port);
}

static void take_exactly_one(void *arg)
{
    assert_true(take_one(arg, FOREVER));
}

static void queue_three(void *arg)
{
    struct crowd *c = arg;

    for (unsigned i = 0; i < 3; i++)
        queue_one(c, atomic_fetch_add(&c->next, 1));
}

SCENARIO_ON(race_three_waiters_get_a_packet_each, 3, 200)
{
    struct crowd c = {0};

    assert_ok(zx_port_create(0, &c.port));
    RACE(&c, take_exactly_one, take_exactly_one, queue_three, take_exactly_one);
    assert_int_equal(seen(&c), 3);
    close_handle(c.port);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_port_tests[] = {
    T(race_cancel_against_delivery),
    T(race_cancel_against_pulses),
    T(race_cancel_against_delivery_and_reader),
    T(race_cancel_against_pulses_and_readers),
    T(race_two_cancels_against_delivery),
    T(race_repeating_against_its_reader),
    T(race_three_takers_two_queuers),
    T(race_takers_with_timeouts),
    T(race_takers_with_a_kill),
    T(race_three_waiters_get_a_packet_each),
};
const size_t ipc_race_port_test_count = countof(ipc_race_port_tests);
