// SPDX-License-Identifier: MIT
// Per-CPU scheduler state: run queue, timer queue, worker, statistics.
#pragma once

#include <hal/spinlock.h>
#include <hal/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <sched/thread.h>

// Counters reported by ZX_INFO_CPU_STATS. [S] this CPU only, interrupts off or preemption off, each in
// one access, since others read them (cpu_stats_read). (Relaxed atomics would cost an address more.)
struct cpu_stats {
    uint64_t idle_ticks, reschedules_in_vain, context_switches, irq_preempts, preempts, yields;
    uint64_t ints, timer_ints, timers, page_faults, reschedule_ipis, generic_ipis;
    uint64_t syscalls; // as read; counted in hal_thread.syscalls
};

#define CPU_OBJECT_TYPES 32u

// Locks: [R] rq_lock; [Q] timer_lock; [I] fixed after boot; [a] atomic; [S] see above.
struct cpu {
    struct spinlock rq_lock;
    uint32_t num;                        // [I]
    uint32_t ready_mask;                 // [R] bit p: queue p is not empty
    struct thread *_Atomic current;      // [R] to write; [a] to compare
    struct thread *_Atomic next;         // [R] to write; [a] who runs next (S5 in sched.c), or NULL
    struct thread *switched_from;        // [R] who gave this CPU away last; finished by the next one
    struct hal_aspace *aspace;           // [R] address space active on this CPU
    uint64_t switch_ticks;               // [R] when current was switched in
    uint64_t slice_full;                 // [I] a time slice in ticks
    atomic_uint ready_count;             // [R] to write; others read it as a hint
    atomic_bool is_idle;                 // [a] runs its idle thread with nothing ready
    atomic_bool online;                  // [a]; false is stored under rq_lock (hotplug.c)
    atomic_bool leaving;                 // [a] its worker is to take it offline
    atomic_bool expected;                // [a] it has been started, and shall take part when it comes
    bool takes_part;                     // [I] it has been started once
    atomic_int away;                     // [a] > 0: the worker waits for the CPU to come back
    bool slice_armed;                    // [R]
    struct list queue[PRIORITY_COUNT];   // [R] ready threads by priority, oldest first
    struct thread *idle;                 // [I]

    struct spinlock timer_lock;
    struct rb_tree timers;               // [Q] by deadline
    struct rb_node *timer_first;         // [Q] leftmost, NULL if none
    zx_time_t timer_programmed;          // [Q] what the hardware is set to; ZX_TIME_INFINITE = nothing
    struct timer *timer_running;         // [Q] whose callback runs now
    struct timer slice_timer;            // [R]

    struct spinlock work_lock;
    struct list work;                    // [work_lock] of struct work
    struct list reap;                    // [work_lock] of struct thread
    struct thread *worker;               // [I]
    atomic_bool work_pending;            // [a]

    struct cpu_stats stats;              // [S]
    // [a] The object layer's live objects by type. A cell may be negative, the sum over the CPUs is right.
    _Atomic int32_t objects[CPU_OBJECT_TYPES];
    // [a] The object layer's: somebody wants to hear of the end of objects. Here, because who counts one less has
    // this record at hand. The same on all CPUs.
    atomic_uint deaths_watched;
    struct thread idle_thread;           // [I] storage
    struct thread worker_thread;         // [I] storage
};

extern struct cpu cpus[MAX_CPUS];

// This CPU; meaningful only while preemption or interrupts are off.
ALWAYS_INLINE struct cpu *cpu_this(void)
{
    return atomic_load_explicit(&thread_current()->cpu, memory_order_relaxed);
}
ALWAYS_INLINE struct cpu *cpu_get(unsigned num) { return &cpus[num]; }

// Boot order: sched_init_boot_cpu (makes kmain's context the boot thread `boot`), then
// sched_start_workers, then sched_start_secondary for each other CPU.
void sched_init_boot_cpu(struct thread *boot);
zx_status_t sched_start_workers(void) MUST_CHECK;
zx_status_t sched_start_secondary(unsigned cpu) MUST_CHECK;
NO_RETURN void sched_secondary_main(void);
// Takes all CPUs but the first offline, or brings back those that were. Who ran there goes on elsewhere;
// what may run nowhere else, and interrupts between CPUs, wait. The caller blocks, holding no lock. The
// others are tried when one fails: the first error. ZX_ERR_SHOULD_WAIT: somebody else is at it;
// ZX_ERR_TIMED_OUT, ZX_ERR_IO, ZX_ERR_NOT_SUPPORTED: the platform could not.
zx_status_t sched_cpus_down(void) MUST_CHECK;
zx_status_t sched_cpus_up(void) MUST_CHECK;
// Takes all CPUs but the first offline with the caller on that one, for good: nobody brings them back. If
// one fails, all that can be are brought back. Errors as above; ZX_ERR_TIMED_OUT as well for a CPU that did
// not stop, or come, when it was to before.
zx_status_t sched_alone(void) MUST_CHECK;
// What a CPU does on HAL_IPI_CALL, in interrupt context. Once, at boot.
void sched_set_call_hook(void (*fn)(void));

// Deferred work: fn runs once in the worker thread of the CPU that queued it, high priority, may
// block. Queueing an item that is already queued does nothing; false then. Any context.
struct work {
    struct list_node node;
    void (*fn)(struct work *w);
    atomic_bool queued;
};
void work_init(struct work *w, void (*fn)(struct work *w));
bool work_queue(struct work *w);

// The counters of `cpu`, which has been started once, a moment old; its current idle stretch included.
void cpu_stats_read(struct cpu *cpu, struct cpu_stats *out);

// Adds n to a counter of `cpu`, which is this CPU; interrupts are off.
#define CPU_STAT_ADD(cpu, field, n) (*(volatile uint64_t *)&(cpu)->stats.field += (n))

// Counts an event on this CPU, from any thread context: without holding it, so that once in a long
// while an increment is lost to a preemption in between.
#define CPU_STAT_INC(field)                                                                        \
    do {                                                                                           \
        uint64_t *stat_ = &cpu_this()->stats.field;                                                \
        __atomic_store_n(stat_, __atomic_load_n(stat_, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);   \
    } while (0)
