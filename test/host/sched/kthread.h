// SPDX-License-Identifier: MIT
// Kernel threads for scenarios.
#pragma once

#include <lab/lab.h>

#include <sched/thread.h>

struct kthread {
    struct thread thread;
    atomic_bool dead;
    void (*fn)(void *arg);
    void *arg;
};

// Starts fn(arg) on a kernel thread; k is the caller's and must live until joined.
void kthread_start(struct kthread *k, unsigned priority, void (*fn)(void *arg), void *arg);
// The same, bound to one CPU.
void kthread_start_on(struct kthread *k, unsigned cpu, void (*fn)(void *arg), void *arg);
// kthread_start() in two steps, bound to the CPUs of `affinity` (bit n: CPU n).
void kthread_prepare(struct kthread *k, unsigned priority, uint32_t affinity, void (*fn)(void *arg),
                     void *arg);
void kthread_go(struct kthread *k);
// Waits until it is dead and reaped.
void kthread_join(struct kthread *k);
