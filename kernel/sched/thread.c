// SPDX-License-Identifier: MIT
// Kernel threads: creation and small operations. The lifecycle is in sched.c (start, exit) and
// worker.c (reaping).
#include <sched/thread.h>

#include "sched_priv.h"

#include <debug/assert.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <sched/pi.h>
#include <sched/wait.h>

void wait_timer_fire(struct timer *timer, zx_time_t now)
{
    (void)now;
    wait_wake(container_of(timer, struct thread, wait_timer), ZX_ERR_TIMED_OUT);
}

// First code on a new thread's stack; see hal_thread_init.
static void thread_main(void *arg)
{
    struct thread *t = arg;
    sched_finish_switch();
    t->hal.preempt_count = 0;
    hal_irq_enable();
    t->start_entry(t->start_arg);
    thread_exit();
}

zx_status_t thread_init(struct thread *t, const char *name, unsigned priority,
                        void (*entry)(void *arg), void *arg, const struct thread_ops *ops)
{
    DEBUG_ASSERT(priority < PRIORITY_COUNT);
    memset(t, 0, sizeof(*t));
    size_t size;
    void *stack = hal_kstack_alloc(&size);
    if (stack == NULL)
        return ZX_ERR_NO_MEMORY;
    t->hal.kstack_base = (uintptr_t)stack;
    t->hal.kstack_size = size;
    strlcpy(t->name, name, sizeof(t->name));
    t->base_priority = (uint8_t)priority;
    t->affinity = UINT32_MAX;
    t->start_entry = entry;
    t->start_arg = arg;
    t->ops = ops;
    t->state = SCHED_INITIAL;
    list_init(&t->pi_owned);
    timer_init(&t->wait_timer, wait_timer_fire);
    atomic_init(&t->priority, (uint8_t)priority);
    atomic_init(&t->wait_word, INT32_MIN);
    hal_thread_init(&t->hal, thread_main, t);
    return ZX_OK;
}

void thread_destroy_unstarted(struct thread *t)
{
    DEBUG_ASSERT(t->state == SCHED_INITIAL);
    pi_thread_gone(t);
    hal_thread_destroy(&t->hal);
    hal_kstack_free((void *)t->hal.kstack_base);
}

// Threads that never end, the newest first, by `reap_node`.
static struct list_node *_Atomic kernel_threads;

void thread_enlist(struct thread *t)
{
    struct list_node *first = atomic_load_explicit(&kernel_threads, memory_order_relaxed);
    do {
        t->reap_node.next = first;
    } while (!atomic_compare_exchange_weak_explicit(&kernel_threads, &first, &t->reap_node,
                                                    memory_order_release, memory_order_relaxed));
}

struct thread *thread_next_enlisted(const struct thread *t)
{
    struct list_node *n = t != NULL ? t->reap_node.next
                                    : atomic_load_explicit(&kernel_threads, memory_order_acquire);
    return n != NULL ? container_of(n, struct thread, reap_node) : NULL;
}

void thread_set_priority(struct thread *t, unsigned priority)
{
    DEBUG_ASSERT(priority < PRIORITY_COUNT);
    pi_set_base_priority(t, (uint8_t)priority);
}

void thread_sleep_until(zx_time_t deadline)
{
    wait_arm(false);
    wait_block(WAIT_ON_NOTHING, deadline);
}
