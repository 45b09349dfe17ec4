// SPDX-License-Identifier: MIT
// Threads that wait for a futex, in a known order, for the tests of waking and requeuing.
#pragma once

#include "object_test.h"

#define FUTEX_WAITERS 8u

struct futex_waiters;

struct futex_waiter {
    const struct futex_waiters *of;
    zx_handle_t thread; // 0: joined
    zx_handle_t held;   // event that the thread waits for before it ends; 0: none
    zx_time_t deadline;
    zx_status_t status;
};

struct futex_waiters {
    const zx_futex_t *word; // 0 while they wait for it
    unsigned count;
    struct futex_waiter one[FUTEX_WAITERS];
};

void futex_prepare(struct futex_waiters *w, const zx_futex_t *word);
// Starts one more and returns when it waits: it is the last in the queue (unless its deadline has
// passed by then). Returns its number.
unsigned futex_add(struct futex_waiters *w, zx_time_t deadline);
// Both at once for `count` threads.
void futex_start(struct futex_waiters *w, unsigned count, const zx_futex_t *word,
                 zx_time_t deadline);
// Keeps the waiter's thread alive after its wait, until it is released. Before it is woken.
void futex_hold(struct futex_waiters *w, unsigned i);
void futex_release(struct futex_waiters *w, unsigned i);
// Waits for the end of waiter i; its wait must have come back with this status.
void futex_expect(struct futex_waiters *w, unsigned i, zx_status_t status);
// Waiters `from` up to, not including, `to` must not have been woken.
void futex_still_wait(const struct futex_waiters *w, unsigned from, unsigned to);
// Kills it and waits for its end.
void futex_kill(struct futex_waiters *w, unsigned i);
// All must have been accounted for.
void futex_end(const struct futex_waiters *w);
