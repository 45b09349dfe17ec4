// SPDX-License-Identifier: MIT
// The two ELF images that the kernel carries: the vDSO, which it maps into every process, and
// userboot, the first program. Each begins on a page and is padded with zeroes to whole pages, so
// that its pages can be mapped as they are. scripts/cmake/kernel_image.cmake builds both first and
// puts them, without symbols, where .incbin finds them.
//
// Symbols: vdso_image_start, vdso_image_end, userboot_image_start, userboot_image_end (the ends are
// page-aligned: padding included).

    .macro embed name, file
    .balign 4096
    .globl \name\()_image_start
    .hidden \name\()_image_start
\name\()_image_start:
    .incbin "\file"
    .balign 4096
    .globl \name\()_image_end
    .hidden \name\()_image_end
\name\()_image_end:
    .endm

    .section .rodata.embed, "a"
    embed vdso, vdso.elf
    embed userboot, userboot.elf

    .section .note.GNU-stack, "", %progbits
