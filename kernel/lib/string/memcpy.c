// SPDX-License-Identifier: MIT
// memcpy for the target (interface: lib/string.h). Only aligned accesses are made, so it works before
// the MMU is on. Where source and destination differ in alignment, aligned source words are shifted
// together.

#include <stdint.h>

#include <lib/string.h>

#undef memcpy

// A word that may alias anything.
typedef uint64_t __attribute__((may_alias)) word_t;

// dst is aligned, src is not (offset 1..7 in its word). Copies whole words; returns bytes copied.
static size_t copy_shifted(unsigned char *dst, const unsigned char *src, size_t n)
{
    unsigned offset = (uintptr_t)src % sizeof(word_t);
    const word_t *s = (const word_t *)(const void *)(src - offset);
    word_t *d = (word_t *)(void *)dst;
    size_t words = n / sizeof(word_t);
    unsigned right = offset * 8, left = 64 - right;
    word_t low = *s++; // the first word lies partly before src, but in the same aligned word

    for (size_t i = 0; i < words; i++) {
        word_t high = *s++; // holds at least one byte of the source
        *d++ = low >> right | high << left;
        low = high;
    }
    return words * sizeof(word_t);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    if (n >= 16) {
        while ((uintptr_t)d % sizeof(word_t)) {
            *d++ = *s++;
            n--;
        }
        if ((uintptr_t)s % sizeof(word_t)) {
            size_t done = copy_shifted(d, s, n);
            d += done;
            s += done;
            n -= done;
        } else {
            word_t *dw = (word_t *)(void *)d;
            const word_t *sw = (const word_t *)(const void *)s;
            for (; n >= 64; n -= 64, dw += 8, sw += 8) {
                word_t a = sw[0], b = sw[1], c = sw[2], e = sw[3];
                word_t f = sw[4], g = sw[5], h = sw[6], i = sw[7];
                dw[0] = a, dw[1] = b, dw[2] = c, dw[3] = e;
                dw[4] = f, dw[5] = g, dw[6] = h, dw[7] = i;
            }
            for (; n >= 8; n -= 8)
                *dw++ = *sw++;
            d = (unsigned char *)dw;
            s = (const unsigned char *)sw;
        }
    }
    while (n--)
        *d++ = *s++;
    return dst;
}
