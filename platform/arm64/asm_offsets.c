// SPDX-License-Identifier: MIT
// Numbers that assembly shares with C. This file is compiled to assembly text only; the build picks
// the lines that begin with "->" out of it and makes asm_offsets.h of them, so that no .S file
// holds a structure offset of its own.

#include <stddef.h>

#include <hal/thread.h>

#include "boot.h"
#include "percpu.h"

#define DEFINE(name, value)        __asm__ volatile("\n.ascii \"->" #name " %c0\"" ::"i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(T_PREEMPT_COUNT, struct hal_thread, preempt_count);
    OFFSET(T_NEED_RESCHED, struct hal_thread, need_resched);
    OFFSET(T_FAULT_DISABLED, struct hal_thread, fault_disabled);
    OFFSET(T_PENDING, struct hal_thread, pending);
    OFFSET(T_CPU, struct hal_thread, cpu);
    OFFSET(T_FLAGS, struct hal_thread, flags);
    OFFSET(T_VDSO_BASE, struct hal_thread, vdso_code_base);
    OFFSET(T_SYSCALLS, struct hal_thread, syscalls);
    _Static_assert(offsetof(struct hal_thread, syscalls) ==
                       offsetof(struct hal_thread, vdso_code_base) + 8,
                   "vectors.S loads the two as a pair");
    OFFSET(T_CONTEXT, struct hal_thread, plat.context.x19_x30);
    OFFSET(T_CONTEXT_SP, struct hal_thread, plat.context.sp);
    OFFSET(T_CONTEXT_SP_EL0, struct hal_thread, plat.context.sp_el0);
    OFFSET(T_CONTEXT_TPIDR, struct hal_thread, plat.context.tpidr_el0);
    OFFSET(T_SLOW_OUT, struct hal_thread, plat.slow_out);
    OFFSET(T_SLOW_IN, struct hal_thread, plat.slow_in);
    OFFSET(T_FP_LIVE, struct hal_thread, plat.fp_live);
    OFFSET(T_COPY_HARD_FAULT, struct hal_thread, plat.copy_hard_fault);
    DEFINE(FLAG_FRAME_VALID, PLAT_THREAD_FRAME_VALID);

    OFFSET(F_X, struct plat_frame, x);
    OFFSET(F_LR, struct plat_frame, lr);
    OFFSET(F_FP, struct plat_frame, fp);
    OFFSET(F_PC, struct plat_frame, pc);
    OFFSET(F_PSTATE, struct plat_frame, pstate);
    OFFSET(F_SP, struct plat_frame, sp);
    OFFSET(F_X18, struct plat_frame, xs);
    DEFINE(F_SIZE, sizeof(struct plat_frame));

    OFFSET(FP_V, struct plat_fp, v);
    OFFSET(FP_FPCR, struct plat_fp, fpcr);

    DEFINE(KSTACK_SIZE, KSTACK_BYTES);
    DEFINE(KSTACK_BIT, KSTACK_SHIFT);

    DEFINE(USER_BASE_ASM, USER_BASE);
    DEFINE(USER_END_ASM, USER_END);
    DEFINE(ZX_ERR_INVALID_ARGS_ASM, ZX_ERR_INVALID_ARGS);

    OFFSET(BOOT_FDT, struct arm64_boot, fdt_pa);
    OFFSET(BOOT_ENTRY_EL, struct arm64_boot, entry_el);
    OFFSET(BOOT_ENTRY_TICKS, struct arm64_boot, entry_ticks);
    OFFSET(BOOT_STAGE, struct arm64_boot, stage);
    OFFSET(BOOT_TTBR_IDENTITY, struct arm64_boot, ttbr_identity);
    OFFSET(BOOT_TTBR_KERNEL, struct arm64_boot, ttbr_kernel);
    OFFSET(BOOT_TCR, struct arm64_boot, tcr);
    OFFSET(BOOT_MAIR, struct arm64_boot, mair);
    OFFSET(BOOT_SCTLR, struct arm64_boot, sctlr);
    OFFSET(BOOT_IMAGE_VA, struct arm64_boot, image_va);
    OFFSET(BOOT_NEXT_MPIDR, struct arm64_boot, next_mpidr);
    OFFSET(BOOT_NEXT_SP, struct arm64_boot, next_sp);
    OFFSET(BOOT_NEXT_THREAD, struct arm64_boot, next_thread);
}
