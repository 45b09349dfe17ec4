// SPDX-License-Identifier: MIT
// Blocking: the wait word and its arbitration (interface in sched/wait.h).
//
// The word of a thread holds one of
//   > 0   armed: WAIT_ARMED_INTR (kill and suspend may finish it), WAIT_ARMED_KILL (kill may) or
//         WAIT_ARMED
//   <= 0  finished: the status of the winner, or WAIT_IDLE outside of any wait
// Only the thread itself arms it; the transition to finished is a compare-and-swap, so it happens
// once. The waker then calls sched_unpark, the thread parks while the word is > 0 (sched.c S3).
//
// Kill and suspend set the pending bit before they try the word; the waiter arms the word before it
// looks at the pending bits. Both sides are sequentially consistent, so one of them sees the other.
#include <sched/wait.h>

#include "run_queue.h"

#include <debug/assert.h>
#include <hal/time.h>

enum { WAIT_IDLE = INT32_MIN };

// The wait ended without the thread leaving the CPU, which somebody may be waiting to be handed.
static NO_INLINE void not_blocked(void)
{
    // A look without a lock: what is in our CPU's record is ours, or nothing (sched.c S5).
    if (next_get(cpu_this()) != NULL)
        sched_handoff_cancel();
}

// Finishes the current thread's own wait with `status` if nobody else has; the result either way.
static zx_status_t wait_finish_self(struct thread *t, zx_status_t status)
{
    int word = atomic_load_explicit(&t->wait_word, memory_order_acquire);
    while (word > 0) {
        if (atomic_compare_exchange_weak_explicit(&t->wait_word, &word, status,
                                                  memory_order_acq_rel, memory_order_acquire))
            return status;
    }
    return word;
}

// The status with which kill or suspend among `pending` ends a wait armed with `word`, or ZX_OK.
static zx_status_t pending_status(unsigned pending, int word)
{
    if (pending & THREAD_PENDING_KILL)
        return ZX_ERR_CANCELED;
    if ((pending & THREAD_PENDING_SUSPEND) && word == WAIT_ARMED_INTR)
        return ZX_ERR_INTERNAL_INTR_RETRY;
    return ZX_OK;
}

// The thread ran without its wait being finished.
static NO_INLINE zx_status_t park_again(struct thread *t)
{
    zx_status_t status;
    do {
        sched_park(&t->wait_word);
        status = atomic_load_explicit(&t->wait_word, memory_order_acquire);
    } while (status > 0);
    return status;
}

zx_status_t wait_block(enum wait_reason reason, zx_time_t deadline)
{
    struct thread *t = thread_current();
    DEBUG_ASSERT(t->hal.preempt_count == 0);
    int word = atomic_load_explicit(&t->wait_word, memory_order_relaxed);
    unsigned pending;
    if (word != WAIT_ARMED && unlikely((pending = thread_pending(t)) != 0)) {
        zx_status_t status = pending_status(pending, word);
        if (status != ZX_OK) {
            wait_finish_self(t, status);
            goto not_blocked;
        }
    }
    if (deadline != ZX_TIME_INFINITE) {
        if (deadline <= hal_now()) {
            wait_finish_self(t, ZX_ERR_TIMED_OUT);
            goto not_blocked;
        }
        timer_set(&t->wait_timer, deadline);
    }
    atomic_store_explicit(&t->wait_reason, (uint8_t)reason, memory_order_relaxed);
    park_inline(&t->wait_word);
    zx_status_t status = atomic_load_explicit(&t->wait_word, memory_order_acquire);
    if (unlikely(status > 0))
        status = park_again(t);
    atomic_store_explicit(&t->wait_reason, WAIT_ON_NOTHING, memory_order_relaxed);
    if (deadline != ZX_TIME_INFINITE)
        timer_cancel(&t->wait_timer);
    atomic_store_explicit(&t->wait_word, WAIT_IDLE, memory_order_relaxed);
    return status;
not_blocked:
    not_blocked();
    status = atomic_load_explicit(&t->wait_word, memory_order_acquire);
    atomic_store_explicit(&t->wait_word, WAIT_IDLE, memory_order_relaxed);
    return status;
}

bool wait_disarm(zx_status_t *out_status)
{
    struct thread *t = thread_current();
    zx_status_t status = wait_finish_self(t, WAIT_IDLE);
    atomic_store_explicit(&t->wait_word, WAIT_IDLE, memory_order_relaxed);
    if (status == WAIT_IDLE)
        return true;
    *out_status = status;
    return false;
}

ALWAYS_INLINE bool wake(struct thread *t, zx_status_t status, bool handoff)
{
    DEBUG_ASSERT(status <= 0 && status != WAIT_IDLE);
    if (!hal_word_finish(&t->wait_word, status))
        return false;
    hal_preempt_point();
    unpark_inline(t, handoff);
    return true;
}

bool wait_wake(struct thread *t, zx_status_t status)
{
    return wake(t, status, thread_current()->handoff);
}

bool wait_interrupt(struct thread *t, zx_status_t status)
{
    int word = atomic_load_explicit(&t->wait_word, memory_order_seq_cst);
    do {
        if (word != WAIT_ARMED_INTR && (word != WAIT_ARMED_KILL || status != ZX_ERR_CANCELED))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&t->wait_word, &word, status,
                                                    memory_order_acq_rel, memory_order_relaxed));
    hal_preempt_point();
    sched_unpark(t, false);
    return true;
}

bool wait_is_armed(const struct thread *t)
{
    return atomic_load_explicit(&((struct thread *)t)->wait_word, memory_order_acquire) > 0;
}

void waitq_init(struct waitq *q) { list_init(&q->waiters); }

void waitq_add(struct waitq *q, struct wait_node *n)
{
    n->thread = thread_current();
    list_add_tail(&q->waiters, &n->node);
}

void waitq_remove(struct wait_node *n)
{
    if (list_node_linked(&n->node))
        list_remove(&n->node);
}

unsigned waitq_wake(struct waitq *q, unsigned count, zx_status_t status)
{
    unsigned woken = 0;
    while (woken < count && !list_is_empty(&q->waiters)) {
        struct wait_node *n = container_of(list_peek_head(&q->waiters), struct wait_node, node);
        list_remove(&n->node);
        if (wait_wake(n->thread, status))
            woken++;
    }
    return woken;
}
