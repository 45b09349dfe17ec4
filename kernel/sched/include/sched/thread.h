// SPDX-License-Identifier: MIT
// Kernel threads. The object layer embeds a struct thread in its thread object; kernel workers use it
// bare. Lifecycle: thread_init -> thread_start -> runs -> thread_exit -> the reaper gives back the
// stack and calls ops->dead.
#pragma once

#include <hal/cpu.h>
#include <hal/lock_class.h>
#include <hal/mmu.h>
#include <hal/thread.h>
#include <hal/types.h>
#include <lib/list.h>
#include <sched/timer.h>

#define PRIORITY_COUNT 32
#define PRIORITY_LOWEST 0
#define PRIORITY_DEFAULT 16
#define PRIORITY_HIGH 24
#define PRIORITY_HIGHEST 31

struct account;
struct cpu;
struct mutex;
struct pi_queue;
struct thread;

struct thread_ops {
    // Reaper context, the stack is gone and t will never run: drop what kept it alive.
    void (*dead)(struct thread *t);
};

enum sched_state {
    SCHED_INITIAL, // never started
    SCHED_READY,   // on a run queue
    SCHED_WAKING,  // taken off a CPU's blocked state, about to be queued on another
    SCHED_RUNNING, // on a CPU
    SCHED_BLOCKED, // waiting
    SCHED_DEAD,
};

// How many there are of each priority. All zero is the empty one.
struct pi_counts {
    uint32_t present; // bit n: count[n] != 0
    uint32_t count[PRIORITY_COUNT];
};

// Locks: [R] run-queue lock of `cpu`; [O] the thread itself; [I] fixed after init; [a] atomic;
// [P] the priority-inheritance lock.
struct thread {
    struct hal_thread hal;         // first: hal_current() is this thread
    struct list_node run_node;     // [R]
    struct cpu *_Atomic cpu;       // [R] CPU it runs on, is queued on, or ran on last
    uint8_t state;                 // [R] enum sched_state
    uint8_t base_priority;         // [P]
    uint8_t inherited_priority;    // [P]
    uint8_t queued_priority;       // [R] queue it stands in while SCHED_READY
    _Atomic uint8_t priority;      // [a] effective: the larger of base and inherited
    _Atomic uint8_t wait_reason;   // [a] enum wait_reason, read by others as a hint
    bool idle;                     // [I]
    uint32_t affinity;             // [I] bit n: may run on CPU n
    atomic_int wait_word;          // [a] see wait.c
    atomic_int *park_word;         // [R] word whose value > 0 keeps it blocked
    struct timer wait_timer;       // [O] deadline of the current wait
    struct hal_aspace *aspace;     // [O] user address space, NULL for kernel threads
    uint64_t runtime_ticks;        // [R] without the current stretch
    uint64_t slice_ticks;          // [R] rest of its time slice
    void (*start_entry)(void *);   // [I]
    void *start_arg;               // [I]
    struct mutex *blocked_on;      // [P] mutex it queues for
    struct mutex *held_contended;  // [P] mutexes it owns that somebody waits for
    struct pi_queue *pi_member_of; // [P] what it waits for under sched/pi.h
    uint8_t pi_counted;            // [P] the priority it is counted with there
    bool pi_gone;                  // [P] owns nothing any more
    struct list pi_owned;          // [P] pi_queues that it is to deliver
    struct pi_counts pi_given;     // [P] what they give it
    const struct thread_ops *ops;  // [I] NULL for threads that never die
    struct list_node reap_node;    // reaper's; [I] of one that never ends: thread_enlist()
    void *deferred;                // [O] object layer: chain of objects to finish off
    bool deferring;                // [O] object layer: the chain is being worked
    bool handoff;                  // [O] wakes by this thread keep the CPU: it blocks next
    struct account *account;       // [O] its process's; NULL: the kernel's own
    bool user;                     // [I] part of a user thread object
    bool boot_stack;               // [I] its stack is the boot stack, not hal_kstack_alloc's
    char name[32];                 // [I]
    LOCK_DEBUG_THREAD_FIELD
};

ALWAYS_INLINE struct thread *thread_current(void) { return (struct thread *)hal_current(); }

// Prepares a thread that will run entry(arg). Allocates the kernel stack. ZX_ERR_NO_MEMORY.
zx_status_t thread_init(struct thread *t, const char *name, unsigned priority,
                        void (*entry)(void *arg), void *arg, const struct thread_ops *ops) MUST_CHECK;
// Undoes thread_init of a thread that was never started.
void thread_destroy_unstarted(struct thread *t);
// Makes it runnable. `aspace` NULL for a kernel thread.
void thread_start(struct thread *t, struct hal_aspace *aspace);
// Puts a kernel thread that never ends on the list of those, once and for ever; before or after its start.
void thread_enlist(struct thread *t);
// The one after t, NULL: the first; NULL after the last. Any context.
struct thread *thread_next_enlisted(const struct thread *t);
// Ends the current thread. No lock may be held.
NO_RETURN void thread_exit(void);
// Leaves the current thread's user address space (before its teardown).
void thread_drop_aspace(void);

// Gives the CPU to another ready thread of the same or higher priority, if there is one.
void thread_yield(void);
// Sleeps until deadline (ns); not interruptible.
void thread_sleep_until(zx_time_t deadline);

// Changes the base priority (0..31) of any thread.
void thread_set_priority(struct thread *t, unsigned priority);
// CPU time used, in ns; 0 of a thread that was never started.
zx_duration_t thread_runtime(struct thread *t);

// Sets pending bits; makes a running thread look at them (interrupt) and an interruptibly waiting
// one leave with `status`. Caller holds a reference to t.
void thread_post_pending(struct thread *t, unsigned bits, zx_status_t status);
void thread_clear_pending(struct thread *t, unsigned bits);

ALWAYS_INLINE unsigned thread_pending(const struct thread *t)
{
    return atomic_load_explicit(&((struct thread *)t)->hal.pending, memory_order_seq_cst);
}
