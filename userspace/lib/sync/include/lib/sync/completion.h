// SPDX-License-Identifier: MIT
//
// A completion: threads wait until it is signaled; it stays so until it is reset (spec 12 section
// 3). Four bytes on a futex; needs no thread pointer and no C library. All bytes zero: unsignaled.
#pragma once

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// The word is 0 while unsignaled, 1 while signaled.
typedef struct sync_completion {
    zx_futex_t futex;
#ifdef __cplusplus
    sync_completion() : futex(0)
    {
    }
#endif
} sync_completion_t;

#define SYNC_COMPLETION_INIT ((sync_completion_t){0})

// ZX_OK at once if it is signaled, else when it is; ZX_ERR_TIMED_OUT after `timeout` nanoseconds
// (ZX_TIME_INFINITE: never), with a timeout of zero or less at once.
zx_status_t sync_completion_wait(sync_completion_t *completion, zx_duration_t timeout);

// The same with an absolute monotonic deadline.
zx_status_t sync_completion_wait_deadline(sync_completion_t *completion, zx_time_t deadline);

// Signals it and wakes all that wait. The memory is not touched once it is signaled: a waiter may
// free it.
void sync_completion_signal(sync_completion_t *completion);

// Signals it and makes those that wait wait on `futex` instead, without waking any: they return
// when that word is woken. A reset that comes at the same time may leave them where they are.
void sync_completion_signal_requeue(sync_completion_t *completion, zx_futex_t *futex);

// Unsignals it. A thread that was woken and has not looked yet waits on.
void sync_completion_reset(sync_completion_t *completion);

__END_CDECLS
