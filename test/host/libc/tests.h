// SPDX-License-Identifier: MIT
//
// The groups of this executable, and what they share.

#ifndef TEST_HOST_LIBC_TESTS_H
#define TEST_HOST_LIBC_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fd_impl.h"

int run_path_tests(void);
int run_namespace_tests(void);
int run_table_tests(void);

// Handles closed so far.
unsigned closed_handles(void);

// A small generator with a seed of its own.
uint32_t next_random(uint64_t *state);

#endif
