// SPDX-License-Identifier: MIT
//
// Scheduling profiles (spec 00 section 11).
#pragma once

#include <zircon/syscalls/types.h>

__BEGIN_CDECLS

#define ZX_PROFILE_INFO_SCHEDULER ((uint32_t)1u)

#define ZX_PRIORITY_LOWEST  0
#define ZX_PRIORITY_LOW     8
#define ZX_PRIORITY_DEFAULT 16
#define ZX_PRIORITY_HIGH    24
#define ZX_PRIORITY_HIGHEST 31

typedef struct zx_profile_scheduler {
    int32_t priority;
    uint32_t boost;
    uint32_t deboost;
    uint32_t quantum;
} zx_profile_scheduler_t;

struct zx_profile_info {
    uint32_t type; // ZX_PROFILE_INFO_*
    union {
        zx_profile_scheduler_t scheduler;
    };
};

__ABI_SIZE(zx_profile_scheduler_t, 16);
__ABI_SIZE(zx_profile_info_t, 20);
__ABI_OFFSET(zx_profile_info_t, scheduler, 4);

__END_CDECLS
