// SPDX-License-Identifier: MIT
//
// Memory and string functions for programs without a libc; the interface is in minilib/string.h.
// Simple loops over words where that is easy: these programs move little memory. The compiler must
// not turn a loop here into a call of the very function it implements, hence the build flag
// -fno-tree-loop-distribute-patterns for this file.
//
// No state.

#include <minilib/string.h>

#include <stdint.h>

// A word that may alias anything and lie at any address.
typedef uint64_t __attribute__((may_alias, aligned(1))) word_t;

void *memcpy(void *restrict destination, const void *restrict source, size_t size)
{
    char *to = destination;
    const char *from = source;

    for (; size >= sizeof(word_t); size -= sizeof(word_t)) {
        *(word_t *)to = *(const word_t *)from;
        to += sizeof(word_t);
        from += sizeof(word_t);
    }
    for (; size != 0; size--) {
        *to++ = *from++;
    }
    return destination;
}

void *memmove(void *destination, const void *source, size_t size)
{
    char *to = destination;
    const char *from = source;

    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(destination, source, size);
    }
    while (size != 0) {
        size--;
        to[size] = from[size];
    }
    return destination;
}

void *memset(void *destination, int byte, size_t size)
{
    char *to = destination;
    word_t pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);

    for (; size >= sizeof(word_t); size -= sizeof(word_t)) {
        *(word_t *)to = pattern;
        to += sizeof(word_t);
    }
    for (; size != 0; size--) {
        *to++ = (char)byte;
    }
    return destination;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *l = left, *r = right;

    for (; size != 0; size--, l++, r++) {
        if (*l != *r) {
            return *l - *r;
        }
    }
    return 0;
}

void *memchr(const void *memory, int byte, size_t size)
{
    const unsigned char *next = memory;

    for (; size != 0; size--, next++) {
        if (*next == (unsigned char)byte) {
            return (void *)(uintptr_t)next;
        }
    }
    return NULL;
}

size_t strnlen(const char *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length] != '\0') {
        length++;
    }
    return length;
}

size_t strlen(const char *string)
{
    return strnlen(string, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t limit)
{
    for (; limit != 0; limit--, left++, right++) {
        if (*left != *right || *left == '\0') {
            return (unsigned char)*left - (unsigned char)*right;
        }
    }
    return 0;
}

int strcmp(const char *left, const char *right)
{
    return strncmp(left, right, SIZE_MAX);
}

char *strchr(const char *string, int character)
{
    for (;; string++) {
        if (*string == (char)character) {
            return (char *)(uintptr_t)string;
        }
        if (*string == '\0') {
            return NULL;
        }
    }
}
