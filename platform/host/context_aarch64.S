// SPDX-License-Identifier: MIT
// void host_context_switch(void **save_sp, void *new_sp)
// Stores the callee-saved registers on the stack and goes on where new_sp was stored. No system call.
    .text
    .globl host_context_switch
    .type host_context_switch, %function
host_context_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size host_context_switch, . - host_context_switch

// void *host_context_init(void *stack_top, void (*start)(void))
// The saved stack pointer of a context that starts in `start`.
    .globl host_context_init
    .type host_context_init, %function
host_context_init:
    and x0, x0, #-16
    sub x0, x0, #176
    mov x9, x0
    mov x10, x0
    add x10, x10, #176
1:  stp xzr, xzr, [x9], #16
    cmp x9, x10
    b.lo 1b
    str x1, [x0, #88]
    ret
    .size host_context_init, . - host_context_init

// void *host_context_frame(void *saved_sp): the saved frame pointer; _pc: the return address.
    .globl host_context_frame
    .type host_context_frame, %function
host_context_frame:
    ldr x0, [x0, #80]
    ret
    .size host_context_frame, . - host_context_frame

    .globl host_context_pc
    .type host_context_pc, %function
host_context_pc:
    ldr x0, [x0, #88]
    ret
    .size host_context_pc, . - host_context_pc

    .section .note.GNU-stack, "", %progbits
