// SPDX-License-Identifier: MIT
// Spinlocks: for bounded work only. Two ways to take one, fixed for each lock by its class:
//   spin_lock / spin_unlock               preemption off; for locks no interrupt handler takes
//   spin_lock_irqsave / _irqrestore       interrupts off; run queues, timer queues, interrupt tables, log
// Debug builds check the rank (debug/lock_class.h) on every acquire.
#pragma once

#include <hal/annotations.h>
#include <hal/cpu.h>
#include <hal/lock_class.h>
#include <hal/types.h>

struct CAPABILITY("spinlock") spinlock {
    atomic_uint locked;        // [a] 0 free, 1 held
    LOCK_DEBUG_FIELD           // nothing in release builds
};

#define SPINLOCK_INIT(class_) { .locked = 0, LOCK_DEBUG_INIT(class_) }

// `class_` is a LOCK_CLASS object.
ALWAYS_INLINE void spin_init(struct spinlock *l, const struct lock_class *class_)
{
    atomic_init(&l->locked, 0);
    lock_debug_init(&l->LOCK_DEBUG_MEMBER, class_);
}

ALWAYS_INLINE void spin_acquire_raw(struct spinlock *l) NO_TSA
{
    while (unlikely(atomic_exchange_explicit(&l->locked, 1, memory_order_acquire))) {
        while (atomic_load_explicit(&l->locked, memory_order_relaxed))
            hal_cpu_relax();
    }
}

ALWAYS_INLINE void spin_lock(struct spinlock *l) ACQUIRES(l) NO_TSA
{
    hal_preempt_point();
    preempt_disable();
    lock_debug_acquire(&l->LOCK_DEBUG_MEMBER, l);
    spin_acquire_raw(l);
}

ALWAYS_INLINE void spin_unlock(struct spinlock *l) RELEASES(l) NO_TSA
{
    lock_debug_release(&l->LOCK_DEBUG_MEMBER, l);
    atomic_store_explicit(&l->locked, 0, memory_order_release);
    preempt_enable();
    hal_preempt_point();
}

// Returns the interrupt state to hand to spin_unlock_irqrestore.
ALWAYS_INLINE unsigned long spin_lock_irqsave(struct spinlock *l) ACQUIRES(l) NO_TSA
{
    hal_preempt_point();
    unsigned long flags = hal_irq_save();
    lock_debug_acquire(&l->LOCK_DEBUG_MEMBER, l);
    spin_acquire_raw(l);
    return flags;
}

ALWAYS_INLINE void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags) RELEASES(l) NO_TSA
{
    lock_debug_release(&l->LOCK_DEBUG_MEMBER, l);
    atomic_store_explicit(&l->locked, 0, memory_order_release);
    hal_irq_restore(flags);
    hal_preempt_point();
}

// With interrupts already off (interrupt handlers, scheduler).
ALWAYS_INLINE void spin_lock_irqsoff(struct spinlock *l) ACQUIRES(l) NO_TSA
{
    hal_preempt_point();
    lock_debug_acquire(&l->LOCK_DEBUG_MEMBER, l);
    spin_acquire_raw(l);
}

ALWAYS_INLINE void spin_unlock_irqsoff(struct spinlock *l) RELEASES(l) NO_TSA
{
    lock_debug_release(&l->LOCK_DEBUG_MEMBER, l);
    atomic_store_explicit(&l->locked, 0, memory_order_release);
    hal_preempt_point();
}

ALWAYS_INLINE bool spin_held(const struct spinlock *l)
{
    return atomic_load_explicit(&l->locked, memory_order_relaxed) != 0;
}

// For the static analysis and debug builds: states that the running thread holds `l`.
ALWAYS_INLINE void spin_assert_held(const struct spinlock *l) ASSERTS_HELD(l) NO_TSA
{
    lock_debug_assert_held(&l->LOCK_DEBUG_MEMBER, l, spin_held(l));
}

// A second lock of the class acquired last; the caller's order rule is in LOCKING.md.
ALWAYS_INLINE void spin_lock_nested(struct spinlock *l) ACQUIRES(l) NO_TSA
{
    hal_preempt_point();
    preempt_disable();
    lock_debug_acquire_nested(&l->LOCK_DEBUG_MEMBER, l);
    spin_acquire_raw(l);
}

ALWAYS_INLINE void spin_lock_irqsoff_nested(struct spinlock *l) ACQUIRES(l) NO_TSA
{
    lock_debug_acquire_nested(&l->LOCK_DEBUG_MEMBER, l);
    spin_acquire_raw(l);
}
