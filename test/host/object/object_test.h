// SPDX-License-Identifier: MIT
// What the tests of objects share: a scenario with its CMocka test in one word, small questions
// about handles, threads that wait.
//
// Each helper runs inside a scenario and asserts that what it does works.
#pragma once

#include <lab/lab.h>
#include <zircon/limits.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>
#include <zircon/zx-syscall-numbers.h>

// A scenario and its test: a few seeds on two CPUs, then a round in parallel mode.
#define SCENARIO_ON(name, cpus, seeds)                           \
    static void name(void *arg);                                 \
    static void test_##name(void **state)                        \
    {                                                            \
        (void)state;                                             \
        lab_seeds_named("test_" #name, name, NULL, cpus, seeds); \
    }                                                            \
    static void name(__attribute__((unused)) void *arg)
#define SCENARIO(name) SCENARIO_ON(name, 2, 2)

// A scenario that runs with each of its allocations failing in turn; it must meet `least` of them.
#define SWEEP(name, least)                                                        \
    static void name(void *arg);                                                  \
    static void test_##name(void **state)                                         \
    {                                                                             \
        (void)state;                                                              \
        assert_in_range(lab_sweep_named("test_" #name, name, NULL), least, 1000); \
    }                                                                             \
    static void name(__attribute__((unused)) void *arg)

#define FOREVER ZX_TIME_INFINITE

zx_handle_t make_event(void);
void make_pair(zx_handle_t ends[2]); // a channel
void make_sockets(uint32_t options, zx_handle_t ends[2]);
// Writes into a stream until its buffer is full; returns how much that was.
size_t fill_stream(zx_handle_t end);
zx_handle_t make_job(zx_handle_t parent);

// An unstarted process, its root VMAR and a thread of it that was not started either.
struct child {
    zx_handle_t process, vmar, thread;
};
struct child make_child(zx_handle_t job);
// Closes what is not 0.
void close_child(struct child *c);
// A running process whose only thread runs fn(bootstrap); the thread's handle is kept too.
struct child start_child(zx_handle_t job, void (*fn)(zx_handle_t bootstrap), zx_handle_t bootstrap);
// The same; the bootstrap handle is one to the process itself, so that it can have more threads.
struct child start_child_with_itself(zx_handle_t job, void (*fn)(zx_handle_t self));
// Bodies for it: one waits until it is killed, one spins in user mode, one ends at once.
void child_waits(zx_handle_t bootstrap);
void child_spins(zx_handle_t bootstrap);
void child_ends(zx_handle_t bootstrap);

void close_handle(zx_handle_t h);
bool alive(zx_handle_t h);
zx_info_handle_basic_t basic(zx_handle_t h);
uint32_t handle_count(zx_handle_t h);
zx_info_process_t process_info(zx_handle_t process);
uint32_t thread_state(zx_handle_t thread);
// The priority that it runs with, what it inherits included (priority.c; in the laboratory only).
int thread_priority(zx_handle_t thread);
// It has a CPU just now: another than the caller's, unless it is the caller (the same).
bool thread_runs_now(zx_handle_t thread);
// The object's state now, by the idiom of a wait for nothing.
zx_signals_t state_of(zx_handle_t h);
// A duplicate without the given rights.
zx_handle_t duplicate_without(zx_handle_t h, zx_rights_t rights);
// The same instead of h, for what cannot be duplicated.
zx_handle_t replace_without(zx_handle_t h, zx_rights_t rights);

// Waits until all of `signals` are set.
void await(zx_handle_t h, zx_signals_t signals);
void await_state(zx_handle_t thread, uint32_t state);
// The same, or until its end, for a wait whose deadline may pass meanwhile.
void await_state_or_end(zx_handle_t thread, uint32_t state);
void sleep_ns(zx_duration_t ns);

// A thread in wait_one.
struct waiter {
    zx_handle_t handle, thread;
    zx_signals_t mask, observed;
    zx_time_t deadline;
    zx_status_t status;
};
// Starts it and returns when it waits (or, with a deadline, has waited).
void waiter_start(struct waiter *w, zx_handle_t handle, zx_signals_t mask, zx_time_t deadline);
void waiter_join(struct waiter *w);

// Runs each body on a thread of its own with the same argument and waits for all of them.
void race(unsigned count, void (*const bodies[])(void *), void *arg);
#define RACE(arg, ...)                                   \
    do {                                                 \
        void (*const bodies_[])(void *) = {__VA_ARGS__}; \
        race(countof(bodies_), bodies_, arg);            \
    } while (0)

// A call by number with raw arguments: for pointers that the prototypes refuse.
#ifndef raw_call
#define raw_call(name, ...) \
    ((zx_status_t)lab_syscall(ZX_SYS_##name, (const uint64_t[8]){__VA_ARGS__}))
#endif

// In a sweep: true for ZX_OK, false for ZX_ERR_NO_MEMORY, anything else fails the test.
#define got(expr) lab_got((expr), #expr, __FILE__, __LINE__)
bool lab_got(zx_status_t status, const char *expr, const char *file, int line);

#define TEST_GROUP(name)                           \
    extern const struct CMUnitTest name##_tests[]; \
    extern const size_t name##_test_count
