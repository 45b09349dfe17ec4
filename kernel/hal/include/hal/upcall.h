// SPDX-License-Identifier: MIT
// The platform's doorway up: functions that kernel layers define and the platform calls.
#pragma once

#include <hal/thread.h>
#include <hal/types.h>

// First C function of the portable kernel, on the boot CPU, MMU and console up, interrupts off.
// boot_info is filled in.
NO_RETURN void kmain(void);
// First on another CPU; interrupts off, current thread = its idle thread.
NO_RETURN void kernel_secondary_main(void);

// Interrupt context, interrupts off. After them the platform calls kernel_irq_exit().
void kernel_timer_irq(void);
void kernel_ipi(unsigned ipi); // enum hal_ipi
// The console's device has bytes: takes them (hal_console_rx_take), or masks the line (hal_console_rx_mask).
void kernel_console_rx(void);

// Called at the end of every interrupt taken from kernel mode or user mode, interrupts off, the
// interrupt acknowledged: reschedules when due (from_user or preempt_count 0).
void kernel_irq_exit(bool from_user);

// On the way to user mode with some pending bit set (interrupts on): handles kill, suspend, deferred
// work. Returns when the thread may go on; a killed thread does not return. The platform then
// looks at `pending` again with interrupts masked.
void kernel_user_boundary(void);

// A system call whose site check failed or whose number is out of range: raises the policy exception.
// `elr` is the return address, `args` are the call's. Returns the value for x0 if the thread survives.
// May also find that the vDSO base was merely not cached (first call of a thread): then it fills
// hal_thread.vdso_code_base in and returns true through *retry.
int64_t kernel_bad_syscall(uint64_t number, uintptr_t elr, const uint64_t args[8], bool *retry);

// Access kinds of a user fault.
#define HAL_FAULT_WRITE (1u << 0)
#define HAL_FAULT_EXEC (1u << 1)
#define HAL_FAULT_PRESENT (1u << 2) // permission fault: an entry was there
#define HAL_FAULT_USER (1u << 3)    // from user mode (else a user copy)
// Resolves a fault at user address va of the current address space; interrupts on. ZX_OK: retry the access.
zx_status_t kernel_user_fault(vaddr_t va, unsigned flags);

enum hal_exception_kind {
    HAL_EXC_PAGE_FAULT,
    HAL_EXC_UNDEFINED,
    HAL_EXC_SW_BREAKPOINT,
    HAL_EXC_HW_BREAKPOINT,
    HAL_EXC_UNALIGNED,
    HAL_EXC_GENERAL,
};
struct hal_exception {
    enum hal_exception_kind kind;
    uint64_t esr; // syndrome, 0 if none
    vaddr_t far;  // fault address, valid for page faults
    zx_status_t status; // of what was tried first: kernel_user_fault, or kernel_fp_alloc; 0 if nothing was
    vaddr_t pc;
    vaddr_t sp;
    vaddr_t lr;
    const char *what; // syndrome in words
};
// An exception in user mode that nothing resolved; interrupts on. Returns only if the thread goes on.
void kernel_user_exception(const struct hal_exception *e);

// A fatal fault inside the kernel: `print_registers` writes the platform's registers by printing
// through kernel_panic_printf. Never returns.
NO_RETURN void kernel_fatal(const char *what, const void *frame,
                            void (*print_registers)(const void *frame), uintptr_t pc, uintptr_t fp);

// Page-table pages of the kernel's own tables: zeroed page or 0 when out of memory.
paddr_t kernel_table_page_alloc(void);
void kernel_table_page_free(paddr_t pa);
// The same for the tables of a user address space, the root included, which somebody pays for: 0 also when he
// may not have it. What locks the tables of `as` (<hal/mmu.h>) is held, once others know it.
struct hal_aspace;
paddr_t kernel_user_table_alloc(struct hal_aspace *as);
void kernel_user_table_free(struct hal_aspace *as, paddr_t pa);

// Memory for a thread's FP or debug state (`bytes` <= 1024, 16-byte aligned, zeroed); NULL when out of
// memory. Called by the thread itself in an FP trap or by who writes its registers, interrupts on;
// freed by hal_thread_destroy().
void *kernel_fp_alloc(size_t bytes);
void kernel_fp_free(void *fp, size_t bytes);

// Prints a piece of a panic report; for the print_registers callback of kernel_fatal() only.
void kernel_panic_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

// Registers, or words that firmware polls, that the kernel alone uses: user space gets no page of them
// (object/kernel_range.h). While booting, on one CPU; any number of times for the same.
void kernel_claim_range(paddr_t base, uint64_t bytes);

// Log lines of drivers and early boot, printf-like; level as ZX_LOG_*.
void kernel_log(unsigned level, const char *fmt, ...) PRINTF_LIKE(2, 3);
