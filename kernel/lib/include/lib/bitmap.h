// SPDX-License-Identifier: MIT
// Bit sets in arrays of uint64_t. Not atomic.
#pragma once

#include <hal/types.h>

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)
// Declares an array that holds `bits` bits.
#define BITMAP_DECLARE(name, bits) uint64_t name[BITMAP_WORDS(bits)]

ALWAYS_INLINE bool bitmap_test(const uint64_t *map, size_t bit)
{
    return (map[bit / 64] >> (bit % 64)) & 1;
}

ALWAYS_INLINE void bitmap_set(uint64_t *map, size_t bit)
{
    map[bit / 64] |= 1ull << (bit % 64);
}

ALWAYS_INLINE void bitmap_clear(uint64_t *map, size_t bit)
{
    map[bit / 64] &= ~(1ull << (bit % 64));
}

static inline void bitmap_zero(uint64_t *map, size_t bits)
{
    for (size_t i = 0; i < BITMAP_WORDS(bits); i++)
        map[i] = 0;
}

// First set bit in [from, bits), or `bits` if there is none.
static inline size_t bitmap_next_set(const uint64_t *map, size_t bits, size_t from)
{
    if (from >= bits)
        return bits;
    size_t word = from / 64;
    uint64_t w = map[word] & (~0ull << (from % 64));
    while (!w) {
        if (++word >= BITMAP_WORDS(bits))
            return bits;
        w = map[word];
    }
    size_t bit = word * 64 + (size_t)__builtin_ctzll(w);
    return MIN(bit, bits);
}

// First clear bit in [from, bits), or `bits` if there is none.
static inline size_t bitmap_next_clear(const uint64_t *map, size_t bits, size_t from)
{
    if (from >= bits)
        return bits;
    size_t word = from / 64;
    uint64_t w = ~map[word] & (~0ull << (from % 64));
    while (!w) {
        if (++word >= BITMAP_WORDS(bits))
            return bits;
        w = ~map[word];
    }
    size_t bit = word * 64 + (size_t)__builtin_ctzll(w);
    return MIN(bit, bits);
}

// Number of set bits.
static inline size_t bitmap_count(const uint64_t *map, size_t bits)
{
    size_t count = 0;
    for (size_t i = bitmap_next_set(map, bits, 0); i < bits; i = bitmap_next_set(map, bits, i + 1))
        count++;
    return count;
}
