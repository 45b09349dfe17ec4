// SPDX-License-Identifier: MIT
//
// UTF-8: characters in bytes that may be anything.

#pragma once

#include <stddef.h>
#include <stdint.h>

// Size in bytes, at least 1, of the character at the start of `size` > 0 bytes, and its code point
// in *out_code (may be NULL). A byte that begins no valid sequence is a character of its own, with
// the code 0x110000 + the byte.
size_t utf8_next(const char *text, size_t size, uint32_t *out_code);
// Size of the character that ends at text + position (position > 0).
size_t utf8_before(const char *text, size_t position);
// Columns of a terminal that the character takes: 0 to 2.
int utf8_width(uint32_t code);
// Columns of a text without control characters.
size_t utf8_text_width(const char *text, size_t size);
