// SPDX-License-Identifier: MIT
//
// Seeded mutations of valid inputs; the interface is in tests.h.

#include "tests.h"

#include <stdlib.h>

// xorshift64*: small, and good enough to pick places.
uint64_t mutator_next(struct mutator *mutator)
{
    uint64_t x = mutator->state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    mutator->state = x;
    return x * UINT64_C(0x2545F4914F6CDD1D);
}

// Numbers that length and offset checks stumble over.
static const uint64_t interesting[] = {
    0,          1,          2,          35,         36,         37,        55,
    0x7f,       0xff,       0x7fff,     0xffff,     0x1000,     0xfff,     0x1001,
    0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, UINT64_MAX, INT64_MAX, UINT64_MAX - 4095,
    1ull << 47, 1ull << 48, 1ull << 46, 1ull << 63,
};

static void mutate_once(struct mutator *mutator, uint8_t *bytes, size_t size)
{
    size_t at = mutator_next(mutator) % size;
    size_t left = size - at;

    switch (mutator_next(mutator) % 5) {
    case 0: bytes[at] ^= (uint8_t)(1u << mutator_next(mutator) % 8); break;
    case 1: bytes[at] = (uint8_t)mutator_next(mutator); break;
    case 2: // an ASCII hexadecimal digit, for the fields of cpio headers
        bytes[at] = (uint8_t) "0123456789abcdefABCDEFg"[mutator_next(mutator) % 23];
        break;
    case 3: {
        uint64_t value =
            interesting[mutator_next(mutator) % (sizeof(interesting) / sizeof(interesting[0]))];
        size_t width = (size_t)1 << mutator_next(mutator) % 4;

        memcpy(bytes + at, &value, width < left ? width : left);
        break;
    }
    default: {
        size_t from = mutator_next(mutator) % size;
        size_t length = mutator_next(mutator) % 64;
        size_t room = left < size - from ? left : size - from;

        memmove(bytes + at, bytes + from, length < room ? length : room);
        break;
    }
    }
}

void mutate(struct mutator *mutator, uint8_t *bytes, size_t size)
{
    uint64_t count = 1 + mutator_next(mutator) % 8;

    for (uint64_t i = 0; i < count && size != 0; i++) {
        mutate_once(mutator, bytes, size);
    }
}

uint8_t *exact_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}
