// SPDX-License-Identifier: MIT
//
// The lock of the descriptors: one word and a futex. libc's others need thread-local storage or
// skip locking while libc believes that there is one thread; this one also serves threads that were
// made with zx_thread_create alone.
//
// Ordering: taking it acquires what the last holder wrote; giving it back releases.

#include "fd_impl.h"

#include <zircon/syscalls.h>

void __fd_lock(struct fd_lock *lock)
{
    int seen = 0;

    if (atomic_compare_exchange_strong_explicit(&lock->state, &seen, 1, memory_order_acquire,
                                                memory_order_relaxed)) {
        return;
    }
    // From here on it is 2 while it is ours: we cannot tell whether others wait.
    while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire) != 0) {
        zx_futex_wait((const zx_futex_t *)&lock->state, 2, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);
    }
}

void __fd_unlock(struct fd_lock *lock)
{
    if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2) {
        zx_futex_wake((const zx_futex_t *)&lock->state, 1);
    }
}
