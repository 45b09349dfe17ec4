// SPDX-License-Identifier: MIT
// System calls of clocks and sleeping (spec 10 section 8). What user mode can tell by itself it gets
// from the vDSO.
#include "sys_priv.h"

#include <hal/time.h>
#include <sched/wait.h>

static _Atomic int64_t utc_offset; // ns, added to the monotonic time

// ZX_ERR_INVALID_ARGS: no such clock.
static zx_status_t clock_read(zx_clock_t clock_id, zx_time_t *out)
{
    switch (clock_id) {
    case ZX_CLOCK_MONOTONIC: *out = hal_now(); return ZX_OK;
    case ZX_CLOCK_UTC: // wraps like a counter: an absurd offset is its setter's business
        *out = (zx_time_t)((uint64_t)hal_now() +
                           (uint64_t)atomic_load_explicit(&utc_offset, memory_order_relaxed));
        return ZX_OK;
    case ZX_CLOCK_THREAD: *out = thread_runtime(thread_current()); return ZX_OK;
    default: return ZX_ERR_INVALID_ARGS;
    }
}

zx_time_t sys_clock_get(zx_clock_t clock_id)
{
    zx_time_t time;
    return clock_read(clock_id, &time) == ZX_OK ? time : 0;
}

zx_status_t sys_clock_get_new(zx_clock_t clock_id, user_out_zx_time_t out)
{
    zx_time_t time;
    zx_status_t status = clock_read(clock_id, &time);
    return status == ZX_OK ? user_write_one(out, time) : status;
}

zx_time_t sys_clock_get_monotonic(void)
{
    return hal_now();
}

zx_status_t sys_clock_adjust(zx_handle_t handle, zx_clock_t clock_id, int64_t offset)
{
    zx_status_t status = sys_check_root(handle);
    if (status != ZX_OK)
        return status;
    if (clock_id == ZX_CLOCK_MONOTONIC)
        return ZX_ERR_ACCESS_DENIED;
    if (clock_id != ZX_CLOCK_UTC)
        return ZX_ERR_INVALID_ARGS;
    atomic_store_explicit(&utc_offset, offset, memory_order_relaxed);
    return ZX_OK;
}

zx_status_t sys_nanosleep(zx_time_t deadline)
{
    if (deadline <= 0) {
        thread_yield();
        return ZX_OK;
    }
    wait_arm(true);
    zx_status_t status = wait_block(WAIT_ON_SLEEP, deadline);
    return status == ZX_ERR_TIMED_OUT ? ZX_OK : status;
}
