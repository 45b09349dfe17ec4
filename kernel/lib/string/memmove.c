// SPDX-License-Identifier: MIT
// memmove for the target (interface: lib/string.h).

#include <stdbool.h>
#include <stdint.h>

#include <lib/string.h>

#undef memmove
#undef memcpy

typedef uint64_t __attribute__((may_alias)) word_t;

void *memmove(void *dst, const void *src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    // A destination that does not begin inside the source can be written upwards, but memcpy may
    // read ahead by a word: overlapping ranges are copied here.
    if ((uintptr_t)d - (uintptr_t)s >= n && (uintptr_t)s - (uintptr_t)d >= n)
        return memcpy(dst, src, n);
    bool words = (uintptr_t)d % sizeof(word_t) == (uintptr_t)s % sizeof(word_t);
    if (d < s) {
        for (; n && words && (uintptr_t)d % sizeof(word_t); n--)
            *d++ = *s++;
        for (; words && n >= sizeof(word_t); n -= sizeof(word_t)) {
            *(word_t *)(void *)d = *(const word_t *)(const void *)s;
            d += sizeof(word_t);
            s += sizeof(word_t);
        }
        while (n--)
            *d++ = *s++;
        return dst;
    }
    d += n;
    s += n;
    for (; n && words && (uintptr_t)d % sizeof(word_t); n--)
        *--d = *--s;
    for (; words && n >= sizeof(word_t); n -= sizeof(word_t)) {
        d -= sizeof(word_t);
        s -= sizeof(word_t);
        *(word_t *)(void *)d = *(const word_t *)(const void *)s;
    }
    while (n--)
        *--d = *--s;
    return dst;
}
