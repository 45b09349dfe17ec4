// SPDX-License-Identifier: MIT
// Allocation-failure injection (interface: mem/alloc_fail.h). Locks: none, everything is atomic; the
// laboratory sets the trap while nothing allocates.

#include <mem/alloc_fail.h>

static atomic_uint_fast64_t attempts; // [a] since boot
static atomic_uint_fast64_t fail_at;  // [a] number of the attempt that fails, 0: none
static atomic_bool fail_sticky;       // [a] later ones fail too
static atomic_bool fail_hit;          // [a]

void alloc_fail_set(uint64_t k, bool sticky)
{
    uint64_t now = atomic_load_explicit(&attempts, memory_order_relaxed);
    atomic_store_explicit(&fail_hit, false, memory_order_relaxed);
    atomic_store_explicit(&fail_sticky, sticky, memory_order_relaxed);
    atomic_store_explicit(&fail_at, k ? now + k : 0, memory_order_relaxed);
}

bool alloc_fail_hit(void)
{
    return atomic_load_explicit(&fail_hit, memory_order_relaxed);
}

uint64_t alloc_fail_count(void)
{
    return atomic_load_explicit(&attempts, memory_order_relaxed);
}

bool alloc_should_fail_slow(void)
{
    uint64_t number = atomic_fetch_add_explicit(&attempts, 1, memory_order_relaxed) + 1;
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (!at || number < at)
        return false;
    if (number > at && !atomic_load_explicit(&fail_sticky, memory_order_relaxed))
        return false;
    atomic_store_explicit(&fail_hit, true, memory_order_relaxed);
    return true;
}
