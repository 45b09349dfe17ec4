// SPDX-License-Identifier: MIT
// Formatted output. Conversions: d i u x X o p s c %; flags - 0 + space #; width and precision, also
// as `*`; lengths hh h l ll z j t. No floating point, no %n. %p prints 0x and hex digits.
// An unknown conversion is printed as it stands. No locks, no allocation, no static state: usable
// from any context, including panics.
#pragma once

#include <stdarg.h>

#include <hal/types.h>

// Receives `len` bytes of output, in order.
typedef void (*kformat_out_fn)(void *ctx, const char *s, size_t len);

// Formats through `out`; returns the number of bytes produced.
size_t kvformat(kformat_out_fn out, void *ctx, const char *fmt, va_list va) PRINTF_LIKE(3, 0);
size_t kformat(kformat_out_fn out, void *ctx, const char *fmt, ...) PRINTF_LIKE(3, 4);

// Formats into buf[size], always terminated if size > 0. Returns the length the whole output has,
// which is >= size if it was cut.
size_t kvsnprintf(char *buf, size_t size, const char *fmt, va_list va) PRINTF_LIKE(3, 0);
size_t ksnprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);
