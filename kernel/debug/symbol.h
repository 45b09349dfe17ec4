// SPDX-License-Identifier: MIT
// Addresses in words, for messages of this layer.
#pragma once

#include <hal/types.h>

#define SYMBOL_TEXT_MAX 128u

// Writes `0x<address> image+0x<offset> name+0x<offset>` into buf[size]: the second part for addresses in
// the image (scripts/symbolize reads it), the third where the name is known.
void symbol_format(char *buf, size_t size, uintptr_t pc);
