// SPDX-License-Identifier: MIT
// The worker thread of each CPU, of high priority: deferred work and the reaping of dead threads.
//
// Locks: cpu->work_lock (LOCK_SPIN_IRQ) guards the two lists; nothing nests inside it.
#include "sched_priv.h"

#include <debug/assert.h>
#include <lib/printf.h>
#include <sched/wait.h>

LOCK_CLASS(worker_class, RANK_IRQ_WORK, LOCK_SPIN_IRQ);

void work_init(struct work *w, void (*fn)(struct work *w))
{
    w->fn = fn;
    atomic_init(&w->queued, false);
}

bool work_queue(struct work *w)
{
    if (atomic_exchange_explicit(&w->queued, true, memory_order_acq_rel))
        return false;
    unsigned long flags = hal_irq_save();
    struct cpu *cpu = cpu_this();
    spin_lock_irqsoff(&cpu->work_lock);
    list_add_tail(&cpu->work, &w->node);
    spin_unlock_irqsoff(&cpu->work_lock);
    hal_irq_restore(flags);
    wait_wake(cpu->worker, ZX_OK);
    return true;
}

void reap_queue(struct cpu *cpu, struct thread *t)
{
    spin_lock_irqsoff(&cpu->work_lock);
    list_add_tail(&cpu->reap, &t->reap_node);
    spin_unlock_irqsoff(&cpu->work_lock);
    wait_wake(cpu->worker, ZX_OK);
}

static void reap(struct thread *t)
{
    hal_thread_destroy(&t->hal);
    if (!t->boot_stack)
        hal_kstack_free((void *)t->hal.kstack_base);
    if (t->ops != NULL)
        t->ops->dead(t); // may free t
}

// Runs one item; false when both lists were empty.
static bool worker_step(struct cpu *cpu)
{
    struct thread *dead = NULL;
    struct work *w = NULL;
    unsigned long flags = spin_lock_irqsave(&cpu->work_lock);
    if (!list_is_empty(&cpu->reap)) {
        dead = container_of(list_peek_head(&cpu->reap), struct thread, reap_node);
        list_remove(&dead->reap_node);
    } else if (!list_is_empty(&cpu->work)) {
        w = container_of(list_peek_head(&cpu->work), struct work, node);
        list_remove(&w->node);
    }
    spin_unlock_irqrestore(&cpu->work_lock, flags);
    if (dead != NULL)
        reap(dead);
    if (w != NULL) {
        // From here the item may be queued again, also by its own function.
        atomic_store_explicit(&w->queued, false, memory_order_release);
        w->fn(w);
    }
    return dead != NULL || w != NULL;
}

static bool worker_has_work(struct cpu *cpu)
{
    unsigned long flags = spin_lock_irqsave(&cpu->work_lock);
    bool work = !list_is_empty(&cpu->reap) || !list_is_empty(&cpu->work);
    spin_unlock_irqrestore(&cpu->work_lock, flags);
    return work;
}

// Takes this CPU offline and returns when it is back; or at once if there is work after all.
static void leave(struct cpu *cpu)
{
    hal_irq_disable(); // what queues work here now is interrupts
    if (!worker_has_work(cpu))
        sched_leave_worker(cpu);
    hal_irq_enable();
}

void worker_send_away(struct cpu *from, struct cpu *to)
{
    for (;;) {
        spin_lock_irqsoff(&from->work_lock);
        struct list_node *n = list_peek_head(&from->work);
        if (n != NULL)
            list_remove(n);
        spin_unlock_irqsoff(&from->work_lock);
        if (n == NULL)
            return;
        spin_lock_irqsoff(&to->work_lock);
        list_add_tail(&to->work, n);
        spin_unlock_irqsoff(&to->work_lock);
        wait_wake(to->worker, ZX_OK);
    }
}

static void worker_main(void *arg)
{
    struct cpu *cpu = arg;
    for (;;) {
        while (worker_step(cpu))
            continue;
        if (unlikely(atomic_load_explicit(&cpu->leaving, memory_order_acquire))) {
            leave(cpu);
            continue;
        }
        // Armed before the last look: what is queued after it finishes the wait.
        wait_arm(false);
        zx_status_t ignored;
        if (worker_has_work(cpu) || atomic_load_explicit(&cpu->leaving, memory_order_acquire))
            (void)wait_disarm(&ignored);
        else
            (void)wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
    }
}

zx_status_t worker_start(struct cpu *cpu)
{
    spin_init(&cpu->work_lock, &worker_class);
    list_init(&cpu->work);
    list_init(&cpu->reap);
    char name[32];
    ksnprintf(name, sizeof(name), "worker-%u", cpu->num);
    struct thread *t = &cpu->worker_thread;
    zx_status_t status = thread_init(t, name, PRIORITY_HIGHEST, worker_main, cpu, NULL);
    if (status != ZX_OK)
        return status;
    t->affinity = 1u << cpu->num;
    cpu->worker = t;
    thread_enlist(t);
    thread_start(t, NULL);
    return ZX_OK;
}
