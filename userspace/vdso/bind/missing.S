// SPDX-License-Identifier: MIT
//
// Where a call goes that this process's vDSO does not have: a link error, found late.

    .text
    .globl zxcalls_missing
    .hidden zxcalls_missing
    .type zxcalls_missing, %function
zxcalls_missing:
    brk #1
    .size zxcalls_missing, . - zxcalls_missing

    .section .note.GNU-stack, "", %progbits
