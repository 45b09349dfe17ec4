// SPDX-License-Identifier: MIT
//
// Where a process of this libc begins: x0 is the bootstrap channel, x1 the base of the vDSO, and the
// stack is empty. The frame record that debuggers follow ends here.

    .text
    .globl _start
    .type _start, %function
_start:
    mov     x29, #0
    mov     x30, #0
    adrp    x2, main
    add     x2, x2, :lo12:main
    b       __libc_start
    .size _start, . - _start

    .section .note.GNU-stack, "", %progbits
