// SPDX-License-Identifier: MIT
// Included before the target's string functions when they are compiled for the host: gives them
// symbols of their own, beside the C library's.
#pragma once

#define RENAMED(name) __asm__("target_" #name)

void *memcpy(void *restrict dst, const void *restrict src, __SIZE_TYPE__ n) RENAMED(memcpy);
void *memmove(void *dst, const void *src, __SIZE_TYPE__ n) RENAMED(memmove);
void *memset(void *dst, int byte, __SIZE_TYPE__ n) RENAMED(memset);
int memcmp(const void *a, const void *b, __SIZE_TYPE__ n) RENAMED(memcmp);
void *memchr(const void *s, int byte, __SIZE_TYPE__ n) RENAMED(memchr);
__SIZE_TYPE__ strlen(const char *s) RENAMED(strlen);
__SIZE_TYPE__ strnlen(const char *s, __SIZE_TYPE__ max) RENAMED(strnlen);
int strcmp(const char *a, const char *b) RENAMED(strcmp);
int strncmp(const char *a, const char *b, __SIZE_TYPE__ n) RENAMED(strncmp);
char *strchr(const char *s, int c) RENAMED(strchr);
char *strrchr(const char *s, int c) RENAMED(strrchr);
