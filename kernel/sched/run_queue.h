// SPDX-License-Identifier: MIT
// Run queues, the switch, parking and waking, in line for the paths where every instruction counts:
// wait.c blocks and wakes through these, sched.c has the cold halves and all the rest. Locks and
// invariants S1-S5: sched.c.
#pragma once

#include "sched_priv.h"

#include <hal/time.h>
#include <sched/trace.h>

extern atomic_uint sched_idle_mask; // bit n: CPU n idles and may be given work (S6)

// Cold halves, sched.c. Interrupts are off and the CPU's lock is held.
void sched_slice_arm_locked(struct cpu *cpu);
void sched_idle_flag_set(struct cpu *cpu, bool idle);
void sched_kick_idle(unsigned idle); // one of the CPUs in the mask
void sched_next_settle_locked(struct cpu *cpu); // S5
void sched_trace_switch_locked(const struct thread *from, const struct thread *to);
void sched_trace_wake_locked(const struct thread *t); // if it is woken indeed
// Readies the blocked t on this CPU, where it was, unless another idles. Releases this CPU's lock.
void sched_unpark_here_locked(struct thread *t);
// Moves the blocked t from `last` to where it should run. Releases the lock of `last`.
void sched_unpark_elsewhere_locked(struct thread *t, bool handoff, struct cpu *last);

// Load and store, not a read-modify-write: only the lock's holder writes it.
ALWAYS_INLINE void ready_count_add(struct cpu *cpu, uint32_t n)
{
    uint32_t count = atomic_load_explicit(&cpu->ready_count, memory_order_relaxed);
    atomic_store_explicit(&cpu->ready_count, count + n, memory_order_relaxed);
}

ALWAYS_INLINE void enqueue_locked(struct cpu *cpu, struct thread *t, bool at_head)
{
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    t->state = SCHED_READY;
    t->queued_priority = p;
    if (at_head)
        list_add_head(&cpu->queue[p], &t->run_node);
    else
        list_add_tail(&cpu->queue[p], &t->run_node);
    cpu->ready_mask |= 1u << p;
    ready_count_add(cpu, 1);
}

ALWAYS_INLINE void dequeue_locked(struct cpu *cpu, struct thread *t)
{
    if (t->run_node.next == t->run_node.prev) // both the list's head: it is the only one
        cpu->ready_mask &= ~(1u << t->queued_priority);
    list_remove(&t->run_node);
    ready_count_add(cpu, -1u);
}

// The slot of S5.
ALWAYS_INLINE struct thread *next_get(struct cpu *cpu)
{
    return atomic_load_explicit(&cpu->next, memory_order_relaxed);
}
ALWAYS_INLINE void next_set_locked(struct cpu *cpu, struct thread *t)
{
    atomic_store_explicit(&cpu->next, t, memory_order_relaxed);
}

// The first choice of S5, unless a queue has better.
ALWAYS_INLINE struct thread *pick_next_locked(struct cpu *cpu)
{
    struct thread *t = next_get(cpu);
    if (t == NULL)
        return NULL;
    next_set_locked(cpu, NULL);
    if (likely((cpu->ready_mask >> atomic_load_explicit(&t->priority, memory_order_relaxed)) <= 1))
        return t;
    enqueue_locked(cpu, t, true);
    return NULL;
}

ALWAYS_INLINE struct thread *pick_locked(struct cpu *cpu)
{
    struct thread *next = pick_next_locked(cpu);
    if (next != NULL)
        return next;
    if (cpu->ready_mask == 0)
        return cpu->idle;
    unsigned p = 31u - (unsigned)__builtin_clz(cpu->ready_mask);
    struct thread *t = list_entry(cpu->queue[p].head.next, struct thread, run_node);
    dequeue_locked(cpu, t);
    return t;
}

ALWAYS_INLINE struct thread *cpu_current(struct cpu *cpu)
{
    return atomic_load_explicit(&cpu->current, memory_order_relaxed);
}

ALWAYS_INLINE void charge_locked(struct cpu *cpu, struct thread *t, bool idle)
{
    uint64_t now = hal_ticks();
    uint64_t ran = now - cpu->switch_ticks;
    cpu->switch_ticks = now;
    if (idle) {
        CPU_STAT_ADD(cpu, idle_ticks, ran);
        return;
    }
    t->runtime_ticks += ran;
    t->slice_ticks = t->slice_ticks > ran ? t->slice_ticks - ran : 0;
}

// The first thing a thread does when it has been switched to.
ALWAYS_INLINE void finish_switch(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *from = cpu->switched_from;
    bool dead = from->state == SCHED_DEAD;
    lock_debug_adopt(&cpu->rq_lock.LOCK_DEBUG_MEMBER, &cpu->rq_lock);
    rq_unlock(cpu);
    if (unlikely(dead))
        reap_queue(cpu, from);
}

// Which of the two threads of a switch may be the idle one: what is known is not looked up.
enum switch_idle { SWITCH_ANY, SWITCH_FROM_BUSY, SWITCH_BUSY };

// Gives the CPU to `next`, which has been taken off its queue. Interrupts off, rq_lock held; the current
// thread's state says what becomes of it. Returns when it runs again, the lock released, interrupts
// still off.
ALWAYS_INLINE void switch_to_locked(struct cpu *cpu, struct thread *prev, struct thread *next,
                                    enum switch_idle known)
{
    bool prev_idle = known == SWITCH_ANY && prev->idle;
    bool next_idle = known != SWITCH_BUSY && next->idle;
    atomic_store_explicit(&prev->hal.need_resched, 0, memory_order_relaxed);
    next->state = SCHED_RUNNING;
    if (next == prev) {
        CPU_STAT_ADD(cpu, reschedules_in_vain, 1);
        rq_unlock(cpu);
        return;
    }
    if (sched_traced())
        sched_trace_switch_locked(prev, next);
    charge_locked(cpu, prev, prev_idle);
    if (unlikely(next->slice_ticks == 0))
        next->slice_ticks = cpu->slice_full;
    if (unlikely(prev_idle || next_idle))
        sched_idle_flag_set(cpu, next_idle);
    next->hal.cpu = cpu->num;
    next->hal.syscalls = prev->hal.syscalls;
    atomic_store_explicit(&cpu->current, next, memory_order_relaxed);
    cpu->switched_from = prev;
    CPU_STAT_ADD(cpu, context_switches, 1);
    if (next->aspace != cpu->aspace) {
        cpu->aspace = next->aspace;
        hal_aspace_activate(next->aspace);
    }
    if (unlikely(!cpu->slice_armed) && !next_idle &&
        (cpu->ready_mask >> atomic_load_explicit(&next->priority, memory_order_relaxed)) != 0)
        sched_slice_arm_locked(cpu);
    lock_debug_disown(&cpu->rq_lock.LOCK_DEBUG_MEMBER, &cpu->rq_lock);
    hal_thread_switch(&prev->hal, &next->hal);
    finish_switch();
}

// Gives the CPU to the best ready thread; see switch_to_locked.
ALWAYS_INLINE void switch_inline_locked(struct cpu *cpu, enum switch_idle known)
{
    struct thread *prev = cpu_current(cpu);
    switch_to_locked(cpu, prev, pick_locked(cpu), known);
}

// Locks the queue of t's CPU (S1). Interrupts are off.
ALWAYS_INLINE struct cpu *lock_cpu_of(struct thread *t)
{
    for (;;) {
        struct cpu *cpu = atomic_load_explicit(&t->cpu, memory_order_acquire);
        rq_lock(cpu);
        if (likely(cpu == atomic_load_explicit(&t->cpu, memory_order_relaxed)))
            return cpu;
        rq_unlock(cpu);
    }
}

// t has been queued and will not run at once: an idle CPU is told, lest it sleeps beside it. An idle CPU
// sets its bit before it looks at the counts (steal); here the count is stored before the bits are
// looked at: one of the two sees the other.
ALWAYS_INLINE void offer_locked(struct cpu *cpu, const struct thread *t)
{
    uint32_t count = atomic_load_explicit(&cpu->ready_count, memory_order_relaxed);
    atomic_store_explicit(&cpu->ready_count, count, memory_order_seq_cst);
    unsigned idle = atomic_load_explicit(&sched_idle_mask, memory_order_seq_cst) & t->affinity;
    if (unlikely(idle != 0))
        sched_kick_idle(idle);
}

// Keeps t, which is blocked and was here, as the next thread of this CPU if it would be the first of its
// queue, and no other CPU idles (S5). False: nothing has happened.
ALWAYS_INLINE bool keep_next_locked(struct cpu *self, struct thread *t)
{
    uint8_t p = atomic_load_explicit(&t->priority, memory_order_relaxed);
    uint8_t rp = atomic_load_explicit(&thread_current()->priority, memory_order_relaxed);
    if (unlikely(next_get(self) != NULL || (self->ready_mask >> p) != 0))
        return false;
    // Stored before the bits are looked at: offer_locked().
    atomic_store_explicit(&self->next, t, memory_order_seq_cst);
    if (unlikely((atomic_load_explicit(&sched_idle_mask, memory_order_seq_cst) & t->affinity) != 0)) {
        next_set_locked(self, NULL);
        return false;
    }
    t->state = SCHED_READY;
    if (p > rp)
        atomic_store_explicit(&thread_current()->hal.need_resched, 1, memory_order_relaxed);
    else if (p == rp && unlikely(!self->slice_armed))
        sched_slice_arm_locked(self);
    return true;
}

// See sched_unpark.
ALWAYS_INLINE void unpark_inline(struct thread *t, bool handoff)
{
    unsigned long flags = hal_irq_save();
    struct cpu *self = cpu_this();
    struct cpu *last = lock_cpu_of(t);
    if (sched_traced())
        sched_trace_wake_locked(t);
    if (unlikely(t->state != SCHED_BLOCKED ||
                 atomic_load_explicit(t->park_word, memory_order_acquire) > 0)) {
        rq_unlock(last);
    } else if (unlikely(last != self)) {
        sched_unpark_elsewhere_locked(t, handoff, last);
    } else if (handoff && likely(next_get(self) == NULL)) {
        t->state = SCHED_READY;
        next_set_locked(self, t);
        rq_unlock(self);
    } else if (likely(keep_next_locked(self, t))) {
        rq_unlock(self);
    } else {
        sched_unpark_here_locked(t);
    }
    hal_irq_restore(flags);
    sched_preempt_check();
}

// See sched_park.
ALWAYS_INLINE void park_inline(atomic_int *word)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    rq_lock(cpu);
    if (likely(atomic_load_explicit(word, memory_order_acquire) > 0)) {
        struct thread *t = thread_current();
        t->park_word = word;
        t->state = SCHED_BLOCKED;
        switch_inline_locked(cpu, SWITCH_FROM_BUSY); // the idle thread does not block
    } else { // woken already: it keeps the CPU
        sched_next_settle_locked(cpu);
        rq_unlock(cpu);
        hal_irq_restore(flags);
        sched_preempt_check();
        return;
    }
    hal_irq_restore(flags);
}
