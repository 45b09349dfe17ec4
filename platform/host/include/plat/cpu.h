// SPDX-License-Identifier: MIT
// Virtual CPUs of the laboratory, as <hal/cpu.h> wants them. All are real functions: a thread may
// come back from any of them on another pthread, so nothing about the CPU may be kept across a
// call. Interrupts are virtual. They are delivered, on the stack of the running thread, by
// hal_irq_restore, hal_irq_enable, hal_preempt_point and hal_cpu_relax when the virtual CPU has
// them enabled.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct hal_thread;

struct hal_thread *hal_current(void);
unsigned long hal_irq_save(void);
void hal_irq_restore(unsigned long state);
bool hal_irqs_enabled(void);
void hal_irq_enable(void);
void hal_irq_disable(void);
void hal_cpu_relax(void);
void hal_cpu_idle(void);
void hal_preempt_point(void);
uint64_t hal_ticks(void);

static inline bool hal_lock_take(atomic_uintptr_t *word, uintptr_t self)
{
    uintptr_t free = 0;
    return atomic_compare_exchange_strong_explicit(word, &free, self, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

static inline bool hal_lock_give(atomic_uintptr_t *word, uintptr_t self)
{
    return atomic_compare_exchange_strong_explicit(word, &self, 0, memory_order_release,
                                                   memory_order_relaxed);
}

static inline bool hal_word_finish(atomic_int *word, int value)
{
    int old = atomic_load_explicit(word, memory_order_seq_cst);
    do {
        if (old <= 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(word, &old, value, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return true;
}

static inline bool hal_count_down(_Atomic uint64_t *word, uint64_t n)
{
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
    do {
        if (old - n < n)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(word, &old, old - n, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return true;
}
