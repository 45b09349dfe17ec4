// SPDX-License-Identifier: MIT
//
// The laboratory's harness (test/host/lab/include/lab/lab.h) as far as the contract tests use it, on the
// target: the same scenarios run here in a process of the real system, once each, by real time.
//
// A failed assertion, on whichever thread, says where and ends the run. After each test the process must
// have as many handles of each type as before it.

#ifndef TEST_TARGET_CONTRACT_LAB_H
#define TEST_TARGET_CONTRACT_LAB_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/rights.h>
#include <zircon/syscalls.h>
#include <zircon/time.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

typedef void (*lab_scenario_fn)(void *arg);

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
    bool lab_only;
};
#define cmocka_unit_test(test)  {#test, test, false}
// A test that needs what only the laboratory has: processes that share the test's memory, calls that
// the vDSO does not export.
#define lab_only_unit_test(test) {#test, test, true}

struct lab_config {
    lab_scenario_fn fn;
    void *arg;
    unsigned cpus;
    uint64_t seed, max_steps;
    size_t ram_bytes;
    bool leaks_allowed, leaks_in_sweeps;
};
struct lab_config lab_config_make(const char *name, lab_scenario_fn fn);
void lab_run(const struct lab_config *config);
void lab_seeds_config(const struct lab_config *config, unsigned count);
void lab_seeds_named(const char *name, lab_scenario_fn fn, void *arg, unsigned cpus,
                     unsigned count);
unsigned lab_sweep_named(const char *name, lab_scenario_fn fn, void *arg);

struct lab_group {
    const struct CMUnitTest *tests;
    size_t count;
};
// Runs all tests, or those that the arguments name, prints TAP and powers off.
int lab_main_groups(int argc, char **argv, const struct lab_group *groups, size_t count);

struct lab_handles {
    zx_handle_t process, thread, vmar, job, resource;
};
extern struct lab_handles lab;

zx_handle_t lab_thread(void (*fn)(void *arg), void *arg);
void lab_thread_join(zx_handle_t thread);
#define lab_pause() __asm__ volatile("yield")

#define LAB_BAD_PTR ((void *)8)

// Any call of the vDSO with raw arguments.
zx_status_t lab_raw(uintptr_t function, const uint64_t args[8]);
#define raw_call(name, ...) lab_raw((uintptr_t)zx_##name, (const uint64_t[8]){__VA_ARGS__})

void *test_malloc(size_t size);
void test_free(void *memory);

void lab_fail(const char *what, int64_t got, int64_t expected, const char *file, int line)
    __attribute__((noreturn));
static inline void lab_check(bool ok, const char *what, int64_t got, int64_t expected,
                             const char *file, int line)
{
    if (!ok)
        lab_fail(what, got, expected, file, line);
}
static inline void lab_equal(int64_t got, int64_t expected, const char *what, const char *file,
                             int line)
{
    lab_check(got == expected, what, got, expected, file, line);
}

#define assert_true(c)  lab_check((c), #c, 0, 1, __FILE__, __LINE__)
#define assert_false(c) lab_check(!(c), "!(" #c ")", 1, 0, __FILE__, __LINE__)
#define assert_int_equal(a, b) \
    lab_equal((int64_t)(a), (int64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                              \
    lab_check((int64_t)(a) != (int64_t)(b), #a " != " #b, (int64_t)(a), (int64_t)(b), __FILE__, \
              __LINE__)
#define assert_in_range(a, low, high)                                                       \
    lab_check((uint64_t)(a) - (uint64_t)(low) <= (uint64_t)(high) - (uint64_t)(low),        \
              #a " in " #low ".." #high, (int64_t)(a), (int64_t)(low), __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) \
    lab_check(memcmp((a), (b), (n)) == 0, #a " is " #b, 0, 1, __FILE__, __LINE__)
#define assert_string_equal(a, b) \
    lab_check(strcmp((a), (b)) == 0, #a " is " #b, 0, 1, __FILE__, __LINE__)
#define assert_status(expr, expected) lab_equal((expr), (expected), #expr, __FILE__, __LINE__)
#define assert_ok(expr)               assert_status(expr, ZX_OK)
void lab_assert_status(zx_status_t got, zx_status_t expected, const char *expr, const char *file,
                       int line);

#endif
