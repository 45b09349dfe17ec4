// SPDX-License-Identifier: MIT
// Exceptions, decoded: user faults and exceptions, faults of user copies, and the kernel's own.
//
// Interface: called by vectors.S (arm64_priv.h); calls <hal/upcall.h>. Locks: none.
#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/upcall.h>
#include <plat/usercopy.h>

#include "arm64_priv.h"

// One entry of an exception table, as asm.h makes it: offsets from the fields themselves.
struct table_entry {
    int32_t from, to, fixup;
};
extern const struct table_entry extable_start[], extable_end[]; // accesses to user memory
extern const struct table_entry traps_start[], traps_end[];     // what may trap in whatever way

// Fault status codes: bits 5:2 are the kind, 1:0 the level. Every other kind is above these.
#define FSC_KIND(esr)   (((esr) >> 2) & 0xf)
#define FSC_TRANSLATION 1
#define FSC_ACCESS_FLAG 2
#define FSC_PERMISSION  3

// ---- words --------------------------------------------------------------------------------------

const char *arm64_esr_class(uint64_t esr)
{
    switch (ESR_EC(esr)) {
    case ESR_EC_UNKNOWN: return "undefined instruction";
    case ESR_EC_WFX: return "trapped WFI or WFE";
    case ESR_EC_FP: return "FP or SIMD instruction";
    case ESR_EC_SVE: return "SVE instruction";
    case ESR_EC_ILLEGAL: return "illegal execution state";
    case ESR_EC_SVC64: return "svc with a wrong immediate";
    case ESR_EC_SYS64: return "system register access";
    case ESR_EC_IABT_LOW:
    case ESR_EC_IABT: return "instruction abort";
    case ESR_EC_PC_ALIGN: return "misaligned PC";
    case ESR_EC_DABT_LOW:
    case ESR_EC_DABT: return "data abort";
    case ESR_EC_SP_ALIGN: return "misaligned SP";
    case ESR_EC_FP64: return "FP exception";
    case ESR_EC_SERROR: return "SError";
    case ESR_EC_BKPT_LOW:
    case ESR_EC_BKPT: return "hardware breakpoint";
    case ESR_EC_STEP_LOW:
    case ESR_EC_STEP: return "software step";
    case ESR_EC_WATCH_LOW:
    case ESR_EC_WATCH: return "watchpoint";
    case ESR_EC_BKPT32:
    case ESR_EC_BRK: return "breakpoint instruction";
    default: return "unknown exception";
    }
}

const char *arm64_esr_fault(uint64_t esr)
{
    switch (FSC_KIND(esr)) {
    case 0: return "address size fault";
    case FSC_TRANSLATION: return "nothing mapped";
    case FSC_ACCESS_FLAG: return "access flag fault";
    case FSC_PERMISSION: return "not permitted";
    default: break;
    }
    if (ESR_FSC(esr) == ESR_FSC_ALIGN)
        return "misaligned address";
    return ESR_FSC(esr) == 0x10 ? "external abort" : "fault of another kind";
}

// ---- user mode ----------------------------------------------------------------------------------

// A data or instruction abort. Resolves it if it is a page fault of a user address; interrupts on.
zx_status_t arm64_user_abort(uint64_t far, uint64_t esr)
{
    unsigned flags = HAL_FAULT_USER;
    unsigned kind = FSC_KIND(esr);

    if (unlikely(kind - 1 > FSC_PERMISSION - 1 || far >= USER_END))
        return ZX_ERR_NOT_SUPPORTED;
    if (kind == FSC_PERMISSION)
        flags |= HAL_FAULT_PRESENT;
    if (ESR_EC(esr) == ESR_EC_IABT_LOW)
        flags |= HAL_FAULT_EXEC;
    else if ((esr & (ESR_WNR | ESR_CM)) == ESR_WNR)
        flags |= HAL_FAULT_WRITE;
    return kernel_user_fault(far, flags);
}

static enum hal_exception_kind exception_kind(uint64_t esr)
{
    switch (ESR_EC(esr)) {
    case ESR_EC_UNKNOWN: return HAL_EXC_UNDEFINED;
    case ESR_EC_DABT_LOW:
        return ESR_FSC(esr) == ESR_FSC_ALIGN ? HAL_EXC_UNALIGNED : HAL_EXC_PAGE_FAULT;
    case ESR_EC_IABT_LOW: return HAL_EXC_PAGE_FAULT;
    case ESR_EC_BKPT_LOW:
    case ESR_EC_STEP_LOW: return HAL_EXC_HW_BREAKPOINT;
    case ESR_EC_BKPT32:
    case ESR_EC_BRK: return HAL_EXC_SW_BREAKPOINT;
    default: return HAL_EXC_GENERAL;
    }
}

// Any other exception, or a fault that could not be resolved, for the reason `status`. The frame is complete;
// interrupts on.
void arm64_user_exception(struct plat_frame *frame, uint64_t esr, uint64_t far, zx_status_t status)
{
    struct hal_exception e = {
        .kind = exception_kind(esr),
        .esr = (uint32_t)esr,
        .pc = frame->pc,
        .sp = frame->sp,
        .lr = frame->lr,
        .what = arm64_esr_class(esr),
        .status = status,
    };
    if (e.kind == HAL_EXC_PAGE_FAULT) {
        e.far = far;
        e.what = arm64_esr_fault(esr);
    }
    if (status == ZX_ERR_NO_MEMORY) // for a page, a table, or FP registers
        e.what = "out of memory";
    kernel_user_exception(&e);
    if (ESR_EC(esr) == ESR_EC_STEP_LOW)
        arm64_debug_stepped(hal_current(), frame);
}

// ---- the kernel ---------------------------------------------------------------------------------

// Where to go on when the instruction at pc cannot be done, and the entry's flags; 0: the table does
// not have it.
static uintptr_t find_fixup(const struct table_entry *e, const struct table_entry *end,
                            uintptr_t pc)
{
    for (; e < end; e++) {
        uintptr_t from = (uintptr_t)&e->from + (intptr_t)e->from;
        uintptr_t to = (uintptr_t)&e->to + (intptr_t)e->to;
        if (pc >= from && pc < to)
            return (uintptr_t)&e->fixup + (intptr_t)e->fixup;
    }
    return 0;
}

// A fault of a user copy. Tries to bring the page in unless the copy asked not to; false: not a
// user copy's fault.
static bool user_copy_fault(struct plat_frame *frame, uint64_t esr, uint64_t far)
{
    uintptr_t fixup = find_fixup(extable_start, extable_end, frame->pc);
    unsigned kind = FSC_KIND(esr);

    if (fixup == 0 || (far >= USER_END && !(fixup & EXTABLE_WORD)))
        return false;
    struct hal_thread *t = hal_current();
    bool at_once = t->fault_disabled != 0 || (fixup & EXTABLE_AT_ONCE);
    if (!at_once && far < USER_END && !(frame->pstate & PSTATE_I) && kind >= FSC_TRANSLATION &&
        kind <= FSC_PERMISSION) {
        unsigned flags = (kind == FSC_PERMISSION ? HAL_FAULT_PRESENT : 0) |
                         (esr & ESR_WNR ? HAL_FAULT_WRITE : 0);
        hal_irq_enable();
        zx_status_t status = kernel_user_fault(far, flags);
        hal_irq_disable();
        if (status == ZX_OK)
            return true;
    }
    // Alignment in device memory, an external abort: hal_user_fault_in has nothing to bring in.
    t->plat.copy_hard_fault = at_once && (kind < FSC_TRANSLATION || kind > FSC_PERMISSION);
    frame->pc = fixup & ~(uintptr_t)(EXTABLE_WORD | EXTABLE_AT_ONCE);
    return true;
}

// An instruction of which it was not known whether this machine can do it.
static bool expected_trap(struct plat_frame *frame)
{
    uintptr_t fixup = find_fixup(traps_start, traps_end, frame->pc);

    if (fixup != 0)
        frame->pc = fixup;
    return fixup != 0;
}

struct fatal_frame {
    const struct plat_frame *regs;
    uint64_t esr, far;
};

static void print_registers(const void *arg)
{
    const struct fatal_frame *f = arg;
    const struct plat_frame *r = f->regs;

    unsigned class = ESR_EC(f->esr);
    bool data = class == ESR_EC_DABT || class == ESR_EC_DABT_LOW;

    kernel_panic_printf("ESR %#010lx: %s", (unsigned long)f->esr, arm64_esr_class(f->esr));
    if (data || class == ESR_EC_IABT || class == ESR_EC_IABT_LOW)
        kernel_panic_printf(", %s%s; FAR %016lx", arm64_esr_fault(f->esr),
                            !data              ? ""
                            : f->esr & ESR_WNR ? ", write"
                                               : ", read",
                            (unsigned long)f->far);
    kernel_panic_printf("\n");
    kernel_panic_printf("pc  %016lx  sp  %016lx  lr  %016lx  pstate %08lx\n", (unsigned long)r->pc,
                        (unsigned long)r->sp, (unsigned long)r->lr, (unsigned long)r->pstate);
    for (unsigned i = 0; i < 30; i++) {
        uint64_t value = i < 18 ? r->x[i] : i < 29 ? r->xs[i - 18] : r->fp;
        kernel_panic_printf("x%-2u %016lx%s", i, (unsigned long)value, i % 4 == 3 ? "\n" : "  ");
    }
    kernel_panic_printf("\n");
}

static NO_RETURN void fatal(const char *what, struct plat_frame *frame, uint64_t esr, uint64_t far)
{
    struct fatal_frame f = {.regs = frame, .esr = esr, .far = far};
    // After a jump to nowhere the link register tells who jumped; it lies behind the instruction.
    bool jumped = ESR_EC(esr) == ESR_EC_IABT;
    kernel_fatal(what, &f, print_registers, jumped ? frame->lr - 4 : frame->pc, frame->fp);
}

void arm64_unexpected(struct plat_frame *frame, const char *what, uint64_t esr, uint64_t far)
{
    fatal(what, frame, esr, far);
}

void arm64_kernel_sync(struct plat_frame *frame, uint64_t esr, uint64_t far)
{
    if (ESR_EC(esr) == ESR_EC_DABT && user_copy_fault(frame, esr, far))
        return;
    if (expected_trap(frame))
        return;
    if (ESR_EC(esr) == ESR_EC_IABT && far < USER_END)
        fatal("the kernel jumped to a user address", frame, esr, far);
    if (ESR_EC(esr) == ESR_EC_DABT && far < PAGE_SIZE)
        fatal("null pointer in the kernel", frame, esr, far);
    if (ESR_EC(esr) == ESR_EC_DABT && far < USER_END)
        fatal("the kernel touched user memory outside a user copy", frame, esr, far);
    fatal(arm64_esr_class(esr), frame, esr, far);
}
