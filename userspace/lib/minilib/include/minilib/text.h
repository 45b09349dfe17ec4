// SPDX-License-Identifier: MIT
//
// Small parsing helpers. Pure functions.

#ifndef MINILIB_TEXT_H
#define MINILIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads a whole string as a number, decimal or with 0x; false if it is anything else or does not
// fit in 64 bits.
bool text_parse_u64(const char *text, uint64_t *out_value);

// Cuts a line at blanks and tabs into words, in place: writes NULs into it and stores the address
// of each word. At most `limit` words; returns how many there are, or `limit` + 1 if there are more.
size_t text_split(char *line, char **words, size_t limit);

// Decodes pairs of hexadecimal digits. Returns the number of bytes stored, or SIZE_MAX if the text
// has an odd length, another character, or more than `capacity` bytes.
size_t text_decode_hex(const char *text, char *buffer, size_t capacity);

#endif
