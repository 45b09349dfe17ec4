// SPDX-License-Identifier: MIT
//
// Handles on their way to a driver. Whoever has the struct owns them until spawn_start() takes
// them.

#ifndef DEVMGR_GIFTS_H
#define DEVMGR_GIFTS_H

#include <jacinth/spawn.h>

#include "devmgr.h"

#define GIFTS_MAX (DEVICE_MAX_REGISTERS + DEVICE_MAX_INTERRUPTS + 8u)

struct gifts {
    struct spawn_handle handles[GIFTS_MAX];
    size_t count;
};

// Adds a handle, which is consumed.
static inline void gifts_add(struct gifts *gifts, zx_handle_t handle, uint32_t info)
{
    gifts->handles[gifts->count++] = (struct spawn_handle){handle, info};
}

#endif
