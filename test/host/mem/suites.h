// SPDX-License-Identifier: MIT
// The groups of this executable; each returns the number of failed tests. They share one allocator
// over MEM_BYTES of RAM; what needs another runs in a forked process.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stub_hal.h"

#define MEM_BYTES (64ul << 20)

int run_boot_tests(void);
int run_page_tests(void);
int run_contiguous_tests(void);
int run_slab_tests(void);
int run_kmalloc_tests(void);
int run_alloc_fail_tests(void);
int run_parallel_tests(void);

// A small random generator (xorshift64*), so that every run is the same.
static inline uint64_t test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

// Empties the caches of all CPUs; afterwards every free page is in the buddy lists, and slabs without
// used objects are gone.
void drain_all_cpus(void);
// Pages that are free; all caches drained.
uint64_t free_pages_now(void);
