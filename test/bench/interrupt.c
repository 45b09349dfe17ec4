// SPDX-License-Identifier: MIT
// Row: from a device that raises its line to the thread that waits for it. A thread of the highest priority
// waits; the main one has the clock of the machine (testing/alarm.h) raise its line, and is preempted by
// the other. What counts is from the store to the device to the return of the wait.
#include "bench.h"

#include <testing/alarm.h>
#include <zircon/process.h>

#define STACK 4096

static uint8_t stack[STACK] __attribute__((aligned(16)));
static zx_handle_t thread, interrupt;
static struct alarm alarm;
static volatile uint64_t raised, total;
static volatile uint32_t taken;

static void waiter(uintptr_t a, uintptr_t b)
{
    (void)a, (void)b;
    bench_check(zx_thread_set_priority(31), "thread_set_priority");
    while (zx_interrupt_wait(interrupt, NULL) == ZX_OK) {
        total += zx_ticks_get() - raised;
        alarm_clear(&alarm);
        taken++;
    }
    zx_thread_exit();
}

static void setup(uint32_t count)
{
    (void)count;
    if (alarm.registers == NULL)
        bench_check(alarm_open(&alarm, bench_root_resource()), "alarm");
    bench_check(zx_interrupt_create(bench_root_resource(), ALARM_VECTOR,
                                    ZX_INTERRUPT_MODE_LEVEL_HIGH, &interrupt),
                "interrupt_create");
    bench_check(zx_thread_create(zx_process_self(), "bench", 5, 0, &thread), "thread_create");
    bench_check(zx_thread_start(thread, (zx_vaddr_t)waiter, (zx_vaddr_t)stack + STACK, 0, 0),
                "thread_start");
}

static uint64_t ticks(uint32_t count)
{
    while (taken == 0) { // the first one finds the waiter on its way to the wait
        alarm.registers[ALARM_MR] = alarm.registers[ALARM_DR];
        zx_nanosleep(0);
    }
    uint64_t empty = zx_ticks_get();
    empty = zx_ticks_get() - empty;
    taken = 0;
    total = 0;
    while (taken < count) {
        uint32_t now = alarm.registers[ALARM_DR];
        raised = zx_ticks_get();
        alarm.registers[ALARM_MR] = now; // the wait returns before the next instruction
    }
    return total - count * empty;
}

static void teardown(void)
{
    zx_signals_t seen;
    taken = 0;
    bench_check(zx_interrupt_destroy(interrupt), "interrupt_destroy");
    bench_check(zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, &seen), "wait");
    bench_check(zx_handle_close(thread), "handle_close");
    bench_check(zx_handle_close(interrupt), "handle_close");
}

const struct bench_row bench_interrupt[] = {
    { "interrupt_to_user", 200, 1, setup, NULL, teardown, ticks },
    { 0 },
};
