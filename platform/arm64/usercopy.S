// SPDX-License-Identifier: MIT
// Copies to and from user memory (<hal/usercopy.h>): range check, then plain loads and stores, with
// an exception table that says where to go on when a user access cannot be satisfied. Blocks go by
// ldp/stp with PAN opened where the CPU has it (single words: <plat/usercopy.h>). Leaf functions
// without a stack frame: the fixup may simply return.
//
// The bulk of a long copy goes by SIMD registers (copy_wide), which are the user's: they are saved
// before and brought back after, and nobody else runs on this CPU in between.

#include "asm.h"

.macro pan_set value
    .inst 0xd500409f | (\value << 8) // msr pan, #value
.endm

// Goes to \target if the CPU has PAN. Clobbers \reg.
.macro if_pan target, reg
    adrp \reg, arm64_have_pan
    ldrb w17, [\reg, #:lo12:arm64_have_pan]
    cbnz w17, \target
.endm

// From this length on, copy_wide saves more than it costs.
#define WIDE_MIN 1024

.macro copy_64
    ldp x3, x4, [x1]
    ldp x5, x6, [x1, #16]
    ldp x7, x8, [x1, #32]
    ldp x9, x10, [x1, #48]
    stp x3, x4, [x0]
    stp x5, x6, [x0, #16]
    stp x7, x8, [x0, #32]
    stp x9, x10, [x0, #48]
.endm

// x0 = dst, x1 = src, x2 = len. Clobbers x0-x17. Goes with a copy_block_wide behind its return.
.macro copy_block
    subs x2, x2, #128                // bits 6:0 stay those of the length
    b.lo 2f
    cmp x2, #WIDE_MIN - 128
    b.hs 9f
    // 128 bytes a turn; the fourth ldp and stp move the pointers on.
1:  ldp x3, x4, [x1, #16]
    ldp x5, x6, [x1, #32]
    ldp x7, x8, [x1, #48]
    ldp x9, x10, [x1], #128
    stp x3, x4, [x0, #16]
    stp x5, x6, [x0, #32]
    stp x7, x8, [x0, #48]
    stp x9, x10, [x0], #128
    ldp x3, x4, [x1, #-64]
    ldp x5, x6, [x1, #-48]
    ldp x7, x8, [x1, #-32]
    ldp x9, x10, [x1, #-16]
    stp x3, x4, [x0, #-64]
    stp x5, x6, [x0, #-48]
    stp x7, x8, [x0, #-32]
    stp x9, x10, [x0, #-16]
    subs x2, x2, #128
    b.hs 1b
10: tbz x2, #6, 3f
    copy_64
    add x1, x1, #64
    add x0, x0, #64
3:  tbz x2, #5, 4f
    ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
4:  tbz x2, #4, 6f
    ldp x3, x4, [x1], #16
    stp x3, x4, [x0], #16
6:  ands x2, x2, #15
    b.eq 8f
    // At least 16 bytes lie behind: the tail overlaps them.
    add x1, x1, x2
    add x0, x0, x2
    ldp x3, x4, [x1, #-16]
    stp x3, x4, [x0, #-16]
    b 8f
    // Fewer than 128 bytes in all.
2:  tbz x2, #6, 5f
    copy_64
    tst x2, #63
    b.eq 8f
    add x1, x1, #64
    add x0, x0, #64
    b 3b
5:  cmn x2, #128 - 16
    b.hs 3b
    // Fewer than 16 bytes.
    tbz x2, #3, 7f
    ldr x3, [x1], #8
    str x3, [x0], #8
7:  tbz x2, #2, 7f
    ldr w3, [x1], #4
    str w3, [x0], #4
7:  tbz x2, #1, 7f
    ldrh w3, [x1], #2
    strh w3, [x0], #2
7:  tbz x2, #0, 8f
    ldrb w3, [x1]
    strb w3, [x0]
8:
.endm

// The way out of copy_block for a long copy, and back.
.macro copy_block_wide
9:  adr x16, 8f
    b copy_wide
8:  b 1b                             // it failed
    cmp x2, #WIDE_MIN - 128
    b.ge 9b
    tbz x2, #63, 1b
    b 10b
.endm

// \user = address, x2 = length. Goes to copy_outside unless it is all in user space:
// address - base <= size of user space - length, which is not negative. Clobbers x3, x4.
.macro check_range user
    mov x3, #-USER_BASE_ASM
    add x3, \user, x3
    mov x4, #USER_END_ASM - USER_BASE_ASM
    subs x4, x4, x2
    ccmp x3, x4, #2, hs              // else as if higher
    b.hi copy_outside
.endm

// zx_status_t hal_copy_from_user(void *dst, uintptr_t src, size_t len)
function hal_copy_from_user
    check_range x1
    if_pan copy_with_pan, x3
from_start:
    copy_block
from_end:
copy_ok:
    mov w0, #0
    ret
    copy_block_wide
end hal_copy_from_user
    extable from_start, from_end, copy_bad

// zx_status_t hal_copy_to_user(uintptr_t dst, const void *src, size_t len)
function hal_copy_to_user
    check_range x0
    if_pan copy_with_pan, x3
to_start:
    copy_block
to_end:
    mov w0, #0
    ret
    copy_block_wide
end hal_copy_to_user
    extable to_start, to_end, copy_bad

// The same in both directions, in a window.
function_local copy_with_pan
    pan_set 0
pan_start:
    copy_block
pan_end:
    pan_set 1
    mov w0, #0
    ret
    copy_block_wide
    .size copy_with_pan, . - copy_with_pan
    extable pan_start, pan_end, copy_fixup

function_local copy_outside
    cbz x2, copy_ok                  // nothing is asked for: any address will do
    b copy_bad
    .size copy_outside, . - copy_outside

function_local copy_fixup
    pan_set 1
copy_bad:
    mov w0, #ZX_ERR_INVALID_ARGS_ASM
    ret
    .size copy_fixup, . - copy_fixup

// Copies at most a page, in turns of 256 bytes by q0-q7. x0 = dst, x1 = src, x2 = length - 128 >= 128.
// Goes on behind the instruction at x16 with the three moved on; or at it, the three as they were, if
// some user access failed: the caller's loop then does it all, and faults in what is missing.
// Preemption is off meanwhile (SIMD registers hold what no switch may save) and so are page faults,
// which could block. Clobbers x0-x17.
    .arch_extension fp
    .arch_extension simd
function_local copy_wide
    mrs x3, tpidr_el1
    ldr w4, [x3, #T_PREEMPT_COUNT]
    ldr w5, [x3, #T_FAULT_DISABLED]
    ldrh w6, [x3, #T_FP_LIVE]
    add w7, w4, #1
    add w8, w5, #1
    str w7, [x3, #T_PREEMPT_COUNT]
    str w8, [x3, #T_FAULT_DISABLED]
    mov x11, x0
    mov x12, x1
    mov x13, x2
    cbnz w6, 1f
    mov x7, #CPACR_FPEN
    msr cpacr_el1, x7
    isb
1:  stp q0, q1, [sp, #-128]!
    stp q2, q3, [sp, #32]
    stp q4, q5, [sp, #64]
    stp q6, q7, [sp, #96]
    add x2, x2, #128
    and x14, x2, #~255
    mov x15, #4096
    cmp x14, x15
    csel x14, x14, x15, lo
    sub x2, x2, x14
    sub x2, x2, #128
    add x16, x16, #4
wide_start:
    // The fourth ldp and stp move the pointers on.
2:  ldp q0, q1, [x1, #32]
    ldp q2, q3, [x1, #64]
    ldp q4, q5, [x1, #96]
    ldp q6, q7, [x1], #256
    stp q0, q1, [x0, #32]
    stp q2, q3, [x0, #64]
    stp q4, q5, [x0, #96]
    stp q6, q7, [x0], #256
    ldp q0, q1, [x1, #-128]
    ldp q2, q3, [x1, #-96]
    ldp q4, q5, [x1, #-64]
    ldp q6, q7, [x1, #-32]
    stp q0, q1, [x0, #-128]
    stp q2, q3, [x0, #-96]
    stp q4, q5, [x0, #-64]
    stp q6, q7, [x0, #-32]
    subs x14, x14, #256
    b.ne 2b
wide_end:
3:  ldp q6, q7, [sp, #96]
    ldp q4, q5, [sp, #64]
    ldp q2, q3, [sp, #32]
    ldp q0, q1, [sp], #128
    cbnz w6, 4f
    msr cpacr_el1, xzr               // in force at the exception return at the latest
4:  str w5, [x3, #T_FAULT_DISABLED]
    str w4, [x3, #T_PREEMPT_COUNT]
    ldr w7, [x3, #T_NEED_RESCHED]
    cbnz w7, 5f
    br x16
    // A switch does not keep PAN, which is open here if the CPU has it.
5:  adrp x3, arm64_have_pan
    ldrb w3, [x3, #:lo12:arm64_have_pan]
    stp x29, x30, [sp, #-64]!
    mov x29, sp
    stp x0, x1, [sp, #16]
    stp x2, x16, [sp, #32]
    str x3, [sp, #48]
    cbz w3, 6f
    pan_set 1
6:  bl sched_preempt_check_slow      // does nothing if preemption was off before
    ldr x3, [sp, #48]
    cbz w3, 7f
    pan_set 0
7:  ldp x2, x16, [sp, #32]
    ldp x0, x1, [sp, #16]
    ldp x29, x30, [sp], #64
    br x16
wide_failed:
    strb wzr, [x3, #T_COPY_HARD_FAULT] // the caller's loop finds out for itself
    mov x0, x11
    mov x1, x12
    mov x2, x13
    sub x16, x16, #4
    b 3b
    .size copy_wide, . - copy_wide
    extable wide_start, wide_end, wide_failed

    .section .note.GNU-stack, "", %progbits
