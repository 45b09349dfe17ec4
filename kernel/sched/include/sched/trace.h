// SPDX-License-Identifier: MIT
// For who wants to hear of every switch and every end of a wait: the kernel's trace, which is a layer above.
// While nobody does, each costs a load and a branch.
#pragma once

#include <sched/thread.h>

// Both are called with the lock of a run queue held and interrupts off, and may take no lock.
struct sched_tracer {
    // The current thread `from` gives this CPU to `to`; from->state says what becomes of it.
    void (*switched)(const struct thread *from, const struct thread *to);
    // t, which blocks on t->park_word, has been woken: the word is what its wait ends with.
    void (*woken)(const struct thread *t);
};

extern const struct sched_tracer *_Atomic sched_tracer; // NULL: nobody wants to

// `tracer` lives for ever. Calls of the one before may still be under way on other CPUs.
ALWAYS_INLINE void sched_set_tracer(const struct sched_tracer *tracer)
{
    atomic_store_explicit(&sched_tracer, tracer, memory_order_release);
}

ALWAYS_INLINE bool sched_traced(void)
{
    return unlikely(atomic_load_explicit(&sched_tracer, memory_order_relaxed) != NULL);
}
