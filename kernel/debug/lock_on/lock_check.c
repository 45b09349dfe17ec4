// SPDX-License-Identifier: MIT
// The lock-rank checker of debug and host builds (interface: lockdebug/lock_debug.h).
//
// Each thread has a list of held locks; an interrupt handler pushes on the list of the thread that it
// interrupted, and has popped everything again before that thread goes on. Interrupts are off while a
// list changes, so that a handler finds it whole. Nobody but its thread looks at a list.
//
// Invariants: K1 an entry is pushed before its lock is waited for, so a deadlock is reported instead
// of met; K2 locks are released by the thread that acquired them, save for disown and adopt.

#include <lockdebug/lock_debug.h>

#include <debug/panic.h>
#include <hal/cpu.h>
#include <hal/lock_class.h>

#include "symbol.h"

static struct lock_debug_held boot_held;
static struct lock_debug_held *(*_Atomic held_hook)(void);
static void (*_Atomic trace_hook)(const struct lock_class *class_);
static atomic_bool checks_off;

#define SITE() ((uintptr_t)__builtin_return_address(0))

struct lock_debug_held *lock_debug_held(void)
{
    struct lock_debug_held *(*hook)(void) = atomic_load_explicit(&held_hook, memory_order_acquire);
    return hook ? hook() : &boot_held;
}

void lock_debug_set_hook(struct lock_debug_held *(*fn)(void))
{
    atomic_store_explicit(&held_hook, fn, memory_order_release);
}

void lock_debug_set_trace(void (*fn)(const struct lock_class *class_))
{
    atomic_store_explicit(&trace_hook, fn, memory_order_release);
}

void lock_debug_disable(void)
{
    atomic_store_explicit(&checks_off, true, memory_order_relaxed);
}

static bool enabled(void)
{
    return !atomic_load_explicit(&checks_off, memory_order_relaxed);
}

// Says what is wrong between the lock to be taken and one that is held.
NO_RETURN COLD static void complain(const char *what, const struct lock_class *class_,
                                    const void *lock, uintptr_t site,
                                    const struct lock_debug_entry *held)
{
    char here[SYMBOL_TEXT_MAX], there[SYMBOL_TEXT_MAX];
    symbol_format(here, sizeof(here), site);
    if (!held)
        panic("%s: %s (rank %d, %p) at %s", what, class_->name, (int)class_->rank, lock, here);
    symbol_format(there, sizeof(there), held->site);
    panic("%s: %s (rank %d, %p) at %s, while holding %s (rank %d, %p) taken at %s", what,
          class_->name, (int)class_->rank, lock, here, held->class_->name, (int)held->class_->rank,
          held->lock, there);
}

static void push(struct lock_debug_held *h, const struct lock_debug *d, const void *lock,
                 uintptr_t site)
{
    if (h->count >= LOCK_DEBUG_MAX_HELD)
        complain("too many locks held", d->class_, lock, site, &h->entry[h->count - 1]);
    h->entry[h->count++] =
        (struct lock_debug_entry){.lock = lock, .class_ = d->class_, .site = site};
}

// Panics unless a lock of this class may be waited for now.
static void check_order(const struct lock_debug_held *h, const struct lock_class *class_,
                        const void *lock, uintptr_t site, bool nested)
{
    for (uint32_t i = 0; i < h->count; i++) {
        const struct lock_debug_entry *e = &h->entry[i];
        if (e->lock == lock)
            complain("lock taken twice", class_, lock, site, e);
        if (class_->kind == LOCK_MUTEX && e->class_->kind != LOCK_MUTEX)
            complain("mutex under a spinlock", class_, lock, site, e);
        if (class_->rank > e->class_->rank || (nested && class_ == e->class_))
            continue;
        complain("lock order", class_, lock, site, e);
    }
}

static void acquire(const struct lock_debug *d, const void *lock, uintptr_t site, bool nested,
                    bool check)
{
    if (!enabled())
        return;
    if (!d->class_)
        panic("lock %p was never initialised", lock);
    if (d->class_->kind == LOCK_SPIN_IRQ && hal_irqs_enabled())
        complain("interrupts are on", d->class_, lock, site, NULL);
    unsigned long flags = hal_irq_save();
    struct lock_debug_held *h = lock_debug_held();
    if (check)
        check_order(h, d->class_, lock, site, nested);
    push(h, d, lock, site);
    void (*trace)(const struct lock_class *) =
        atomic_load_explicit(&trace_hook, memory_order_acquire);
    if (trace)
        trace(d->class_);
    hal_irq_restore(flags);
}

void lock_debug_acquire(const struct lock_debug *d, const void *lock)
{
    acquire(d, lock, SITE(), false, true);
}

void lock_debug_acquire_nested(const struct lock_debug *d, const void *lock)
{
    acquire(d, lock, SITE(), true, true);
}

void lock_debug_acquire_try(const struct lock_debug *d, const void *lock)
{
    acquire(d, lock, SITE(), false, false);
}

void lock_debug_adopt(const struct lock_debug *d, const void *lock)
{
    acquire(d, lock, SITE(), false, false);
}

static void release(const struct lock_debug *d, const void *lock, uintptr_t site)
{
    if (!enabled())
        return;
    unsigned long flags = hal_irq_save();
    struct lock_debug_held *h = lock_debug_held();
    uint32_t i = h->count;
    while (i && h->entry[i - 1].lock != lock)
        i--;
    if (!i)
        complain("release of a lock that is not held", d->class_, lock, site, NULL);
    for (; i < h->count; i++)
        h->entry[i - 1] = h->entry[i];
    h->count--;
    hal_irq_restore(flags);
}

void lock_debug_release(const struct lock_debug *d, const void *lock)
{
    release(d, lock, SITE());
}

void lock_debug_disown(const struct lock_debug *d, const void *lock)
{
    release(d, lock, SITE());
}

static bool holds(const void *lock)
{
    unsigned long flags = hal_irq_save();
    const struct lock_debug_held *h = lock_debug_held();
    bool found = false;
    for (uint32_t i = 0; i < h->count && !found; i++)
        found = h->entry[i].lock == lock;
    hal_irq_restore(flags);
    return found;
}

void lock_debug_assert_held(const struct lock_debug *d, const void *lock, bool held)
{
    if (enabled() && (!held || !holds(lock)))
        complain("lock is not held", d->class_, lock, SITE(), NULL);
}

void lock_debug_assert_not_held(const struct lock_debug *d, const void *lock)
{
    if (enabled() && holds(lock))
        complain("lock is held", d->class_, lock, SITE(), NULL);
}

static void assert_free_of(const char *what, bool mutexes_too, uintptr_t site)
{
    char here[SYMBOL_TEXT_MAX], there[SYMBOL_TEXT_MAX];
    unsigned long flags = hal_irq_save();
    const struct lock_debug_held *h = lock_debug_held();
    for (uint32_t i = 0; i < h->count; i++) {
        if (!mutexes_too && h->entry[i].class_->kind == LOCK_MUTEX)
            continue;
        symbol_format(here, sizeof(here), site);
        symbol_format(there, sizeof(there), h->entry[i].site);
        panic("%s at %s with %s (%p) held, taken at %s", what, here, h->entry[i].class_->name,
              h->entry[i].lock, there);
    }
    hal_irq_restore(flags);
}

void lock_debug_assert_none(const char *what)
{
    if (enabled())
        assert_free_of(what, true, SITE());
}

void lock_debug_assert_no_spinlock(const char *what)
{
    if (enabled())
        assert_free_of(what, false, SITE());
}
