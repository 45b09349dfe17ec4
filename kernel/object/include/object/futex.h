// SPDX-License-Identifier: MIT
// Futexes: waiting on a word of user memory. No object: waiters are keyed by process and address.
#pragma once

#include <hal/types.h>

struct process;

void futex_init(void);

// The checks of spec 12 section 2 from the unreadable word on: INVALID_ARGS, BAD_STATE, TIMED_OUT, OK;
// INTERNAL_INTR_RETRY. `addr` is 4-byte aligned.
zx_status_t futex_wait(struct process *p, uintptr_t addr, int32_t current, zx_time_t deadline) MUST_CHECK;
// Wakes up to `count` waiters, the longest waiting first.
void futex_wake(struct process *p, uintptr_t addr, uint32_t count);
// If the word at `addr` equals `current`: wakes up to `wake_count`, then moves up to `requeue_count` of
// the rest to the tail of `to`. INVALID_ARGS (unreadable), BAD_STATE. Both are aligned and differ.
zx_status_t futex_requeue(struct process *p, uintptr_t addr, uint32_t wake_count, int32_t current,
                          uintptr_t to, uint32_t requeue_count) MUST_CHECK;
// Whether the word can be read and equals `current`: OK, INVALID_ARGS, BAD_STATE.
zx_status_t futex_compare(uintptr_t addr, int32_t current) MUST_CHECK;
