// SPDX-License-Identifier: MIT
// Rows: sockets, FIFOs, ports, timers, within a thread.
#include "bench.h"

#include <zircon/syscalls/port.h>

#define SMALL 64

static zx_handle_t ends[2];
static zx_handle_t port, event, timer;
static uint8_t buffer[SMALL];

static void socket_make(uint32_t count)
{
    (void)count;
    bench_check(zx_socket_create(0, &ends[0], &ends[1]), "socket_create");
}

static void fifo_make(uint32_t count)
{
    (void)count;
    bench_check(zx_fifo_create(16, SMALL, 0, &ends[0], &ends[1]), "fifo_create");
}

static void pair_drop(void)
{
    bench_check(zx_handle_close_many(ends, 2), "handle_close_many");
}

static void run_socket(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t actual;
        zx_socket_write(ends[0], 0, buffer, SMALL, &actual);
        zx_socket_read(ends[1], 0, buffer, SMALL, &actual);
    }
}

static void run_fifo(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t actual;
        zx_fifo_write(ends[0], SMALL, buffer, 1, &actual);
        zx_fifo_read(ends[1], SMALL, buffer, 1, &actual);
    }
}

static void port_make(uint32_t count)
{
    (void)count;
    bench_check(zx_port_create(0, &port), "port_create");
    bench_check(zx_event_create(0, &event), "event_create");
}

static void port_drop(void)
{
    zx_handle_close(port);
    zx_handle_close(event);
}

static void run_queue_wait(uint32_t count)
{
    zx_port_packet_t packet = { .key = 1 };
    for (uint32_t i = 0; i < count; i++) {
        zx_port_queue(port, &packet);
        zx_port_wait(port, ZX_TIME_INFINITE, &packet);
    }
}

static void run_wait_async(uint32_t count)
{
    zx_port_packet_t packet;
    for (uint32_t i = 0; i < count; i++) {
        zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, ZX_WAIT_ASYNC_ONCE);
        zx_object_signal(event, 0, ZX_EVENT_SIGNALED);
        zx_port_wait(port, ZX_TIME_INFINITE, &packet);
        zx_object_signal(event, ZX_EVENT_SIGNALED, 0);
    }
}

// What else is in the port, and waits through the same handle, does not make a cancellation dearer.
static void crowd_make(uint32_t count)
{
    zx_port_packet_t packet = { .key = 0 };
    port_make(count);
    for (uint64_t key = 2; key < 1000; key++) {
        bench_check(zx_port_queue(port, &packet), "port_queue");
        bench_check(zx_object_wait_async(event, port, key, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_ONCE),
                    "object_wait_async");
    }
}

static void run_wait_cancel(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, ZX_WAIT_ASYNC_ONCE);
        zx_port_cancel(port, event, 1);
    }
}

static void timer_make(uint32_t count)
{
    (void)count;
    bench_check(zx_timer_create(0, ZX_CLOCK_MONOTONIC, &timer), "timer_create");
}

static void timer_drop(void)
{
    zx_handle_close(timer);
}

static void run_timer(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_timer_set(timer, ZX_TIME_INFINITE - 1, 0);
        zx_timer_cancel(timer);
    }
}

const struct bench_row bench_ipc[] = {
    { "socket_write_read_64", 1000, 1, socket_make, run_socket, pair_drop },
    { "fifo_write_read_64", 1000, 1, fifo_make, run_fifo, pair_drop },
    { "port_queue_wait", 1000, 1, port_make, run_queue_wait, port_drop },
    { "wait_async_signal_port_wait", 1000, 1, port_make, run_wait_async, port_drop },
    { "wait_async_cancel", 1000, 1, port_make, run_wait_cancel, port_drop },
    { "wait_async_cancel_crowded", 1000, 1, crowd_make, run_wait_cancel, port_drop },
    { "timer_set_cancel", 1000, 1, timer_make, run_timer, timer_drop },
    { 0 },
};
