// SPDX-License-Identifier: MIT
//
// Clocks. REALTIME is the kernel's UTC clock, MONOTONIC and BOOTTIME its monotonic one, THREAD the
// time that the thread has run, PROCESS what the living threads of the process have. MONOTONIC is
// read without entering the kernel. No state.

#include <errno.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

#include "sys_calls.h"
#include "zx_time.h"

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define TIMES_TICK      (ZX_SEC(1) / 100) // of times(), which sysconf(_SC_CLK_TCK) says
#define THREADS_COUNTED 128

bool __zx_clock(clockid_t clock, zx_clock_t *out)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: *out = ZX_CLOCK_UTC; return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *out = ZX_CLOCK_MONOTONIC; return true;
    case CLOCK_THREAD_CPUTIME_ID: *out = ZX_CLOCK_THREAD; return true;
    default: return false;
    }
}

struct timespec __zx_timespec(zx_time_t time)
{
    time_t seconds = time / ZX_SEC(1);
    long rest = (long)(time % ZX_SEC(1));

    if (rest < 0) {
        rest += ZX_SEC(1);
        seconds--;
    }
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest};
}

// How long one thread of this process has run; 0 if it is gone.
static zx_duration_t thread_time(zx_koid_t koid)
{
    zx_info_thread_stats_t stats = {0};
    zx_handle_t thread;

    if (zx_object_get_child(zx_process_self(), koid, ZX_RIGHT_INSPECT, &thread) != ZX_OK) {
        return 0;
    }
    (void)zx_object_get_info(thread, ZX_INFO_THREAD_STATS, &stats, sizeof(stats), NULL, NULL);
    zx_handle_close(thread);
    return stats.total_runtime;
}

// The time that the threads of this process have run, in nanoseconds; those that have ended do not
// count, and of more than THREADS_COUNTED neither do the rest.
static zx_time_t process_time(void)
{
    zx_koid_t koids[THREADS_COUNTED];
    size_t count = 0;
    zx_time_t total = 0;

    (void)zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, koids, sizeof(koids),
                             &count, NULL);
    for (size_t i = 0; i < count; i++) {
        total += thread_time(koids[i]);
    }
    return total;
}

long __sys_clock_gettime(long clock, long out)
{
    zx_clock_t id;
    zx_time_t now;

    if (clock == CLOCK_PROCESS_CPUTIME_ID) {
        now = process_time();
    } else if (!__zx_clock((clockid_t)clock, &id) || zx_clock_get_new(id, &now) != ZX_OK) {
        return -EINVAL;
    }
    *(struct timespec *)out = __zx_timespec(now);
    return 0;
}

// All clocks count nanoseconds, as well as the hardware can.
long __sys_clock_getres(long clock, long out)
{
    zx_clock_t id;

    if (clock != CLOCK_PROCESS_CPUTIME_ID && !__zx_clock((clockid_t)clock, &id)) {
        return -EINVAL;
    }
    if (out != 0) {
        *(struct timespec *)out = (struct timespec){.tv_nsec = 1};
    }
    return 0;
}

long __sys_times(long out)
{
    struct tms *times = (struct tms *)out;

    if (times != NULL) {
        *times = (struct tms){.tms_utime = process_time() / TIMES_TICK};
    }
    return zx_clock_get_monotonic() / TIMES_TICK;
}

// The kernel does not tell its own time from the program's: it is all the program's.
long __sys_getrusage(long who, long out)
{
    struct rusage *usage = (struct rusage *)out;
    zx_time_t time = 0;

    if (who == RUSAGE_SELF) {
        time = process_time();
    } else if (who == RUSAGE_THREAD) {
        (void)zx_clock_get_new(ZX_CLOCK_THREAD, &time);
    } else if (who != RUSAGE_CHILDREN) {
        return -EINVAL;
    }
    *usage = (struct rusage){
        .ru_utime = {.tv_sec = time / ZX_SEC(1), .tv_usec = time % ZX_SEC(1) / 1000},
    };
    return 0;
}
