// SPDX-License-Identifier: MIT
// Exception vectors, system calls, the way back to user mode.
//
// From user mode: SP_EL1 points at the user frame (struct plat_frame) at the top of the kernel
// stack while a thread is in user mode, so the entry stores without moving SP and the kernel's
// stack grows down from the frame. Saved at once: x0-x17 (a system call: x1-x17), lr, pc, pstate.
// Callee-saved registers are kept by C; SP_EL0 stays in its register and is switched with the
// thread. When somebody may look at the frame (exception, suspension), complete_frame stores the
// rest and the exit reloads all of it. x18 is never touched by the kernel (-ffixed-x18).
//
// From kernel mode: a frame is pushed on the current stack, after a test that there is a stack.
// Interrupt handlers run on the CPU's interrupt stack; kernel_irq_exit() runs on the thread's,
// where it may switch.
//
// Interrupts are masked on entry and again before the frame is reloaded: `pending` is looked at
// with interrupts masked, so no request that is made later is lost (its sender interrupts this
// CPU).

#include "asm.h"
#include <syscalls/table.h>
#include <zircon/syscall-numbers.h>

    .hidden syscall_table

// x1-x17, lr: pairs as struct plat_frame has them.
.macro save_x1_x17_lr
    stp x1, x2, [sp, #F_X + 8 * 1]
    stp x3, x4, [sp, #F_X + 8 * 3]
    stp x5, x6, [sp, #F_X + 8 * 5]
    stp x7, x8, [sp, #F_X + 8 * 7]
    stp x9, x10, [sp, #F_X + 8 * 9]
    stp x11, x12, [sp, #F_X + 8 * 11]
    stp x13, x14, [sp, #F_X + 8 * 13]
    stp x15, x16, [sp, #F_X + 8 * 15]
    stp x17, x30, [sp, #F_X + 8 * 17]
.endm

.macro load_x1_x17_lr
    ldp x1, x2, [sp, #F_X + 8 * 1]
    ldp x3, x4, [sp, #F_X + 8 * 3]
    ldp x5, x6, [sp, #F_X + 8 * 5]
    ldp x7, x8, [sp, #F_X + 8 * 7]
    ldp x9, x10, [sp, #F_X + 8 * 9]
    ldp x11, x12, [sp, #F_X + 8 * 11]
    ldp x13, x14, [sp, #F_X + 8 * 13]
    ldp x15, x16, [sp, #F_X + 8 * 15]
    ldp x17, x30, [sp, #F_X + 8 * 17]
.endm

// x18-x29. Clobbers nothing.
.macro save_x18_x29
    str x29, [sp, #F_FP]
    stp x18, x19, [sp, #F_X18 + 8 * 0]
    stp x20, x21, [sp, #F_X18 + 8 * 2]
    stp x22, x23, [sp, #F_X18 + 8 * 4]
    stp x24, x25, [sp, #F_X18 + 8 * 6]
    stp x26, x27, [sp, #F_X18 + 8 * 8]
    str x28, [sp, #F_X18 + 8 * 10]
.endm

.macro load_x18_x29
    ldr x29, [sp, #F_FP]
    ldp x18, x19, [sp, #F_X18 + 8 * 0]
    ldp x20, x21, [sp, #F_X18 + 8 * 2]
    ldp x22, x23, [sp, #F_X18 + 8 * 4]
    ldp x24, x25, [sp, #F_X18 + 8 * 6]
    ldp x26, x27, [sp, #F_X18 + 8 * 8]
    ldr x28, [sp, #F_X18 + 8 * 10]
.endm

// ELR and SPSR through two scratch registers.
.macro save_return pc, pstate
    mrs \pc, elr_el1
    mrs \pstate, spsr_el1
    stp \pc, \pstate, [sp, #F_PC]
.endm

.macro load_return pc, pstate
    ldp \pc, \pstate, [sp, #F_PC]
    msr elr_el1, \pc
    msr spsr_el1, \pstate
.endm

// Room for a frame on the current kernel stack; hands over to stack_overflow when SP has left its
// stack. Needs no scratch register: SP and x0 hold sums of each other for a moment.
.macro push_frame
    sub sp, sp, #F_SIZE
    add sp, sp, x0
    sub x0, sp, x0
    tbnz x0, #KSTACK_BIT, stack_overflow
    sub x0, sp, x0
    sub sp, sp, x0
.endm

.macro slot target
    .balign 128
    b \target
.endm

.macro slot_el1 target
    .balign 128
    push_frame
    b \target
.endm

    .section .vectors, "ax"
    .balign 2048
    .globl arm64_vectors
    .hidden arm64_vectors
arm64_vectors:
    // EL1 with SP_EL0: never used
    slot bad_mode
    slot bad_mode
    slot bad_mode
    slot bad_mode
    // EL1
    slot_el1 el1_sync
    slot_el1 el1_irq
    slot_el1 el1_fiq
    slot_el1 el1_serror
    // EL0, AArch64; a system call begins in its slot, which saves a branch
    .balign 128
el0_sync_slot:
    save_x1_x17_lr
    mrs x8, esr_el1
    save_return x9, x10
    mov w11, #ESR_SVC0
    cmp w8, w11
    b.eq syscall_check
    b el0_sync_other
    slot el0_irq
    slot el0_fiq
    slot el0_serror
    // EL0, AArch32: the kernel never enters it
    slot el0_sync_slot
    slot el0_irq
    slot el0_fiq
    slot el0_serror
    .balign 128

// ---- system calls -------------------------------------------------------------------------------

    .balign 64
function_local el0_sync
syscall_check:                       // x0-x7 arguments, x16 number, x9 return address
    mrs x12, tpidr_el1
    adr x13, syscall_table
    cmp x16, #ZX_SYS_COUNT
    b.hs syscall_bad
    add x13, x13, x16, lsl #SYSCALL_ENTRY_SIZE_SHIFT
    ldp x14, x15, [x13]              // fn; site in the lower half
    ldp x17, x11, [x12, #T_VDSO_BASE] // and T_SYSCALLS, its neighbour
    add x17, x17, w15, uxtw
    cmp x17, x9
    b.ne syscall_bad
    add x11, x11, #1
    str x11, [x12, #T_SYSCALLS]
    msr daifclr, #6
    blr x14
syscall_exit:                        // x0 result
    msr daifset, #2
    mrs x12, tpidr_el1
    ldr w9, [x12, #T_PENDING]
    cbnz w9, syscall_slow_exit
    load_return x9, x10
    load_x1_x17_lr
    eret
    .size el0_sync, . - el0_sync

syscall_slow_exit:
    str x0, [sp, #F_X]
    b el0_slow_exit

// Refused, or the base of the vDSO is merely not cached yet.
syscall_bad:
    str x0, [sp, #F_X]
    msr daifclr, #6
    sub sp, sp, #16
    str xzr, [sp]
    mov x0, x16
    mov x1, x9
    add x2, sp, #16 + F_X
    mov x3, sp
    bl kernel_bad_syscall
    ldrb w9, [sp]
    add sp, sp, #16
    cbz w9, syscall_exit
    msr daifset, #2
    ldp x16, x17, [sp, #F_X + 8 * 16]
    ldp x0, x1, [sp, #F_X + 8 * 0]
    ldp x2, x3, [sp, #F_X + 8 * 2]
    ldp x4, x5, [sp, #F_X + 8 * 4]
    ldp x6, x7, [sp, #F_X + 8 * 6]
    ldr x9, [sp, #F_PC]
    b syscall_check

// ---- faults and exceptions from user mode -------------------------------------------------------

// x8 = syndrome, frame filled in but for x0.
function_local el0_sync_other
    str x0, [sp, #F_X]
    mrs x0, far_el1
    mov x1, x8
    lsr w9, w8, #ESR_EC_SHIFT
    and w10, w9, #~4                 // data and instruction aborts differ in bit 2
    cmp w10, #ESR_EC_IABT_LOW
    b.ne el0_not_abort
    stp x0, x8, [sp, #-16]!
    msr daifclr, #6
    bl arm64_user_abort              // (far, esr) -> status
    msr daifset, #2
    ldp x2, x1, [sp], #16
    cbnz w0, el0_exception
el0_exit:                            // nothing but x0-x17, lr to reload
    mrs x12, tpidr_el1
    ldr w9, [x12, #T_PENDING]
    cbnz w9, el0_slow_exit
el0_restore:
    load_return x9, x10
    ldr x0, [sp, #F_X]
    load_x1_x17_lr
    eret

el0_not_abort:
    mov x2, x0
    mov w0, #0
    cmp w9, #ESR_EC_FP
    b.ne el0_exception
    stp x2, x1, [sp, #-16]!
    msr daifclr, #6
    bl arm64_fp_trap                 // -> status
    msr daifset, #2
    ldp x2, x1, [sp], #16
    cbz w0, el0_exit

el0_exception:                       // w0 = status of what was tried, x1 = esr, x2 = far
    mov w3, w0
    bl complete_frame
    mov x0, sp
    msr daifclr, #6
    bl arm64_user_exception
    msr daifset, #2
    b el0_boundary
    .size el0_sync_other, . - el0_sync_other

function_local el0_irq
    stp x0, x1, [sp, #F_X]
    save_x1_x17_lr
    save_return x9, x10
    bl irq_on_its_stack
    mov w0, #1
    bl kernel_irq_exit
    b el0_exit
    .size el0_irq, . - el0_irq

// ---- the slow way back: the whole frame in memory -----------------------------------------------

el0_slow_exit:
    bl complete_frame
// Frame complete, interrupts masked: handles what is pending, then reloads everything.
el0_boundary:
    mrs x12, tpidr_el1
    ldr w9, [x12, #T_PENDING]
    cbz w9, 1f
    msr daifclr, #6
    bl kernel_user_boundary
    msr daifset, #2
    b el0_boundary
1:  ldr w9, [x12, #T_FLAGS]
    bic w9, w9, #FLAG_FRAME_VALID
    str w9, [x12, #T_FLAGS]
    ldr x9, [sp, #F_SP]
    msr sp_el0, x9
    load_x18_x29
    b el0_restore

// Stores what entry left out, from registers that C has kept, and marks the frame as readable.
// Clobbers x12, x13.
function_local complete_frame
    save_x18_x29
    mrs x12, sp_el0
    str x12, [sp, #F_SP]
    mrs x12, tpidr_el1
    ldr w13, [x12, #T_FLAGS]
    orr w13, w13, #FLAG_FRAME_VALID
    str w13, [x12, #T_FLAGS]
    ret
    .size complete_frame, . - complete_frame

// void arm64_enter_user(struct plat_frame *frame): the frame is complete, interrupts are masked.
    .globl arm64_enter_user
    .hidden arm64_enter_user
function_local arm64_enter_user
    mov sp, x0
    b el0_boundary
    .size arm64_enter_user, . - arm64_enter_user

// ---- interrupts ---------------------------------------------------------------------------------

// Runs the handlers on this CPU's interrupt stack and comes back to the caller's stack. Preemption is off
// meanwhile: a lock released by a handler must not switch threads here.
function_local irq_on_its_stack
    mrs x0, tpidr_el1
    ldr w1, [x0, #T_CPU]
    ldr w3, [x0, #T_PREEMPT_COUNT]
    add w3, w3, #1
    str w3, [x0, #T_PREEMPT_COUNT]
    addr x2, arm64_irq_stack_top
    ldr x2, [x2, x1, lsl #3]
    mov x1, sp
    stp x1, x30, [x2, #-16]!
    mov sp, x2
    bl irq_dispatch
    mrs x0, tpidr_el1
    ldp x1, x30, [sp]
    ldr w3, [x0, #T_PREEMPT_COUNT]
    sub w3, w3, #1
    str w3, [x0, #T_PREEMPT_COUNT]
    mov sp, x1
    ret
    .size irq_on_its_stack, . - irq_on_its_stack

function_local el1_irq
    stp x0, x1, [sp, #F_X]
    save_x1_x17_lr
    save_return x9, x10
    str x29, [sp, #F_FP]
    add x29, sp, #F_FP               // {x29, pc} is a frame record
    bl irq_on_its_stack
    mov w0, #0
    bl kernel_irq_exit
    load_return x9, x10
    ldr x29, [sp, #F_FP]
    ldr x0, [sp, #F_X]
    load_x1_x17_lr
    add sp, sp, #F_SIZE
    eret
    .size el1_irq, . - el1_irq

// ---- synchronous exceptions in the kernel -------------------------------------------------------

// The frame is pushed; SP before it was SP + F_SIZE. Clobbers x9, x10 after they are saved.
.macro save_kernel_frame
    stp x0, x1, [sp, #F_X]
    save_x1_x17_lr
    save_return x9, x10
    save_x18_x29
    add x9, sp, #F_SIZE
    str x9, [sp, #F_SP]
    add x29, sp, #F_FP
.endm

function_local el1_sync
    save_kernel_frame
    mov x0, sp
    mrs x1, esr_el1
    mrs x2, far_el1
    bl arm64_kernel_sync             // returns to retry, or with pc changed to a fixup
    load_return x9, x10
    load_x18_x29
    ldr x0, [sp, #F_X]
    load_x1_x17_lr
    add sp, sp, #F_SIZE
    eret
    .size el1_sync, . - el1_sync

el1_fiq:
    save_kernel_frame
    adr x1, text_fiq
    b el1_unexpected
el1_serror:
    save_kernel_frame
    adr x1, text_serror
    b el1_unexpected
el1_unexpected:
    mov x0, sp
    mrs x2, esr_el1
    mrs x3, far_el1
    bl arm64_unexpected              // does not return

el0_fiq:
    save_kernel_frame
    adr x1, text_fiq
    b el0_unexpected
el0_serror:
    save_kernel_frame
    adr x1, text_serror_user
el0_unexpected:
    mrs x0, sp_el0
    str x0, [sp, #F_SP]
    b el1_unexpected

// On a stack that should not be in use: take the overflow stack.
bad_mode:
    msr spsel, #1
    mov x0, sp
    add sp, sp, x0
stack_overflow:                      // x0 = SP that left its stack, SP = that + the original x0
    msr tpidrro_el0, x0
    sub x0, sp, x0
    msr tpidr_el0, x0                // nobody will need it any more
    mrs x0, tpidr_el1
    ldr w0, [x0, #T_CPU]
    lsl x0, x0, #3
    mov sp, x0
    addr x0, arm64_overflow_stack_top
    add x0, sp, x0
    ldr x0, [x0]
    mov sp, x0
    sub sp, sp, #F_SIZE
    mrs x0, tpidr_el0
    save_kernel_frame
    mrs x0, tpidrro_el0
    add x0, x0, #F_SIZE
    str x0, [sp, #F_SP]
    adr x1, text_overflow
    b el1_unexpected

text_fiq:         .asciz "FIQ"
text_serror:      .asciz "SError in the kernel"
text_serror_user: .asciz "SError in user mode"
text_overflow:    .asciz "kernel stack overflow"
    .balign 4

    .section .note.GNU-stack, "", %progbits
