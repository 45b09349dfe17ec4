// SPDX-License-Identifier: MIT
// Addresses in words, for messages of this layer.
#pragma once

#include <hal/types.h>

#define SYMBOL_TEXT_MAX 96u

// Writes `0x<address> name+0x<offset>` (the name only where it is known) into buf[size].
void symbol_format(char *buf, size_t size, uintptr_t pc);
