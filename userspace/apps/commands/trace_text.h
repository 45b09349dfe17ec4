// SPDX-License-Identifier: MIT
//
// The records of the kernel's trace as lines of text. Knows nothing of where they come from.

#ifndef COMMANDS_TRACE_TEXT_H
#define COMMANDS_TRACE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct trace_text;

// `status_name` gives the names of status codes. NULL: no memory.
struct trace_text *trace_text_new(const char *(*status_name)(int32_t status));
void trace_text_free(struct trace_text *text);

// Prints the whole records at the front of `size` bytes, a line each; names are kept for those to come and not
// printed. Returns the bytes of these records; 0: the first one is not whole, or no record.
size_t trace_text_print(struct trace_text *text, const uint8_t *bytes, size_t size, FILE *out);

#endif
