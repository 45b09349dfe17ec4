// SPDX-License-Identifier: MIT
// One-shot kernel timers: one ordered queue a CPU, coalescing within a slack window.
#pragma once

#include <hal/types.h>
#include <lib/rbtree.h>

struct cpu;
struct timer;

// Runs in interrupt context, interrupts off, no lock held. `now` is the time read by the interrupt.
typedef void (*timer_fn)(struct timer *timer, zx_time_t now);

enum timer_slack_mode { TIMER_SLACK_CENTER, TIMER_SLACK_EARLY, TIMER_SLACK_LATE };

// Locks: [Q] the timer-queue lock of `cpu`; [O] owner of the timer, who serialises set and cancel.
struct timer {
    struct rb_node node;           // [Q]
    zx_time_t deadline;            // [Q] when it fires (after coalescing), ns
    timer_fn fn;                   // [O]
    struct cpu *_Atomic cpu;       // [Q] queue it is on; NULL = neither queued nor running
    bool queued;                   // [Q]
};

void timer_init(struct timer *timer, timer_fn fn);

// Arms `timer` on this CPU for `deadline` (ns). It must not be armed. ZX_TIME_INFINITE: no-op.
void timer_set(struct timer *timer, zx_time_t deadline);

// Same with a window around the deadline in which it may share another timer's instant.
void timer_set_slack(struct timer *timer, zx_time_t deadline, zx_duration_t slack,
                     enum timer_slack_mode mode);

// Disarms. On return the callback neither runs nor will run. True if it was removed before firing.
// Not callable from the timer's own callback. May spin while the callback runs on another CPU.
bool timer_cancel_armed(struct timer *timer); // its slow half
ALWAYS_INLINE bool timer_cancel(struct timer *timer)
{
    return atomic_load_explicit(&timer->cpu, memory_order_acquire) != NULL &&
           timer_cancel_armed(timer);
}

// Interrupt half: runs what is due on this CPU. Called by kernel_timer_irq.
void timer_queue_irq(struct cpu *cpu);
void timer_queue_init(struct cpu *cpu);
