// SPDX-License-Identifier: MIT
// The CPU: current thread, interrupt masking, idling, preemption count.
//
// <plat/cpu.h> supplies, as static inlines (or noinline functions where the host needs them):
//   struct hal_thread *hal_current(void);        the running thread; stable under preemption
//   unsigned long hal_irq_save(void);            masks interrupts, returns the old state
//   void hal_irq_restore(unsigned long state);
//   bool hal_irqs_enabled(void);
//   void hal_irq_enable(void); void hal_irq_disable(void);
//   void hal_cpu_relax(void);                    one turn of a spin loop (the laboratory switches here)
//   void hal_cpu_idle(void);                     called with interrupts off; waits for one, returns with them off
//   void hal_preempt_point(void);                nothing on hardware; the laboratory's seeded choice
//   uint64_t hal_ticks(void);                    the counter
//   bool hal_lock_take(atomic_uintptr_t *word, uintptr_t self);  0 -> self, acquire and release
//   bool hal_lock_give(atomic_uintptr_t *word, uintptr_t self);  self -> 0, release
//                                                both: false if the word is another, and unchanged
//   bool hal_word_finish(atomic_int *word, int value);           word = value, acquire and release, if it
//                                                is > 0; else false, and unchanged
//   bool hal_count_down(_Atomic uint64_t *word, uint64_t n);     word -= n, acquire and release; false,
//                                                and unchanged, if less than n would be left
#pragma once

#include <hal/thread.h>
#include <hal/types.h>
#include <plat/cpu.h>

// Number of the CPU this runs on. Meaningful only while preemption or interrupts are off.
ALWAYS_INLINE unsigned hal_cpu_num(void) { return hal_current()->cpu; }

// Implemented by the scheduler: gives the CPU away if need_resched is set and it is allowed.
void sched_preempt_check_slow(void);

ALWAYS_INLINE void preempt_disable(void)
{
    struct hal_thread *t = hal_current();
    t->preempt_count++;
    atomic_signal_fence(memory_order_seq_cst);
}

// Like preempt_enable, but leaves a pending reschedule to the next opportunity.
ALWAYS_INLINE void preempt_enable_no_resched(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    hal_current()->preempt_count--;
}

ALWAYS_INLINE void preempt_enable(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    struct hal_thread *t = hal_current();
    if (--t->preempt_count == 0 &&
        unlikely(atomic_load_explicit(&t->need_resched, memory_order_relaxed)))
        sched_preempt_check_slow();
}

// The two for a stretch in one function: the count is put back, not read again.
ALWAYS_INLINE uint32_t preempt_disable_nested(void)
{
    struct hal_thread *t = hal_current();
    uint32_t before = t->preempt_count;
    t->preempt_count = before + 1;
    atomic_signal_fence(memory_order_seq_cst);
    return before;
}

ALWAYS_INLINE void preempt_enable_nested(uint32_t before)
{
    atomic_signal_fence(memory_order_seq_cst);
    struct hal_thread *t = hal_current();
    t->preempt_count = before;
    if (before == 0 && unlikely(atomic_load_explicit(&t->need_resched, memory_order_relaxed)))
        sched_preempt_check_slow();
}

// CPUs that may ever be online, fixed after the device tree is read; and CPUs online now.
unsigned hal_cpu_count(void);

// Starts CPU `cpu` (not 0): it calls kernel_secondary_main() on the stack of `idle`, with `idle` as
// its current thread. Errors: ZX_ERR_NOT_SUPPORTED, ZX_ERR_IO (firmware refused), ZX_ERR_TIMED_OUT.
zx_status_t hal_cpu_start(unsigned cpu, struct hal_thread *idle) MUST_CHECK;

// Stops the calling CPU, interrupts off: its part of the interrupt controller and its timer are quiet.
// hal_cpu_start() starts it again, as for the first time, or makes this function return.
// At most an inter-processor interrupt is pending then.
void hal_cpu_stop(void);
// Waits until CPU `cpu`, which is about to, has stopped. ZX_ERR_TIMED_OUT: it has not; it is of no use
// any more.
zx_status_t hal_cpu_wait_stopped(unsigned cpu) MUST_CHECK;
// Whether every CPU but the first that was ever started, in time or not, has stopped by now: then the caller
// runs on the first, and nobody else in the kernel.
bool hal_cpus_stopped(void);

// Makes the boot CPU's context the given thread (kmain runs on it afterwards).
void hal_cpu_adopt_boot_thread(struct hal_thread *t);

enum hal_ipi { HAL_IPI_RESCHEDULE, HAL_IPI_CALL, HAL_IPI_HALT, HAL_IPI_COUNT };
// Sends an inter-processor interrupt; safe with interrupts off. Orders earlier stores before it.
void hal_ipi_send(unsigned cpu, enum hal_ipi ipi);

// CPU feature word of ZX_FEATURE_KIND_CPU, data and instruction cache line sizes in bytes.
uint32_t hal_cpu_features(void);
uint32_t hal_dcache_line_size(void);
uint32_t hal_icache_line_size(void);
