// SPDX-License-Identifier: MIT
//
// The groups of this executable, and what they share.

#ifndef TEST_HOST_USER_TESTS_H
#define TEST_HOST_USER_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

int run_cpio_tests(void);
int run_elfload_tests(void);
int run_processargs_tests(void);
int run_minilib_tests(void);
int run_inspect_tests(void);
int run_trace_tests(void);

// A small generator with a seed of its own, so that a failing mutation can be made again.
struct mutator {
    uint64_t state;
};

uint64_t mutator_next(struct mutator *mutator);

// Changes between one and eight places of a buffer: bits, bytes, words of interesting values, or
// a run copied from elsewhere in it.
void mutate(struct mutator *mutator, uint8_t *bytes, size_t size);

// Returns an exact-size heap copy, so that AddressSanitizer sees every access outside it.
uint8_t *exact_copy(const void *bytes, size_t size);

#endif
