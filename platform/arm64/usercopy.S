// SPDX-License-Identifier: MIT
// Copies to and from user memory (<hal/usercopy.h>): range check, then plain loads and stores, with
// an exception table that says where to go on when a user access cannot be satisfied. Blocks go by
// ldp/stp with PAN opened where the CPU has it; single words by the unprivileged forms, which need
// no window. Leaf functions without a stack frame: the fixup may simply return.

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

// x0 = dst, x1 = src, x2 = len > 0. Clobbers x0-x10.
.macro copy_block
    cmp x2, #16
    b.lo 5f
    subs x2, x2, #128                // bits 6:0 stay those of the length
    b.lo 2f
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
2:  tbz x2, #6, 3f
    ldp x3, x4, [x1]
    ldp x5, x6, [x1, #16]
    ldp x7, x8, [x1, #32]
    ldp x9, x10, [x1, #48]
    stp x3, x4, [x0]
    stp x5, x6, [x0, #16]
    stp x7, x8, [x0, #32]
    stp x9, x10, [x0, #48]
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
    // Fewer than 16 bytes.
5:  tbz x2, #3, 7f
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

// \user = address, x2 = length. Ends in \ok for length 0 and in \bad outside user space.
.macro check_range user, ok, bad
    cbz x2, \ok
    mov x3, #USER_BASE_ASM
    cmp \user, x3
    b.lo \bad
    mov x3, #USER_END_ASM
    subs x3, x3, \user
    b.lo \bad
    cmp x2, x3
    b.hi \bad
.endm

// zx_status_t hal_copy_from_user(void *dst, uintptr_t src, size_t len)
function hal_copy_from_user
    check_range x1, copy_ok, copy_bad
    if_pan copy_with_pan, x3
from_start:
    copy_block
from_end:
copy_ok:
    mov w0, #0
    ret
end hal_copy_from_user
    extable from_start, from_end, copy_bad

// zx_status_t hal_copy_to_user(uintptr_t dst, const void *src, size_t len)
function hal_copy_to_user
    check_range x0, copy_ok, copy_bad
    if_pan copy_with_pan, x3
to_start:
    copy_block
to_end:
    mov w0, #0
    ret
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
    .size copy_with_pan, . - copy_with_pan
    extable pan_start, pan_end, copy_fixup

function_local copy_fixup
    pan_set 1
copy_bad:
    mov w0, #ZX_ERR_INVALID_ARGS_ASM
    ret
    .size copy_fixup, . - copy_fixup

// Ends in word_bad unless [\user, \user + \bytes) lies in user space. Clobbers x3, x4.
.macro check_word user, bytes
    mov x3, #USER_BASE_ASM
    sub x4, \user, x3
    ldr x3, =USER_END_ASM - USER_BASE_ASM - \bytes
    cmp x4, x3
    b.hi word_bad
.endm

.macro word_access label, instruction
\label:
    \instruction
    extable \label, \label + 4, word_bad
.endm

// zx_status_t hal_user_read_u32(uint32_t *out, uintptr_t src)
function hal_user_read_u32
    check_word x1, 4
    word_access read32, "ldtr w2, [x1]"
    str w2, [x0]
    mov w0, #0
    ret
end hal_user_read_u32

// zx_status_t hal_user_read_u64(uint64_t *out, uintptr_t src)
function hal_user_read_u64
    check_word x1, 8
    word_access read64, "ldtr x2, [x1]"
    str x2, [x0]
    mov w0, #0
    ret
end hal_user_read_u64

function_local word_bad
    mov w0, #ZX_ERR_INVALID_ARGS_ASM
    ret
    .size word_bad, . - word_bad
    .ltorg

    .section .note.GNU-stack, "", %progbits
