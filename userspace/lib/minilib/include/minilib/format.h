// SPDX-License-Identifier: MIT
//
// Formatted text without a libc. Conversions: %d %i %u %x %X %c %s %p %%; flags `-` and `0`; width
// and precision as a number or `*` (precision only for %s); lengths hh h l ll z j t. No floating
// point. An unknown conversion is copied as it stands.

#ifndef MINILIB_FORMAT_H
#define MINILIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

// Receives the text in pieces, none of them NUL-terminated.
typedef void (*format_sink)(void *context, const char *text, size_t size);

// Formats into a sink.
void format_to_sink(format_sink sink, void *context, const char *format, va_list arguments);

// Formats into a buffer, cut to size - 1 characters and always NUL-terminated (size >= 1).
// Returns the number of characters stored, without the NUL.
size_t format_string_v(char *buffer, size_t size, const char *format, va_list arguments);

// The same with the arguments in the call.
size_t format_string(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
