// SPDX-License-Identifier: MIT
// The contended half of mutexes, and priority inheritance (interface in sched/mutex.h).
//
// Locks: pi_lock (spinlock, preemption off) guards all waiter queues, held_contended lists and base
// and inherited priorities. Run-queue locks nest inside it.
//
// Invariants:
//  M1 Bit 0 of `owner` is set only under pi_lock, and only while the mutex has waiters or one is
//     about to queue under the same hold. So an owner that a waiter saw cannot release without
//     pi_lock: it stays alive while the waiter walks the chain.
//  M2 A mutex with waiters is on its owner's held_contended list.
//  M3 inherited_priority of a thread = the highest priority among the first waiters of the mutexes
//     on its list and what its pi_queues give it (0 if none).
//  M4 A waiter record lives on the waiter's stack; it is touched only under pi_lock, and the waiter
//     passes pi_lock once more before it returns.
//  M5 A member of a pi_queue is counted there with pi_counted, which is its priority unless it queues
//     for a mutex as well: then the hand-over of the mutex sees to it.
#include <sched/mutex.h>

#include "sched_priv.h"

#include <debug/assert.h>
#include <sched/pi.h>

LOCK_CLASS(mutex_pi_class, RANK_MUTEX_INTERNAL, LOCK_SPIN);

static struct spinlock pi_lock = SPINLOCK_INIT(mutex_pi_class);

#define CONTENDED ((uintptr_t)1)
#define SPIN_TURNS 200u

struct mutex_waiter {
    struct mutex_waiter *next;
    struct thread *thread;
    atomic_int word; // > 0 until the mutex is handed over
};

static uint8_t effective(const struct thread *t)
{
    return MAX(t->base_priority, t->inherited_priority);
}

static uint8_t priority_of(struct thread *t)
{
    return atomic_load_explicit(&t->priority, memory_order_relaxed);
}

static void waiter_insert_locked(struct mutex *m, struct mutex_waiter *w)
{
    struct mutex_waiter **link = &m->waiters;
    while (*link != NULL && priority_of((*link)->thread) >= priority_of(w->thread))
        link = &(*link)->next;
    w->next = *link;
    *link = w;
}

static void waiter_requeue_locked(struct mutex *m, struct thread *t)
{
    struct mutex_waiter **link = &m->waiters;
    while (*link != NULL && (*link)->thread != t)
        link = &(*link)->next;
    struct mutex_waiter *w = *link;
    if (w == NULL)
        return;
    *link = w->next;
    waiter_insert_locked(m, w);
}

static struct thread *owner_thread(struct mutex *m)
{
    return (struct thread *)(atomic_load_explicit(&m->owner, memory_order_relaxed) & ~CONTENDED);
}

static int highest(const struct pi_counts *c)
{
    return c->present == 0 ? -1 : 31 - __builtin_clz(c->present);
}

static void counts_add(struct pi_counts *c, unsigned priority)
{
    c->count[priority]++;
    c->present |= 1u << priority;
}

static void counts_remove(struct pi_counts *c, unsigned priority)
{
    if (--c->count[priority] == 0)
        c->present &= ~(1u << priority);
}

static void recompute_locked(struct thread *t)
{
    int inherited = MAX(0, highest(&t->pi_given));
    for (struct mutex *m = t->held_contended; m != NULL; m = m->next_held)
        inherited = MAX(inherited, (int)priority_of(m->waiters->thread));
    t->inherited_priority = (uint8_t)inherited;
    if (effective(t) == priority_of(t))
        return;
    if (atomic_load_explicit(&t->cpu, memory_order_acquire) == NULL) // not started
        atomic_store_explicit(&t->priority, effective(t), memory_order_relaxed);
    else
        sched_apply_priority(t, effective(t));
}

// Brings what the owner counts for q in line with its members. Returns the owner if that changed.
static struct thread *give_locked(struct pi_queue *q)
{
    uint8_t now = (uint8_t)(1 + highest(&q->members));
    struct thread *owner = q->owner;
    if (owner == NULL || now == q->given)
        return NULL;
    if (q->given != 0)
        counts_remove(&owner->pi_given, q->given - 1u);
    if (now != 0)
        counts_add(&owner->pi_given, now - 1u);
    q->given = now;
    return owner;
}

// The priority of `t` changed: what it waits for is told. Returns the thread that may have to follow.
static struct thread *pass_on_locked(struct thread *t)
{
    struct mutex *m = t->blocked_on;
    struct pi_queue *q = t->pi_member_of;
    if (m != NULL) {
        waiter_requeue_locked(m, t);
        return owner_thread(m);
    }
    if (q == NULL || t->pi_counted == priority_of(t))
        return NULL;
    counts_remove(&q->members, t->pi_counted);
    t->pi_counted = priority_of(t);
    counts_add(&q->members, t->pi_counted);
    return give_locked(q);
}

// After what `t` inherits changed, up or down: t follows, and whoever t waits for, along the chain
// (M3). Ends in a circle too, where nobody's priority changes any more.
static void settle_locked(struct thread *t)
{
    for (unsigned steps = 0; t != NULL && steps < PI_CHAIN_MAX; steps++) {
        uint8_t old = priority_of(t);
        recompute_locked(t);
        if (priority_of(t) == old)
            return;
        t = pass_on_locked(t);
    }
}

static void held_add_locked(struct thread *t, struct mutex *m)
{
    m->next_held = t->held_contended;
    t->held_contended = m;
}

static void held_remove_locked(struct thread *t, struct mutex *m)
{
    struct mutex **link = &t->held_contended;
    while (*link != m)
        link = &(*link)->next_held;
    *link = m->next_held;
    m->next_held = NULL;
}

// True if the owner word belongs to a thread that runs on another CPU now. Compares pointers only.
static bool owner_runs_elsewhere(uintptr_t word)
{
    struct thread *owner = (struct thread *)(word & ~CONTENDED);
    unsigned count = hal_cpu_count();
    for (unsigned i = 0; i < count; i++) {
        if (atomic_load_explicit(&cpus[i].current, memory_order_relaxed) == owner)
            return true;
    }
    return false;
}

static bool spin_for_it(struct mutex *m)
{
    uintptr_t self = (uintptr_t)hal_current();
    for (unsigned turn = 0; turn < SPIN_TURNS; turn++) {
        uintptr_t word = atomic_load_explicit(&m->owner, memory_order_relaxed);
        if (word == 0) {
            if (atomic_compare_exchange_weak_explicit(&m->owner, &word, self, memory_order_acq_rel,
                                                      memory_order_relaxed))
                return true;
            continue;
        }
        if ((word & CONTENDED) || !owner_runs_elsewhere(word))
            return false;
        hal_cpu_relax();
    }
    return false;
}

void mutex_lock_slow(struct mutex *m)
{
    struct thread *self = thread_current();
    DEBUG_ASSERT(self->hal.preempt_count == 0);
    DEBUG_ASSERT(!mutex_held(m));
    if (spin_for_it(m))
        return;
    struct mutex_waiter w = { .thread = self };
    atomic_init(&w.word, 1);
    spin_lock(&pi_lock);
    // Acquire: the owner's thread record is written to below (mutex_lock_fast).
    uintptr_t word = atomic_load_explicit(&m->owner, memory_order_acquire);
    for (;;) {
        if (word == 0) {
            if (atomic_compare_exchange_weak_explicit(&m->owner, &word, (uintptr_t)self,
                                                      memory_order_acq_rel, memory_order_acquire)) {
                spin_unlock(&pi_lock);
                return;
            }
        } else if ((word & CONTENDED) ||
                   atomic_compare_exchange_weak_explicit(&m->owner, &word, word | CONTENDED,
                                                         memory_order_acquire,
                                                         memory_order_acquire)) {
            break;
        }
    }
    struct thread *owner = (struct thread *)(word & ~CONTENDED);
    if (m->waiters == NULL)
        held_add_locked(owner, m); // M2
    waiter_insert_locked(m, &w);
    self->blocked_on = m;
    settle_locked(owner);
    spin_unlock(&pi_lock);
    while (atomic_load_explicit(&w.word, memory_order_acquire) > 0)
        sched_park(&w.word);
    spin_lock(&pi_lock); // M4
    spin_unlock(&pi_lock);
}

void mutex_unlock_slow(struct mutex *m)
{
    struct thread *self = thread_current();
    DEBUG_ASSERT(mutex_held(m));
    spin_lock(&pi_lock);
    struct mutex_waiter *w = m->waiters;
    if (w == NULL) {
        // The waiter that set the bit got no further: cannot happen under M1, so the word is plain.
        atomic_store_explicit(&m->owner, 0, memory_order_release);
        spin_unlock(&pi_lock);
        return;
    }
    held_remove_locked(self, m);
    m->waiters = w->next;
    struct thread *heir = w->thread;
    heir->blocked_on = NULL;
    uintptr_t word = (uintptr_t)heir;
    if (m->waiters != NULL) {
        word |= CONTENDED;
        held_add_locked(heir, m);
        heir->inherited_priority =
            MAX(heir->inherited_priority, priority_of(m->waiters->thread));
    }
    atomic_store_explicit(&m->owner, word, memory_order_release);
    if (heir->pi_member_of != NULL)
        settle_locked(pass_on_locked(heir)); // M5
    settle_locked(self); // it may have joined a pi_queue with what it inherited until now
    atomic_store_explicit(&w->word, 0, memory_order_release);
    sched_unpark(heir, false);
    spin_unlock(&pi_lock);
}

void pi_set_base_priority(struct thread *t, uint8_t priority)
{
    spin_lock(&pi_lock);
    t->base_priority = priority;
    settle_locked(t);
    spin_unlock(&pi_lock);
}

// ---- pi_queues ----

void pi_queue_init(struct pi_queue *q)
{
    *q = (struct pi_queue){ .owner = NULL };
}

void pi_queue_join(struct pi_queue *q, struct thread *t)
{
    spin_lock(&pi_lock);
    DEBUG_ASSERT(t->pi_member_of == NULL);
    t->pi_member_of = q;
    t->pi_counted = priority_of(t);
    counts_add(&q->members, t->pi_counted);
    settle_locked(give_locked(q));
    spin_unlock(&pi_lock);
}

void pi_queue_leave(struct pi_queue *q, struct thread *t)
{
    spin_lock(&pi_lock);
    DEBUG_ASSERT(t->pi_member_of == q);
    t->pi_member_of = NULL;
    counts_remove(&q->members, t->pi_counted);
    settle_locked(give_locked(q));
    spin_unlock(&pi_lock);
}

static void disown_locked(struct pi_queue *q)
{
    struct thread *owner = q->owner;
    list_remove(&q->owned_node);
    if (q->given != 0)
        counts_remove(&owner->pi_given, q->given - 1u);
    q->given = 0;
    q->owner = NULL;
    settle_locked(owner);
}

void pi_queue_set_owner(struct pi_queue *q, struct thread *owner)
{
    spin_lock(&pi_lock);
    if (owner != q->owner) {
        if (q->owner != NULL)
            disown_locked(q);
        if (owner != NULL && !owner->pi_gone) {
            q->owner = owner;
            list_add_tail(&owner->pi_owned, &q->owned_node);
            settle_locked(give_locked(q));
        }
    }
    spin_unlock(&pi_lock);
}

uint64_t pi_queue_read_owner(struct pi_queue *q, uint64_t (*read)(struct thread *owner))
{
    spin_lock(&pi_lock);
    uint64_t value = q->owner != NULL ? read(q->owner) : 0;
    spin_unlock(&pi_lock);
    return value;
}

void pi_thread_gone(struct thread *t)
{
    struct pi_queue *q;
    spin_lock(&pi_lock);
    t->pi_gone = true;
    // Programs may let it own any number: one at a time.
    while ((q = list_peek_head_entry(&t->pi_owned, struct pi_queue, owned_node)) != NULL) {
        disown_locked(q);
        spin_unlock(&pi_lock);
        spin_lock(&pi_lock);
    }
    spin_unlock(&pi_lock);
}
