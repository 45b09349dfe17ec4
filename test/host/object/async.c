// SPDX-License-Identifier: MIT
// Asynchronous waits: what is delivered, when, in which order, and what ends them (spec 10 section 3).
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE ZX_USER_SIGNAL_0
#define TWO ZX_USER_SIGNAL_1

static zx_handle_t make_port(void)
{
    zx_handle_t port = ZX_HANDLE_INVALID;

    assert_ok(zx_port_create(0, &port));
    return port;
}

static void once(zx_handle_t source, zx_handle_t port, uint64_t key, zx_signals_t signals)
{
    assert_ok(zx_object_wait_async(source, port, key, signals, ZX_WAIT_ASYNC_ONCE));
}

static void repeating(zx_handle_t source, zx_handle_t port, uint64_t key, zx_signals_t signals)
{
    assert_ok(zx_object_wait_async(source, port, key, signals, ZX_WAIT_ASYNC_REPEATING));
}

static void expect_empty(zx_handle_t port)
{
    zx_port_packet_t p;

    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
}

// The next packet must be a signal packet of this key with that state.
static zx_port_packet_t expect(zx_handle_t port, uint64_t key, zx_signals_t observed)
{
    zx_port_packet_t p;

    memset(&p, 0xee, sizeof(p));
    assert_ok(zx_port_wait(port, 0, &p));
    assert_int_equal(p.key, key);
    assert_int_equal(p.status, ZX_OK);
    assert_int_equal(p.signal.observed, observed);
    assert_int_equal(p.signal.reserved0, 0);
    assert_int_equal(p.signal.reserved1, 0);
    return p;
}

static void set(zx_handle_t e, zx_signals_t bits)
{
    assert_ok(zx_object_signal(e, 0, bits));
}

static void clear(zx_handle_t e, zx_signals_t bits)
{
    assert_ok(zx_object_signal(e, bits, 0));
}

// CALLS(zx_object_wait_async)
SCENARIO(one_shot_wait_fires_once)
{
    zx_handle_t port = make_port(), e = make_event();

    once(e, port, 5, ONE | TWO);
    expect_empty(port);
    set(e, ZX_USER_SIGNAL_7); // not asked for
    expect_empty(port);
    set(e, TWO);
    zx_port_packet_t p = expect(port, 5, TWO | ZX_USER_SIGNAL_7);
    assert_int_equal(p.type, ZX_PKT_TYPE_SIGNAL_ONE);
    assert_int_equal(p.signal.trigger, ONE | TWO);
    assert_int_equal(p.signal.count, 1);
    clear(e, TWO);
    set(e, ONE);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(one_shot_wait_fires_at_once_when_the_bit_is_set)
{
    zx_handle_t port = make_port(), e = make_event();

    set(e, ONE | ZX_EVENT_SIGNALED);
    once(e, port, 1, ONE);
    once(e, port, 2, TWO);
    expect(port, 1, ONE | ZX_EVENT_SIGNALED);
    expect_empty(port);
    assert_status(zx_port_cancel(port, e, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_port_cancel(port, e, 2));
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(one_shot_packet_keeps_the_state_that_fired_it)
{
    zx_handle_t port = make_port(), e = make_event();

    once(e, port, 1, ONE);
    set(e, ONE);
    set(e, TWO);
    clear(e, ONE);
    expect(port, 1, ONE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(repeating_wait_tells_of_every_change_that_leaves_its_bit_set)
{
    zx_handle_t port = make_port(), e = make_event();

    repeating(e, port, 5, ONE);
    set(e, TWO);
    expect_empty(port);
    set(e, ONE);
    zx_port_packet_t p = expect(port, 5, ONE | TWO);
    assert_int_equal(p.type, ZX_PKT_TYPE_SIGNAL_REP);
    assert_int_equal(p.signal.trigger, ONE);
    assert_int_equal(p.signal.count, 1);
    set(e, ONE); // no change
    expect_empty(port);
    clear(e, TWO); // another bit changes, ONE stays
    expect(port, 5, ONE);
    clear(e, ONE);
    expect_empty(port);
    assert_ok(zx_object_signal(e, ONE, ONE)); // set, in one update
    expect(port, 5, ONE);
    assert_ok(zx_object_signal(e, ONE, ONE)); // the result is the old state
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(repeating_packet_that_still_waits_is_merged)
{
    zx_handle_t port = make_port(), e = make_event();
    zx_port_packet_t user = {.key = 9};

    set(e, ONE);
    repeating(e, port, 5, ONE | TWO);
    assert_ok(zx_port_queue(port, &user));
    set(e, TWO);
    clear(e, ONE);
    set(e, ZX_USER_SIGNAL_6);
    clear(e, TWO); // leaves no bit of those: not delivered, what was stays
    // One packet, in its old place, with all that was.
    zx_port_packet_t p = expect(port, 5, ONE | TWO | ZX_USER_SIGNAL_6);
    assert_int_equal(p.signal.count, 1);
    assert_ok(zx_port_wait(port, 0, &p));
    assert_int_equal(p.key, 9);
    expect_empty(port);
    set(e, ONE); // a fresh one, with the state of now
    expect(port, 5, ONE | ZX_USER_SIGNAL_6);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(registrations_of_one_key_are_independent)
{
    zx_handle_t port = make_port(), e = make_event();

    once(e, port, 3, ONE);
    once(e, port, 3, ONE);
    repeating(e, port, 3, ONE);
    repeating(e, port, 3, ONE);
    set(e, ONE);
    for (unsigned i = 0; i < 4; i++)
        expect(port, 3, ONE);
    expect_empty(port);
    clear(e, ONE);
    set(e, ONE);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(expect(port, 3, ONE).type, ZX_PKT_TYPE_SIGNAL_REP);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(newest_registration_is_served_first)
{
    zx_handle_t port = make_port(), e = make_event();

    for (unsigned key = 0; key < 7; key++)
        once(e, port, key, ONE);
    set(e, ONE);
    for (unsigned key = 7; key-- > 0;)
        expect(port, key, ONE);
    expect_empty(port);
    // Through several handles, too: the order is the object's.
    zx_handle_t copy = duplicate_without(e, 0);
    clear(e, ONE);
    for (unsigned key = 0; key < 6; key++)
        once(key % 2 == 0 ? e : copy, port, key, ONE);
    set(e, ONE);
    for (unsigned key = 6; key-- > 0;)
        expect(port, key, ONE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e, copy}, 3));
}

SCENARIO(waiting_for_no_signal_never_fires)
{
    zx_handle_t port = make_port(), e = make_event();

    set(e, ONE);
    once(e, port, 1, 0);
    repeating(e, port, 1, 0);
    set(e, ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED);
    expect_empty(port);
    assert_ok(zx_port_cancel(port, e, 1)); // though they are there
    assert_status(zx_port_cancel(port, e, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

// CALLS(zx_channel_write)
SCENARIO(packet_of_a_new_wait_counts_the_messages)
{
    zx_handle_t port = make_port(), ends[2];
    const zx_signals_t state = ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE;

    make_pair(ends);
    for (unsigned i = 0; i < 5; i++)
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, NULL, 0));
    once(ends[1], port, 1, ZX_CHANNEL_READABLE);
    assert_int_equal(expect(port, 1, state).signal.count, 5);
    repeating(ends[1], port, 2, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED);
    assert_int_equal(expect(port, 2, state).signal.count, 5);
    // Not asked for READABLE: the messages are not counted.
    once(ends[1], port, 3, ZX_CHANNEL_WRITABLE);
    assert_int_equal(expect(port, 3, state).signal.count, 1);
    // READABLE is set already: one more message is no change.
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, NULL, 0));
    expect_empty(port);
    for (unsigned i = 0; i < 6; i++)
        assert_ok(zx_channel_read(ends[1], 0, NULL, NULL, 0, 0, NULL, NULL));
    once(ends[1], port, 4, ZX_CHANNEL_READABLE);
    for (unsigned i = 0; i < 3; i++)
        assert_ok(zx_channel_write(ends[0], 0, NULL, 0, NULL, 0));
    // Both waits fire on the first of the three; newest first.
    assert_int_equal(expect(port, 4, state).signal.count, 1);
    assert_int_equal(expect(port, 2, state).signal.count, 1);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, ends[0], ends[1]}, 3));
}

SCENARIO(wait_async_checks_in_order)
{
    zx_handle_t port = make_port(), e = make_event(), ends[2];
    zx_handle_t mute = duplicate_without(port, ZX_RIGHT_WRITE);
    zx_handle_t blind = duplicate_without(e, ZX_RIGHT_WAIT);

    make_pair(ends);
    // The port first, whatever the rest is.
    assert_status(zx_object_wait_async(0, 0, 1, ONE, 9), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_async(0, mute, 1, ONE, 9), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_async(0, e, 1, ONE, 9), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_object_wait_async(0, ends[0], 1, ONE, 9), ZX_ERR_WRONG_TYPE);
    assert_status(zx_object_wait_async(0, port, 1, ONE, 9), ZX_ERR_BAD_HANDLE);
    assert_status(zx_object_wait_async(blind, port, 1, ONE, 9), ZX_ERR_ACCESS_DENIED);
    for (uint32_t options = 2; options != 0; options <<= 1)
        assert_status(zx_object_wait_async(e, port, 1, ONE, options), ZX_ERR_INVALID_ARGS);
    set(e, ONE);
    expect_empty(port);
    assert_status(zx_port_cancel(port, e, 1), ZX_ERR_NOT_FOUND);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e, ends[0], ends[1], mute, blind}, 6));
}

// CALLS(zx_handle_close, zx_handle_replace)
SCENARIO(closing_or_replacing_the_source_ends_its_waits_only)
{
    for (unsigned i = 0; i < 2; i++) {
        zx_handle_t port = make_port(), e = make_event();
        zx_handle_t copy = duplicate_without(e, 0);
        once(copy, port, 1, ONE);
        repeating(copy, port, 2, ONE);
        once(e, port, 3, ONE);
        if (i == 0)
            close_handle(copy);
        else
            copy = replace_without(copy, 0);
        set(e, ONE);
        expect(port, 3, ONE);
        expect_empty(port);
        if (i != 0)
            close_handle(copy);
        assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
    }
}

SCENARIO(queued_packets_outlive_their_source)
{
    zx_handle_t port = make_port(), ends[2];

    make_pair(ends);
    once(ends[0], port, 1, ZX_CHANNEL_WRITABLE);
    repeating(ends[0], port, 2, ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(ends, 2));
    expect(port, 1, ZX_CHANNEL_WRITABLE);
    expect(port, 2, ZX_CHANNEL_WRITABLE);
    expect_empty(port);
    close_handle(port);
}

// CALLS(zx_channel_read)
SCENARIO(transfer_ends_the_waits_when_it_is_received)
{
    zx_handle_t port = make_port(), e = make_event(), ends[2], moved = duplicate_without(e, 0);

    make_pair(ends);
    repeating(moved, port, 1, ONE);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &moved, 1));
    assert_ok(zx_channel_read(ends[1], 0, NULL, &moved, 0, 1, NULL, NULL));
    set(e, ONE);
    expect_empty(port);
    assert_status(zx_port_cancel(port, moved, 1), ZX_ERR_NOT_FOUND);
    // The same when it dies in the message.
    clear(e, ONE);
    repeating(moved, port, 2, ONE);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &moved, 1));
    assert_ok(zx_handle_close_many(ends, 2));
    while (handle_count(e) != 1) // handles in messages may go a little later
        sleep_ns(1000);
    set(e, ONE);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

SCENARIO(peer_closing_is_delivered)
{
    zx_handle_t port = make_port(), ends[2];

    make_pair(ends);
    once(ends[0], port, 1, ZX_CHANNEL_PEER_CLOSED);
    repeating(ends[0], port, 2, ZX_CHANNEL_PEER_CLOSED);
    close_handle(ends[1]);
    expect(port, 2, ZX_CHANNEL_PEER_CLOSED);
    expect(port, 1, ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_object_signal(ends[0], 0, ONE)); // it stays set: any change is told
    expect(port, 2, ZX_CHANNEL_PEER_CLOSED | ONE);
    expect_empty(port);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, ends[0]}, 2));
}

// CALLS(zx_port_create): a port that closes leaves objects and other ports alone.
SCENARIO(closing_the_port_ends_its_waits)
{
    zx_handle_t port = make_port(), other = make_port(), e = make_event();

    for (unsigned key = 0; key < 4; key++) {
        repeating(e, port, key, ONE);
        once(e, other, key, ONE);
    }
    zx_handle_t copy = duplicate_without(port, 0);
    close_handle(port);
    set(e, ONE); // there is another handle to it
    for (unsigned key = 4; key-- > 0;)
        expect(copy, key, ONE);
    clear(e, ONE);
    set(e, ONE);
    close_handle(copy); // with packets in it
    clear(e, ONE);
    set(e, ONE);
    for (unsigned key = 4; key-- > 0;)
        expect(other, key, ONE);
    expect_empty(other);
    assert_ok(zx_handle_close_many((zx_handle_t[]){other, e}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest async_tests[] = {
    T(one_shot_wait_fires_once),
    T(one_shot_wait_fires_at_once_when_the_bit_is_set),
    T(one_shot_packet_keeps_the_state_that_fired_it),
    T(repeating_wait_tells_of_every_change_that_leaves_its_bit_set),
    T(repeating_packet_that_still_waits_is_merged),
    T(registrations_of_one_key_are_independent),
    T(newest_registration_is_served_first),
    T(waiting_for_no_signal_never_fires),
    T(packet_of_a_new_wait_counts_the_messages),
    T(wait_async_checks_in_order),
    T(closing_or_replacing_the_source_ends_its_waits_only),
    T(queued_packets_outlive_their_source),
    T(transfer_ends_the_waits_when_it_is_received),
    T(peer_closing_is_delivered),
    T(closing_the_port_ends_its_waits),
};
const size_t async_test_count = countof(async_tests);
