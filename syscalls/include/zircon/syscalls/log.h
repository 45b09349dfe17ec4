// SPDX-License-Identifier: MIT
//
// Records and options of the debug log (spec 31 section 4).
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

typedef struct zx_log_record {
    uint32_t reserved;
    uint16_t datalen; // bytes in `data`
    uint16_t flags;   // ZX_LOG_*
    zx_time_t timestamp;
    uint64_t pid; // koid of the writer's process, 0 for the kernel
    uint64_t tid; // koid of the writing thread
    char data[];  // without NUL
} zx_log_record_t;

__ABI_SIZE(zx_log_record_t, 32);
__ABI_OFFSET(zx_log_record_t, datalen, 4);
__ABI_OFFSET(zx_log_record_t, timestamp, 8);
__ABI_OFFSET(zx_log_record_t, data, 32);

// Largest record, header included, and so the longest text.
#define ZX_LOG_RECORD_MAX      256
#define ZX_LOG_RECORD_DATA_MAX (ZX_LOG_RECORD_MAX - sizeof(zx_log_record_t))

#define ZX_LOG_ERROR  ((uint32_t)0x0001u)
#define ZX_LOG_WARN   ((uint32_t)0x0002u)
#define ZX_LOG_INFO   ((uint32_t)0x0004u)
#define ZX_LOG_TRACE  ((uint32_t)0x0010u)
#define ZX_LOG_SPEW   ((uint32_t)0x0020u)
#define ZX_LOG_DEBUG1 ((uint32_t)0x0100u)
#define ZX_LOG_DEBUG2 ((uint32_t)0x0200u)
#define ZX_LOG_DEBUG3 ((uint32_t)0x0400u)
#define ZX_LOG_DEBUG4 ((uint32_t)0x0800u)
#define ZX_LOG_LOCAL  ((uint32_t)0x1000u)

#define ZX_LOG_LEVEL_MASK ((uint32_t)0x0fffu)
#define ZX_LOG_FLAGS_MASK ((uint32_t)0xffffu)

// Option of zx_debuglog_create().
#define ZX_LOG_FLAG_READABLE ((uint32_t)0x40000000u)

// With READABLE and the root resource: reads what the console has not shown yet, while a driver has the
// console. Jacinth's own.
#define ZX_LOG_FLAG_CONSOLE ((uint32_t)0x20000000u)

// In `reserved` of a record: what zx_debug_write() was given while a driver had the console. It goes out as
// it is, without a line's head and end.
#define ZX_LOG_RECORD_AS_IS ((uint32_t)0x1u)

__END_CDECLS
