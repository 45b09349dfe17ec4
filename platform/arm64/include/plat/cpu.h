// SPDX-License-Identifier: MIT
// ARM64 inlines of <hal/cpu.h>: current thread, interrupt masking, idling, the counter.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <hal/types.h>

struct hal_thread;

// The PSTATE.I bit as DAIF shows it.
#define PLAT_DAIF_I (1ul << 7)

// Set when the counter of this machine may be read wrong now and then (Allwinner A64); see
// arm64_ticks_unstable. Fixed before the second CPU starts.
extern bool arm64_counter_unstable;
uint64_t arm64_ticks_unstable(void);

// Not volatile: a thread's view of "the current thread" never changes, so the compiler may keep it.
ALWAYS_INLINE struct hal_thread *hal_current(void)
{
    struct hal_thread *t;
    __asm__("mrs %0, tpidr_el1" : "=r"(t));
    return t;
}

ALWAYS_INLINE void hal_irq_disable(void)
{
    __asm__ volatile("msr daifset, #2" ::: "memory");
}

ALWAYS_INLINE void hal_irq_enable(void)
{
    __asm__ volatile("msr daifclr, #6" ::: "memory"); // SError as well
}

ALWAYS_INLINE unsigned long hal_irq_save(void)
{
    unsigned long state;
    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(state)::"memory");
    return state;
}

ALWAYS_INLINE void hal_irq_restore(unsigned long state)
{
    __asm__ volatile("msr daif, %0" ::"r"(state) : "memory");
}

ALWAYS_INLINE bool hal_irqs_enabled(void)
{
    unsigned long state;
    __asm__ volatile("mrs %0, daif" : "=r"(state)::"memory");
    return (state & PLAT_DAIF_I) == 0;
}

// A lock word, by exclusives without the second comparison that the compiler's atomics make. Partners:
// the slow paths in mutex.c, which use the compiler's.
ALWAYS_INLINE bool hal_lock_take(atomic_uintptr_t *word, uintptr_t self)
{
    uintptr_t old;
    uint32_t failed;
    __asm__ volatile goto("1:\tldaxr %[old], %[word]\n"
                 "\tcbnz %[old], %l[taken]\n"
                 "\tstlxr %w[failed], %[self], %[word]\n"
                 "\tcbnz %w[failed], 1b"
                 : [old] "=&r"(old), [failed] "=&r"(failed), [word] "+Q"(*word)
                 : [self] "r"(self)
                 : "memory"
                 : taken);
    return true;
taken:
    return false;
}

ALWAYS_INLINE bool hal_lock_give(atomic_uintptr_t *word, uintptr_t self)
{
    uintptr_t old;
    uint32_t failed;
    __asm__ volatile goto("1:\tldxr %[old], %[word]\n"
                 "\tcmp %[old], %[self]\n"
                 "\tb.ne %l[other]\n"
                 "\tstlxr %w[failed], xzr, %[word]\n"
                 "\tcbnz %w[failed], 1b"
                 : [old] "=&r"(old), [failed] "=&r"(failed), [word] "+Q"(*word)
                 : [self] "r"(self)
                 : "memory", "cc"
                 : other);
    return true;
other:
    return false;
}

// The word of a wait goes from armed (> 0) to finished. Partners: the compiler's atomics in wait.c.
ALWAYS_INLINE bool hal_word_finish(atomic_int *word, int value)
{
    int old;
    uint32_t failed;
    __asm__ volatile goto("1:\tldaxr %w[old], %[word]\n"
                 "\tcmp %w[old], #0\n"
                 "\tb.le %l[finished]\n"
                 "\tstlxr %w[failed], %w[value], %[word]\n"
                 "\tcbnz %w[failed], 1b"
                 : [old] "=&r"(old), [failed] "=&r"(failed), [word] "+Q"(*word)
                 : [value] "r"(value)
                 : "memory", "cc"
                 : finished);
    return true;
finished:
    return false;
}

// Counts down if the last one is not reached, by exclusives without the second comparison that the
// compiler's atomics make. Partners: the compiler's atomics on the same word.
ALWAYS_INLINE bool hal_count_down(_Atomic uint64_t *word, uint64_t n)
{
    uint64_t count;
    uint32_t failed;
    __asm__ volatile goto("1:\tldaxr %[count], %[word]\n"
                 "\tsub %[count], %[count], %[n]\n"
                 "\tcmp %[count], %[n]\n"
                 "\tb.lo %l[last]\n"
                 "\tstlxr %w[failed], %[count], %[word]\n"
                 "\tcbnz %w[failed], 1b"
                 : [count] "=&r"(count), [failed] "=&r"(failed), [word] "+Q"(*word)
                 : [n] "r"(n)
                 : "memory", "cc"
                 : last);
    return true;
last:
    return false;
}

ALWAYS_INLINE void hal_cpu_relax(void)
{
    __asm__ volatile("yield" ::: "memory");
}

// WFI wakes on an interrupt although it is masked.
ALWAYS_INLINE void hal_cpu_idle(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

ALWAYS_INLINE void hal_preempt_point(void)
{
}

// The ISB keeps the counter from being read ahead of what the caller has just done.
ALWAYS_INLINE uint64_t hal_ticks(void)
{
    uint64_t ticks;
    if (unlikely(arm64_counter_unstable))
        return arm64_ticks_unstable();
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}
