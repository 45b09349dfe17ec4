// SPDX-License-Identifier: MIT
// Lock-rank checker, the checking variant (debug and host builds). Included through
// <hal/lock_class.h> only. Implementation: kernel/debug/lock_on/lock_check.c.
//
// Every thread carries a list of the locks it holds, in order of acquisition; an interrupt pushes on
// the list of the thread it interrupted. Each acquire must have a rank above all that are held;
// otherwise the kernel panics and names both sites. Spinlocks and mutexes use the same hooks.
#pragma once

#include <hal/types.h>

#define LOCK_DEBUG_MAX_HELD 16u

struct lock_class;

// One held lock.
struct lock_debug_entry {
    const void *lock;
    const struct lock_class *class_;
    uintptr_t site; // return address of the acquire
};

// The locks a thread holds. Zeroed = none. Touched only by the thread itself, interrupts off.
struct lock_debug_held {
    uint32_t count;
    struct lock_debug_entry entry[LOCK_DEBUG_MAX_HELD];
};

// Part of every lock.
struct lock_debug {
    const struct lock_class *class_; // [I] after init
};

#define LOCK_DEBUG_MEMBER           debug
#define LOCK_DEBUG_FIELD            struct lock_debug LOCK_DEBUG_MEMBER;
#define LOCK_DEBUG_INIT(class_name) .LOCK_DEBUG_MEMBER = {.class_ = &(class_name)}

// In struct thread; zeroed at thread creation.
#define LOCK_DEBUG_THREAD_FIELD struct lock_debug_held held_locks;

ALWAYS_INLINE void lock_debug_init(struct lock_debug *d, const struct lock_class *class_)
{
    d->class_ = class_;
}

// Records that the running thread is about to acquire `lock`; panics unless its rank is above every
// rank held. Also panics when a mutex is taken under a spinlock, or a LOCK_SPIN_IRQ lock with
// interrupts on. The caller cannot migrate (interrupts or preemption off), or is a mutex, which
// calls it before it blocks.
void lock_debug_acquire(const struct lock_debug *d, const void *lock);
// The same for a second lock of the class taken last (by address, or CPU number): an equal rank is
// allowed if the class is the same and the lock is another one.
void lock_debug_acquire_nested(const struct lock_debug *d, const void *lock);
// Records an acquire by try-lock that succeeded: no rank check, since it cannot wait.
void lock_debug_acquire_try(const struct lock_debug *d, const void *lock);
void lock_debug_release(const struct lock_debug *d, const void *lock);

// The scheduler holds a run-queue lock across a switch: the previous thread disowns it before the
// switch, the next one adopts it after.
void lock_debug_disown(const struct lock_debug *d, const void *lock);
void lock_debug_adopt(const struct lock_debug *d, const void *lock);

// Panics unless the running thread holds (does not hold) the lock. `held`: what the lock's own state
// says about that, checked as well; release builds do not evaluate it.
void lock_debug_assert_held(const struct lock_debug *d, const void *lock, bool held);
void lock_debug_assert_not_held(const struct lock_debug *d, const void *lock);
// Panics if the running thread holds any lock, or any spinlock: for the way to user mode, blocking
// and allocation. `what` is named in the message.
void lock_debug_assert_none(const char *what);
void lock_debug_assert_no_spinlock(const char *what);

// The running thread's list: through the scheduler's hook, or one static list before threads exist.
struct lock_debug_held *lock_debug_held(void);
// Sets the hook; it returns the list embedded by LOCK_DEBUG_THREAD_FIELD. Called once, on one CPU,
// with no lock held. NULL goes back to the static list.
void lock_debug_set_hook(struct lock_debug_held *(*fn)(void));

// For measuring: `fn` is told the class of each lock that is taken, on the thread that takes it, with
// interrupts off and before it waits. It may take no lock. NULL, the default: nobody is told.
void lock_debug_set_trace(void (*fn)(const struct lock_class *class_));

// Turns all checks off for good: panics.
void lock_debug_disable(void);
