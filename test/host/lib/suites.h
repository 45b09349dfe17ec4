// SPDX-License-Identifier: MIT
// The groups of this executable; each returns the number of failed tests.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_list_tests(void);
int run_rbtree_tests(void);
int run_radix_tests(void);
int run_bitmap_tests(void);
int run_string_tests(void);
int run_printf_tests(void);
int run_crypto_tests(void);
int run_parse_tests(void);

// A small random generator (xorshift64*), so that every run is the same.
static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}
