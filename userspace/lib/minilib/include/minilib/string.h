// SPDX-License-Identifier: MIT
//
// The memory and string functions that programs without a libc have. Names, arguments and results
// are those of the C standard (strnlen: of POSIX), so that sources using this
// header link against an ordinary libc on the host, and so that the calls that the compiler itself
// puts in find their target.

#ifndef MINILIB_STRING_H
#define MINILIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict destination, const void *restrict source, size_t size);
void *memmove(void *destination, const void *source, size_t size);
void *memset(void *destination, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
void *memchr(const void *memory, int byte, size_t size);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t limit);
char *strchr(const char *string, int character);

#endif
