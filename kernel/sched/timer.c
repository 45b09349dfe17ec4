// SPDX-License-Identifier: MIT
// Timer queues: one red-black tree a CPU by deadline, its first node cached, the hardware timer
// programmed for it. Cancelling the first does not reprogram: one spurious interrupt is cheaper.
//
// Locks: cpu->timer_lock (LOCK_SPIN_IRQ, rank TIMER_QUEUE). Callbacks run without it.
//
// Invariants:
//  T1 timer->cpu names the queue whose lock guards it while it is queued or its callback runs.
//  T2 timer_programmed <= deadline of the first timer of the queue.
#include <sched/timer.h>

#include "sched_priv.h"

#include <debug/assert.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <lib/timemath.h>

LOCK_CLASS(timer_queue_class, RANK_TIMER_QUEUE, LOCK_SPIN_IRQ);

static struct timer *timer_of(struct rb_node *n) { return container_of(n, struct timer, node); }

void timer_queue_init(struct cpu *cpu)
{
    spin_init(&cpu->timer_lock, &timer_queue_class);
    rb_tree_init(&cpu->timers);
    cpu->timer_first = NULL;
    cpu->timer_programmed = ZX_TIME_INFINITE;
}

void timer_init(struct timer *timer, timer_fn fn)
{
    timer->fn = fn;
    timer->queued = false;
    atomic_init(&timer->cpu, NULL);
}

ALWAYS_INLINE void insert_locked(struct cpu *cpu, struct timer *timer)
{
    struct rb_node **link = &cpu->timers.root, *parent = NULL;
    bool leftmost = true;
    while (*link != NULL) {
        parent = *link;
        if (timer->deadline < timer_of(parent)->deadline) {
            link = &parent->left;
        } else {
            link = &parent->right;
            leftmost = false;
        }
    }
    rb_insert_leaf(&cpu->timers, &timer->node, parent, link);
    timer->queued = true;
    if (leftmost)
        cpu->timer_first = &timer->node;
    if (timer->deadline < cpu->timer_programmed) {
        cpu->timer_programmed = timer->deadline;
        hal_timer_set(timer->deadline);
    }
}

static void remove_locked(struct cpu *cpu, struct timer *timer)
{
    if (cpu->timer_first == &timer->node)
        cpu->timer_first = rb_next(&timer->node);
    rb_remove_leaf(&cpu->timers, &timer->node);
    timer->queued = false;
}

void timer_queue_adopt(struct cpu *from)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    // Both locks, so that T1 holds: the timer is on one of the two queues for whoever looks. No order
    // of the two: `from` has stopped, and only one CPU is taken offline at a time.
    spin_lock_irqsoff(&cpu->timer_lock);
    spin_lock_irqsoff_nested(&from->timer_lock);
    while (from->timer_first != NULL) {
        struct timer *timer = timer_of(from->timer_first);
        remove_locked(from, timer);
        insert_locked(cpu, timer);
        atomic_store_explicit(&timer->cpu, cpu, memory_order_release);
    }
    from->timer_programmed = ZX_TIME_INFINITE;
    spin_unlock_irqsoff(&from->timer_lock);
    spin_unlock_irqsoff(&cpu->timer_lock);
    hal_irq_restore(flags);
}

static void arm(struct timer *timer, zx_time_t deadline)
{
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    spin_lock_irqsoff(&cpu->timer_lock);
    timer->deadline = deadline;
    atomic_store_explicit(&timer->cpu, cpu, memory_order_release);
    insert_locked(cpu, timer);
    spin_unlock_irqsoff(&cpu->timer_lock);
    hal_irq_restore(flags);
}

void timer_set(struct timer *timer, zx_time_t deadline)
{
    DEBUG_ASSERT(!timer->queued);
    if (deadline != ZX_TIME_INFINITE)
        arm(timer, deadline);
}

// The deadline of a queued timer inside [lo, hi] that is nearest to `want`, or `want`.
static zx_time_t coalesce_locked(struct cpu *cpu, zx_time_t want, zx_time_t lo, zx_time_t hi)
{
    zx_time_t below = ZX_TIME_INFINITE_PAST, above = ZX_TIME_INFINITE;
    for (struct rb_node *n = cpu->timers.root; n != NULL;) {
        zx_time_t d = timer_of(n)->deadline;
        if (d == want)
            return want;
        if (d < want) {
            below = d;
            n = n->right;
        } else {
            above = d;
            n = n->left;
        }
    }
    bool below_ok = below >= lo && below != ZX_TIME_INFINITE_PAST;
    bool above_ok = above <= hi && above != ZX_TIME_INFINITE;
    if (below_ok && (!above_ok || want - below <= above - want))
        return below;
    return above_ok ? above : want;
}

void timer_set_slack(struct timer *timer, zx_time_t deadline, zx_duration_t slack,
                     enum timer_slack_mode mode)
{
    if (deadline == ZX_TIME_INFINITE)
        return;
    if (slack > 0) {
        zx_time_t lo = mode == TIMER_SLACK_LATE ? deadline : time_sub_sat(deadline, slack);
        zx_time_t hi = mode == TIMER_SLACK_EARLY ? deadline : time_add_sat(deadline, slack);
        unsigned long flags = hal_irq_save();
        struct cpu *cpu = cpu_this();
        spin_lock_irqsoff(&cpu->timer_lock);
        deadline = coalesce_locked(cpu, deadline, lo, hi);
        spin_unlock_irqsoff(&cpu->timer_lock);
        hal_irq_restore(flags);
    }
    arm(timer, deadline);
}

bool timer_cancel_armed(struct timer *timer)
{
    for (;;) {
        struct cpu *cpu = atomic_load_explicit(&timer->cpu, memory_order_acquire);
        if (cpu == NULL)
            return false; // never armed, or its callback has returned
        unsigned long flags = spin_lock_irqsave(&cpu->timer_lock);
        bool same = atomic_load_explicit(&timer->cpu, memory_order_relaxed) == cpu;
        bool removed = same && timer->queued;
        if (removed) {
            remove_locked(cpu, timer);
            atomic_store_explicit(&timer->cpu, NULL, memory_order_relaxed);
        }
        spin_unlock_irqrestore(&cpu->timer_lock, flags);
        if (removed)
            return true;
        hal_cpu_relax(); // the callback runs on that CPU
    }
}

void timer_queue_irq(struct cpu *cpu)
{
    zx_time_t now = hal_now();
    spin_lock_irqsoff(&cpu->timer_lock);
    cpu->timer_programmed = ZX_TIME_INFINITE;
    while (cpu->timer_first != NULL && timer_of(cpu->timer_first)->deadline <= now) {
        struct timer *timer = timer_of(cpu->timer_first);
        remove_locked(cpu, timer);
        cpu->timer_running = timer;
        CPU_STAT_ADD(cpu, timers, 1);
        spin_unlock_irqsoff(&cpu->timer_lock);
        timer->fn(timer, now);
        spin_lock_irqsoff(&cpu->timer_lock);
        // A callback may arm its own timer again: then it is queued and keeps its CPU.
        if (!timer->queued)
            atomic_store_explicit(&timer->cpu, NULL, memory_order_release);
        cpu->timer_running = NULL;
        now = hal_now();
    }
    if (cpu->timer_first != NULL) {
        zx_time_t first = timer_of(cpu->timer_first)->deadline;
        if (first < cpu->timer_programmed) {
            cpu->timer_programmed = first;
            hal_timer_set(first);
        }
    } else if (cpu->timer_programmed == ZX_TIME_INFINITE) {
        hal_timer_cancel();
    }
    spin_unlock_irqsoff(&cpu->timer_lock);
}

void kernel_timer_irq(void)
{
    struct cpu *cpu = cpu_this();
    CPU_STAT_ADD(cpu, timer_ints, 1);
    timer_queue_irq(cpu);
}
