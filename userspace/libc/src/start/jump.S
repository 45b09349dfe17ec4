// SPDX-License-Identifier: MIT
//
// setjmp, longjmp and sigsetjmp. The buffer holds the registers that a call preserves; the return
// address and the stack pointer are mangled with a number of the process's own, so that who can write
// a buffer cannot say where a longjmp leads.
//
// Layout, in words: x19 to x28, x29, lr ^ m, sp ^ m, one unused, d8 to d15. sigsetjmp keeps its own
// return address and x19 behind that, as the C part of musl expects: its mask is one word, at 184.

#define REGISTERS   0
#define RETURN      88
#define STACK       96
#define FLOATS      112
#define OUTER       176
#define OUTER_X19   (176 + 16)

    .macro load_mangler register
    adrp    \register, __start_jump_mangler
    ldr     \register, [\register, :lo12:__start_jump_mangler]
    .endm

    .macro function name
    .globl \name
    .type \name, %function
\name:
    .endm

    .text
    function setjmp
    function _setjmp
    function __setjmp
    load_mangler x3
    stp     x19, x20, [x0, #REGISTERS]
    stp     x21, x22, [x0, #REGISTERS + 16]
    stp     x23, x24, [x0, #REGISTERS + 32]
    stp     x25, x26, [x0, #REGISTERS + 48]
    stp     x27, x28, [x0, #REGISTERS + 64]
    str     x29, [x0, #REGISTERS + 80]
    eor     x4, x30, x3
    mov     x5, sp
    eor     x5, x5, x3
    stp     x4, x5, [x0, #RETURN]
    stp     d8, d9, [x0, #FLOATS]
    stp     d10, d11, [x0, #FLOATS + 16]
    stp     d12, d13, [x0, #FLOATS + 32]
    stp     d14, d15, [x0, #FLOATS + 48]
    mov     w0, #0
    ret
    .size setjmp, . - setjmp

    function longjmp
    function _longjmp
    load_mangler x3
    ldp     x19, x20, [x0, #REGISTERS]
    ldp     x21, x22, [x0, #REGISTERS + 16]
    ldp     x23, x24, [x0, #REGISTERS + 32]
    ldp     x25, x26, [x0, #REGISTERS + 48]
    ldp     x27, x28, [x0, #REGISTERS + 64]
    ldr     x29, [x0, #REGISTERS + 80]
    ldp     x4, x5, [x0, #RETURN]
    eor     x30, x4, x3
    eor     x5, x5, x3
    mov     sp, x5
    ldp     d8, d9, [x0, #FLOATS]
    ldp     d10, d11, [x0, #FLOATS + 16]
    ldp     d12, d13, [x0, #FLOATS + 32]
    ldp     d14, d15, [x0, #FLOATS + 48]
    cmp     w1, #0
    csinc   w0, w1, wzr, ne // a jump with 0 arrives as 1
    ret
    .size longjmp, . - longjmp

// Returns twice, as setjmp does inside it: the second time the registers are those of the first, and
// the part behind `bl` runs again, with x0 the value that was jumped with.
    function sigsetjmp
    function __sigsetjmp
    cbz     w1, setjmp
    load_mangler x3
    eor     x4, x30, x3
    str     x4, [x0, #OUTER]
    str     x19, [x0, #OUTER_X19]
    mov     x19, x0
    bl      setjmp
    mov     w1, w0
    mov     x0, x19
    load_mangler x3
    ldr     x4, [x0, #OUTER]
    eor     x30, x4, x3
    ldr     x19, [x0, #OUTER_X19]
    b       __sigsetjmp_tail // (buffer, value): stores or restores the mask, returns the value
    .size sigsetjmp, . - sigsetjmp

    .section .note.GNU-stack, "", %progbits
