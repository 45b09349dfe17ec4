// SPDX-License-Identifier: MIT
//
// Sleeping. Nothing interrupts it: there are no signals that a handler would have to run for. A sleep
// until a time of the REALTIME clock notices when the clock is set only afterwards. No state.

#include <errno.h>
#include <time.h>

#include "sys_calls.h"
#include "zx_time.h"

#include <zircon/syscalls.h>
#include <zircon/time.h>

bool __zx_from_timespec(const struct timespec *time, zx_time_t *out)
{
    if (time->tv_nsec < 0 || time->tv_nsec >= ZX_SEC(1)) {
        return false;
    }
    if (time->tv_sec < 0) {
        *out = 0;
    } else if (time->tv_sec >= ZX_TIME_INFINITE / ZX_SEC(1)) {
        *out = ZX_TIME_INFINITE;
    } else {
        *out = time->tv_sec * ZX_SEC(1) + time->tv_nsec;
    }
    return true;
}

long __sys_clock_nanosleep(long clock, long flags, long request, long remainder)
{
    zx_clock_t id;
    zx_time_t time, deadline, now = 0;

    (void)remainder; // is stored only by a sleep that was interrupted
    if ((flags & ~(long)TIMER_ABSTIME) != 0 || !__zx_clock((clockid_t)clock, &id) ||
        id == ZX_CLOCK_THREAD || !__zx_from_timespec((const struct timespec *)request, &time)) {
        return -EINVAL;
    }
    deadline = time;
    if ((flags & TIMER_ABSTIME) == 0) {
        deadline = zx_time_add_duration(zx_clock_get_monotonic(), time);
    } else if (id == ZX_CLOCK_UTC && time != ZX_TIME_INFINITE) {
        (void)zx_clock_get_new(id, &now);
        deadline = zx_time_add_duration(zx_clock_get_monotonic(), zx_time_sub_time(time, now));
    }
    (void)zx_nanosleep(deadline);
    return 0;
}

long __sys_nanosleep(long request, long remainder)
{
    return __sys_clock_nanosleep(CLOCK_MONOTONIC, 0, request, remainder);
}
