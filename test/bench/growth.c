// SPDX-License-Identifier: MIT
// Rows: what an operation costs beside 1, 1000 or 100000 others of its kind. test_speed.py looks at how
// they grow. Of threads there are 1 or 1000: a hundred thousand kernel stacks are more than memory.
#include "bench.h"

#include <zircon/process.h>
#include <zircon/syscalls/port.h>

#define PAGE 4096ul
#define MANY 100000u
#define THREADS 1000u
#define STACK 512u

static uint32_t others;
static zx_handle_t made[MANY];
static zx_handle_t event, port, ends[2], region;
static uint8_t message[64];

// --- Handles in the process ----------------------------------------------------------------------

static void handles_make(void)
{
    bench_check(zx_event_create(0, &event), "event_create");
    for (uint32_t i = 0; i < others; i++)
        bench_check(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &made[i]), "handle_duplicate");
}

static void handles_drop(void)
{
    bench_check(zx_handle_close_many(made, others), "handle_close_many");
    bench_check(zx_handle_close(event), "handle_close");
}

static void run_handles(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t copy;
        zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy);
        zx_handle_close(copy);
    }
}

// --- Messages in the queue that is written and read ----------------------------------------------

static void messages_make(void)
{
    bench_check(zx_channel_create(0, &ends[0], &ends[1]), "channel_create");
    for (uint32_t i = 0; i < others; i++)
        bench_check(zx_channel_write(ends[0], 0, message, sizeof(message), NULL, 0), "channel_write");
}

static void messages_drop(void)
{
    bench_check(zx_handle_close_many(ends, 2), "handle_close_many");
}

static void run_messages(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_channel_write(ends[0], 0, message, sizeof(message), NULL, 0);
        zx_channel_read(ends[1], 0, message, NULL, sizeof(message), 0, NULL, NULL);
    }
}

// --- Waits that a port has under way -------------------------------------------------------------

static void waits_make(void)
{
    bench_check(zx_port_create(0, &port), "port_create");
    bench_check(zx_event_create(0, &event), "event_create");
    for (uint32_t i = 0; i < others; i++)
        bench_check(zx_object_wait_async(event, port, 2 + i, ZX_USER_SIGNAL_1, ZX_WAIT_ASYNC_ONCE),
                    "object_wait_async");
}

static void waits_drop(void)
{
    bench_check(zx_handle_close(port), "handle_close");
    bench_check(zx_handle_close(event), "handle_close");
}

static void run_waits(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_object_wait_async(event, port, 1, ZX_EVENT_SIGNALED, ZX_WAIT_ASYNC_ONCE);
        zx_port_cancel(port, event, 1);
    }
}

// --- Mappings in the address space ---------------------------------------------------------------

static zx_vaddr_t region_base;

// Every other page of a region of their own, so that no two could be one.
static void mappings_make(void)
{
    bench_check(zx_vmo_create(PAGE, 0, &event), "vmo_create");
    bench_check(zx_vmar_allocate(zx_vmar_root_self(),
                                 ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0,
                                 2 * PAGE * (others + 1), &region, &region_base),
                "vmar_allocate");
    for (uint32_t i = 0; i < others; i++) {
        zx_vaddr_t at;
        bench_check(zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 2 * PAGE * (i + 1), event, 0,
                                PAGE, &at),
                    "vmar_map");
    }
}

static void mappings_drop(void)
{
    bench_check(zx_vmar_destroy(region), "vmar_destroy");
    bench_check(zx_handle_close(region), "handle_close");
    bench_check(zx_handle_close(event), "handle_close");
}

static void run_mappings(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_vaddr_t at;
        zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, 0, event, 0, PAGE, &at);
        zx_vmar_unmap(region, at, PAGE);
    }
}

// --- Threads that wait for something else --------------------------------------------------------

static zx_handle_t gate;
static uint8_t stacks[THREADS][STACK] __attribute__((aligned(16)));

static void waiter(uintptr_t a, uintptr_t b)
{
    zx_signals_t seen;
    (void)a, (void)b;
    zx_object_wait_one(gate, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, &seen);
    zx_thread_exit();
}

static void threads_make(void)
{
    bench_check(zx_event_create(0, &gate), "event_create");
    bench_check(zx_event_create(0, &event), "event_create");
    for (uint32_t i = 0; i < others; i++) {
        bench_check(zx_thread_create(zx_process_self(), "bench", 5, 0, &made[i]), "thread_create");
        bench_check(zx_thread_start(made[i], (zx_vaddr_t)waiter, (zx_vaddr_t)stacks[i] + STACK, 0, 0),
                    "thread_start");
    }
    zx_nanosleep(0); // they wait before this one goes on
}

static void threads_drop(void)
{
    bench_check(zx_object_signal(gate, 0, ZX_EVENT_SIGNALED), "object_signal");
    for (uint32_t i = 0; i < others; i++) {
        zx_signals_t seen;
        bench_check(zx_object_wait_one(made[i], ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, &seen), "wait");
    }
    bench_check(zx_handle_close_many(made, others), "handle_close_many");
    bench_check(zx_handle_close(gate), "handle_close");
    bench_check(zx_handle_close(event), "handle_close");
}

// Another event is signaled and waited for.
static void run_threads(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_signals_t seen;
        zx_object_signal(event, 0, ZX_EVENT_SIGNALED);
        zx_object_wait_one(event, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, &seen);
        zx_object_signal(event, ZX_EVENT_SIGNALED, 0);
    }
}

#define BESIDE(kind, n)                                                                            \
    static void kind##_make_##n(uint32_t count)                                                    \
    {                                                                                              \
        (void)count;                                                                               \
        others = n;                                                                                \
        kind##_make();                                                                             \
    }
#define BESIDE_EACH(kind) BESIDE(kind, 1) BESIDE(kind, 1000) BESIDE(kind, 100000)
BESIDE_EACH(handles)
BESIDE_EACH(messages)
BESIDE_EACH(waits)
BESIDE_EACH(mappings)
BESIDE(threads, 1)
BESIDE(threads, 1000)

#define ROW(kind, n) { "beside_" #n "_" #kind, 100, 1, kind##_make_##n, run_##kind, kind##_drop }
#define ROWS(kind)   ROW(kind, 1), ROW(kind, 1000), ROW(kind, 100000)
const struct bench_row bench_growth[] = {
    ROWS(handles), ROWS(messages), ROWS(waits), ROWS(mappings),
    ROW(threads, 1), ROW(threads, 1000),
    { 0 },
};
