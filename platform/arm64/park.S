// SPDX-License-Identifier: MIT
// Where a CPU waits that firmware cannot stop, until the next kernel wants it: a spin table's loop (Devicetree
// Specification, "CPU Node Properties", cpu-release-addr; Linux Documentation/arch/arm64/booting.rst). It is copied
// to memory that the next kernel keeps, and runs there at any address, with the MMU off.

#include "asm.h"

    .section .text, "ax"
    .balign 8
    .globl arm64_park_loop, arm64_park_loop_end
    .hidden arm64_park_loop, arm64_park_loop_end
// x0 = this CPU's words: its release address, and behind it the mark that it has come.
arm64_park_loop:
    mov x1, #1
    str x1, [x0, #8]
    dsb sy                       // seen by who waits for it, before anything else is done
1:  ldr x4, [x0]
    cbnz x4, 2f
    wfe                          // the next kernel writes, cleans, and sends an event
    b 1b
2:  ic iallu                     // what lay there before may have been fetched
    dsb nsh
    isb
    mov x0, xzr
    mov x1, xzr
    mov x2, xzr
    mov x3, xzr
    br x4
    .balign 8
arm64_park_loop_end:
