// SPDX-License-Identifier: MIT
// Macros for assembly files of the platform.
#pragma once

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

// An entry {from, to, fixup} in an exception table: offsets from the fields themselves; the low bits of
// the last one are flags (<plat/usercopy.h>).
.macro table_entry table, from, to, fixup
    .pushsection \table, "a"
    .balign 4
    .long \from - .
    .long \to - .
    .long \fixup - .
    .popsection
.endm

// Instructions [\from, \to) may fault on user addresses; then go on at \fixup.
.macro extable from, to, fixup
    table_entry .extable, \from, \to, \fixup
.endm

// Instructions [\from, \to) may trap in whatever way (nothing answers at a device's address, the
// CPU does not know the instruction); then go on at \fixup, with all other registers as they were.
.macro may_trap from, to, fixup
    table_entry .traps, \from, \to, \fixup
.endm
