// SPDX-License-Identifier: MIT
// What channels, ports, sockets, FIFOs and futexes do at their edges: all orders of closing, bad buffers, memory
// that is not there yet, full ports.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE ZX_USER_SIGNAL_0

static const uint8_t orders[6][3] = {
    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0},
};

// CALLS(zx_object_wait_async): source, peer and port, in all orders, with and without a packet queued.
SCENARIO(closing_in_all_orders)
{
    for (unsigned i = 0; i < 24; i++) {
        zx_handle_t h[3];
        assert_ok(zx_eventpair_create(0, &h[0], &h[1]));
        assert_ok(zx_port_create(0, &h[2]));
        for (unsigned k = 0; k < 3; k++)
            assert_ok(zx_object_wait_async(h[0], h[2], k, ONE | ZX_EVENTPAIR_PEER_CLOSED, i & 1));
        if (i & 2)
            assert_ok(zx_object_signal(h[0], 0, ONE));
        for (unsigned k = 0; k < 3; k++)
            close_handle(h[orders[i / 4][k]]);
    }
}

// CALLS(zx_port_cancel): packets of a handle that is closed can only be read.
SCENARIO(packets_outlive_the_handle)
{
    zx_handle_t port, e = make_event(), other = duplicate_without(e, 0);
    zx_port_packet_t p;

    assert_ok(zx_port_create(0, &port));
    for (unsigned i = 0; i < 2; i++)
        assert_ok(zx_object_wait_async(e, port, 9, ONE, i));
    assert_ok(zx_object_signal(e, 0, ONE));
    assert_status(zx_port_cancel(port, other, 9), ZX_ERR_NOT_FOUND);
    close_handle(e);
    assert_status(zx_port_cancel(port, e, 9), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_object_signal(other, ONE, 0));
    assert_ok(zx_object_signal(other, 0, ONE));
    assert_ok(zx_port_wait(port, 0, &p));
    assert_ok(zx_port_wait(port, 0, &p));
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, other}, 2));
}

// CALLS(zx_port_cancel): the source's handle is in a message, its value has come round for another
// handle: cancelling that one leaves the registration and its packet alone.
SCENARIO_ON(cancel_of_a_value_that_came_round, 2, 1)
{
    zx_handle_t port, ends[2], e = make_event(), other = duplicate_without(e, 0), again = 0;
    zx_handle_t moved = e;
    zx_port_packet_t p;

    assert_ok(zx_port_create(0, &port));
    make_pair(ends);
    assert_ok(zx_object_wait_async(e, port, 9, ONE, ZX_WAIT_ASYNC_REPEATING));
    assert_ok(zx_object_signal(e, 0, ONE));
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &moved, 1));
    for (unsigned i = 0; i < 1u << 16 && again != e; i++) {
        if (i != 0)
            close_handle(again);
        again = make_event();
    }
    assert_int_equal(again, e);
    assert_status(zx_port_cancel(port, again, 9), ZX_ERR_NOT_FOUND);
    assert_ok(zx_port_wait(port, 0, &p));
    assert_int_equal(p.key, 9);
    assert_ok(zx_object_signal(other, ONE, 0));
    assert_ok(zx_object_signal(other, 0, ONE));
    assert_ok(zx_port_wait(port, 0, &p));
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, other, again, ends[0], ends[1]}, 5));
}

// CALLS(zx_port_queue): 2049 packets; a wait whose packet has no room is over.
SCENARIO_ON(full_port_ends_registrations, 2, 1)
{
    zx_handle_t port, e = make_event();
    zx_port_packet_t p = {0};

    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_object_wait_async(e, port, 1, ONE, ZX_WAIT_ASYNC_ONCE));
    assert_ok(zx_object_wait_async(e, port, 2, ONE, ZX_WAIT_ASYNC_REPEATING));
    for (unsigned i = 0; i < 2049; i++)
        assert_ok(zx_port_queue(port, &p));
    assert_status(zx_port_queue(port, &p), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_object_signal(e, 0, ONE));
    for (unsigned i = 0; i < 2; i++)
        assert_status(zx_port_cancel(port, e, 1 + i), ZX_ERR_NOT_FOUND);
    assert_ok(zx_object_wait_async(e, port, 3, ONE, ZX_WAIT_ASYNC_REPEATING)); // at once, and lost
    for (unsigned i = 0; i < 2049; i++)
        assert_ok(zx_port_wait(port, 0, &p));
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){port, e}, 2));
}

// CALLS(zx_port_wait): the packet is lost with the bad buffer, the port is not.
SCENARIO(port_wait_with_a_bad_buffer)
{
    zx_handle_t port;
    zx_port_packet_t p = {.key = 4};

    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_port_queue(port, &p));
    assert_status(raw_call(port_wait, port, 0, (uintptr_t)LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(raw_call(port_queue, port, (uintptr_t)LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_port_wait(port, 0, &p), ZX_ERR_TIMED_OUT);
    close_handle(port);
}

// CALLS(zx_fifo_write, zx_fifo_read): all or nothing.
SCENARIO(fifo_bad_buffers_move_nothing)
{
    zx_handle_t a, b;
    uint32_t data[4] = {1, 2, 3, 4};
    size_t n;

    assert_ok(zx_fifo_create(4, 4, 0, &a, &b));
    assert_status(zx_fifo_write(a, 4, LAB_BAD_PTR, 2, &n), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(b), ZX_FIFO_WRITABLE);
    assert_ok(zx_fifo_write(a, 4, data, 3, &n));
    assert_status(zx_fifo_read(b, 4, LAB_BAD_PTR, 2, &n), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_fifo_read(b, 4, data, 4, &n));
    assert_int_equal(n, 3);
    assert_int_equal(data[0], 1);
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
}

// CALLS(zx_socket_read): a datagram that could not be copied stays, as does one that is only asked for.
SCENARIO(datagram_bad_buffers_take_nothing)
{
    zx_handle_t a, b;
    char data[8];
    size_t n = 77;

    assert_ok(zx_socket_create(ZX_SOCKET_DATAGRAM, &a, &b));
    assert_status(zx_socket_write(a, 0, LAB_BAD_PTR, 8, NULL), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(b) & ZX_SOCKET_READABLE, 0);
    assert_ok(zx_socket_write(a, 0, "first", 5, NULL));
    assert_ok(zx_socket_write(a, 0, "second", 6, NULL));
    assert_status(zx_socket_read(b, 0, LAB_BAD_PTR, 8, &n), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_socket_read(b, 0, NULL, 0, &n));
    assert_int_equal(n, 0);
    assert_ok(zx_socket_read(b, 0, data, 2, &n)); // the rest of it is dropped
    assert_int_equal(n, 2);
    assert_ok(zx_socket_read(b, 0, data, 8, &n));
    assert_int_equal(n, 6);
    assert_memory_equal(data, "second", 6);
    assert_status(zx_socket_read(b, 0, data, 8, &n), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
}

// CALLS(zx_socket_accept): a bad pointer loses the socket, which closes.
SCENARIO(accept_with_a_bad_pointer)
{
    zx_handle_t a, b, guest, peer, h;

    assert_ok(zx_socket_create(ZX_SOCKET_HAS_ACCEPT, &a, &b));
    assert_ok(zx_socket_create(0, &guest, &peer));
    assert_ok(zx_socket_share(a, guest));
    assert_status(raw_call(socket_accept, b, (uintptr_t)LAB_BAD_PTR), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_accept(b, &h), ZX_ERR_SHOULD_WAIT);
    await(peer, ZX_SOCKET_PEER_CLOSED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b, peer}, 3));
}

// CALLS(zx_socket_write, zx_fifo_write, zx_futex_wait): user memory that has no pages yet.
SCENARIO(memory_that_is_not_there_yet)
{
    zx_handle_t a, b;
    vaddr_t mem = lab_user_alloc(16 * 4096);
    size_t n, total = 0;
    char got_back[16];

    assert_true(mem != 0);
    char *at = (char *)mem;
    assert_ok(zx_socket_create(ZX_SOCKET_HAS_CONTROL, &a, &b));
    assert_ok(zx_socket_write(a, 0, at, 3 * 4096, &n));
    assert_int_equal(n, 3 * 4096);
    while (zx_socket_read(b, 0, at + 3 * 4096 + total, 5000, &n) == ZX_OK)
        total += n;
    assert_int_equal(total, 3 * 4096);
    assert_ok(zx_socket_write(a, ZX_SOCKET_CONTROL, at + 7 * 4096 - 8, 16, &n));
    assert_ok(zx_socket_read(b, ZX_SOCKET_CONTROL, at + 8 * 4096 - 8, 16, &n));
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
    assert_ok(zx_socket_create(ZX_SOCKET_DATAGRAM, &a, &b));
    assert_ok(zx_socket_write(a, 0, "a datagram", 10, NULL));
    assert_ok(zx_socket_read(b, 0, at + 10 * 4096 - 5, 16, &n));
    host_user_read(got_back, mem + 10 * 4096 - 5, 10);
    assert_memory_equal(got_back, "a datagram", 10);
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
    assert_ok(zx_fifo_create(16, 16, 0, &a, &b));
    assert_ok(zx_fifo_write(a, 16, at + 12 * 4096 - 8, 4, &n));
    assert_ok(zx_fifo_read(b, 16, at + 13 * 4096 - 8, 4, &n));
    assert_int_equal(n, 4);
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
    assert_status(zx_futex_wait((zx_futex_t *)(at + 14 * 4096), 1, 0, 0), ZX_ERR_BAD_STATE);
    assert_status(zx_futex_wait((zx_futex_t *)(at + 15 * 4096), 0, 0, 0), ZX_ERR_TIMED_OUT);
}

// CALLS(zx_timer_set): a deadline that has passed is seen before the call returns.
SCENARIO(timer_in_the_past)
{
    zx_handle_t t;

    assert_ok(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &t));
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(zx_timer_set(t, i == 0 ? 0 : zx_clock_get_monotonic(), 0));
        assert_int_equal(state_of(t), ZX_TIMER_SIGNALED);
        assert_ok(zx_timer_set(t, FOREVER, 0));
        assert_int_equal(state_of(t), 0);
    }
    close_handle(t);
}

// CALLS(zx_channel_call_finish)
SCENARIO(finish_without_an_interrupted_call_is_bad_state)
{
    assert_status(raw_call(channel_call_finish, 0, 0, (uintptr_t)LAB_BAD_PTR), ZX_ERR_BAD_STATE);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_tests[] = {
    T(closing_in_all_orders),
    T(packets_outlive_the_handle),
    T(cancel_of_a_value_that_came_round),
    T(full_port_ends_registrations),
    T(port_wait_with_a_bad_buffer),
    T(fifo_bad_buffers_move_nothing),
    T(datagram_bad_buffers_take_nothing),
    T(accept_with_a_bad_pointer),
    T(memory_that_is_not_there_yet),
    T(timer_in_the_past),
    T(finish_without_an_interrupted_call_is_bad_state),
};
const size_t ipc_test_count = countof(ipc_tests);
