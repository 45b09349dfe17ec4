// SPDX-License-Identifier: MIT
// See kthread.h.
#include "kthread.h"

#include <hal/time.h>

static void entry(void *arg)
{
    struct kthread *k = arg;

    k->fn(k->arg);
}

static void dead(struct thread *t)
{
    atomic_store(&container_of(t, struct kthread, thread)->dead, true);
}

void kthread_prepare(struct kthread *k, unsigned priority, uint32_t affinity, void (*fn)(void *arg),
                     void *arg)
{
    static const struct thread_ops ops = { .dead = dead };

    k->fn = fn;
    k->arg = arg;
    atomic_store(&k->dead, false);
    assert_ok(thread_init(&k->thread, "test", priority, entry, k, &ops));
    k->thread.affinity = affinity;
}

void kthread_go(struct kthread *k)
{
    thread_start(&k->thread, NULL);
}

static void start(struct kthread *k, unsigned priority, uint32_t affinity, void (*fn)(void *arg),
                  void *arg)
{
    kthread_prepare(k, priority, affinity, fn, arg);
    kthread_go(k);
}

void kthread_start(struct kthread *k, unsigned priority, void (*fn)(void *arg), void *arg)
{
    start(k, priority, UINT32_MAX, fn, arg);
}

void kthread_start_on(struct kthread *k, unsigned cpu, void (*fn)(void *arg), void *arg)
{
    start(k, PRIORITY_DEFAULT, 1u << cpu, fn, arg);
}

void kthread_join(struct kthread *k)
{
    while (!atomic_load(&k->dead))
        thread_sleep_until(hal_now() + 20000);
}
