// SPDX-License-Identifier: MIT
// The groups of tests that main.c runs.
#pragma once

#include "env.h"

#define VM_GROUPS(X) \
    X(vmo) X(clone) X(vmar) X(protect) X(vdso) X(fault) X(walk) X(place) X(random) X(alloc_fail) X(large) \
    X(hold) X(hold_space) X(tables)

#define DECLARE_GROUP(name)                        \
    extern const struct CMUnitTest name##_tests[]; \
    extern const size_t name##_test_count;
VM_GROUPS(DECLARE_GROUP)

#define VM_TEST(fn) cmocka_unit_test_setup_teardown(fn, env_setup, env_teardown)
#define VM_GROUP(name, ...)                                 \
    const struct CMUnitTest name##_tests[] = {__VA_ARGS__}; \
    const size_t name##_test_count = countof(name##_tests)
