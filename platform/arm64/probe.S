// SPDX-License-Identifier: MIT
// Accesses that may end in an abort (<arm64/probe.h>). With the final vectors in force the table of
// expected traps catches them; before that early_fault in head.S does, by the marks around them.
// Leaf functions without a stack frame: the fixup may simply return.

#include "asm.h"

// bool arm64_probe_read(uintptr_t address, unsigned bytes, uint32_t *out)
function arm64_probe_read
    cmp w1, #1
    b.ne 1f
    .globl probe_start
    .hidden probe_start
probe_start:
    ldrb w3, [x0]
    b 2f
1:  ldr w3, [x0]
2:  str w3, [x2]
    mov w0, #1
    ret
end arm64_probe_read

// bool arm64_probe_write(uintptr_t address, uint32_t value)
function arm64_probe_write
    str w1, [x0]
    mov w0, #1
    ret
    .globl probe_end
    .hidden probe_end
probe_end:
end arm64_probe_write

    .globl probe_failed
    .hidden probe_failed
function_local probe_failed
    mov w0, #0
    ret
    .size probe_failed, . - probe_failed

    may_trap probe_start, probe_end, probe_failed

    .section .note.GNU-stack, "", %progbits
