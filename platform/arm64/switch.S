// SPDX-License-Identifier: MIT
// Context switch, the first steps of a thread, FP registers, page zeroing.

#include "asm.h"

// void hal_thread_switch(struct hal_thread *prev, struct hal_thread *next)
// What the procedure call standard lets a callee change needs no saving. The user's SP_EL0,
// TPIDR_EL0 and x18 live in their registers while the thread runs, FP registers while fp_live is 1.
function hal_thread_switch
    ldr w2, [x0, #T_SLOW_OUT]
    ldr w3, [x1, #T_SLOW_IN]
    orr w2, w2, w3
    cbnz w2, 2f
1:  stp x19, x20, [x0, #T_CONTEXT + 8 * 0]
    stp x21, x22, [x0, #T_CONTEXT + 8 * 2]
    stp x23, x24, [x0, #T_CONTEXT + 8 * 4]
    stp x25, x26, [x0, #T_CONTEXT + 8 * 6]
    stp x27, x28, [x0, #T_CONTEXT + 8 * 8]
    stp x29, x30, [x0, #T_CONTEXT + 8 * 10]
    mov x2, sp
    mrs x3, sp_el0
    mrs x4, tpidr_el0
    stp x2, x3, [x0, #T_CONTEXT_SP]
    stp x4, x18, [x0, #T_CONTEXT_TPIDR]
    ldp x19, x20, [x1, #T_CONTEXT + 8 * 0]
    ldp x21, x22, [x1, #T_CONTEXT + 8 * 2]
    ldp x23, x24, [x1, #T_CONTEXT + 8 * 4]
    ldp x25, x26, [x1, #T_CONTEXT + 8 * 6]
    ldp x27, x28, [x1, #T_CONTEXT + 8 * 8]
    ldp x29, x30, [x1, #T_CONTEXT + 8 * 10]
    ldp x2, x3, [x1, #T_CONTEXT_SP]
    ldp x4, x18, [x1, #T_CONTEXT_TPIDR]
    mov sp, x2
    msr sp_el0, x3
    msr tpidr_el0, x4
    msr tpidr_el1, x1
    ret
2:  stp x29, x30, [sp, #-32]!
    mov x29, sp
    stp x0, x1, [sp, #16]
    bl arm64_slow_switch
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #32
    b 1b
end hal_thread_switch

// First switch to a thread: x19 = entry, x20 = its argument.
function arm64_thread_start
    mov x0, x20
    mov x29, xzr
    mov x30, xzr
    blr x19
    brk #0                           // entry functions do not return
end arm64_thread_start

// void arm64_fp_save(struct plat_fp *fp), void arm64_fp_load(const struct plat_fp *fp)
    .arch_extension fp
    .arch_extension simd
function arm64_fp_save
    stp q0, q1, [x0, #FP_V + 16 * 0]
    stp q2, q3, [x0, #FP_V + 16 * 2]
    stp q4, q5, [x0, #FP_V + 16 * 4]
    stp q6, q7, [x0, #FP_V + 16 * 6]
    stp q8, q9, [x0, #FP_V + 16 * 8]
    stp q10, q11, [x0, #FP_V + 16 * 10]
    stp q12, q13, [x0, #FP_V + 16 * 12]
    stp q14, q15, [x0, #FP_V + 16 * 14]
    stp q16, q17, [x0, #FP_V + 16 * 16]
    stp q18, q19, [x0, #FP_V + 16 * 18]
    stp q20, q21, [x0, #FP_V + 16 * 20]
    stp q22, q23, [x0, #FP_V + 16 * 22]
    stp q24, q25, [x0, #FP_V + 16 * 24]
    stp q26, q27, [x0, #FP_V + 16 * 26]
    stp q28, q29, [x0, #FP_V + 16 * 28]
    stp q30, q31, [x0, #FP_V + 16 * 30]
    mrs x1, fpcr
    mrs x2, fpsr
    add x0, x0, #FP_FPCR
    stp w1, w2, [x0]
    ret
end arm64_fp_save

function arm64_fp_load
    ldp q0, q1, [x0, #FP_V + 16 * 0]
    ldp q2, q3, [x0, #FP_V + 16 * 2]
    ldp q4, q5, [x0, #FP_V + 16 * 4]
    ldp q6, q7, [x0, #FP_V + 16 * 6]
    ldp q8, q9, [x0, #FP_V + 16 * 8]
    ldp q10, q11, [x0, #FP_V + 16 * 10]
    ldp q12, q13, [x0, #FP_V + 16 * 12]
    ldp q14, q15, [x0, #FP_V + 16 * 14]
    ldp q16, q17, [x0, #FP_V + 16 * 16]
    ldp q18, q19, [x0, #FP_V + 16 * 18]
    ldp q20, q21, [x0, #FP_V + 16 * 20]
    ldp q22, q23, [x0, #FP_V + 16 * 22]
    ldp q24, q25, [x0, #FP_V + 16 * 24]
    ldp q26, q27, [x0, #FP_V + 16 * 26]
    ldp q28, q29, [x0, #FP_V + 16 * 28]
    ldp q30, q31, [x0, #FP_V + 16 * 30]
    add x0, x0, #FP_FPCR
    ldp w1, w2, [x0]
    msr fpcr, x1
    msr fpsr, x2
    ret
end arm64_fp_load

// void arm64_zero_page(void *page): by DC ZVA in blocks of 64 bytes, which every core in sight has;
// else (other block size, or forbidden) by stores.
function arm64_zero_page
    mrs x1, dczid_el0
    cmp w1, #4                       // DZP clear, 4 << 4 bytes
    b.ne 1f
    .rept 63
    dc zva, x0
    add x0, x0, #64
    .endr
    dc zva, x0
    ret
1:  add x2, x0, #4096
2:  stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    cmp x0, x2
    b.ne 2b
    ret
end arm64_zero_page

    .section .note.GNU-stack, "", %progbits
