// SPDX-License-Identifier: MIT
//
// Policies of jobs (spec 00 section 11, spec 20).
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

// How a new policy meets the one that is there.
#define ZX_JOB_POL_RELATIVE ((uint32_t)0u)
#define ZX_JOB_POL_ABSOLUTE ((uint32_t)1u)

// The only topic: an array of zx_policy_basic_t.
#define ZX_JOB_POL_BASIC ((uint32_t)0u)

typedef struct zx_policy_basic {
    uint32_t condition; // ZX_POL_*
    uint32_t policy;    // ZX_POL_ACTION_*
} zx_policy_basic_t;

__ABI_SIZE(zx_policy_basic_t, 8);

#define ZX_POL_BAD_HANDLE    ((uint32_t)0u)
#define ZX_POL_WRONG_OBJECT  ((uint32_t)1u)
#define ZX_POL_VMAR_WX       ((uint32_t)2u)
#define ZX_POL_NEW_ANY       ((uint32_t)3u)
#define ZX_POL_NEW_VMO       ((uint32_t)4u)
#define ZX_POL_NEW_CHANNEL   ((uint32_t)5u)
#define ZX_POL_NEW_EVENT     ((uint32_t)6u)
#define ZX_POL_NEW_EVENTPAIR ((uint32_t)7u)
#define ZX_POL_NEW_PORT      ((uint32_t)8u)
#define ZX_POL_NEW_SOCKET    ((uint32_t)9u)
#define ZX_POL_NEW_FIFO      ((uint32_t)10u)
#define ZX_POL_NEW_TIMER     ((uint32_t)11u)
#define ZX_POL_NEW_PROCESS   ((uint32_t)12u)
#ifdef _KERNEL
#define ZX_POL_MAX ((uint32_t)13u)
#endif

#define ZX_POL_ACTION_ALLOW     ((uint32_t)0u)
#define ZX_POL_ACTION_DENY      ((uint32_t)1u)
#define ZX_POL_ACTION_EXCEPTION ((uint32_t)2u) // may be or-ed with ALLOW and DENY
#define ZX_POL_ACTION_KILL      ((uint32_t)5u)

// zx_job_set_limits, ours: what a job and all below it may use together.
typedef struct zx_job_limits {
    uint64_t pages;         // committed
    uint64_t kernel_memory; // bytes
    uint64_t handles;
    uint64_t threads;       // not dead
    uint64_t processes;     // not dead
} zx_job_limits_t;

__ABI_SIZE(zx_job_limits_t, 40);

#define ZX_JOB_LIMIT_KEEP UINT64_MAX                  // as it is
#define ZX_JOB_LIMIT_NONE ((uint64_t)UINT64_MAX - 1u) // no limit

__END_CDECLS
