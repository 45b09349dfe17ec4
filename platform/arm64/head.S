// SPDX-License-Identifier: MIT
// The image header, and the way of the boot CPU and of every other CPU from firmware to C.
//
// Entry, boot CPU (Linux arm64 boot protocol): MMU and data cache off, x0 = physical address of the
// device tree, EL1 or EL2 (EL3 is left, to say that it will not do), any 2 MiB-aligned load
// address, the loaded image clean to the point of coherency. Entry, others: the same, x0 ignored.
//
// Order of things, boot CPU: mask everything; drop to EL1; invalidate what will be written with the
// caches off (.data to the end of .bss) and clear .bss; relocate to the load address, so that C may
// use pointers; C with the MMU off (device tree, console, identity tables); invalidate again what
// was written; MMU on; C in the identity map (memory, final tables, slide, relocation to the final
// address); jump.

#include "asm.h"

#define NEXT_CALL 0x6e657874206a6163

    .section .head, "ax"
    b primary_entry
    .long 0
    .quad 0                      // text_offset: anywhere that is 2 MiB-aligned
    .long image_bytes_low        // memory the image needs, .bss included (below 16 MiB)
    .long 0
    .quad 0xa                    // little endian, 4 KiB pages, may lie anywhere in RAM
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

    .section .text.entry, "ax"

// Goes on at `label` of the image's final mapping, which begins at x0. Clobbers x1, x2.
.macro jump_to_final label
    addr x1, \label
    addr x2, image_start
    sub x1, x1, x2
    add x0, x0, x1
    br x0
.endm

// Primary: x19 = device tree, x20 = CurrentEL at entry, x21 = counter at entry.
function_local primary_entry
    msr daifset, #0xf
    mov x19, x0
    mrs x20, CurrentEL
    lsr x20, x20, #2
    mrs x21, cntvct_el0
    bl leave_for_el1
    adr x0, early_vectors
    msr vbar_el1, x0
    isb

    // Lines left by a boot loader must not be written back over what we store past the caches.
    bl invalidate_written
    addr x0, bss_start
    addr x1, image_end
1:  stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 1b

    addr x0, boot_stacks_start
    add sp, x0, #KSTACK_SIZE
    mov x29, xzr
    mov x30, xzr
    addr x22, arm64_boot
    mov x0, #1                   // STAGE_ENTRY
    str x0, [x22, #BOOT_STAGE]
    str x19, [x22, #BOOT_FDT]
    str x20, [x22, #BOOT_ENTRY_EL]
    str x21, [x22, #BOOT_ENTRY_TICKS]

    addr x0, image_start
    bl early_relocate
    bl arm64_early_main

    bl invalidate_written
    mov x0, x22
    bl mmu_on
    bl arm64_early_mmu

    ldr x1, [x22, #BOOT_TTBR_KERNEL]
    msr ttbr1_el1, x1            // what stood there before was empty: nothing of it can be cached
    isb
    jump_to_final primary_high
    .size primary_entry, . - primary_entry

// At the final address. The identity map stays in TTBR0 until C drops it.
primary_high:
    addr x0, boot_stacks_start
    add sp, x0, #KSTACK_SIZE
    mov x29, xzr
    mov x30, xzr
    bl arm64_main

// Entry of every other CPU, at its physical address, from PSCI or from a spin table. What it reads
// before its MMU is on was cleaned to memory by hal_cpu_start().
    .globl secondary_entry
    .hidden secondary_entry
function_local secondary_entry
    msr daifset, #0xf
    bl leave_for_el1
    adr x0, early_vectors
    msr vbar_el1, x0
    isb
    addr x22, arm64_boot
    mrs x0, mpidr_el1
    ldr x1, =0xff00ffffff        // the affinity fields
    and x0, x0, x1
    ldr x1, [x22, #BOOT_NEXT_MPIDR]
    cmp x0, x1
    b.ne park                    // a straggler that was given up: there is no stack for it
    mov x0, x22
    bl mmu_on
    ldr x1, [x22, #BOOT_TTBR_KERNEL]
    msr ttbr1_el1, x1
    isb
    ldr x0, [x22, #BOOT_IMAGE_VA]
    jump_to_final secondary_high
    .size secondary_entry, . - secondary_entry

secondary_high:
    addr x0, arm64_boot
    ldr x1, [x0, #BOOT_NEXT_SP]
    ldr x2, [x0, #BOOT_NEXT_THREAD]
    mov sp, x1
    msr tpidr_el1, x2
    mov x29, xzr
    mov x30, xzr
    bl arm64_secondary_main

// arm64_next_enter(entry, tree, table, low, el): see arm64_priv.h. Interrupts are off.
    .globl arm64_next_enter
    .hidden arm64_next_enter
function_local arm64_next_enter
    msr daifset, #0xf
    msr ttbr0_el1, x2
    isb
    tlbi vmalle1                 // what TTBR0 mapped before
    dsb nsh
    isb
    br x3
    .size arm64_next_enter, . - arm64_next_enter

// In the identity map. Where the kernel was entered at EL2 the next one is as well: its handler of HVC is
// left behind in memory that will be another's.
    .globl arm64_next_low
    .hidden arm64_next_low
arm64_next_low:
    ldr x5, =SCTLR_OFF
    msr sctlr_el1, x5
    isb
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    cmp x4, #2
    b.eq 1f
    mov x5, x0
    mov x0, x1
    mov x1, xzr
    mov x2, xzr
    mov x3, xzr
    br x5
1:  mov x2, x1
    mov x1, x0
    ldr x0, =NEXT_CALL
    hvc #0                       // does not come back

park:
    wfe
    b park

// Turns the MMU on with the identity map. x0 = arm64_boot. Clobbers x1-x6.
function_local mmu_on
    ldr x1, [x0, #BOOT_MAIR]
    ldr x2, [x0, #BOOT_TCR]
    ldr x3, [x0, #BOOT_TTBR_IDENTITY]
    ldr x4, [x0, #BOOT_SCTLR]
    addr x5, arm64_empty_table
    msr mair_el1, x1
    msr tcr_el1, x2
    msr ttbr0_el1, x3
    msr ttbr1_el1, x5
    isb
    tlbi vmalle1                 // whatever firmware left behind
    ic iallu
    dsb nsh
    isb
    msr sctlr_el1, x4
    isb
    ret
    .size mmu_on, . - mmu_on

// Invalidates the data cache over all that is written before the MMU is on (what relocation writes
// in the read-only part, .data, .bss), to the point of coherency: no dirty line can be written back
// over our stores, and no stale line is read once the caches are on. Clobbers x0-x3.
function_local invalidate_written
    dmb sy                       // our stores so far come first
    addr x0, relro_start
    addr x1, image_end
    mrs x2, ctr_el0
    ubfx x2, x2, #16, #4
    mov x3, #4
    lsl x2, x3, x2               // bytes of the smallest line
1:  dc ivac, x0
    add x0, x0, x2
    cmp x0, x1
    b.lo 1b
    dsb sy
    ret
    .size invalidate_written, . - invalidate_written

// Comes back at EL1, MMU off, wherever it was called, with the upper levels' traps and offsets set
// to the values that let EL1 do all it does. Clobbers x0-x8.
function_local leave_for_el1
    mrs x0, CurrentEL
    cmp x0, #(3 << 2)
    b.eq from_el3
    cmp x0, #(2 << 2)
    b.eq from_el2
    ldr x0, =SCTLR_OFF
    msr sctlr_el1, x0
    isb
    ret

from_el3:
    // Non-secure, AArch64 below, HVC allowed, SMC undefined: nobody is left to answer it.
    mov x0, #(1 << 0 | 3 << 4 | 1 << 7 | 1 << 8 | 1 << 10)
    msr scr_el3, x0
    msr cptr_el3, xzr
    msr mdcr_el3, xzr
    mrs x1, id_aa64pfr0_el1
    ubfx x2, x1, #24, #4
    cbz x2, 1f
    mov x2, #0xf                 // SRE, no bypass, lower levels may enable it
    msr S3_6_C12_C12_5, x2       // ICC_SRE_EL3
    isb
1:  ubfx x2, x1, #8, #4
    mov x3, #(PSTATE_DAIF | PSTATE_EL1H)
    cbz x2, 2f
    mov x3, #(PSTATE_DAIF | 0x9) // EL2h
2:  msr spsr_el3, x3
    adr x4, 3f
    msr elr_el3, x4
    ldr x0, =SCTLR_OFF
    msr sctlr_el1, x0
    isb
    eret
3:  b leave_for_el1

from_el2:
    // EL1 is AArch64, no VHE, no traps; pointer authentication passes where it exists.
    mov x0, #HCR_RW
    mrs x1, id_aa64isar1_el1
    ldr x2, =0xff000ff0          // GPI, GPA, API, APA
    mrs x3, S3_0_C0_C6_2         // ID_AA64ISAR2_EL1: GPA3, APA3
    ubfx x3, x3, #8, #8
    and x1, x1, x2
    orr x1, x1, x3
    cbz x1, 1f
    mov x2, #HCR_APK_API
    orr x0, x0, x2
1:  msr hcr_el2, x0
    isb

    // Counters: EL1 may use both timers, no offset. With VHE that cannot be switched off (E2H reads
    // as one) the two bits lie elsewhere, and so do the FP trap bits and SCTLR_EL1.
    mrs x1, hcr_el2
    ldr x5, =SCTLR_OFF
    tbnz x1, #HCR_E2H_BIT, 2f
    mov x0, #3
    msr cnthctl_el2, x0
    mov x0, #0x33ff              // RES1 and SVE's bit: no SVE, FP not trapped
    msr cptr_el2, x0
    msr sctlr_el1, x5
    b 3f
2:  mov x0, #(3 << 10)
    msr cnthctl_el2, x0
    mov x0, #(3 << 20)
    msr cptr_el2, x0
    msr S3_5_C1_C0_0, x5         // SCTLR_EL12
3:  msr cntvoff_el2, xzr
    msr hstr_el2, xzr
    msr vttbr_el2, xzr
    mrs x0, midr_el1
    msr vpidr_el2, x0
    mrs x0, mpidr_el1
    msr vmpidr_el2, x0

    // All performance counters belong to EL1.
    mov x0, xzr
    mrs x1, id_aa64dfr0_el1
    ubfx x1, x1, #8, #4
    sub x2, x1, #1
    cmp x2, #0xd
    b.hi 4f                      // none, or one of another make
    mrs x0, pmcr_el0
    ubfx x0, x0, #11, #5
4:  msr mdcr_el2, x0

    // GIC system registers.
    mrs x1, id_aa64pfr0_el1
    ubfx x1, x1, #24, #4
    cbz x1, 5f
    mrs x0, S3_4_C12_C9_5        // ICC_SRE_EL2
    mov x1, #0x9                 // SRE, and EL1 may enable its own
    orr x0, x0, x1
    msr S3_4_C12_C9_5, x0
    isb
    mrs x0, S3_4_C12_C9_5
    tbz x0, #0, 5f               // refused by EL3: then it is a GICv2 for us
    msr S3_4_C12_C11_0, xzr      // ICH_HCR_EL2
5:
    // Fine-grained traps and the extended configuration, where they exist.
    mrs x1, id_aa64mmfr0_el1
    ubfx x1, x1, #56, #4
    cbz x1, 6f
    msr S3_4_C1_C1_4, xzr        // HFGRTR_EL2
    msr S3_4_C1_C1_5, xzr        // HFGWTR_EL2
    msr S3_4_C1_C1_6, xzr        // HFGITR_EL2
    msr S3_4_C3_C1_4, xzr        // HDFGRTR_EL2
    msr S3_4_C3_C1_5, xzr        // HDFGWTR_EL2
6:  mrs x1, id_aa64mmfr1_el1
    ubfx x1, x1, #40, #4
    cbz x1, 7f
    msr S3_4_C1_C2_2, xzr        // HCRX_EL2
7:
    // EL2 stays behind empty, but for an answer to HVC.
    adr x0, el2_vectors
    msr vbar_el2, x0
    ldr x0, =SCTLR_EL2_OFF
    msr sctlr_el2, x0
    mov x0, #(PSTATE_DAIF | PSTATE_EL1H)
    msr spsr_el2, x0
    msr elr_el2, x30
    isb
    eret
    .size leave_for_el1, . - leave_for_el1
    .ltorg

// What EL2 does once the kernel has left it: an HVC, which a device tree for another machine may
// ask for (a psci node with method "hvc"), gets the answer "not supported" (SMC Calling Convention,
// DEN 0028, section "Unknown Function Identifier"). Nothing else is routed here. Runs at the load
// address, EL2's MMU off.
    .balign 2048
// One call it knows: NEXT_CALL, of a number that is no function identifier, goes to x1 with x2 in x0.
.macro el2_answer
    mov x0, #-1
    eret
    .balign 128
.endm
el2_vectors:
    .rept 8
    el2_answer
    .endr
    ldr x9, =NEXT_CALL           // synchronous, from EL1; x9 need not be kept in a call
    cmp x0, x9
    b.ne 1f
    mov x0, x2
    mov x4, x1
    mov x1, xzr
    mov x2, xzr
    mov x3, xzr
    br x4
1:  el2_answer
    .rept 7
    el2_answer
    .endr
    .ltorg

// A fault before the final vectors: one line on the console, if there is one, and stop; but an
// access of probe.S goes on at its fixup.
    .balign 2048
early_vectors:
    .rept 16
    b early_fault
    .balign 128
    .endr

function_local early_fault
    mrs x1, elr_el1
    addr x2, probe_start         // the fixup needs neither x1 nor x2
    cmp x1, x2
    b.lo 1f
    addr x2, probe_end
    cmp x1, x2
    b.hs 1f
    addr x2, probe_failed
    msr elr_el1, x2
    eret
1:  mrs x0, esr_el1
    mrs x2, far_el1
    addr x3, boot_stacks_start
    add sp, x3, #KSTACK_SIZE
    mov x29, xzr
    bl arm64_early_fault
    .size early_fault, . - early_fault

// Boot stack, interrupt stack and overflow stack of the boot CPU, with their guards (percpu.h).
    .section .boot_stacks, "aw", %nobits
    .space 5 * KSTACK_SIZE

    .section .note.GNU-stack, "", %progbits
