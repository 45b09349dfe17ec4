// SPDX-License-Identifier: MIT
// Bringing user pages in before a copy that must not fault (<hal/usercopy.h>). The copies
// themselves are in usercopy.S.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/upcall.h>
#include <hal/usercopy.h>

// Whether user mode could read (or write) at va just now. Interrupts are masked so that the answer
// in PAR_EL1 is this thread's.
static bool accessible(uintptr_t va, bool write)
{
    unsigned long state = hal_irq_save();
    if (write)
        __asm__ volatile("at s1e0w, %0" ::"r"(va) : "memory");
    else
        __asm__ volatile("at s1e0r, %0" ::"r"(va) : "memory");
    isb(); // the result is in PAR_EL1
    uint64_t par = sysreg_read(par_el1);
    hal_irq_restore(state);
    return (par & 1) == 0;
}

zx_status_t hal_user_fault_in(uintptr_t addr, size_t len, bool write)
{
    if (len == 0)
        return ZX_OK;
    if (!user_range_ok(addr, len))
        return ZX_ERR_INVALID_ARGS;
    struct hal_thread *t = hal_current();
    if (unlikely(t->plat.copy_hard_fault)) { // of the copy that the caller would only try again
        t->plat.copy_hard_fault = false;
        return ZX_ERR_INVALID_ARGS;
    }
    uintptr_t end = addr + len;
    for (uintptr_t va = addr; va < end; va = ROUND_DOWN(va, PAGE_SIZE) + PAGE_SIZE) {
        if (!accessible(va, write) && kernel_user_fault(va, write ? HAL_FAULT_WRITE : 0) != ZX_OK)
            return ZX_ERR_INVALID_ARGS;
    }
    return ZX_OK;
}
