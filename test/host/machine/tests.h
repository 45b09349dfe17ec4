// SPDX-License-Identifier: MIT
// What main.c runs: one array of CMocka tests a file.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct CMUnitTest interleave_tests[], time_tests[], fiber_tests[], mmu_tests[],
    parallel_tests[];
extern const size_t interleave_test_count, time_test_count, fiber_test_count, mmu_test_count,
    parallel_test_count;
