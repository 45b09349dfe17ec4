// SPDX-License-Identifier: MIT
//
// What the tested files need from the rest of the library and from the kernel: a lock, and handles
// that are only counted. Any thread.

#include "tests.h"

#include <sched.h>

#include <zircon/syscalls.h>

static atomic_uint closed;

unsigned closed_handles(void)
{
    return closed;
}

zx_status_t zx_handle_close(zx_handle_t handle)
{
    closed += handle != ZX_HANDLE_INVALID;
    return ZX_OK;
}

void __fd_lock(struct fd_lock *lock)
{
    int seen = 0;

    while (!atomic_compare_exchange_weak_explicit(&lock->state, &seen, 1, memory_order_acquire,
                                                  memory_order_relaxed)) {
        seen = 0;
        sched_yield();
    }
}

void __fd_unlock(struct fd_lock *lock)
{
    atomic_store_explicit(&lock->state, 0, memory_order_release);
}

void __fd_init(uint32_t count, zx_handle_t *handles, uint32_t *info, uint32_t name_count,
               char **names)
{
    (void)count, (void)handles, (void)info, (void)name_count, (void)names;
}

uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}
