// SPDX-License-Identifier: MIT
// System calls of timers (spec 10 section 7).
#include "sys_priv.h"

#include <object/timer_object.h>

zx_status_t sys_timer_create(uint32_t options, zx_clock_t clock_id, struct handle_out *out)
{
    static const enum timer_slack_mode modes[] = {
        [ZX_TIMER_SLACK_CENTER] = TIMER_SLACK_CENTER,
        [ZX_TIMER_SLACK_EARLY] = TIMER_SLACK_EARLY,
        [ZX_TIMER_SLACK_LATE] = TIMER_SLACK_LATE,
    };
    if (clock_id != ZX_CLOCK_MONOTONIC)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_TIMER);
    if (status != ZX_OK)
        return status;
    if (options >= countof(modes))
        return ZX_ERR_INVALID_ARGS;
    out->rights = ZX_DEFAULT_TIMER_RIGHTS;
    return timer_object_create(modes[options], &out->object);
}

zx_status_t sys_timer_set(zx_handle_t handle, zx_time_t deadline, zx_duration_t slack)
{
    if (slack < 0)
        return ZX_ERR_OUT_OF_RANGE;
    return timer_object_set(handle, deadline, slack);
}

zx_status_t sys_timer_cancel(zx_handle_t handle)
{
    return timer_object_cancel(handle);
}
