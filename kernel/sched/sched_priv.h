// SPDX-License-Identifier: MIT
// Private to the sched layer.
#pragma once

#include <sched/cpu.h>
#include <sched/thread.h>

// Takes and releases a run-queue lock with interrupts off. The lock is handed from one thread to the
// next across a switch, so the rank record is dropped before the switch (sched.c).
ALWAYS_INLINE void rq_lock(struct cpu *cpu) NO_TSA { spin_lock_irqsoff(&cpu->rq_lock); }
ALWAYS_INLINE void rq_unlock(struct cpu *cpu) NO_TSA { spin_unlock_irqsoff(&cpu->rq_lock); }

// Blocks the current thread while *word > 0. Interrupts may be on or off on entry; on return they
// are as before. No spinlock is held.
void sched_park(atomic_int *word);

// Makes t runnable if it is blocked on a word that is no longer > 0. `handoff`: on this CPU.
// t cannot vanish during the call.
void sched_unpark(struct thread *t, bool handoff);

// The current thread does not block after all: whom it handed the CPU to is woken as by anybody else.
void sched_handoff_cancel(void);

// Gives the CPU away if need_resched is set and it is allowed. Thread context.
ALWAYS_INLINE void sched_preempt_check(void)
{
    if (unlikely(atomic_load_explicit(&hal_current()->need_resched, memory_order_relaxed)))
        sched_preempt_check_slow();
}

// Sets the effective priority; requeues and reschedules as needed. Caller holds the
// priority-inheritance lock.
void sched_apply_priority(struct thread *t, uint8_t priority);

// thread.c: the deadline of a wait, the callback of every thread's wait_timer.
void wait_timer_fire(struct timer *timer, zx_time_t now);

// First code of every new thread: completes the switch to it.
void sched_finish_switch(void);

// worker.c: hands a dead thread to the reaper of this CPU. Interrupts are off.
void reap_queue(struct cpu *cpu, struct thread *t);
zx_status_t worker_start(struct cpu *cpu);
// Gives the work that waits at `from`, this CPU, to the worker of `to`. Interrupts are off.
void worker_send_away(struct cpu *from, struct cpu *to);

// timer.c: moves the timers of `from`, which has stopped, to this CPU.
void timer_queue_adopt(struct cpu *from);

// hotplug.c: the worker's and the idle thread's part of a CPU's way offline, on that CPU with interrupts
// off; the worker returns when it is back. Then what a CPU does that comes online.
void sched_leave_worker(struct cpu *cpu);
void sched_leave_idle(struct cpu *cpu);
void sched_arrive(struct cpu *cpu);
// Starts a CPU that is stopped, for the first time or again. Errors of hal_cpu_start(); the CPU is then given
// up: if it comes all the same, it stops.
zx_status_t sched_start(struct cpu *cpu) MUST_CHECK;
// A CPU that is online and where t may run: `cpu` if it is one, or if there is none.
struct cpu *sched_place_online(struct thread *t, struct cpu *cpu);

// mutex.c: base priority changes go through the priority-inheritance lock.
void pi_set_base_priority(struct thread *t, uint8_t priority);
