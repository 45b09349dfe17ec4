// SPDX-License-Identifier: MIT
// sync_completion (lib/sync/completion.h).
//
//   C1 A waiter sleeps only while the word is 0, as compared by the kernel. signal puts 1 there
//      first and wakes all afterwards, by address only.
//   C2 signal wakes whatever the word was: another thread's signal may not have come to its wake, or
//      may have moved its waiters elsewhere only in part.
#include <lib/sync/completion.h>

#include "word.h"

enum { UNSIGNALED, SIGNALED };

zx_status_t sync_completion_wait(sync_completion_t *completion, zx_duration_t timeout)
{
    zx_time_t deadline = ZX_TIME_INFINITE;

    if (timeout != ZX_TIME_INFINITE)
        deadline = _zx_deadline_after(timeout);
    return sync_completion_wait_deadline(completion, deadline);
}

zx_status_t sync_completion_wait_deadline(sync_completion_t *completion, zx_time_t deadline)
{
    int *word = word_of(&completion->futex);

    while (word_load(word) != SIGNALED) {
        zx_status_t status = word_wait(word, UNSIGNALED, deadline);

        if (status == ZX_ERR_TIMED_OUT)
            return status;
        if (status == ZX_ERR_BAD_STATE) {
            // It was signaled when the kernel looked, though it may have been reset since. The load
            // orders what the signaler did before what the caller does.
            word_load(word);
            break;
        }
    }
    return ZX_OK;
}

void sync_completion_signal(sync_completion_t *completion)
{
    int *word = word_of(&completion->futex);

    word_swap(word, SIGNALED);
    word_wake(word, UINT32_MAX);
}

void sync_completion_signal_requeue(sync_completion_t *completion, zx_futex_t *futex)
{
    int *word = word_of(&completion->futex);

    word_swap(word, SIGNALED);
    SYNC_POINT();
    zx_status_t status =
        _zx_futex_requeue((zx_futex_t *)word, 0, SIGNALED, futex, UINT32_MAX, ZX_HANDLE_INVALID);
    // BAD_STATE: reset meanwhile.
    if (status != ZX_OK && status != ZX_ERR_BAD_STATE)
        __builtin_trap();
}

void sync_completion_reset(sync_completion_t *completion)
{
    word_swap(word_of(&completion->futex), UNSIGNALED);
}
