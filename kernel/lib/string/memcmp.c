// SPDX-License-Identifier: MIT
// memcmp and memchr for the target (interface: lib/string.h). Aligned accesses only.

#include <stdint.h>

#include <lib/string.h>

#undef memcmp

typedef uint64_t __attribute__((may_alias)) word_t;

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;

    if (((uintptr_t)p | (uintptr_t)q) % sizeof(word_t) == 0) {
        for (; n >= sizeof(word_t); n -= sizeof(word_t)) {
            if (*(const word_t *)(const void *)p != *(const word_t *)(const void *)q)
                break;
            p += sizeof(word_t);
            q += sizeof(word_t);
        }
    }
    for (; n; n--, p++, q++) {
        if (*p != *q)
            return *p - *q;
    }
    return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
    const unsigned char *p = s;
    for (; n; n--, p++) {
        if (*p == (unsigned char)byte)
            return (void *)p;
    }
    return NULL;
}
