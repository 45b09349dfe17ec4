// SPDX-License-Identifier: MIT
// Arithmetic on times in nanoseconds that saturates at the infinities instead of wrapping.
#pragma once

#include <hal/types.h>

// a + b, held within [INT64_MIN, INT64_MAX] (ZX_TIME_INFINITE_PAST, ZX_TIME_INFINITE).
ALWAYS_INLINE int64_t time_add_sat(int64_t a, int64_t b)
{
    int64_t sum;
    if (unlikely(__builtin_add_overflow(a, b, &sum)))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

// a - b, saturating likewise.
ALWAYS_INLINE int64_t time_sub_sat(int64_t a, int64_t b)
{
    int64_t diff;
    if (unlikely(__builtin_sub_overflow(a, b, &diff)))
        return b > 0 ? INT64_MIN : INT64_MAX;
    return diff;
}

// a * b, saturating likewise.
ALWAYS_INLINE int64_t time_mul_sat(int64_t a, int64_t b)
{
    int64_t product;
    if (unlikely(__builtin_mul_overflow(a, b, &product)))
        return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
    return product;
}
