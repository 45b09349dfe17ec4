// SPDX-License-Identifier: MIT
//
// Text on the serial console, by zx_debug_write. Each call's text is gathered and goes out in pieces
// of up to 256 bytes, so that lines of different processes rarely mix.

#ifndef MINILIB_CONSOLE_H
#define MINILIB_CONSOLE_H

#include <stddef.h>

// Writes bytes as they are.
void console_write(const char *text, size_t size);

// Writes formatted text (minilib/format.h).
void console_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Ends the current line if this process has begun one.
void console_fresh_line(void);

#endif
