// SPDX-License-Identifier: MIT
// The ELF images that the kernel carries: the vDSO, of which every process maps a variant, the two
// variants that lack some calls, and userboot, the first program. Each begins on a page and is padded
// with zeroes to whole pages, so that its pages can be mapped as they are.
// scripts/cmake/kernel_image.cmake builds them first and puts them, without symbols, where .incbin
// finds them.
//
// Symbols: vdso_image_start, vdso_image_end, the same for vdso_test1, vdso_test2 and userboot (the
// ends are page-aligned: padding included).

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
    embed vdso_test1, vdso-test1.elf
    embed vdso_test2, vdso-test2.elf
    embed userboot, userboot.elf

    .section .note.GNU-stack, "", %progbits
