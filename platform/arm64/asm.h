// SPDX-License-Identifier: MIT
// Macros for the assembly files of the ARM64 platform.
#pragma once

#include <arm64/sysreg.h>
#include <asm_offsets.h>

.macro function name
    .text
    .balign 16
    .globl \name
    .hidden \name
    .type \name, %function
\name:
.endm

.macro function_local name
    .balign 16
    .type \name, %function
\name:
.endm

.macro end name
    .size \name, . - \name
.endm

// Address of a symbol of the image, wherever the image runs.
.macro addr reg, symbol
    adrp \reg, \symbol
    add \reg, \reg, :lo12:\symbol
.endm
