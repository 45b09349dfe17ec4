// SPDX-License-Identifier: MIT
// Interrupts and page faults in the kernel's trace (interface: object/ktrace.h).
// Locks: none. Interrupts are told of with interrupts off.
#include <object/ktrace.h>

#include <hal/cpu.h>
#include <hal/irq.h>
#include <hal/upcall.h>
#include <vm/trace.h>

static void record_interrupt(uint32_t event, unsigned irq)
{
    if (ktrace_on(KTRACE_IRQ))
        ktrace_record_short(event, irq << 8 | hal_cpu_num());
}

static void interrupt_entered(unsigned irq)
{
    record_interrupt(KTRACE_IRQ_ENTER, irq);
}

static void interrupt_left(unsigned irq)
{
    record_interrupt(KTRACE_IRQ_EXIT, irq);
}

// As the trace's readers have them.
static uint32_t fault_flags(unsigned flags)
{
    return ((flags & HAL_FAULT_WRITE) ? 1u << 0 : 0) | ((flags & HAL_FAULT_USER) ? 1u << 1 : 0) |
           ((flags & HAL_FAULT_EXEC) ? 1u << 3 : 0) | ((flags & HAL_FAULT_PRESENT) ? 0 : 1u << 4) |
           1u << 5; // the hardware found it
}

static void record_fault(uint32_t event, vaddr_t va, unsigned flags)
{
    if (!ktrace_on(KTRACE_IRQ))
        return;
    preempt_disable();
    uint32_t cpu = hal_cpu_num();
    preempt_enable();
    ktrace_record_args(event, (uint32_t[4]){(uint32_t)((uint64_t)va >> 32), (uint32_t)va,
                                            fault_flags(flags), cpu});
}

static void fault_begins(vaddr_t va, unsigned flags)
{
    record_fault(KTRACE_PAGE_FAULT, va, flags);
}

static void fault_ended(vaddr_t va, unsigned flags)
{
    record_fault(KTRACE_PAGE_FAULT_EXIT, va, flags);
}

void ktrace_watch_faults(bool on)
{
    static const struct hal_irq_watcher interrupts = {interrupt_entered, interrupt_left};
    static const struct vm_fault_watcher faults = {fault_begins, fault_ended};
    hal_irq_watch(on ? &interrupts : NULL);
    vm_watch_faults(on ? &faults : NULL);
}
