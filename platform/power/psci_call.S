// SPDX-License-Identifier: MIT
// Calls to firmware (SMC calling convention: x0 function and result, x1-x3 arguments; x4-x17 may be
// changed by old firmware, which the procedure call standard allows as well).

    .text
    .balign 16
    .globl psci_hvc
    .hidden psci_hvc
    .type psci_hvc, %function
psci_hvc:
    hvc #0
    ret
    .size psci_hvc, . - psci_hvc

    .globl psci_smc
    .hidden psci_smc
    .type psci_smc, %function
psci_smc:
    smc #0
    ret
    .size psci_smc, . - psci_smc

    .section .note.GNU-stack, "", %progbits
