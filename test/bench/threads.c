// SPDX-License-Identifier: MIT
// Rows: switches between threads of a process, and the life of a thread.
#include "bench.h"

#include <stdatomic.h>
#include <zircon/process.h>

#define STACK 4096

static uint8_t stack[STACK] __attribute__((aligned(16)));
static zx_handle_t thread;
static zx_handle_t ping, pong;
static atomic_bool stop;

static void thread_run(void (*entry)(uintptr_t, uintptr_t))
{
    bench_check(zx_thread_create(zx_process_self(), "bench", 5, 0, &thread), "thread_create");
    bench_check(zx_thread_start(thread, (zx_vaddr_t)entry, (zx_vaddr_t)stack + STACK, 0, 0),
                "thread_start");
}

static void thread_end(void)
{
    zx_signals_t seen;
    bench_check(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, &seen), "wait");
    bench_check(zx_handle_close(thread), "handle_close");
}

static void yielder(uintptr_t a, uintptr_t b)
{
    (void)a, (void)b;
    while (!atomic_load_explicit(&stop, memory_order_relaxed))
        zx_nanosleep(0);
    zx_thread_exit();
}

static void yield_setup(uint32_t count)
{
    (void)count;
    atomic_store(&stop, false);
    thread_run(yielder);
    zx_nanosleep(0);
}

static void yield_teardown(void)
{
    atomic_store(&stop, true);
    thread_end();
}

// Each turn switches to the other thread and back.
static void run_yield(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        zx_nanosleep(0);
}

static void echo(uintptr_t a, uintptr_t b)
{
    (void)a, (void)b;
    for (;;) {
        zx_signals_t seen;
        zx_object_wait_one(ping, ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_0, ZX_TIME_INFINITE, &seen);
        if (seen & ZX_USER_SIGNAL_0)
            break;
        zx_object_signal(ping, ZX_EVENT_SIGNALED, 0);
        zx_object_signal(pong, 0, ZX_EVENT_SIGNALED);
    }
    zx_thread_exit();
}

static void pingpong_setup(uint32_t count)
{
    (void)count;
    bench_check(zx_event_create(0, &ping), "event_create");
    bench_check(zx_event_create(0, &pong), "event_create");
    thread_run(echo);
}

static void pingpong_teardown(void)
{
    bench_check(zx_object_signal(ping, 0, ZX_USER_SIGNAL_0), "signal");
    thread_end();
    zx_handle_close(ping);
    zx_handle_close(pong);
}

static void run_pingpong(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_signals_t seen;
        zx_object_signal(ping, 0, ZX_EVENT_SIGNALED);
        zx_object_wait_one(pong, ZX_EVENT_SIGNALED, ZX_TIME_INFINITE, &seen);
        zx_object_signal(pong, ZX_EVENT_SIGNALED, 0);
    }
}

static zx_futex_t words[2]; // 0: ours to send, 1: the other's; each counts turns

static void futex_echo(uintptr_t a, uintptr_t b)
{
    (void)a, (void)b;
    for (int turn = 0;; turn++) {
        while (atomic_load(&words[0]) == turn)
            zx_futex_wait(&words[0], turn, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
        if (atomic_load(&stop))
            break;
        atomic_store(&words[1], turn + 1);
        zx_futex_wake(&words[1], 1);
    }
    zx_thread_exit();
}

static void futex_setup(uint32_t count)
{
    (void)count;
    atomic_store(&stop, false);
    atomic_store(&words[0], 0);
    atomic_store(&words[1], 0);
    thread_run(futex_echo);
}

static void futex_teardown(void)
{
    atomic_store(&stop, true);
    atomic_fetch_add(&words[0], 1);
    zx_futex_wake(&words[0], 1);
    thread_end();
}

static void run_futex(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int turn = atomic_load(&words[1]);
        atomic_store(&words[0], turn + 1);
        zx_futex_wake(&words[0], 1);
        while (atomic_load(&words[1]) == turn)
            zx_futex_wait(&words[1], turn, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
    }
}

static void exiter(uintptr_t a, uintptr_t b)
{
    (void)a, (void)b;
    zx_thread_exit();
}

static void run_lifecycle(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        thread_run(exiter);
        thread_end();
    }
}

const struct bench_row bench_threads[] = {
    { "yield_switch", 1000, 2, yield_setup, run_yield, yield_teardown },
    { "event_pingpong", 1000, 1, pingpong_setup, run_pingpong, pingpong_teardown },
    { "futex_pingpong", 1000, 1, futex_setup, run_futex, futex_teardown },
    { "thread_lifecycle", 200, 1, NULL, run_lifecycle, NULL },
    { 0 },
};
