// SPDX-License-Identifier: MIT
// Calls to firmware (SMC calling convention: x0 function and result, x1-x3 arguments; x4-x17 may be
// changed by old firmware, which the procedure call standard allows as well). Where there is nobody
// above, the instruction is undefined; then the result is that of a function that is not there.

#include <arm64/asm_macros.h>

function psci_hvc
hvc_call:
    hvc #0
    ret
end psci_hvc

function psci_smc
smc_call:
    smc #0
    ret
end psci_smc

function_local nobody
    mov x0, #-1
    ret
    .size nobody, . - nobody

    may_trap hvc_call, hvc_call + 4, nobody
    may_trap smc_call, smc_call + 4, nobody

    .section .note.GNU-stack, "", %progbits
