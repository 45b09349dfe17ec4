// SPDX-License-Identifier: MIT
// void host_context_switch(void **save_sp, void *new_sp)
// Stores the callee-saved registers on the stack and goes on where new_sp was stored. No system call.
    .text
    .globl host_context_switch
    .type host_context_switch, @function
host_context_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size host_context_switch, . - host_context_switch

// void *host_context_init(void *stack_top, void (*start)(void))
// The saved stack pointer of a context that starts in `start`.
    .globl host_context_init
    .type host_context_init, @function
host_context_init:
    andq $-16, %rdi
    leaq -80(%rdi), %rax
    movq $0, 0(%rax)
    movq $0, 8(%rax)
    movq $0, 16(%rax)
    movq $0, 24(%rax)
    movq $0, 32(%rax)
    movq $0, 40(%rax)
    movq %rsi, 48(%rax)
    movq $0, 56(%rax)
    ret
    .size host_context_init, . - host_context_init

// void *host_context_frame(void *saved_sp): the saved frame pointer; _pc: the return address.
    .globl host_context_frame
    .type host_context_frame, @function
host_context_frame:
    movq 40(%rdi), %rax
    ret
    .size host_context_frame, . - host_context_frame

    .globl host_context_pc
    .type host_context_pc, @function
host_context_pc:
    movq 48(%rdi), %rax
    ret
    .size host_context_pc, . - host_context_pc

    .section .note.GNU-stack, "", @progbits
