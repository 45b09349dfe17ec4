// SPDX-License-Identifier: MIT
//
// Time without entering the kernel: the counter is read and scaled with the constants that the
// kernel left in the read-only segment, exactly as the kernel does it for deadlines
// (vdso_constants.h).

#include "vdso_asm.h"

// The block that the kernel fills in. Read with pc-relative loads, so it costs no address register.
    .section .rodata.constants, "a", %progbits
    .balign 64
    .globl vdso_constants
    .hidden vdso_constants
    .type vdso_constants, %object
vdso_constants:
    .zero VDSO_CONST_SIZE
    .size vdso_constants, VDSO_CONST_SIZE

// Reads the counter into x9; x10 to x12 are overwritten. The isb keeps the read from being done
// early: a time read after a value was seen must not be before the time read before that value was
// written. read_counter_slow has the other branch and stands behind the function's ret.
    .macro read_counter
    ldr w10, vdso_constants + VDSO_CONST_FLAGS
    tbnz w10, #VDSO_FLAG_UNSTABLE_COUNTER_BIT, 7f
    isb
    mrs x9, cntvct_el0
8:
    .endm

    .macro read_counter_slow
7:  mov w11, #VDSO_UNSTABLE_RETRIES
6:  isb
    mrs x9, cntvct_el0
    add x12, x9, #1
    tst x12, #((1 << VDSO_UNSTABLE_LOW_BITS) - 2) // zero: the low bits are all ones or all zeros
    b.ne 8b
    subs w11, w11, #1
    b.ne 6b
    b 8b
    .endm

// Monotonic nanoseconds into x0; x9 to x12 are overwritten. Needs read_counter_slow as well.
    .macro read_monotonic
    read_counter
    ldr x10, vdso_constants + VDSO_CONST_TICKS_TO_NS_MULT
    mul x11, x9, x10
    umulh x9, x9, x10
    extr x0, x9, x11, #TICKS_TO_NS_SHIFT
    .endm

    vdso_function clock_get_monotonic
.Lmonotonic:
    read_monotonic
    ret
    read_counter_slow
    vdso_function_end clock_get_monotonic

    vdso_function clock_get
    cbz w0, .Lmonotonic // ZX_CLOCK_MONOTONIC
    svc_call clock_get
    ret
    vdso_function_end clock_get

    vdso_function ticks_get
    ldr w10, vdso_constants + VDSO_CONST_FLAGS
    tbnz w10, #VDSO_FLAG_SOFT_TICKS_BIT, .Lmonotonic
    read_counter
    mov x0, x9
    ret
    read_counter_slow
    vdso_function_end ticks_get

    vdso_function ticks_per_second
    ldr x0, vdso_constants + VDSO_CONST_TICKS_PER_SECOND
    ret
    vdso_function_end ticks_per_second

    vdso_function deadline_after
    mov x13, x0
    read_monotonic
    adds x0, x0, x13
    b.vs 1f
    ret
1:  asr x0, x13, #63 // saturate: INT64_MAX for a positive duration, INT64_MIN for a negative one
    eor x0, x0, #0x7fffffffffffffff
    ret
    read_counter_slow
    vdso_function_end deadline_after

    .section .note.GNU-stack, "", %progbits
