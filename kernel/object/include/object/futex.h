// SPDX-License-Identifier: MIT
// Futexes: waiting on a word of user memory. No object: waiters are keyed by process and address.
//
// A futex may have an owner, a thread that inherits the priorities of those who wait (sched/pi.h). It
// has one only while somebody waits, and the owner is none of them.
#pragma once

#include <hal/types.h>
#include <zircon/types.h>

struct process;
struct uthread;
struct futex_queue;

void futex_init(void);

// What each user thread carries to be able to wait on a futex without allocating. ZX_ERR_NO_MEMORY.
zx_status_t futex_queue_alloc(struct futex_queue **out) MUST_CHECK;
void futex_queue_free(struct futex_queue *q); // NULL: nothing

// The checks of spec 12 section 2 from the owner on: INVALID_ARGS (`owner` waits on this futex; the
// word is unreadable), BAD_STATE, TIMED_OUT, OK; INTERNAL_INTR_RETRY. `addr` is 4-byte aligned. A wait
// that is queued makes `owner` the futex's owner (NULL: none; its reference is consumed).
zx_status_t futex_wait(struct process *p, uintptr_t addr, int32_t current, struct uthread *owner,
                       zx_time_t deadline) MUST_CHECK;
// Wakes up to `count` waiters, the longest waiting first. The futex has no owner afterwards, or, with
// `hand_over`, the last thread that was woken.
void futex_wake(struct process *p, uintptr_t addr, uint32_t count, bool hand_over);

struct futex_requeue {
    uintptr_t from, to; // aligned, different
    int32_t current;
    uint32_t wake_count, requeue_count;
    bool hand_over;        // of `from`, as in futex_wake()
    struct uthread *owner; // of `to` afterwards; borrowed, NULL: none
};
// If the word at `from` equals `current`: wakes up to `wake_count`, then moves up to `requeue_count` of
// the rest to the tail of `to`. INVALID_ARGS (unreadable; `owner` waits on one of the two), BAD_STATE.
zx_status_t futex_requeue(struct process *p, const struct futex_requeue *r) MUST_CHECK;

// Koid of the owner, ZX_KOID_INVALID if there is none.
zx_koid_t futex_get_owner(struct process *p, uintptr_t addr);
// Whether the word can be read and equals `current`: OK, INVALID_ARGS, BAD_STATE.
zx_status_t futex_compare(uintptr_t addr, int32_t current) MUST_CHECK;
