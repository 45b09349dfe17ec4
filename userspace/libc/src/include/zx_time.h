// SPDX-License-Identifier: MIT
//
// Between POSIX's clocks and the system's.
#pragma once

#include <stdbool.h>
#include <time.h>

#include <features.h>

#include <zircon/types.h>

// The system's clock behind a POSIX clock; false if there is none.
hidden bool __zx_clock(clockid_t clock, zx_clock_t *out);

// Nanoseconds as a timespec whose tv_nsec is in [0, 1e9).
hidden struct timespec __zx_timespec(zx_time_t time);

// A timespec in nanoseconds; ZX_TIME_INFINITE if that is beyond what a zx_time_t holds, 0 if it is
// negative. tv_nsec must be in [0, 1e9): false if it is not.
hidden bool __zx_from_timespec(const struct timespec *time, zx_time_t *out);
