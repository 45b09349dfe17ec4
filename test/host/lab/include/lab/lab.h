// SPDX-License-Identifier: MIT
// The laboratory's harness: scenarios that run on the real kernel core, inside the host machine.
//
// A scenario is a C function. It runs as the first thread of a fresh user process (or on a kernel
// thread), calls zx_*() like any program, with plain C pointers as user pointers, and may start
// more threads and processes. CMocka's assert_* work in it, on every thread.
//
//     static void close_against_wait(void *arg) { ... zx_event_create(0, &e) ... }
//
//     static void test_close_against_wait(void **state) { lab_seeds(close_against_wait, 3, 200); }
//     static void test_event_create_no_memory(void **state) { lab_sweep(make_event); }
//
//     const struct CMUnitTest tests[] = { cmocka_unit_test(test_close_against_wait), ... };
//     int main(int argc, char **argv) { return lab_main(argc, argv, tests, countof(tests)); }
//
// Every run forks first, so each starts from a kernel that has just booted; a failure names the
// seed and the command that replays it. After each run nothing may be left: slab objects, pages,
// mappings, stacks, handles and objects are all back to what they were before it, and every lock is
// free.
//
// Command line: --seed N (only that one), --seeds M (how many), --mode det|par, --cpus N, --test
// NAME, --verbose; --sweep: each scenario with its allocations failing instead (lab_sweep_any).
// Environment: LAB_SEED, LAB_SEEDS.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hal/types.h>
#include <host/machine.h>
#include <host/user.h>
#include <zircon/syscalls.h>

typedef void (*lab_scenario_fn)(void *arg);

struct lab_config {
    const char *name;           // of the test, for messages and the replay command
    lab_scenario_fn fn;
    void *arg;
    enum host_mode mode;
    uint64_t seed;
    unsigned cpus;
    uint64_t max_steps;
    size_t ram_bytes;           // of the machine; 0: as it is
    bool kernel_thread;         // fn runs on a kernel thread, not in a process
    bool log_writer;            // with the thread that shows the log on the console
    bool leaks_allowed;
    bool leaks_in_sweeps;  // so only there: a process that ends early leaves to its devices what they use
    bool endless;               // fn never returns, and is not stuck for all that
    enum host_outcome expected; // how the run must end (HOST_FINISHED)
    uint64_t fail_allocation;   // the k-th allocation after the start fails; 0 = none
    bool fail_all_after;        // and all that come after it
    bool ends_without_memory;   // a scenario that did not expect that failure ends there, well
};

struct lab_result {
    enum host_outcome outcome;
    uint64_t hash, steps;
    bool allocation_failed;     // the chosen allocation came
    bool complete;              // the child got as far as filling this in
    char report[4096];          // the machine's failure report, cut
};

// The defaults, with the command line and environment applied.
struct lab_config lab_config_make(const char *name, lab_scenario_fn fn);

// One run in a child process. Fails the calling CMocka test if it does not end as expected.
struct lab_result lab_run(const struct lab_config *config);

// `count` seeds, on `cpus` virtual CPUs, in deterministic mode; then a few rounds in parallel mode.
#define lab_seeds(fn, cpus, count) lab_seeds_named(__func__, fn, NULL, cpus, count)
#define lab_seeds_arg(fn, arg, cpus, count) lab_seeds_named(__func__, fn, arg, cpus, count)
void lab_seeds_named(const char *name, lab_scenario_fn fn, void *arg, unsigned cpus,
                     unsigned count);

// The same for any configuration (seed and mode are overwritten).
void lab_seeds_config(const struct lab_config *config, unsigned count);

// Runs the scenario with the k-th allocation failing, for k = 1, 2 ... until a run has met no
// failure. The scenario checks the statuses; afterwards nothing may be left over in any run.
// Returns the number of allocations.
#define lab_sweep(fn) lab_sweep_named(__func__, fn, NULL)
unsigned lab_sweep_named(const char *name, lab_scenario_fn fn, void *arg);

// A test that needs more of the laboratory than its twin on the target has (test/target/contract).
#define lab_only_unit_test(test) cmocka_unit_test(test)

// Runs a scenario that does not expect failures with its k-th allocation failing, for every k up to
// LAB_SWEEP_DENSE and for ever fewer beyond. The first status that is not as the scenario wants it must
// be ZX_ERR_NO_MEMORY; then its process ends there, and nothing may be left over.
#define LAB_SWEEP_DENSE 64u
void lab_sweep_any(const struct lab_config *config);

// Entry point of a test binary.
int lab_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

// The tests of one file, for a binary made of several.
struct lab_group {
    const struct CMUnitTest *tests;
    size_t count;
};
// lab_main() with the tests of all groups.
int lab_main_groups(int argc, char **argv, const struct lab_group *groups, size_t count);

// ---- inside a scenario ----------------------------------------------------------------------

// Handles of the scenario's process, all with full rights. Valid in its own threads only.
struct lab_handles {
    zx_handle_t process, thread, vmar, job, resource;
};
extern struct lab_handles lab;

// Starts fn(arg) as a further thread of the calling thread's process and returns its handle, or an
// error (an allocation failure in a sweep).
zx_status_t lab_thread_start(void (*fn)(void *arg), void *arg, zx_handle_t *out);
// The same; asserts that it works.
zx_handle_t lab_thread(void (*fn)(void *arg), void *arg);
// Waits for the end of the thread and closes the handle.
void lab_thread_join(zx_handle_t thread);

// A new process under lab.job whose first thread runs fn(bootstrap handle). Consumes `bootstrap`.
zx_status_t lab_process_start(void (*fn)(zx_handle_t bootstrap), zx_handle_t bootstrap,
                              zx_handle_t *out_process);

// Memory in the user address space, behind the fake MMU: returns its address (0: no memory). Freed
// with the process. Touch it with host_user_read/write (host/user.h).
vaddr_t lab_user_alloc(size_t size);

// A user-mode instruction stream without system calls: interrupts, preemption, kill arrive here.
#define lab_pause() host_user_pause()

// An address that is in user range and never valid.
#define LAB_BAD_PTR ((void *)HOST_BAD_PTR)

// System call by number; what the stubs of the vDSO do, the retry included.
int64_t lab_syscall(uint64_t number, const uint64_t args[8]);
// A system call from a wrong place in the program: `pc` is its return address.
int64_t lab_syscall_from(vaddr_t pc, uint64_t number, const uint64_t args[8]);

// Asserts on the status by name. CALLS(zx_name, ...) in a comment tells the ledger what a test
// covers.
#define assert_status(expr, expected) \
    lab_assert_status((expr), (expected), #expr, __FILE__, __LINE__)
#define assert_ok(expr) assert_status(expr, ZX_OK)
void lab_assert_status(zx_status_t got, zx_status_t expected, const char *expr, const char *file,
                       int line);
