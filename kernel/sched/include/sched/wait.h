// SPDX-License-Identifier: MIT
// Blocking. One wait record in each thread and one word in it that arbitrates: of {wake, timeout,
// kill, suspend, cancel} exactly one wins by compare-and-swap, and its status is what wait_block
// returns. No allocation, no global lock.
//
// Use:   wait_arm(t, true);              from here on others may finish the wait
//        ... publish the thread (observer list, packet queue) under the object's lock, unlock ...
//        status = wait_block(WAIT_ON_PORT, deadline);
//        ... lock, unpublish, unlock ...
// A thread that finds it need not block after all calls wait_disarm().
//
// Rule for wakers (W1): whoever calls wait_wake(t) holds a lock that t must take before it can leave
// this wait (the one it published itself under), or a reference to t. So t cannot vanish meanwhile.
#pragma once

#include <hal/types.h>
#include <lib/list.h>
#include <sched/thread.h>

// What a blocked thread waits for; numbered as the upper byte of ZX_THREAD_STATE_BLOCKED_*.
enum wait_reason {
    WAIT_ON_NOTHING = 0, // kernel-internal wait: shown as running
    WAIT_ON_EXCEPTION = 1,
    WAIT_ON_SLEEP = 2,
    WAIT_ON_FUTEX = 3,
    WAIT_ON_PORT = 4,
    WAIT_ON_CHANNEL = 5,
    WAIT_ON_ONE = 6,
    WAIT_ON_MANY = 7,
    WAIT_ON_INTERRUPT = 8,
};

// Values of a thread's wait word while its wait is open; see wait.c.
enum { WAIT_ARMED_INTR = 1, WAIT_ARMED = 2, WAIT_ARMED_KILL = 3 };

// Opens a wait of the current thread. `interruptible`: kill and suspend may finish it too.
ALWAYS_INLINE void wait_arm(bool interruptible)
{
    struct thread *t = thread_current();
    atomic_store_explicit(&t->wait_word, interruptible ? WAIT_ARMED_INTR : WAIT_ARMED,
                          memory_order_seq_cst);
}

// The same for a wait that of the two only kill may finish: that of a stopped thread.
ALWAYS_INLINE void wait_arm_killable(void)
{
    atomic_store_explicit(&thread_current()->wait_word, WAIT_ARMED_KILL, memory_order_seq_cst);
}

// Blocks until somebody finishes the wait, or `deadline` (monotonic ns) passes: ZX_ERR_TIMED_OUT.
// A deadline in the past does not block: the result is the winner's status or ZX_ERR_TIMED_OUT.
// Killed: ZX_ERR_CANCELED. Suspended: ZX_ERR_INTERNAL_INTR_RETRY. No lock may be held.
zx_status_t wait_block(enum wait_reason reason, zx_time_t deadline);

// Closes the wait without blocking. True if nobody had finished it; false: *out_status is the
// winner's status.
bool wait_disarm(zx_status_t *out_status);

// Finishes t's wait with `status` (<= 0). True for the one caller that wins. Any context. See W1.
bool wait_wake(struct thread *t, zx_status_t status);

// Between these two the caller's wakes place the woken thread on this CPU, to run as soon as the
// caller blocks, which it is about to do. Nests not; thread context.
ALWAYS_INLINE void wait_handoff_begin(void) { thread_current()->handoff = true; }
ALWAYS_INLINE void wait_handoff_end(void) { thread_current()->handoff = false; }

// Finishes t's wait for a kill (`status` ZX_ERR_CANCELED) or a suspension (any other), if it is a wait
// that they may finish. Caller holds a reference to t.
bool wait_interrupt(struct thread *t, zx_status_t status);

// True while t's current wait has not been finished (t blocked or about to).
bool wait_is_armed(const struct thread *t);

// A plain queue of waiting threads, guarded by a lock of the owner's choosing.
struct waitq {
    struct list waiters; // of wait_node, oldest first
};
struct wait_node {
    struct list_node node;
    struct thread *thread;
};
void waitq_init(struct waitq *q);
// Adds the current thread (its wait is armed). The owner's lock is held.
void waitq_add(struct waitq *q, struct wait_node *n);
// Removes it if still queued. The owner's lock is held.
void waitq_remove(struct wait_node *n);
// Dequeues and wakes up to `count` oldest whose wait it wins; returns how many. The lock is held.
unsigned waitq_wake(struct waitq *q, unsigned count, zx_status_t status);
