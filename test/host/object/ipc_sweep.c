// SPDX-License-Identifier: MIT
// Allocation failures in ports, timers, sockets, FIFOs and event pairs: a call that fails says
// NO_MEMORY, and leaves nothing behind.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ONE ZX_USER_SIGNAL_0

// CALLS(zx_port_create, zx_timer_create, zx_eventpair_create, zx_fifo_create, zx_socket_create)
SWEEP(sweep_ipc_creators, 4)
{
    zx_handle_t h[16];
    unsigned n = 0;

    n += got(zx_port_create(0, &h[n]));
    n += got(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &h[n]));
    n += got(zx_eventpair_create(0, &h[n], &h[n + 1])) ? 2 : 0;
    n += got(zx_fifo_create(64, 64, 0, &h[n], &h[n + 1])) ? 2 : 0;
    n += got(zx_socket_create(0, &h[n], &h[n + 1])) ? 2 : 0;
    n += got(zx_socket_create(ZX_SOCKET_DATAGRAM, &h[n], &h[n + 1])) ? 2 : 0;
    assert_true(n >= 10 - 2); // one failure costs one object
    assert_ok(zx_handle_close_many(h, n));
}

// So many that the table must grow in the middle of a pair.
SWEEP(sweep_pairs_fill_the_table, 4)
{
    zx_handle_t h[200];
    unsigned n = 0;

    for (unsigned i = 0; i < 33; i++) {
        n += got(zx_port_create(0, &h[n]));
        n += got(zx_eventpair_create(0, &h[n], &h[n + 1])) ? 2 : 0;
        n += got(zx_socket_create(0, &h[n], &h[n + 1])) ? 2 : 0;
    }
    assert_true(n >= 33 * 5 - 2);
    assert_ok(zx_handle_close_many(h, n));
}

// CALLS(zx_object_wait_async)
SWEEP(sweep_wait_async, 2)
{
    zx_handle_t port, e;
    zx_port_packet_t p;
    unsigned made = 0, read = 0, keys = 0;

    if (!got(zx_event_create(0, &e)))
        return;
    if (got(zx_port_create(0, &port))) {
        for (unsigned i = 0; i < 40; i++) {
            if (!got(zx_object_wait_async(e, port, i, ONE, i & 1)))
                continue;
            made++;
            keys += i;
        }
        assert_true(made >= 39);
        assert_ok(zx_object_signal(e, 0, ONE));
        while (zx_port_wait(port, 0, &p) == ZX_OK) {
            read++;
            keys -= (unsigned)p.key;
        }
        assert_int_equal(read, made);
        assert_int_equal(keys, 0);
        close_handle(port);
    }
    close_handle(e);
}

// CALLS(zx_port_queue)
SWEEP(sweep_port_queue, 2)
{
    zx_handle_t port;
    zx_port_packet_t p = {.key = 1};
    unsigned queued = 0;

    if (!got(zx_port_create(0, &port)))
        return;
    for (unsigned i = 0; i < 200; i++)
        queued += got(zx_port_queue(port, &p));
    assert_true(queued >= 199);
    for (unsigned i = 0; i < queued / 2; i++)
        assert_ok(zx_port_wait(port, 0, &p));
    close_handle(port);
}

// CALLS(zx_socket_write, zx_socket_read): what a short write has reported is what arrives.
SWEEP(sweep_stream, 4)
{
    static uint8_t out[20000], in[20000];
    zx_handle_t a, b;
    size_t sent = 0, received = 0, actual;

    for (size_t i = 0; i < sizeof(out); i++)
        out[i] = (uint8_t)(i * 11 + (i >> 8));
    if (!got(zx_socket_create(0, &a, &b)))
        return;
    for (unsigned tries = 0; sent < sizeof(out) && tries < 20; tries++) {
        if (got(zx_socket_write(a, 0, out + sent, MIN(sizeof(out) - sent, (size_t)7000), &actual)))
            sent += actual;
    }
    assert_int_equal(sent, sizeof(out));
    while (zx_socket_read(b, 0, in + received, 3000, &actual) == ZX_OK)
        received += actual;
    assert_int_equal(received, sent);
    assert_memory_equal(in, out, sent);
    (void)got(zx_socket_write(b, 0, out, 9000, &actual)); // left behind
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
}

SWEEP(sweep_datagrams_and_control, 4)
{
    static uint8_t data[9000];
    zx_handle_t a, b;
    size_t actual;
    unsigned sent = 0;

    if (!got(zx_socket_create(ZX_SOCKET_DATAGRAM | ZX_SOCKET_HAS_CONTROL, &a, &b)))
        return;
    for (unsigned i = 0; i < 6; i++)
        sent += got(zx_socket_write(a, 0, data, 1500 * (i + 1), &actual));
    assert_true(sent >= 5);
    bool control = got(zx_socket_write(a, ZX_SOCKET_CONTROL, data, 1024, NULL));
    assert_status(zx_socket_read(b, ZX_SOCKET_CONTROL, data, 1024, &actual),
                  control ? ZX_OK : ZX_ERR_SHOULD_WAIT);
    (void)got(zx_socket_write(b, ZX_SOCKET_CONTROL, data, 10, NULL)); // left behind
    while (sent-- > 2)
        assert_ok(zx_socket_read(b, 0, data, 100, &actual));
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
}

// CALLS(zx_socket_share, zx_socket_accept)
SWEEP(sweep_share_and_accept, 3)
{
    zx_handle_t a, b, guest, peer, h[130], out;
    unsigned n = 0;

    if (!got(zx_socket_create(ZX_SOCKET_HAS_ACCEPT, &a, &b)))
        return;
    if (got(zx_socket_create(0, &guest, &peer))) {
        assert_ok(zx_socket_share(a, guest));
        // So that the table must grow for the accepted handle.
        while (n < countof(h) && got(zx_handle_duplicate(a, ZX_RIGHT_SAME_RIGHTS, &h[n])))
            n++;
        bool accepted = got(zx_socket_accept(b, &out));
        if (accepted)
            close_handle(out);
        else
            assert_status(zx_socket_accept(b, &out), ZX_ERR_SHOULD_WAIT);
        assert_true(state_of(peer) & ZX_SOCKET_PEER_CLOSED);
        assert_ok(zx_handle_close_many(h, n));
        close_handle(peer);
    }
    assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
}

// CALLS(zx_fifo_write, zx_timer_set, zx_futex_wait): once made, these need no memory.
SWEEP(sweep_calls_without_memory, 2)
{
    zx_futex_t word = 0;
    zx_handle_t a, b, timer;
    char data[64] = {0};
    size_t actual;

    if (got(zx_fifo_create(8, 8, 0, &a, &b))) {
        assert_ok(zx_fifo_write(a, 8, data, 8, &actual));
        assert_ok(zx_fifo_read(b, 8, data, 5, &actual));
        assert_ok(zx_handle_close_many((zx_handle_t[]){a, b}, 2));
    }
    if (got(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer))) {
        assert_ok(zx_timer_set(timer, zx_deadline_after(1000), 0));
        await(timer, ZX_TIMER_SIGNALED);
        assert_ok(zx_timer_set(timer, zx_deadline_after(ZX_SEC(100)), 0));
        close_handle(timer);
    }
    assert_status(zx_futex_wait(&word, 0, ZX_HANDLE_INVALID, zx_deadline_after(1000)),
                  ZX_ERR_TIMED_OUT);
    assert_ok(zx_futex_wake(&word, 1));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_sweep_tests[] = {
    T(sweep_ipc_creators),     T(sweep_pairs_fill_the_table),
    T(sweep_wait_async),       T(sweep_port_queue),
    T(sweep_stream),           T(sweep_datagrams_and_control),
    T(sweep_share_and_accept), T(sweep_calls_without_memory),
};
const size_t ipc_sweep_test_count = countof(ipc_sweep_tests);
