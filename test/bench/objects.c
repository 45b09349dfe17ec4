// SPDX-License-Identifier: MIT
// Rows: empty calls, time, handles, signals, waiting, object creation.
#include "bench.h"

static zx_handle_t event;

static void event_make(uint32_t count)
{
    (void)count;
    bench_check(zx_event_create(0, &event), "event_create");
}

static void event_drop(void)
{
    bench_check(zx_handle_close(event), "handle_close");
}

static void event_make_signaled(uint32_t count)
{
    event_make(count);
    bench_check(zx_object_signal(event, 0, ZX_EVENT_SIGNALED), "object_signal");
}

static void run_null(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        zx_syscall_test_0();
}

static void run_clock(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        zx_clock_get_monotonic();
}

static void run_close_invalid(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        zx_handle_close(ZX_HANDLE_INVALID);
}

static void run_duplicate_close(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t copy;
        zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy);
        zx_handle_close(copy);
    }
}

static void run_signal(uint32_t count)
{
    // Alternates, so that each call changes the state.
    for (uint32_t i = 0; i < count; i++)
        zx_object_signal(event, (i & 1) ? ZX_USER_SIGNAL_0 : 0, (i & 1) ? 0 : ZX_USER_SIGNAL_0);
}

static void run_wait_ready(uint32_t count)
{
    zx_signals_t seen;
    for (uint32_t i = 0; i < count; i++)
        zx_object_wait_one(event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, &seen);
}

static void run_event_create_close(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t e;
        zx_event_create(0, &e);
        zx_handle_close(e);
    }
}

const struct bench_row bench_objects[] = {
    { "syscall_null", 1000, 1, NULL, run_null, NULL },
    { "clock_get_monotonic", 1000, 1, NULL, run_clock, NULL },
    { "handle_close_invalid", 1000, 1, NULL, run_close_invalid, NULL },
    { "handle_duplicate_close", 1000, 1, event_make, run_duplicate_close, event_drop },
    { "object_signal", 1000, 1, event_make, run_signal, event_drop },
    { "object_wait_one_ready", 1000, 1, event_make_signaled, run_wait_ready, event_drop },
    { "event_create_close", 1000, 1, NULL, run_event_create_close, NULL },
    { 0 },
};
