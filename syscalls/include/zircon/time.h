// SPDX-License-Identifier: MIT
//
// Arithmetic on times and durations that saturates at ZX_TIME_INFINITE and ZX_TIME_INFINITE_PAST
// instead of wrapping (spec 00 section 7). The infinities are ordinary numbers otherwise: INFINITE
// minus one is one below INFINITE.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

static inline int64_t __zx_saturating_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (unlikely(add_overflow(a, b, &sum)))
        return b >= 0 ? ZX_TIME_INFINITE : ZX_TIME_INFINITE_PAST;
    return sum;
}

static inline int64_t __zx_saturating_sub(int64_t a, int64_t b)
{
    int64_t difference;
    if (unlikely(sub_overflow(a, b, &difference)))
        return b >= 0 ? ZX_TIME_INFINITE_PAST : ZX_TIME_INFINITE;
    return difference;
}

// time + duration.
static inline zx_time_t zx_time_add_duration(zx_time_t time, zx_duration_t duration)
{
    return __zx_saturating_add(time, duration);
}

// time - duration.
static inline zx_time_t zx_time_sub_duration(zx_time_t time, zx_duration_t duration)
{
    return __zx_saturating_sub(time, duration);
}

// How long after `time2` is `time1`?
static inline zx_duration_t zx_time_sub_time(zx_time_t time1, zx_time_t time2)
{
    return __zx_saturating_sub(time1, time2);
}

static inline zx_duration_t zx_duration_add_duration(zx_duration_t dur1, zx_duration_t dur2)
{
    return __zx_saturating_add(dur1, dur2);
}

static inline zx_duration_t zx_duration_sub_duration(zx_duration_t dur1, zx_duration_t dur2)
{
    return __zx_saturating_sub(dur1, dur2);
}

static inline zx_duration_t zx_duration_mul_int64(zx_duration_t duration, int64_t multiplier)
{
    int64_t product;
    if (unlikely(mul_overflow(duration, multiplier, &product)))
        return (duration > 0) == (multiplier > 0) ? ZX_TIME_INFINITE : ZX_TIME_INFINITE_PAST;
    return product;
}

__END_CDECLS
