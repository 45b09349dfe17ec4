// SPDX-License-Identifier: MIT
// CPUs taken offline and brought back (sched_cpus_down, sched_cpus_up of sched/cpu.h).
//
// A CPU leaves in three steps, each on itself:
//   1 Its worker, having nothing left to do, marks it offline and gives it to the idle thread. From then
//     on nobody queues a thread there that may run elsewhere, and it switches to nobody (sched.c).
//   2 Its idle thread wakes who asked, then sends what still waits here to other CPUs, and gives back the memory
//     that the CPU has cached.
//   3 The platform stops it. Who asked waits for that, and takes its timers.
// Threads that may run nowhere else, its worker among them, stay until it is back.
//
// Invariants:
//  H1 `online` becomes false under the CPU's rq_lock. Whoever queues a thread on another CPU looks at it
//     under that lock (sched.c, lock_placed).
//  H2 From step 2 on interrupts stay off: nothing on that CPU arms a timer, queues work or wakes anybody.
//  H3 A CPU takes part only if it finds `expected` true when it comes, and makes it false; who has started
//     it takes that back by the same exchange. So a CPU that comes after it was given up stops again.
// Locks: [H] hotplug_busy, a word that a caller takes or goes away from; it is held over waits.
#include "run_queue.h"

#include <debug/assert.h>
#include <mem/page.h>
#include <mem/slab.h>
#include <sched/wait.h>

static atomic_bool hotplug_busy; // [H]
static struct thread *asker;     // [H] waits for a CPU to leave or to come back

// Step 1. Interrupts are off, the worker of `cpu` runs and has nothing to do.
void sched_leave_worker(struct cpu *cpu)
{
    struct thread *t = thread_current();
    rq_lock(cpu);
    sched_next_settle_locked(cpu);
    atomic_store_explicit(&cpu->leaving, false, memory_order_relaxed);
    atomic_store_explicit(&cpu->online, false, memory_order_release); // H1
    sched_idle_flag_set(cpu, false);
    timer_cancel(&cpu->slice_timer);
    cpu->slice_armed = true; // so that nobody arms it; sched_arrive
    t->park_word = &cpu->away;
    t->state = SCHED_BLOCKED;
    switch_to_locked(cpu, t, cpu->idle, SWITCH_BUSY);
    wait_wake(asker, ZX_OK); // it waits in cpu_up(), and for nothing else
}

// Sends every ready thread that may run on a CPU that is online there.
static void send_threads_away(struct cpu *cpu)
{
    rq_lock(cpu);
    sched_next_settle_locked(cpu); // whom an interrupt has woken since the worker left
    rq_unlock(cpu);
    for (unsigned p = 0; p < PRIORITY_COUNT; p++) {
        struct thread *t, *away;
        do {
            away = NULL;
            rq_lock(cpu);
            list_for_each_entry (t, &cpu->queue[p], run_node) {
                if (sched_place_online(t, cpu) != cpu) {
                    away = t;
                    break;
                }
            }
            if (away == NULL) {
                rq_unlock(cpu);
            } else {
                dequeue_locked(cpu, away);
                sched_unpark_elsewhere_locked(away, false, cpu);
            }
        } while (away != NULL);
    }
}

void sched_leave_idle(struct cpu *cpu)
{
    wait_wake(asker, ZX_OK); // it is in cpu_down() until the platform has stopped this CPU
    send_threads_away(cpu);
    worker_send_away(cpu, cpu_get(0));
    // Nobody allocates here any more: what this CPU has cached would be out of everybody's reach. Objects first,
    // for slabs go back as pages.
    slab_drain_all();
    page_cache_drain();
}

static void wait_until_left(struct cpu *cpu)
{
    asker = thread_current();
    wait_arm(false);
    atomic_store_explicit(&cpu->leaving, true, memory_order_release);
    wait_wake(cpu->worker, ZX_OK);
    (void)wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
}

static zx_status_t cpu_down(struct cpu *cpu)
{
    atomic_store_explicit(&cpu->away, 1, memory_order_relaxed);
    wait_until_left(cpu);
    zx_status_t status = hal_cpu_wait_stopped(cpu->num);
    timer_queue_adopt(cpu);
    return status;
}

zx_status_t sched_start(struct cpu *cpu)
{
    atomic_store_explicit(&cpu->expected, true, memory_order_release);
    zx_status_t status = hal_cpu_start(cpu->num, &cpu->idle->hal);
    if (status == ZX_OK ||
        atomic_exchange_explicit(&cpu->expected, false, memory_order_acq_rel)) // H3
        return status;
    return ZX_OK; // it has just come
}

static zx_status_t cpu_up(struct cpu *cpu)
{
    // One that was given up may be on its way still: it comes, and stops.
    zx_status_t status = hal_cpu_wait_stopped(cpu->num);
    if (status == ZX_OK)
        status = sched_start(cpu);
    if (status != ZX_OK)
        return status;
    asker = thread_current();
    wait_arm(false);
    atomic_store_explicit(&cpu->away, 0, memory_order_release);
    sched_unpark(cpu->worker, false); // runs as soon as the CPU looks at its queue
    return wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
}

// On the CPU that has come back, its interrupts off, or that starts for the first time.
void sched_arrive(struct cpu *cpu)
{
    while (!atomic_exchange_explicit(&cpu->expected, false, memory_order_acq_rel)) // H3
        hal_cpu_stop();
    cpu->switch_ticks = hal_ticks();
    cpu->slice_armed = false;
    rq_lock(cpu);
    sched_idle_flag_set(cpu, true);
    atomic_store_explicit(&cpu->online, true, memory_order_release);
    rq_unlock(cpu);
}

static bool begin(void)
{
    bool idle = false;
    return atomic_compare_exchange_strong_explicit(&hotplug_busy, &idle, true, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

static void end(void)
{
    atomic_store_explicit(&hotplug_busy, false, memory_order_release);
}

// Does `step` to each CPU but the first that is `online` and takes part; the first error.
static zx_status_t each_cpu(bool online, zx_status_t (*step)(struct cpu *cpu))
{
    zx_status_t first = ZX_OK;
    for (unsigned n = 1; n < hal_cpu_count(); n++) {
        struct cpu *cpu = cpu_get(n);
        if (!cpu->takes_part ||
            atomic_load_explicit(&cpu->online, memory_order_acquire) != online)
            continue;
        zx_status_t status = step(cpu);
        if (first == ZX_OK)
            first = status;
    }
    return first;
}

zx_status_t sched_cpus_down(void)
{
    if (!begin())
        return ZX_ERR_SHOULD_WAIT;
    zx_status_t status = each_cpu(true, cpu_down);
    end();
    return status;
}

zx_status_t sched_cpus_up(void)
{
    if (!begin())
        return ZX_ERR_SHOULD_WAIT;
    zx_status_t status = each_cpu(false, cpu_up);
    end();
    return status;
}

zx_status_t sched_alone(void)
{
    struct thread *self = thread_current();
    uint32_t before = self->affinity;

    if (!begin())
        return ZX_ERR_SHOULD_WAIT;
    self->affinity = 1; // whoever is not on CPU 0 blocks below, for its own CPU has to leave, and wakes there
    zx_status_t status = each_cpu(true, cpu_down);
    if (status == ZX_OK && !hal_cpus_stopped())
        status = ZX_ERR_TIMED_OUT; // one that is not online, but did not stop, or never came
    if (status != ZX_OK) {
        self->affinity = before;
        (void)each_cpu(false, cpu_up); // what cannot be helped has been said by the platform
        end();
    }
    return status;
}
