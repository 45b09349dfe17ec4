// SPDX-License-Identifier: MIT
//
// A condition variable for sync_mutex_t (spec 12 section 3). Needs no thread pointer and no C
// library. All bytes zero: nobody waits. Deadlines are monotonic.
#pragma once

#include <lib/sync/mutex.h>
#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

typedef struct sync_condition {
    int lock;   // a mutex's word, guards the list
    void *head; // those that wait, the longest waiting first
    void *tail;
#ifdef __cplusplus
    sync_condition() : lock(0), head(nullptr), tail(nullptr)
    {
    }
#endif
} sync_condition_t;

#define SYNC_CONDITION_INIT ((sync_condition_t){0})

// Frees `mutex`, which the caller holds, and waits, in one step as seen by signal and broadcast. The
// mutex is held again on return. It may return without a signal.
void sync_condition_wait(sync_condition_t *condition, sync_mutex_t *mutex);

// The same; ZX_ERR_TIMED_OUT, never before `deadline`, if no signal came. A signal that chose this
// thread is never lost to the deadline: then the result is ZX_OK. The mutex is held in both cases.
zx_status_t sync_condition_timedwait(sync_condition_t *condition, sync_mutex_t *mutex,
                                     zx_time_t deadline);

// Releases the longest waiting thread, if there is one. With or without the mutex held.
void sync_condition_signal(sync_condition_t *condition);

// Releases all threads that wait now; they are handed the mutex one after the other.
void sync_condition_broadcast(sync_condition_t *condition);

__END_CDECLS
