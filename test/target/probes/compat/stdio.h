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

#define stdout 0
#define fputs(text, stream) console_write((text), strlen(text))
#define fputc(character, stream) console_write((const char[]){ (character) }, 1)
#define fflush(stream) ((void)0)
