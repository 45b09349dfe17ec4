// SPDX-License-Identifier: MIT
// The string functions of C that the kernel uses. On the target they come from kernel/lib/string/;
// on the host from the C library. Kernel code includes this header, never <string.h>.
//
// The macros keep the compiler's knowledge of the functions in freestanding builds, where
// -ffreestanding takes it away: copies of small constant size become plain loads and stores.
#pragma once

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

// Copies at most size - 1 characters and always terminates (if size > 0). Returns strlen(src).
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

#define memcpy(d, s, n)  __builtin_memcpy((d), (s), (n))
#define memmove(d, s, n) __builtin_memmove((d), (s), (n))
#define memset(d, b, n)  __builtin_memset((d), (b), (n))
#define memcmp(a, b, n)  __builtin_memcmp((a), (b), (n))
#define strlen(s)        __builtin_strlen(s)
