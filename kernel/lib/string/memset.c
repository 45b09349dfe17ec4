// SPDX-License-Identifier: MIT
// memset for the target (interface: lib/string.h). Aligned accesses only.

#include <stdint.h>

#include <lib/string.h>

#undef memset

typedef uint64_t __attribute__((may_alias)) word_t;

void *memset(void *dst, int byte, size_t n)
{
    unsigned char *d = dst;

    if (n >= 16) {
        word_t w = (unsigned char)byte * 0x0101010101010101ull;
        while ((uintptr_t)d % sizeof(word_t)) {
            *d++ = (unsigned char)byte;
            n--;
        }
        word_t *dw = (word_t *)(void *)d;
        for (; n >= 64; n -= 64, dw += 8) {
            dw[0] = w, dw[1] = w, dw[2] = w, dw[3] = w;
            dw[4] = w, dw[5] = w, dw[6] = w, dw[7] = w;
        }
        for (; n >= 8; n -= 8)
            *dw++ = w;
        d = (unsigned char *)dw;
    }
    while (n--)
        *d++ = (unsigned char)byte;
    return dst;
}
