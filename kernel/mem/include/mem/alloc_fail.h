// SPDX-License-Identifier: MIT
// Allocation-failure injection for the laboratory: "fail the k-th allocation from now". Every public
// allocation function of this layer consults alloc_should_fail() once. In release builds the
// predicate is the constant false.
#pragma once

#include <hal/types.h>

// Makes the k-th allocation from now (1 = the next) fail; 0 turns injection off. With `sticky`, every
// later one fails as well.
void alloc_fail_set(uint64_t k, bool sticky);
// True if the chosen allocation has come and failed since alloc_fail_set.
bool alloc_fail_hit(void);
// Number of allocation attempts since boot.
uint64_t alloc_fail_count(void);

// Counts an attempt and says whether it is to fail. Use alloc_should_fail.
bool alloc_should_fail_slow(void);

ALWAYS_INLINE bool alloc_should_fail(void)
{
    return JACINTH_DEBUG && unlikely(alloc_should_fail_slow());
}
