// SPDX-License-Identifier: MIT
// Asynchronous waits against the end of whatever they hang on: the handle, the object's peer, the port.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE     ZX_USER_SIGNAL_0
#define SOURCES 4u

struct stage {
    zx_handle_t port;
    zx_handle_t source[SOURCES], peer[SOURCES]; // event pairs
    zx_handle_t ends[2], received;              // a channel to send source[0] through
    zx_status_t cancelled;
    uint32_t mode;
};

static bool ok_or_bad(zx_status_t status)
{
    return status == ZX_OK || status == ZX_ERR_BAD_HANDLE;
}

static struct stage stage_make(void)
{
    struct stage s = {.mode = (uint32_t)host_random(2)};

    assert_ok(zx_port_create(0, &s.port));
    for (unsigned i = 0; i < SOURCES; i++) {
        assert_ok(zx_eventpair_create(0, &s.source[i], &s.peer[i]));
        for (unsigned k = 0; k < 2; k++)
            assert_ok(zx_object_wait_async(s.source[i], s.port, i, ONE | ZX_EVENTPAIR_PEER_CLOSED,
                                           s.mode));
    }
    make_pair(s.ends);
    return s;
}

static void close_if_open(zx_handle_t h)
{
    if (alive(h))
        close_handle(h);
}

static void stage_close(struct stage *s)
{
    for (unsigned i = 0; i < SOURCES; i++) {
        close_if_open(s->source[i]);
        close_if_open(s->peer[i]);
    }
    close_if_open(s->port);
    assert_ok(zx_handle_close_many(s->ends, 2));
    if (s->received != ZX_HANDLE_INVALID)
        close_handle(s->received);
}

static unsigned drain(zx_handle_t port)
{
    zx_port_packet_t p;
    unsigned n = 0;

    while (zx_port_wait(port, 0, &p) == ZX_OK)
        n++;
    return n;
}

static void close_port(void *arg)
{
    close_handle(((struct stage *)arg)->port);
}

static void close_sources(void *arg)
{
    for (unsigned i = 0; i < SOURCES; i++)
        close_handle(((struct stage *)arg)->source[i]);
}

static void close_peers(void *arg)
{
    for (unsigned i = SOURCES; i-- > 0;)
        close_handle(((struct stage *)arg)->peer[i]);
}

static void signal_sources(void *arg)
{
    struct stage *s = arg;

    for (unsigned i = 0; i < SOURCES; i++) {
        zx_status_t status = zx_object_signal_peer(s->peer[i], 0, ONE);
        assert_true(ok_or_bad(status) || status == ZX_ERR_PEER_CLOSED);
        (void)zx_object_signal_peer(s->peer[i], ONE, 0);
    }
}

static void cancel_sources(void *arg)
{
    struct stage *s = arg;

    for (unsigned i = 0; i < SOURCES; i++) {
        zx_status_t status = zx_port_cancel(s->port, s->source[i], i);
        assert_true(ok_or_bad(status) || status == ZX_ERR_NOT_FOUND);
    }
}

static void register_more(void *arg)
{
    struct stage *s = arg;

    for (unsigned i = 0; i < SOURCES; i++)
        assert_true(ok_or_bad(zx_object_wait_async(s->source[i], s->port, i, ONE, s->mode)));
}

static void read_some(void *arg)
{
    struct stage *s = arg;
    zx_port_packet_t p;
    zx_status_t status = ZX_OK;

    for (unsigned i = 0; i < 4 && status == ZX_OK; i++) {
        status = zx_port_wait(s->port, zx_deadline_after((zx_duration_t)host_random(20000)), &p);
        assert_true(ok_or_bad(status) || status == ZX_ERR_TIMED_OUT);
    }
}

static void cancel_first(void *arg)
{
    struct stage *s = arg;

    s->cancelled = zx_port_cancel(s->port, s->source[0], 0);
}

static void close_first(void *arg)
{
    close_handle(((struct stage *)arg)->source[0]);
}

static void signal_first(void *arg)
{
    zx_status_t status = zx_object_signal_peer(((struct stage *)arg)->peer[0], 0, ONE);

    assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
}

// Either the cancel finds both registrations, wherever they stand, or the handle is gone.
SCENARIO_ON(race_cancel_delivery_close_of_the_handle, 3, 300)
{
    struct stage s = stage_make();

    RACE(&s, cancel_first, signal_first, close_first);
    assert_true(ok_or_bad(s.cancelled));
    unsigned left = drain(s.port);
    assert_in_range(left, 0, s.cancelled == ZX_OK ? 0 : 2);
    stage_close(&s);
}

SCENARIO_ON(race_cancel_delivery_close_of_the_port, 3, 300)
{
    struct stage s = stage_make();

    RACE(&s, cancel_sources, signal_sources, close_port);
    stage_close(&s);
}

SCENARIO_ON(race_close_of_port_sources_and_peers, 4, 400)
{
    struct stage s = stage_make();

    RACE(&s, close_port, close_sources, close_peers);
    stage_close(&s);
}

SCENARIO_ON(race_everything_against_everything, 4, 400)
{
    struct stage s = stage_make();

    RACE(&s, close_port, close_sources, close_peers, signal_sources, cancel_sources, register_more,
         read_some);
    stage_close(&s);
}

SCENARIO_ON(race_registering_against_closing, 3, 300)
{
    struct stage s = stage_make();

    RACE(&s, register_more, close_sources, register_more, close_port);
    stage_close(&s);
}

SCENARIO_ON(race_registering_against_delivery_and_readers, 4, 200)
{
    struct stage s = stage_make();

    RACE(&s, register_more, signal_sources, read_some, close_peers);
    stage_close(&s);
}

// A peer's end is the last change: a repeating wait must have told of it.
SCENARIO_ON(race_last_change_is_delivered, 3, 200)
{
    struct stage s = stage_make();
    zx_signals_t all[SOURCES] = {0};
    zx_port_packet_t p;

    RACE(&s, signal_sources, close_peers);
    while (zx_port_wait(s.port, 0, &p) == ZX_OK)
        all[p.key] |= p.signal.observed;
    for (unsigned i = 0; i < SOURCES; i++) {
        assert_true(all[i] != 0);
        if (s.mode == ZX_WAIT_ASYNC_REPEATING)
            assert_true(all[i] & ZX_EVENTPAIR_PEER_CLOSED);
    }
    stage_close(&s);
}

static void send_first(void *arg)
{
    struct stage *s = arg;
    zx_handle_t h = s->source[0];

    assert_ok(zx_channel_write(s->ends[0], 0, NULL, 0, &h, 1));
}

static void receive_first(void *arg)
{
    struct stage *s = arg;
    uint32_t bytes, handles;

    await(s->ends[1], ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(s->ends[1], 0, NULL, &s->received, 0, 1, &bytes, &handles));
}

static void replace_first(void *arg)
{
    struct stage *s = arg;

    assert_ok(zx_handle_replace(s->source[0], ZX_RIGHT_SAME_RIGHTS, &s->received));
}

// Afterwards the object is alive under another value, and nothing of the old one's waits is left.
static void moved(struct stage *s)
{
    assert_true(ok_or_bad(s->cancelled) || s->cancelled == ZX_ERR_NOT_FOUND);
    (void)drain(s->port);
    assert_ok(zx_object_signal(s->received, ONE, 0));
    signal_first(s);
    assert_int_equal(drain(s->port), 0);
    assert_int_equal(handle_count(s->received), 1);
    stage_close(s);
}

// CALLS(zx_channel_read, zx_port_cancel)
SCENARIO_ON(race_waits_against_transfer, 4, 300)
{
    struct stage s = stage_make();

    RACE(&s, send_first, receive_first, signal_first, cancel_first);
    moved(&s);
}

SCENARIO_ON(race_waits_against_replace, 3, 300)
{
    struct stage s = stage_make();

    RACE(&s, replace_first, signal_first, cancel_first);
    moved(&s);
}

SCENARIO_ON(race_transfer_against_close_of_the_port, 4, 300)
{
    struct stage s = stage_make();

    RACE(&s, send_first, receive_first, close_port, signal_first);
    assert_ok(zx_object_signal(s.received, ONE, 0));
    signal_first(&s);
    stage_close(&s);
}

static void queue_four(void *arg)
{
    static const zx_port_packet_t p = {.key = 1};

    for (unsigned i = 0; i < 4; i++)
        assert_true(ok_or_bad(zx_port_queue(((struct stage *)arg)->port, &p)));
}

// CALLS(zx_port_queue): packets of a closed port go back to the pool.
SCENARIO_ON(race_queue_wait_close_of_the_port, 3, 300)
{
    struct stage s = stage_make();

    RACE(&s, queue_four, read_some, close_port, queue_four);
    stage_close(&s);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_close_tests[] = {
    T(race_cancel_delivery_close_of_the_handle),
    T(race_cancel_delivery_close_of_the_port),
    T(race_close_of_port_sources_and_peers),
    T(race_everything_against_everything),
    T(race_registering_against_closing),
    T(race_registering_against_delivery_and_readers),
    T(race_last_change_is_delivered),
    T(race_waits_against_transfer),
    T(race_waits_against_replace),
    T(race_transfer_against_close_of_the_port),
    T(race_queue_wait_close_of_the_port),
};
const size_t ipc_race_close_test_count = countof(ipc_race_close_tests);
