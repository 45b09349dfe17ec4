// SPDX-License-Identifier: MIT
//
// Random bytes: the kernel's generator, which is seeded before the first process runs.

#include <errno.h>
#include <sys/random.h>

#include "sys_calls.h"

#include <zircon/syscalls.h>

long __sys_getrandom(long buffer, long size, long flags)
{
    if ((flags & ~(long)(GRND_NONBLOCK | GRND_RANDOM)) != 0) {
        return -EINVAL;
    }
    for (size_t done = 0; done < (size_t)size;) {
        size_t part = (size_t)size - done;

        if (part > ZX_CPRNG_DRAW_MAX_LEN) {
            part = ZX_CPRNG_DRAW_MAX_LEN;
        }
        zx_cprng_draw((char *)buffer + done, part);
        done += part;
    }
    return size;
}
