// SPDX-License-Identifier: MIT
// From a time that a program's clock will show to the kernel's deadlines, and musl's ways to wait on
// a word, made of the kernel's.
#include "thread_impl.h"

#include <time.h>

#define BILLION 1000000000

static zx_time_t nanoseconds(const struct timespec *t)
{
    zx_time_t value;

    if (__builtin_mul_overflow((zx_time_t)t->tv_sec, (zx_time_t)BILLION, &value) ||
        __builtin_add_overflow(value, (zx_time_t)t->tv_nsec, &value))
        return t->tv_sec < 0 ? INT64_MIN : ZX_TIME_INFINITE;
    return value;
}

int __thread_deadline(clockid_t clock, const struct timespec *at, zx_time_t *out)
{
    zx_time_t time, shown;

    *out = ZX_TIME_INFINITE;
    if (!at)
        return 0;
    if ((unsigned long)at->tv_nsec >= BILLION)
        return EINVAL;
    time = nanoseconds(at);
    if (clock == CLOCK_MONOTONIC) {
        *out = time;
        return 0;
    }
    if (clock != CLOCK_REALTIME)
        return EINVAL;
    if (time == ZX_TIME_INFINITE)
        return 0;
    // The monotonic clock is read second: the deadline may be late by the time between, never early.
    shown = zx_clock_get(ZX_CLOCK_UTC);
    if (__builtin_sub_overflow(time, shown, &time))
        time = time < 0 ? INT64_MIN : ZX_TIME_INFINITE;
    *out = zx_deadline_after(time);
    return 0;
}

bool __thread_time_is_past(clockid_t clock, const struct timespec *at)
{
    zx_clock_t id = clock == CLOCK_MONOTONIC ? ZX_CLOCK_MONOTONIC : ZX_CLOCK_UTC;

    return zx_clock_get(id) >= nanoseconds(at);
}

void __futexwait(volatile void *word, int value, int private)
{
    (void)private;
    zx_status_t status =
        zx_futex_wait((const zx_futex_t *)word, value, ZX_HANDLE_INVALID, ZX_TIME_INFINITE);

    if (status != ZX_OK && status != ZX_ERR_BAD_STATE)
        __builtin_trap();
}

void __wake(volatile void *word, int count, int private)
{
    (void)private;
    // A wake may come after the word's memory is gone; it is OK all the same.
    if (zx_futex_wake((const zx_futex_t *)word, count < 0 ? UINT32_MAX : (uint32_t)count) != ZX_OK)
        __builtin_trap();
}

void __wait(volatile int *word, volatile int *waiters, int value, int private)
{
    for (unsigned spins = 100; spins > 0 && (!waiters || *waiters == 0); spins--) {
        if (*word != value)
            return;
        a_spin();
    }
    if (waiters)
        a_inc(waiters);
    while (*word == value)
        __futexwait(word, value, private);
    if (waiters)
        a_dec(waiters);
}

int __timedwait(volatile int *word, int value, clockid_t clock, const struct timespec *at,
                int private)
{
    zx_time_t deadline;
    int error = __thread_deadline(clock, at, &deadline);

    (void)private;
    while (error == 0) {
        zx_status_t status =
            zx_futex_wait((const zx_futex_t *)word, value, ZX_HANDLE_INVALID, deadline);

        if (status == ZX_OK || status == ZX_ERR_BAD_STATE)
            return 0;
        if (status != ZX_ERR_TIMED_OUT)
            __builtin_trap();
        // The clock may have been set back since.
        if (__thread_time_is_past(clock, at))
            return ETIMEDOUT;
        error = __thread_deadline(clock, at, &deadline);
    }
    return error;
}

int __timedwait_cp(volatile int *word, int value, clockid_t clock, const struct timespec *at,
                   int private)
{
    return __timedwait(word, value, clock, at, private);
}

// What is left of musl's own futex calls: one wait in pthread_barrier_wait().
long __sys_futex(long word, long operation, long value, long timeout, long other, long third)
{
    (void)other, (void)third;
    if ((operation & 127) != 0 || timeout != 0)
        return -ENOSYS;
    __futexwait((volatile void *)word, (int)value, 1);
    return 0;
}
