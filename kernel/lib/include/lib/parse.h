// SPDX-License-Identifier: MIT
// Reading numbers from text. No locks, no allocation.
#pragma once

#include <hal/types.h>

// Reads an unsigned number with C base prefix (0x, 0b, 0, none) at the start of s[0, len). Returns
// the number of characters used, 0 if there is no number or it exceeds 64 bits.
size_t parse_u64_prefix(const char *s, size_t len, uint64_t *out);

// Like the above, but the whole of s[0, len) must be the number. False: *out is untouched.
bool parse_u64(const char *s, size_t len, uint64_t *out);

// Value of a hex digit, -1 if it is none.
int parse_hex_digit(char c);

// Decodes hex digits in pairs into out[cap]. Returns the number of bytes written, -1 for a digit that
// is not hex or an odd count.
ptrdiff_t parse_hex_bytes(const char *s, size_t len, uint8_t *out, size_t cap);
