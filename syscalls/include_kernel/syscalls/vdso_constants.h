// SPDX-License-Identifier: MIT
//
// What the kernel tells the vDSO: a block of constants in the vDSO's read-only segment, at
// VDSO_CONSTANTS_OFFSET of the image, that the kernel fills in before the first process exists. And
// the one conversion between ticks of the counter and nanoseconds, which kernel and vDSO share, so
// that times read in user mode agree with the kernel's deadlines to the nanosecond. Includable from
// assembly.
#pragma once

// Offsets in struct vdso_constants, bytes.
#define VDSO_CONST_TICKS_TO_NS_MULT 0
#define VDSO_CONST_FLAGS            8
#define VDSO_CONST_TICKS_PER_SECOND 16
#define VDSO_CONST_PHYSMEM          24
#define VDSO_CONST_MAX_NUM_CPUS     32
#define VDSO_CONST_FEATURES         36
#define VDSO_CONST_DCACHE_LINE      40
#define VDSO_CONST_ICACHE_LINE      44
#define VDSO_CONST_VERSION          48
#define VDSO_CONST_SIZE             112

// Bits of flags, by number.
#define VDSO_FLAG_SOFT_TICKS_BIT       0 // zx_ticks_get() gives nanoseconds
#define VDSO_FLAG_UNSTABLE_COUNTER_BIT 1 // the counter may misread around carries (Allwinner A64)
#define VDSO_FLAG_SOFT_TICKS           (1 << VDSO_FLAG_SOFT_TICKS_BIT)
#define VDSO_FLAG_UNSTABLE_COUNTER     (1 << VDSO_FLAG_UNSTABLE_COUNTER_BIT)

// An unstable reading: the low bits all zero or all one, as a carry that is still rippling leaves
// them. It is taken again, at most so many times.
#define VDSO_UNSTABLE_LOW_BITS 9
#define VDSO_UNSTABLE_RETRIES  150

// Bytes that zx_system_get_version() stores.
#define VDSO_VERSION_SIZE 64

// ns = ticks * mult / 2^48 and ticks = ns * inverse / 2^60, with 128-bit products, the former
// rounded down, the latter up. Both factors are rounded up, so that the nanoseconds of the ticks of
// a deadline are never before the deadline. At 1 GHz a tick is exactly a nanosecond; elsewhere the
// relative error is below 2^-48 (0.1 us in a year).
#define TICKS_TO_NS_SHIFT 48
#define NS_TO_TICKS_SHIFT 60

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct vdso_constants {
    uint64_t ticks_to_ns_mult;
    uint32_t flags; // VDSO_FLAG_*
    uint32_t reserved;
    uint64_t ticks_per_second; // as zx_ticks_per_second() gives it: 10^9 with soft ticks
    uint64_t physmem;          // bytes of RAM
    uint32_t max_num_cpus;
    uint32_t features;         // <zircon/features.h>
    uint32_t dcache_line_size; // bytes
    uint32_t icache_line_size; // bytes
    char version[VDSO_VERSION_SIZE];
};

#define VDSO_CONST_CHECK(field, offset) \
    _Static_assert(offsetof(struct vdso_constants, field) == (offset), "known to assembly")
VDSO_CONST_CHECK(ticks_to_ns_mult, VDSO_CONST_TICKS_TO_NS_MULT);
VDSO_CONST_CHECK(flags, VDSO_CONST_FLAGS);
VDSO_CONST_CHECK(ticks_per_second, VDSO_CONST_TICKS_PER_SECOND);
VDSO_CONST_CHECK(physmem, VDSO_CONST_PHYSMEM);
VDSO_CONST_CHECK(max_num_cpus, VDSO_CONST_MAX_NUM_CPUS);
VDSO_CONST_CHECK(features, VDSO_CONST_FEATURES);
VDSO_CONST_CHECK(dcache_line_size, VDSO_CONST_DCACHE_LINE);
VDSO_CONST_CHECK(icache_line_size, VDSO_CONST_ICACHE_LINE);
VDSO_CONST_CHECK(version, VDSO_CONST_VERSION);
_Static_assert(sizeof(struct vdso_constants) == VDSO_CONST_SIZE, "known to assembly");
#undef VDSO_CONST_CHECK

// numerator * 2^(2 * half_shift) / denominator, rounded up, without 128-bit division (which would
// need a library). The caller knows that it fits; denominator <= 2^32, half_shift <= 31.
static inline uint64_t scaled_quotient(uint64_t numerator, uint64_t denominator,
                                       unsigned half_shift)
{
    uint64_t quotient = numerator / denominator;
    uint64_t rest = numerator % denominator;
    for (int step = 0; step < 2; step++) {
        rest <<= half_shift;
        quotient = (quotient << half_shift) | (rest / denominator);
        rest %= denominator;
    }
    return quotient + (rest != 0);
}

// The factor for a counter of `hz` ticks a second, 15,300 < hz <= 2^32.
static inline uint64_t ticks_to_ns_mult(uint64_t hz)
{
    return scaled_quotient(1000000000, hz, TICKS_TO_NS_SHIFT / 2);
}

// The inverse factor, same range.
static inline uint64_t ns_to_ticks_mult(uint64_t hz)
{
    return scaled_quotient(hz, 1000000000, NS_TO_TICKS_SHIFT / 2);
}

// Nanoseconds in `ticks`, rounded down. Wraps where an int64_t does (292 years).
static inline int64_t ticks_to_ns(uint64_t ticks, uint64_t mult)
{
    return (int64_t)(uint64_t)(((unsigned __int128)ticks * mult) >> TICKS_TO_NS_SHIFT);
}

// Ticks in `ns` (not negative), rounded up; saturates at the largest uint64_t.
static inline uint64_t ns_to_ticks(int64_t ns, uint64_t inverse)
{
    unsigned __int128 product = (unsigned __int128)(uint64_t)ns * inverse;
    product += ((unsigned __int128)1 << NS_TO_TICKS_SHIFT) - 1;
    product >>= NS_TO_TICKS_SHIFT;
    return product >> 64 ? UINT64_MAX : (uint64_t)product;
}

#endif // !__ASSEMBLER__
