// SPDX-License-Identifier: MIT
// Switches and waits in the kernel's trace (interface: object/ktrace.h). A wait is known by the address of
// the word that ends it, a kernel thread by its own.
// Locks: none; called with a run queue's held (sched/trace.h).
#include <object/ktrace.h>

#include <object/uthread.h>
#include <sched/trace.h>

static uint32_t tid_of(const struct thread *t)
{
    return t->user ? (uint32_t)container_of(t, const struct uthread, thread)->obj.koid : 0;
}

static uint32_t priority_of(const struct thread *t)
{
    return atomic_load_explicit(&((struct thread *)t)->priority, memory_order_relaxed);
}

// As the trace's readers have them.
static uint32_t state_of(const struct thread *t)
{
    static const uint8_t states[] = {
        [SCHED_INITIAL] = 0, [SCHED_READY] = 1, [SCHED_WAKING] = 1,
        [SCHED_RUNNING] = 2, [SCHED_BLOCKED] = 3, [SCHED_DEAD] = 6,
    };
    return states[t->state];
}

static void record_wait(uint32_t event, const struct thread *t, uint32_t what)
{
    const uint64_t queue = (uintptr_t)t->park_word;
    ktrace_record_args(event, (uint32_t[4]){(uint32_t)(queue >> 32), (uint32_t)queue, what});
}

static bool waits_for_mutex(const struct thread *t)
{
    return t->park_word != &t->wait_word;
}

static void switched(const struct thread *from, const struct thread *to)
{
    if (!ktrace_on(KTRACE_SCHEDULER))
        return;
    if (from->state == SCHED_BLOCKED && !from->idle)
        record_wait(KTRACE_KWAIT_BLOCK, from, waits_for_mutex(from));
    const uint32_t what = priority_of(to) << 24 | priority_of(from) << 16 | state_of(from) << 8 |
                          from->hal.cpu;
    ktrace_record_args(KTRACE_CONTEXT_SWITCH,
                       (uint32_t[4]){tid_of(to), what, (uint32_t)(uintptr_t)from,
                                     (uint32_t)(uintptr_t)to});
}

static void woken(const struct thread *t)
{
    if (!ktrace_on(KTRACE_SCHEDULER))
        return;
    const int status = atomic_load_explicit(t->park_word, memory_order_relaxed);
    if (status != ZX_OK)
        record_wait(KTRACE_KWAIT_UNBLOCK, t, (uint32_t)status);
    else
        record_wait(KTRACE_KWAIT_WAKE, t, waits_for_mutex(t));
}

void ktrace_watch_sched(bool on)
{
    static const struct sched_tracer tracer = {.switched = switched, .woken = woken};
    sched_set_tracer(on ? &tracer : NULL);
}
