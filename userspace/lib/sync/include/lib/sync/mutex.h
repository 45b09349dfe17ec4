// SPDX-License-Identifier: MIT
//
// A mutex of four bytes on a futex (spec 12 section 3). Needs no thread pointer and no C library, so
// that any thread of a process can use it. All bytes zero: free. Not recursive, and nobody looks
// who unlocks it. Deadlines are monotonic.
#pragma once

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// The word is 0 while free, 1 while held, 2 while held and somebody may be waiting.
typedef struct sync_mutex {
    zx_futex_t futex;
#ifdef __cplusplus
    sync_mutex() : futex(0)
    {
    }
#endif
} sync_mutex_t;

#define SYNC_MUTEX_INIT ((sync_mutex_t){0})

// Blocks until the caller has it. A thread that has it already blocks for ever.
void sync_mutex_lock(sync_mutex_t *mutex);

// The same, and marks it as waited for: the next unlock wakes a thread that waits on the word.
// For those that move waiters onto the word themselves.
void sync_mutex_lock_with_waiter(sync_mutex_t *mutex);

// ZX_OK with the mutex held, or ZX_ERR_TIMED_OUT, never before `deadline`.
zx_status_t sync_mutex_timedlock(sync_mutex_t *mutex, zx_time_t deadline);

// ZX_OK with the mutex held, or ZX_ERR_BAD_STATE at once.
zx_status_t sync_mutex_trylock(sync_mutex_t *mutex);

// Frees it and wakes one waiter if there may be one. The mutex's memory is not touched once it is
// free: the next owner may destroy it. To unlock a free mutex is a mistake and ends the thread with
// an exception.
void sync_mutex_unlock(sync_mutex_t *mutex);

__END_CDECLS
