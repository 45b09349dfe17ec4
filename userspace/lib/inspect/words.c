// SPDX-License-Identifier: MIT
//
// Exceptions in words. The encodings of ESR_EL1 are those of the Arm Architecture Reference Manual
// (DDI 0487), D17.2.37: EC in bits 31..26, DFSC/IFSC in bits 5..0, WnR bit 6, CM bit 8.

#include <inspect/inspect.h>

#include <stdio.h>
#include <string.h>

#include <zircon/limits.h>

#define EC(esr)           ((esr) >> 26)
#define EC_UNKNOWN        0x00u
#define EC_FP             0x07u
#define EC_PREFETCH_ABORT 0x20u
#define EC_PC_ALIGNMENT   0x22u
#define EC_DATA_ABORT     0x24u
#define EC_SP_ALIGNMENT   0x26u
#define FAULT_STATUS(esr) ((esr) & 0x3fu)
#define IS_WRITE(esr)     (((esr) & (1u << 6)) != 0 && ((esr) & (1u << 8)) == 0)
#define NEAR_SP           65536u // a fault so near to the stack pointer is one of the stack

const char *inspect_kind(zx_excp_type_t type)
{
    switch (type) {
    case ZX_EXCP_GENERAL: return "general exception";
    case ZX_EXCP_FATAL_PAGE_FAULT: return "page fault";
    case ZX_EXCP_UNDEFINED_INSTRUCTION: return "undefined instruction";
    case ZX_EXCP_SW_BREAKPOINT: return "breakpoint instruction";
    case ZX_EXCP_HW_BREAKPOINT: return "hardware breakpoint";
    case ZX_EXCP_UNALIGNED_ACCESS: return "unaligned access";
    case ZX_EXCP_POLICY_ERROR: return "policy error";
    case ZX_EXCP_THREAD_STARTING: return "thread starting";
    case ZX_EXCP_THREAD_EXITING: return "thread exiting";
    case ZX_EXCP_PROCESS_STARTING: return "process starting";
    default: return "exception of an unknown kind";
    }
}

static const char *class_name(uint32_t ec)
{
    switch (ec) {
    case EC_UNKNOWN: return "unknown instruction";
    case 0x0e: return "illegal execution state";
    case 0x15: return "system call";
    case 0x18: return "trapped system instruction";
    case EC_PREFETCH_ABORT: return "instruction abort";
    case EC_PC_ALIGNMENT: return "pc not aligned";
    case EC_DATA_ABORT: return "data abort";
    case EC_SP_ALIGNMENT: return "stack pointer not aligned";
    case 0x2c: return "floating-point exception";
    case 0x2f: return "system error";
    case 0x30: return "hardware breakpoint";
    case 0x32: return "software step";
    case 0x34: return "watchpoint";
    case 0x38: return "BKPT instruction";
    case 0x3c: return "BRK instruction";
    default: return "unnamed class";
    }
}

// The fault of an abort; *out_level is -1 if it has none.
static const char *fault_name(uint32_t status, int *out_level)
{
    static const char *const with_level[] = {"address size fault", "translation fault",
                                             "access flag fault", "permission fault"};

    *out_level = -1;
    if (status < 0x10) {
        *out_level = (int)(status & 3);
        return with_level[status >> 2];
    }
    switch (status) {
    case 0x10: return "external abort";
    case 0x11: return "tag check fault";
    case 0x21: return "alignment fault";
    case 0x30: return "TLB conflict";
    default: return "other fault";
    }
}

void inspect_esr(uint32_t esr, char *text, size_t size)
{
    uint32_t ec = EC(esr);
    int level;

    if (ec != EC_PREFETCH_ABORT && ec != EC_DATA_ABORT) {
        snprintf(text, size, "%s (class 0x%02x)", class_name(ec), ec);
        return;
    }
    const char *fault = fault_name(FAULT_STATUS(esr), &level);
    const char *direction = ec == EC_PREFETCH_ABORT ? "" : IS_WRITE(esr) ? ", write" : ", read";
    if (level >= 0)
        snprintf(text, size, "%s, %s, level %d%s", class_name(ec), fault, level, direction);
    else
        snprintf(text, size, "%s, %s%s", class_name(ec), fault, direction);
}

void inspect_access(const zx_info_maps_t *map, char *text)
{
    uint32_t flags = map->type == ZX_INFO_MAPS_TYPE_MAPPING ? map->u.mapping.mmu_flags : 0;

    text[0] = (flags & ZX_VM_PERM_READ) != 0 ? 'r' : '-';
    text[1] = (flags & ZX_VM_PERM_WRITE) != 0 ? 'w' : '-';
    text[2] = (flags & ZX_VM_PERM_EXECUTE) != 0 ? 'x' : '-';
    text[3] = '\0';
}

// What the kernel gives as the reason why a page, or registers, cannot be had.
static const char *missing_because(zx_status_t reason)
{
    switch (reason) {
    case ZX_ERR_NO_MEMORY: return ": out of memory, or at a limit of its job";
    case ZX_ERR_OUT_OF_RANGE: return ": behind the end of the VMO";
    case ZX_ERR_BAD_STATE: return ": its pager is gone";
    default: return "";
    }
}

// Why a page cannot be had that a mapping promises, or that none does.
static void why(const zx_info_maps_t *maps, size_t map_count, zx_vaddr_t at, bool wanted_execute,
                bool wanted_write, zx_status_t reason, char *text, size_t size)
{
    const zx_info_maps_t *map = inspect_mapping_of(maps, map_count, at);
    char access[4];

    if (at >= UINT64_C(1) << 48) {
        snprintf(text, size, "which is no user address");
        return;
    }
    if (map_count == 0) {
        snprintf(text, size, "which is not to be had%s", missing_because(reason));
        return;
    }
    if (map == NULL) {
        snprintf(text, size, "where nothing is mapped");
        return;
    }
    inspect_access(map, access);
    const bool allowed = wanted_execute ? access[2] == 'x'
                         : wanted_write ? access[1] == 'w'
                                        : access[0] == 'r';
    snprintf(text, size, "%s of '%.*s' (%s)%s",
             allowed ? "a page that cannot be had" : "which is not allowed there: in the mapping",
             (int)sizeof(map->name), map->name, access, allowed ? missing_because(reason) : "");
}

// Whether a fault is of the stack that has come to its end: near the stack pointer, where nothing
// is, with a mapping that can be written above.
static bool is_stack_end(const zx_thread_state_general_regs_t *regs, const zx_info_maps_t *maps,
                         size_t map_count, zx_vaddr_t at)
{
    uint64_t distance = at > regs->sp ? at - regs->sp : regs->sp - at;

    if (distance > NEAR_SP || inspect_mapping_of(maps, map_count, at) != NULL)
        return false;
    for (size_t i = 0; i < map_count; i++) {
        if (maps[i].type == ZX_INFO_MAPS_TYPE_MAPPING && maps[i].base > at &&
            maps[i].base - at <= NEAR_SP &&
            (maps[i].u.mapping.mmu_flags & ZX_VM_PERM_WRITE) != 0)
            return true;
    }
    return false;
}

static void page_fault(const zx_exception_report_t *report,
                       const zx_thread_state_general_regs_t *regs, const zx_info_maps_t *maps,
                       size_t map_count, char *text, size_t size)
{
    const uint32_t esr = report->context.arch.u.arm_64.esr;
    const zx_vaddr_t far = report->context.arch.u.arm_64.far;
    const bool execute = EC(esr) == EC_PREFETCH_ABORT, write = !execute && IS_WRITE(esr);
    char reason[128];

    why(maps, map_count, far, execute, write, report->context.arch.u.arm_64.reason, reason,
        sizeof(reason));
    snprintf(text, size, "%s 0x%llx, %s%s",
             execute ? "a jump to" : write ? "a write to" : "a read of", (unsigned long long)far,
             reason,
             is_stack_end(regs, maps, map_count, far) ? " (the stack has come to its end)" : "");
}

void inspect_exception(const zx_exception_report_t *report,
                       const zx_thread_state_general_regs_t *regs, const zx_info_maps_t *maps,
                       size_t map_count, char *text, size_t size)
{
    const uint32_t esr = report->context.arch.u.arm_64.esr;

    switch (report->header.type) {
    case ZX_EXCP_FATAL_PAGE_FAULT:
        page_fault(report, regs, maps, map_count, text, size);
        return;
    case ZX_EXCP_UNDEFINED_INSTRUCTION:
        snprintf(text, size, "an instruction that does not exist, or not for programs");
        return;
    case ZX_EXCP_SW_BREAKPOINT:
        snprintf(text, size, "a breakpoint instruction: brk #%u", esr & 0xffffu);
        return;
    case ZX_EXCP_HW_BREAKPOINT:
        snprintf(text, size, "a breakpoint or single step, and no debugger");
        return;
    case ZX_EXCP_UNALIGNED_ACCESS:
        snprintf(text, size, "an access that needs an aligned address, to another");
        return;
    case ZX_EXCP_POLICY_ERROR:
        snprintf(text, size, "a system call that must not be made: number %llu (in x16)",
                 (unsigned long long)regs->r[16]);
        return;
    default: break;
    }
    if (EC(esr) == EC_PC_ALIGNMENT)
        snprintf(text, size, "a jump to 0x%llx, which is not a multiple of 4",
                 (unsigned long long)regs->pc);
    else if (EC(esr) == EC_SP_ALIGNMENT)
        snprintf(text, size, "a stack pointer, 0x%llx, that is not a multiple of 16",
                 (unsigned long long)regs->sp);
    else if (EC(esr) == EC_FP && report->context.arch.u.arm_64.reason == ZX_ERR_NO_MEMORY)
        snprintf(text, size, "an FP instruction, and no room for the thread's FP registers%s",
                 missing_because(ZX_ERR_NO_MEMORY));
    else
        snprintf(text, size, "%s", inspect_kind(report->header.type));
}
