// SPDX-License-Identifier: MIT
// What the assembly files of the ARM64 platform include: macros, registers, offsets in structures.
#pragma once

#include <arm64/asm_macros.h>
#include <arm64/sysreg.h>
#include <asm_offsets.h>
