// SPDX-License-Identifier: MIT
//
// A leaky bucket kept as one time: how far ahead of now the allowance is used up.

#include "limit.h"

struct limit limit_make(unsigned at_once, zx_duration_t interval)
{
    return (struct limit){.interval = interval, .burst = interval * (zx_duration_t)at_once};
}

bool limit_take(struct limit *limit, zx_time_t now)
{
    zx_time_t from = limit->spent > now ? limit->spent : now;

    if (from + limit->interval > now + limit->burst)
        return false;
    limit->spent = from + limit->interval;
    return true;
}
