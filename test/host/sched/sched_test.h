// SPDX-License-Identifier: MIT
// What the tests of the scheduler's rules share: scenarios that run on a kernel thread, virtual time.
#pragma once

#include "kthread.h"

#include <hal/time.h>
#include <sched/cpu.h>
#include <sched/mutex.h>
#include <sched/thread.h>
#include <sched/wait.h>

// `seeds` runs of fn on a kernel thread in deterministic mode, then some in parallel mode. The thread
// has a priority above those that the tests use, so that it can start them one by one.
#define PRIORITY_DIRECTOR 30
void run_kernel(const char *name, lab_scenario_fn fn, unsigned cpu_count, unsigned seeds);

#define KERNEL_TEST(name, cpus, seeds)                \
    static void name(void *arg);                      \
    static void test_##name(void **state)             \
    {                                                 \
        (void)state;                                  \
        run_kernel("test_" #name, name, cpus, seeds); \
    }                                                 \
    static void name(__attribute__((unused)) void *arg)
// The same in deterministic mode only: what it checks needs virtual time.
#define KERNEL_TEST_DET(name, cpus, seeds)                \
    static void name(void *arg);                          \
    static void test_##name(void **state)                 \
    {                                                     \
        (void)state;                                      \
        run_kernel_det("test_" #name, name, cpus, seeds); \
    }                                                     \
    static void name(__attribute__((unused)) void *arg)
void run_kernel_det(const char *name, lab_scenario_fn fn, unsigned cpu_count, unsigned seeds);

void sleep_for(zx_duration_t ns);
// Burns CPU time: preemption points without an end of their own.
void spin_for(zx_duration_t ns);
// Whether virtual time of this seed passes fast enough to spin for `ns` in a reasonable number of
// steps; scenarios that need that return early when not.
bool clock_is_fast(zx_duration_t ns);

// Binds this thread to its CPU: a worker that takes the CPU for a moment does not make it move.
void stay_here(void);

unsigned priority_now(struct kthread *k);

#define TEST_GROUP(name)                           \
    extern const struct CMUnitTest name##_tests[]; \
    extern const size_t name##_test_count
