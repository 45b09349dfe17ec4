// SPDX-License-Identifier: MIT
// What the probes use of <stdio.h>, on the libc-free libraries.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/string.h>

#define snprintf(buffer, size, ...) ((int)format_string((buffer), (size), __VA_ARGS__))
#define vsnprintf(buffer, size, format, list) \
    ((int)format_string_v((buffer), (size), (format), (list)))

// A line goes out in one piece, so that none of the kernel's can come in between.
static char compat_line[256];
static size_t compat_used;

static inline void compat_flush(void)
{
    console_write(compat_line, compat_used);
    compat_used = 0;
}

static inline void compat_put(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (compat_used == sizeof(compat_line))
            compat_flush();
        compat_line[compat_used++] = text[i];
    }
}

#define stdout 0
#define fputs(text, stream) compat_put((text), strlen(text))
#define fputc(character, stream) compat_put((const char[]){ (character) }, 1)
#define fflush(stream) compat_flush()
