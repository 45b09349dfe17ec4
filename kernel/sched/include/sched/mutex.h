// SPDX-License-Identifier: MIT
// Adaptive mutexes with priority inheritance: object, pair, port, handle-table and memory locks.
// The uncontended path is one compare-and-swap each way. Holders stay preemptible and may block on
// mutexes of higher rank, never take one in interrupt context.
//
// Contention: spins while the owner runs on another CPU, then queues by priority; unlock hands the
// mutex to the first in the queue. The queues and inherited priorities are guarded by one spinlock
// (mutex.c), which only contended paths touch.
#pragma once

#include <hal/annotations.h>
#include <hal/cpu.h>
#include <hal/lock_class.h>
#include <hal/types.h>

struct thread;
struct mutex_waiter;

// Locks: [a] atomic; [P] the priority-inheritance lock of mutex.c.
struct CAPABILITY("mutex") mutex {
    atomic_uintptr_t owner;       // [a] owning thread, bit 0 = somebody waits; 0 = free
    struct mutex_waiter *waiters; // [P] highest priority first
    struct mutex *next_held;      // [P] owner's list of mutexes that somebody waits for
    LOCK_DEBUG_FIELD
};

#define MUTEX_INIT(class_) { .owner = 0, .waiters = NULL, .next_held = NULL, LOCK_DEBUG_INIT(class_) }

ALWAYS_INLINE void mutex_init(struct mutex *m, const struct lock_class *class_)
{
    atomic_init(&m->owner, 0);
    m->waiters = NULL;
    m->next_held = NULL;
    lock_debug_init(&m->LOCK_DEBUG_MEMBER, class_);
}

void mutex_lock_slow(struct mutex *m);
void mutex_unlock_slow(struct mutex *m);

// Release as well as acquire: a waiter that finds this owner writes to its thread record, so what made
// the record must come first (same instruction count on ARM64).
ALWAYS_INLINE void mutex_lock_fast(struct mutex *m) NO_TSA
{
    if (unlikely(!hal_lock_take(&m->owner, (uintptr_t)hal_current())))
        mutex_lock_slow(m);
}

ALWAYS_INLINE void mutex_lock(struct mutex *m) ACQUIRES(m) NO_TSA
{
    hal_preempt_point();
    lock_debug_acquire(&m->LOCK_DEBUG_MEMBER, m);
    mutex_lock_fast(m);
}

// Second mutex of the same class as one already held; the caller's order rule is address order or a
// tree order that LOCKING.md names.
ALWAYS_INLINE void mutex_lock_nested(struct mutex *m) ACQUIRES(m) NO_TSA
{
    hal_preempt_point();
    lock_debug_acquire_nested(&m->LOCK_DEBUG_MEMBER, m);
    mutex_lock_fast(m);
}

ALWAYS_INLINE void mutex_unlock(struct mutex *m) RELEASES(m) NO_TSA
{
    lock_debug_release(&m->LOCK_DEBUG_MEMBER, m);
    if (unlikely(!hal_lock_give(&m->owner, (uintptr_t)hal_current())))
        mutex_unlock_slow(m);
    hal_preempt_point();
}

// For hot functions that leave the slow half to a function of its own, out of line: take or release
// the mutex if that involves nobody else. False: nothing has happened, go on with mutex_lock or
// mutex_unlock.
ALWAYS_INLINE bool mutex_lock_at_once(struct mutex *m) TRY_ACQUIRES(true, m) NO_TSA
{
    hal_preempt_point();
    if (unlikely(!hal_lock_take(&m->owner, (uintptr_t)hal_current())))
        return false;
    lock_debug_acquire(&m->LOCK_DEBUG_MEMBER, m);
    return true;
}

ALWAYS_INLINE bool mutex_unlock_at_once(struct mutex *m) NO_TSA
{
    if (unlikely(!hal_lock_give(&m->owner, (uintptr_t)hal_current())))
        return false;
    lock_debug_release(&m->LOCK_DEBUG_MEMBER, m);
    hal_preempt_point();
    return true;
}

ALWAYS_INLINE bool mutex_held(const struct mutex *m)
{
    return (atomic_load_explicit(&((struct mutex *)m)->owner, memory_order_relaxed) &
            ~(uintptr_t)1) == (uintptr_t)hal_current();
}

// For the static analysis and debug builds: states that the caller holds m.
ALWAYS_INLINE void mutex_assert_held(const struct mutex *m) ASSERTS_HELD(m) NO_TSA
{
    lock_debug_assert_held(&m->LOCK_DEBUG_MEMBER, m, mutex_held(m));
}
