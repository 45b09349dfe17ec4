// SPDX-License-Identifier: MIT
// Ports: the queue, who gets a packet, cancelling (spec 11 section 5). Asynchronous waits: async.c.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE        ZX_USER_SIGNAL_0
#define CAPACITY   2049u  // packets in a port
#define EVERYWHERE 16384u // user packets in all ports

static zx_handle_t make_port(void)
{
    zx_handle_t port = ZX_HANDLE_INVALID;

    assert_ok(zx_port_create(0, &port));
    return port;
}

static void queue(zx_handle_t port, uint64_t key)
{
    zx_port_packet_t p = {.key = key};

    assert_ok(zx_port_queue(port, &p));
}

static zx_port_packet_t take(zx_handle_t port)
{
    zx_port_packet_t p;

    memset(&p, 0xee, sizeof(p));
    assert_ok(zx_port_wait(port, 0, &p));
    return p;
}

static void expect_empty(zx_handle_t port)
{
    zx_port_packet_t p = {.key = 77};

    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_int_equal(p.key, 77);
}

// CALLS(zx_port_create)
SCENARIO(port_begins_with_its_rights)
{
    zx_handle_t port, out = 77;

    for (uint32_t options = 0; options < 2; options++) {
        assert_ok(zx_port_create(options, &port));
        assert_int_equal(basic(port).type, ZX_OBJ_TYPE_PORT);
        assert_int_equal(basic(port).rights, 0x800f);
        assert_int_equal(basic(port).related_koid, 0);
        expect_empty(port);
        close_handle(port);
    }
    for (uint32_t bit = 2; bit != 0; bit <<= 1)
        assert_status(zx_port_create(bit, &out), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out, 77);
}

// CALLS(zx_object_wait_one, zx_object_wait_many, zx_object_signal)
SCENARIO(ports_cannot_be_waited_for)
{
    zx_handle_t port = make_port(), other = make_port();
    zx_wait_item_t item = {.handle = port, .waitfor = ~0u};

    assert_status(zx_object_wait_one(port, ~0u, 0, NULL), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_many(&item, 1, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_async(port, other, 1, ONE, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(other, port, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_signal(port, 0, ONE), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, other}, 2));
}

// CALLS(zx_port_queue, zx_port_wait)
SCENARIO(user_packets_arrive_verbatim_in_order)
{
    zx_handle_t port = make_port();

    for (uint32_t i = 0; i < 20; i++) {
        zx_port_packet_t p = {.key = 1ull << i, .type = i, .status = -(zx_status_t)i};
        for (unsigned n = 0; n < 32; n++)
            p.user.c8[n] = (uint8_t)(i + n * 3);
        assert_ok(zx_port_queue(port, &p));
    }
    for (uint32_t i = 0; i < 20; i++) {
        zx_port_packet_t p = take(port);
        assert_int_equal(p.key, 1ull << i);
        assert_int_equal(p.type, ZX_PKT_TYPE_USER); // whatever was passed
        assert_int_equal(p.status, -(zx_status_t)i);
        for (unsigned n = 0; n < 32; n++)
            assert_int_equal(p.user.c8[n], (uint8_t)(i + n * 3));
    }
    expect_empty(port);
    close_handle(port);
}

SCENARIO(packets_of_all_kinds_share_one_queue)
{
    zx_handle_t port = make_port(), e = make_event();

    queue(port, 1);
    assert_ok(zx_object_wait_async(e, port, 2, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(e, port, 4, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_REPEATING));
    assert_ok(zx_object_signal(e, 0, ONE));
    queue(port, 3);
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
    queue(port, 5);
    for (unsigned key = 1; key <= 5; key++)
        assert_int_equal(take(port).key, key);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(queued_packet_is_taken_though_the_deadline_is_past)
{
    const zx_time_t past[] = {0, 1, -1, ZX_TIME_INFINITE_PAST};
    zx_handle_t port = make_port();
    zx_port_packet_t p;

    for (unsigned i = 0; i < countof(past); i++) {
        assert_status(zx_port_wait(port, past[i], &p), ZX_ERR_TIMED_OUT);
        queue(port, i);
        assert_ok(zx_port_wait(port, past[i], &p));
        assert_int_equal(p.key, i);
    }
    close_handle(port);
}

SCENARIO_ON(port_wait_never_times_out_early, 2, 10)
{
    zx_handle_t port = make_port();
    zx_time_t deadline = zx_deadline_after(50000);
    zx_port_packet_t p;

    assert_status(zx_port_wait(port, deadline, &p), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= deadline);
    close_handle(port);
}

SCENARIO(port_calls_check_handle_right_type)
{
    zx_handle_t port = make_port(), e = make_event(), ends[2];
    zx_handle_t mute = duplicate_without(port, ZX_RIGHT_WRITE);
    zx_handle_t deaf = duplicate_without(port, ZX_RIGHT_READ);
    zx_port_packet_t p = {.key = 77};

    make_pair(ends);
    assert_status(zx_port_queue(0, LAB_BAD_PTR), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_queue(mute, LAB_BAD_PTR), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_queue(e, LAB_BAD_PTR), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_queue(ends[0], LAB_BAD_PTR), ZX_ERR_WRONG_TYPE);
    assert_status(raw_call(port_queue, port, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_port_wait(0, 0, &p), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_wait(deaf, 0, &p), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_wait(e, 0, &p), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_wait(ends[0], 0, &p), ZX_ERR_WRONG_TYPE);
    // Nothing to store, so the pointer does not matter.
    assert_status(zx_port_wait(port, 0, LAB_BAD_PTR), ZX_ERR_TIMED_OUT);
    assert_status(zx_port_cancel(0, e, 1), ZX_ERR_BAD_HANDLE);
    assert_status(zx_port_cancel(mute, 0, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(ends[0], 0, 1), ZX_ERR_WRONG_TYPE);
    assert_status(zx_port_cancel(port, 0, 1), ZX_ERR_BAD_HANDLE);
    zx_handle_t blind = duplicate_without(e, ZX_RIGHT_WAIT);
    assert_status(zx_port_cancel(port, blind, 1), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_port_cancel(port, e, 1), ZX_ERR_NOT_FOUND);
    assert_int_equal(p.key, 77);
    assert_ok(zx_handle_close_many(
        (zx_handle_t[]){port, e, ends[0], ends[1], mute, deaf, blind}, 7));
}

// CALLS(zx_port_cancel)
SCENARIO(cancel_takes_all_registrations_and_packets_of_its_key)
{
    zx_handle_t port = make_port(), e = make_event();

    for (unsigned i = 0; i < 3; i++) {
        assert_ok(zx_object_wait_async(e, port, 7, ONE, ZX_WAIT_ASYNC_ONCE));
        assert_ok(zx_object_wait_async(e, port, 7, ONE, ZX_WAIT_ASYNC_REPEATING));
        assert_ok(zx_object_wait_async(e, port, 7, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_ONCE));
    }
    assert_ok(zx_object_signal(e, 0, ONE)); // six packets; three registrations go on, three wait
    assert_ok(zx_port_cancel(port, e, 7));
    expect_empty(port);
    assert_ok(zx_object_signal(e, ONE, 0));
    assert_ok(zx_object_signal(e, 0, ONE | ZX_USER_SIGNAL_1));
    expect_empty(port);
    assert_status(zx_port_cancel(port, e, 7), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

// Many waits of one handle: each is found by its key, whether it waits, goes on or has fired.
SCENARIO(cancel_finds_its_own_among_many)
{
    enum { KEYS = 150 };
    zx_handle_t port = make_port(), e = make_event();

    for (unsigned key = 0; key < KEYS; key++) {
        // Not in the order of the keys; a third has fired, a third fires again and again, a third waits.
        unsigned k = key * 67 % KEYS;
        assert_ok(zx_object_wait_async(e, port, k, k % 3 == 2 ? ZX_USER_SIGNAL_1 : ONE,
                                       k % 3 == 1 ? ZX_WAIT_ASYNC_REPEATING : ZX_WAIT_ASYNC_ONCE));
    }
    assert_ok(zx_object_signal(e, 0, ONE));
    for (unsigned k = 0; k < KEYS; k += 2) {
        assert_ok(zx_port_cancel(port, e, k));
        assert_status(zx_port_cancel(port, e, k), ZX_ERR_NOT_FOUND);
    }
    assert_ok(zx_object_signal(e, 0, ZX_USER_SIGNAL_1));
    unsigned seen[KEYS] = {0}, packets = 0;
    zx_port_packet_t p;
    while (zx_port_wait(port, 0, &p) == ZX_OK) {
        assert_true(p.key < KEYS && p.key % 2 == 1);
        seen[p.key]++;
        packets++;
    }
    assert_int_equal(packets, KEYS / 2);
    for (unsigned k = 1; k < KEYS; k += 2) {
        assert_int_equal(seen[k], 1);
        assert_status(zx_port_cancel(port, e, k), k % 3 == 1 ? ZX_OK : ZX_ERR_NOT_FOUND);
    }
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(cancel_leaves_other_keys_handles_ports_and_user_packets)
{
    zx_handle_t port = make_port(), other_port = make_port(), e = make_event();
    zx_handle_t copy = duplicate_without(e, 0);

    queue(port, 7); // the same key, from a user
    assert_ok(zx_object_wait_async(e, port, 7, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(e, port, 8, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(copy, port, 7, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(e, other_port, 7, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_signal(e, 0, ONE));
    assert_ok(zx_port_cancel(port, e, 7));
    assert_status(zx_port_cancel(port, e, 7), ZX_ERR_NOT_FOUND);
    zx_port_packet_t p = take(port);
    assert_int_equal(p.type, ZX_PKT_TYPE_USER);
    assert_int_equal(p.key, 7);
    // Newest first: that through the duplicate, then key 8.
    assert_int_equal(take(port).key, 7);
    assert_int_equal(take(port).key, 8);
    expect_empty(port);
    assert_int_equal(take(other_port).key, 7);
    // A packet that was read cannot be cancelled any more.
    assert_status(zx_port_cancel(port, copy, 7), ZX_ERR_NOT_FOUND);
    assert_status(zx_port_cancel(other_port, e, 7), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, other_port, e, copy}, 4));
}

SCENARIO(cancelled_repeating_wait_can_be_begun_again)
{
    zx_handle_t port = make_port(), e = make_event();

    for (unsigned i = 0; i < 3; i++) {
        assert_ok(zx_object_wait_async(e, port, 7, ONE, ZX_WAIT_ASYNC_REPEATING));
        assert_ok(zx_object_signal(e, ONE, 0));
        assert_ok(zx_object_signal(e, 0, ONE));
        assert_int_equal(take(port).key, 7);
        assert_ok(zx_port_cancel(port, e, 7)); // nothing is queued: the registration
        assert_status(zx_port_cancel(port, e, 7), ZX_ERR_NOT_FOUND);
    }
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

struct taker {
    zx_handle_t port, thread;
    zx_status_t status;
    zx_port_packet_t packet;
};

static void taker_main(void *arg)
{
    struct taker *t = arg;

    t->status = zx_port_wait(t->port, FOREVER, &t->packet);
}

static void taker_start(struct taker *t, zx_handle_t port)
{
    *t = (struct taker){.port = port};
    t->thread = lab_thread(taker_main, t);
    await_state(t->thread, ZX_THREAD_STATE_BLOCKED_PORT);
}

SCENARIO_ON(three_waiters_get_one_packet_each, 3, 10)
{
    zx_handle_t port = make_port();
    struct taker t[3];
    uint64_t keys = 0;

    for (unsigned i = 0; i < 3; i++)
        taker_start(&t[i], port);
    for (unsigned i = 0; i < 3; i++)
        queue(port, 1u << i);
    for (unsigned i = 0; i < 3; i++) {
        lab_thread_join(t[i].thread);
        assert_ok(t[i].status);
        keys |= t[i].packet.key;
    }
    assert_int_equal(keys, 7);
    expect_empty(port);
    close_handle(port);
}

// CALLS(zx_handle_close, zx_task_kill)
SCENARIO(last_close_of_a_port_wakes_nobody)
{
    zx_handle_t port = make_port(), e = make_event();
    struct taker t;

    assert_ok(zx_object_wait_async(e, port, 7, ONE, ZX_WAIT_ASYNC_REPEATING));
    taker_start(&t, port);
    t.status = 1;
    close_handle(port);
    assert_ok(zx_object_signal(e, 0, ONE)); // the registration is inert
    sleep_ns(100000);
    assert_int_equal(thread_state(t.thread), ZX_THREAD_STATE_BLOCKED_PORT);
    assert_ok(zx_task_kill(t.thread));
    lab_thread_join(t.thread);
    assert_int_equal(t.status, 1); // the wait has not returned
    close_handle(e);
}

// CALLS(zx_port_queue): packets of all ports come from one pool.
static void use_up_the_user_packets(void *arg)
{
    zx_handle_t ports[9];
    zx_port_packet_t p = {0};
    unsigned total = 0, used = 0;
    zx_status_t status = ZX_OK;

    (void)arg;
    while (status == ZX_OK || status == ZX_ERR_SHOULD_WAIT) {
        assert_true(used < countof(ports));
        ports[used++] = make_port();
        unsigned here = 0;
        while ((status = zx_port_queue(ports[used - 1], &p)) == ZX_OK)
            here++;
        total += here;
        if (status == ZX_ERR_SHOULD_WAIT)
            assert_int_equal(here, CAPACITY);
    }
    assert_status(status, ZX_ERR_NO_MEMORY);
    assert_int_equal(total, EVERYWHERE);
    // Signal packets do not come from it; each user packet that is read makes room.
    zx_handle_t e = make_event(), port = make_port();
    assert_ok(zx_object_wait_async(e, port, 1, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_signal(e, 0, ONE));
    assert_int_equal(take(port).key, 1);
    assert_status(zx_port_queue(port, &p), ZX_ERR_NO_MEMORY);
    take(ports[0]);
    assert_ok(zx_port_queue(port, &p));
    assert_status(zx_port_queue(port, &p), ZX_ERR_NO_MEMORY);
    assert_ok(zx_handle_close_many(ports, 1)); // and so does a port that goes
    assert_ok(zx_port_queue(port, &p));
    assert_ok(zx_handle_close_many(ports + 1, used - 1));
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

static void test_user_packets_are_limited_system_wide(void **state)
{
    struct lab_config c = lab_config_make(__func__, use_up_the_user_packets);

    (void)state;
    lab_run(&c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest port_tests[] = {
    T(port_begins_with_its_rights),
    T(ports_cannot_be_waited_for),
    T(user_packets_arrive_verbatim_in_order),
    T(packets_of_all_kinds_share_one_queue),
    T(queued_packet_is_taken_though_the_deadline_is_past),
    T(port_wait_never_times_out_early),
    T(port_calls_check_handle_right_type),
    T(cancel_takes_all_registrations_and_packets_of_its_key),
    T(cancel_finds_its_own_among_many),
    T(cancel_leaves_other_keys_handles_ports_and_user_packets),
    T(cancelled_repeating_wait_can_be_begun_again),
    T(three_waiters_get_one_packet_each),
    T(last_close_of_a_port_wakes_nobody),
    T(user_packets_are_limited_system_wide),
};
const size_t port_test_count = countof(port_tests);
