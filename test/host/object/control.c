// SPDX-License-Identifier: MIT
// The control plane of sockets, and sockets handed through sockets (spec 11 section 2).
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define CONTROL_MAX 1024u

static char message[CONTROL_MAX + 1], back[CONTROL_MAX + 1];

static zx_status_t control_write(zx_handle_t s, const void *data, size_t size)
{
    return zx_socket_write(s, ZX_SOCKET_CONTROL, data, size, NULL);
}

static size_t control_read(zx_handle_t s, size_t size)
{
    size_t actual = 12345;

    memset(back, 0, sizeof(back));
    assert_ok(zx_socket_read(s, ZX_SOCKET_CONTROL, back, size, &actual));
    return actual;
}

// CALLS(zx_socket_write, zx_socket_read)
SCENARIO(control_messages_go_one_at_a_time)
{
    const zx_signals_t idle = ZX_SOCKET_WRITABLE | ZX_SOCKET_CONTROL_WRITABLE;
    zx_handle_t s[2];

    make_sockets(ZX_SOCKET_HAS_CONTROL, s);
    assert_int_equal(state_of(s[0]), idle);
    assert_ok(control_write(s[0], "first", 5));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(state_of(s[1]), idle | ZX_SOCKET_CONTROL_READABLE);
    assert_status(control_write(s[0], "second", 6), ZX_ERR_SHOULD_WAIT);
    assert_ok(control_write(s[1], "answer", 6)); // the other direction has its own slot
    assert_int_equal(control_read(s[1], CONTROL_MAX), 5);
    assert_memory_equal(back, "first", 6);
    assert_int_equal(state_of(s[0]), idle | ZX_SOCKET_CONTROL_READABLE);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE);
    assert_int_equal(control_read(s[0], 3), 3); // the rest is dropped
    assert_memory_equal(back, "ans", 4);
    assert_status(zx_socket_read(s[0], ZX_SOCKET_CONTROL, back, 9, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(control_write(s[0], "third", 5));
    assert_int_equal(control_read(s[1], 0), 0); // frees the slot, too
    assert_int_equal(state_of(s[0]), idle);
    assert_int_equal(state_of(s[1]), idle);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(control_write_checks_in_order)
{
    zx_handle_t s[2], plain[2];
    size_t actual = 77;

    make_sockets(ZX_SOCKET_HAS_CONTROL, s);
    make_sockets(0, plain);
    close_handle(plain[1]);
    assert_status(zx_socket_write(plain[0], ZX_SOCKET_CONTROL, NULL, 0, &actual), ZX_ERR_BAD_STATE);
    assert_status(control_write(s[0], "", 0), ZX_ERR_INVALID_ARGS);
    assert_status(control_write(s[0], LAB_BAD_PTR, CONTROL_MAX + 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(control_write(s[0], LAB_BAD_PTR, CONTROL_MAX), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_CONTROL_WRITABLE);
    for (size_t i = 0; i < CONTROL_MAX; i++)
        message[i] = (char)(i * 7);
    assert_ok(zx_socket_write(s[0], ZX_SOCKET_CONTROL, message, CONTROL_MAX, &actual));
    assert_int_equal(actual, CONTROL_MAX);
    assert_status(control_write(s[0], LAB_BAD_PTR, 1), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(control_read(s[1], CONTROL_MAX), CONTROL_MAX);
    assert_memory_equal(back, message, CONTROL_MAX);
    assert_ok(control_write(s[0], message, 1));
    close_handle(s[1]);
    assert_status(control_write(s[0], LAB_BAD_PTR, CONTROL_MAX), ZX_ERR_PEER_CLOSED);
    assert_status(control_write(s[0], message, CONTROL_MAX + 1), ZX_ERR_OUT_OF_RANGE);
    assert_status(control_write(s[0], message, 0), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], plain[0]}, 2));
}

SCENARIO(control_read_checks_in_order)
{
    zx_handle_t s[2], plain[2];
    size_t actual = 77;

    make_sockets(ZX_SOCKET_HAS_CONTROL, s);
    make_sockets(0, plain);
    assert_status(zx_socket_read(plain[0], ZX_SOCKET_CONTROL, back, 1, &actual), ZX_ERR_BAD_STATE);
    assert_status(zx_socket_read(s[1], ZX_SOCKET_CONTROL, back, 1, &actual), ZX_ERR_SHOULD_WAIT);
    assert_ok(control_write(s[0], "kept", 4));
    assert_status(zx_socket_read(s[1], ZX_SOCKET_CONTROL, LAB_BAD_PTR, 4, &actual),
                  ZX_ERR_INVALID_ARGS);
    assert_int_equal(actual, 77);
    close_handle(s[0]);
    assert_int_equal(control_read(s[1], 9), 4); // outlives its sender
    assert_memory_equal(back, "kept", 5);
    // With no message a closed peer makes no difference.
    assert_status(zx_socket_read(s[1], ZX_SOCKET_CONTROL, back, 1, &actual), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[1], plain[0], plain[1]}, 3));
}

SCENARIO(control_does_not_care_about_data_or_shutdown)
{
    zx_handle_t s[2];

    make_sockets(ZX_SOCKET_HAS_CONTROL, s);
    fill_stream(s[0]);
    assert_ok(control_write(s[0], "full", 4));
    assert_int_equal(control_read(s[1], 9), 4);
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_MASK));
    assert_ok(control_write(s[0], "shut", 4));
    assert_ok(control_write(s[1], "back", 4));
    assert_int_equal(control_read(s[1], 9), 4);
    assert_int_equal(control_read(s[0], 9), 4);
    assert_ok(zx_handle_close_many(s, 2));
}

// CALLS(zx_socket_share, zx_socket_accept)
SCENARIO(shared_socket_arrives_with_its_rights)
{
    const zx_signals_t idle = ZX_SOCKET_WRITABLE | ZX_SOCKET_SHARE;
    zx_handle_t s[2], guest[2], other[2], out = 77;
    char text[8];

    make_sockets(ZX_SOCKET_HAS_ACCEPT, s);
    make_sockets(0, guest);
    make_sockets(0, other);
    assert_ok(zx_socket_write(guest[0], 0, "inside", 6, NULL));
    zx_koid_t koid = basic(guest[1]).koid;
    guest[1] = replace_without(guest[1], ZX_RIGHT_WRITE);
    zx_rights_t rights = basic(guest[1]).rights;
    assert_ok(zx_socket_share(s[0], guest[1]));
    assert_false(alive(guest[1]));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(state_of(s[1]), idle | ZX_SOCKET_ACCEPT);
    assert_false(state_of(guest[0]) & ZX_SOCKET_PEER_CLOSED); // on the way it is open
    // One slot for each direction.
    assert_ok(zx_socket_share(s[1], other[1]));
    assert_ok(zx_socket_accept(s[0], &out));
    close_handle(out);
    assert_ok(zx_socket_accept(s[1], &out));
    assert_int_equal(basic(out).koid, koid);
    assert_int_equal(basic(out).rights, rights);
    assert_int_equal(state_of(s[0]), idle);
    assert_int_equal(state_of(s[1]), idle);
    assert_ok(zx_socket_read(out, 0, text, 8, NULL));
    assert_memory_equal(text, "inside", 6);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], s[1], guest[0], other[0], out}, 5));
}

// A share that must fail, with a fresh socket or the one given. Whatever it was, it is gone.
static void share_fails(zx_handle_t s, zx_handle_t guest, zx_status_t expected)
{
    assert_status(zx_socket_share(s, guest), expected);
    assert_false(alive(guest));
}

static zx_handle_t fresh(void)
{
    zx_handle_t s[2];

    make_sockets(0, s);
    close_handle(s[1]);
    return s[0];
}

SCENARIO(share_checks_in_order_and_consumes_in_every_failure)
{
    zx_handle_t s[2], plain[2], accepting[2];

    make_sockets(ZX_SOCKET_HAS_ACCEPT, s);
    make_sockets(0, plain);
    zx_handle_t mute = duplicate_without(s[0], ZX_RIGHT_WRITE);
    share_fails(0, fresh(), ZX_ERR_BAD_HANDLE);
    share_fails(mute, fresh(), ZX_ERR_ACCESS_DENIED);
    share_fails(lab.job, fresh(), ZX_ERR_WRONG_TYPE);
    assert_status(zx_socket_share(s[0], 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_socket_share(plain[0], mute ^ 0x7ffffff0), ZX_ERR_BAD_HANDLE);
    share_fails(plain[0], replace_without(make_event(), ZX_RIGHT_TRANSFER), ZX_ERR_ACCESS_DENIED);
    share_fails(plain[0], make_event(), ZX_ERR_WRONG_TYPE);
    // What the guest is comes before what the carrier can.
    make_sockets(ZX_SOCKET_HAS_ACCEPT, accepting);
    share_fails(plain[0], accepting[0], ZX_ERR_BAD_STATE);
    share_fails(plain[0], duplicate_without(plain[0], 0), ZX_ERR_BAD_STATE);
    share_fails(plain[0], duplicate_without(plain[1], 0), ZX_ERR_BAD_STATE);
    share_fails(plain[0], fresh(), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_socket_share(s[0], fresh()));
    share_fails(s[0], fresh(), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_SHARE | ZX_SOCKET_ACCEPT);
    close_handle(s[1]);
    share_fails(s[0], fresh(), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close_many(
        (zx_handle_t[]){s[0], mute, plain[0], plain[1], accepting[1]}, 5));
}

SCENARIO(accept_checks_in_order)
{
    zx_handle_t s[2], plain[2], out = 77, event = make_event();

    make_sockets(ZX_SOCKET_HAS_ACCEPT, s);
    make_sockets(0, plain);
    zx_handle_t blind = duplicate_without(s[1], ZX_RIGHT_READ);
    assert_status(zx_socket_accept(0, &out), ZX_ERR_BAD_HANDLE);
    assert_status(zx_socket_accept(blind, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_accept(event, &out), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_accept(lab.job, &out), ZX_ERR_WRONG_TYPE);
    assert_status(zx_socket_accept(plain[0], &out), ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_socket_accept(s[1], &out), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_socket_share(s[0], fresh()));
    assert_int_equal(out, 77);
    close_handle(s[0]);
    // Shared before the peer closed: it can still be taken, once.
    assert_int_equal(state_of(s[1]), ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_SHARE | ZX_SOCKET_ACCEPT);
    assert_ok(zx_socket_accept(s[1], &out));
    close_handle(out);
    out = 77;
    assert_status(zx_socket_accept(s[1], &out), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(out, 77);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[1], plain[0], plain[1], blind, event}, 5));
}

// CALLS(zx_handle_close)
SCENARIO(socket_that_nobody_accepts_dies_with_its_carrier)
{
    zx_handle_t s[2], guest[2];

    make_sockets(ZX_SOCKET_HAS_ACCEPT, s);
    make_sockets(0, guest);
    assert_ok(zx_socket_share(s[0], guest[1]));
    close_handle(s[0]);
    assert_int_equal(state_of(guest[0]), ZX_SOCKET_WRITABLE);
    close_handle(s[1]);
    await(guest[0], ZX_SOCKET_PEER_CLOSED);
    close_handle(guest[0]);
}

#define T(name) cmocka_unit_test(test_##name)
// A wait through the handle that is shared watches the socket, wherever the handle is: it goes on while
// it is carried and with who accepts it, and ends when the handle that came of it is closed.
// CALLS(zx_socket_share, zx_socket_accept, zx_object_wait_one, zx_object_wait_async, zx_port_cancel)
SCENARIO(waits_through_a_shared_handle_go_on)
{
    zx_handle_t s[2], guest[2], accepted = 0, port = 0;
    zx_port_packet_t p;
    struct waiter satisfied, ended;

    make_sockets(ZX_SOCKET_HAS_ACCEPT, s);
    make_sockets(0, guest);
    assert_ok(zx_port_create(0, &port));
    waiter_start(&satisfied, guest[0], ZX_SOCKET_READABLE, FOREVER);
    waiter_start(&ended, guest[0], ZX_USER_SIGNAL_7, FOREVER);
    assert_ok(zx_object_wait_async(guest[0], port, 1, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_REPEATING));
    assert_ok(zx_socket_share(s[0], guest[0]));
    assert_status(zx_port_cancel(port, guest[0], 1), ZX_ERR_BAD_HANDLE); // the value is gone
    assert_ok(zx_object_signal_peer(guest[1], 0, ZX_USER_SIGNAL_1));
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_ok(zx_socket_accept(s[1], &accepted));
    assert_status(zx_port_cancel(port, accepted, 1), ZX_ERR_NOT_FOUND); // another value
    assert_ok(zx_object_signal_peer(guest[1], ZX_USER_SIGNAL_1, 0));
    assert_ok(zx_object_signal_peer(guest[1], 0, ZX_USER_SIGNAL_1));
    assert_ok(zx_port_wait(port, FOREVER, &p));
    assert_ok(zx_socket_write(guest[1], 0, "x", 1, NULL));
    assert_ok(zx_port_wait(port, FOREVER, &p)); // its signal is set, and something changed
    waiter_join(&satisfied);
    assert_ok(satisfied.status);
    assert_int_equal(satisfied.observed & ZX_SIGNAL_HANDLE_CLOSED, 0);
    zx_handle_t copy = duplicate_without(accepted, 0);
    close_handle(accepted);
    waiter_join(&ended);
    assert_status(ended.status, ZX_ERR_CANCELED);
    assert_ok(zx_object_signal_peer(guest[1], ZX_USER_SIGNAL_1, 0));
    assert_ok(zx_object_signal_peer(guest[1], 0, ZX_USER_SIGNAL_1));
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], s[1], guest[1], copy, port}, 5));
}

// They end when the share fails, when the accepter cannot be told the value, and when nobody accepts.
// CALLS(zx_socket_share, zx_socket_accept)
SCENARIO(waits_through_a_handle_that_nobody_accepts_end)
{
    for (unsigned way = 0; way < 3; way++) {
        zx_handle_t s[2], guest[2];
        struct waiter w;

        make_sockets(way == 0 ? 0 : ZX_SOCKET_HAS_ACCEPT, s);
        make_sockets(0, guest);
        waiter_start(&w, guest[0], ZX_USER_SIGNAL_7, FOREVER);
        assert_status(zx_socket_share(s[0], guest[0]), way == 0 ? ZX_ERR_NOT_SUPPORTED : ZX_OK);
        if (way == 1)
            assert_status(zx_socket_accept(s[1], LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
        close_handle(s[1]);
        waiter_join(&w);
        assert_status(w.status, ZX_ERR_CANCELED);
        assert_int_equal(w.observed & ZX_SIGNAL_HANDLE_CLOSED, ZX_SIGNAL_HANDLE_CLOSED);
        assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], guest[1]}, 2));
    }
}

const struct CMUnitTest control_tests[] = {
    T(control_messages_go_one_at_a_time),
    T(control_write_checks_in_order),
    T(control_read_checks_in_order),
    T(control_does_not_care_about_data_or_shutdown),
    T(shared_socket_arrives_with_its_rights),
    T(waits_through_a_shared_handle_go_on),
    T(waits_through_a_handle_that_nobody_accepts_end),
    T(share_checks_in_order_and_consumes_in_every_failure),
    T(accept_checks_in_order),
    T(socket_that_nobody_accepts_dies_with_its_carrier),
};
const size_t control_test_count = countof(control_tests);
