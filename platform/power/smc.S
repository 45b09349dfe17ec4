// SPDX-License-Identifier: MIT
// zx_status_t hal_smc_call(struct hal_smc *call) of <hal/firmware.h>. Firmware keeps x18 and above. Where
// there is nobody above, the instruction is undefined.

#include <arm64/asm_macros.h>

function hal_smc_call
    stp x19, x30, [sp, #-16]!
    mov x19, x0
    ldp x6, x7, [x19, #48]
    ldp x4, x5, [x19, #32]
    ldp x2, x3, [x19, #16]
    ldp x0, x1, [x19]
smc_at:
    smc #0
smc_after:
    stp x0, x1, [x19]
    stp x2, x3, [x19, #16]
    mov w0, #0
    b smc_out
smc_nobody:
    mov w0, #-2 // ZX_ERR_NOT_SUPPORTED
smc_out:
    ldp x19, x30, [sp], #16
    ret
end hal_smc_call

    may_trap smc_at, smc_after, smc_nobody

    .section .note.GNU-stack, "", %progbits
