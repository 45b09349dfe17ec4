// SPDX-License-Identifier: MIT
//
// Exceptions and their reports (spec 21).
#pragma once

#include <zircon/syscalls/port.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// Which kind of binding a thread in an exception is waiting for.
#define ZX_EXCEPTION_PORT_TYPE_NONE         ((uint32_t)0u)
#define ZX_EXCEPTION_PORT_TYPE_DEBUGGER     ((uint32_t)1u)
#define ZX_EXCEPTION_PORT_TYPE_THREAD       ((uint32_t)2u)
#define ZX_EXCEPTION_PORT_TYPE_PROCESS      ((uint32_t)3u)
#define ZX_EXCEPTION_PORT_TYPE_JOB          ((uint32_t)4u)
#define ZX_EXCEPTION_PORT_TYPE_JOB_DEBUGGER ((uint32_t)5u)

// Option of zx_task_bind_exception_port().
#define ZX_EXCEPTION_PORT_DEBUGGER ((uint32_t)1u << 0)

// Option of zx_task_resume_from_exception().
#define ZX_RESUME_TRY_NEXT ((uint32_t)2u)

typedef uint32_t zx_excp_type_t;

// Marks kinds that no fault of the CPU raises.
#define ZX_EXCP_SYNTH 0x80u

#define ZX_EXCP_GENERAL               ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(0u))
#define ZX_EXCP_FATAL_PAGE_FAULT      ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(1u))
#define ZX_EXCP_UNDEFINED_INSTRUCTION ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(2u))
#define ZX_EXCP_SW_BREAKPOINT         ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(3u))
#define ZX_EXCP_HW_BREAKPOINT         ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(4u))
#define ZX_EXCP_UNALIGNED_ACCESS      ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(5u))
#define ZX_EXCP_THREAD_STARTING       ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(ZX_EXCP_SYNTH | 0u))
#define ZX_EXCP_THREAD_EXITING        ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(ZX_EXCP_SYNTH | 1u))
#define ZX_EXCP_POLICY_ERROR          ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(ZX_EXCP_SYNTH | 2u))
#define ZX_EXCP_PROCESS_STARTING      ((zx_excp_type_t)ZX_PKT_TYPE_EXCEPTION(ZX_EXCP_SYNTH | 3u))

#define ZX_EXCP_IS_ARCH(excp) (((excp) & (ZX_EXCP_SYNTH << 8)) == 0)

typedef struct zx_arm64_exc_data {
    uint32_t esr;
    // Jacinth's own, why a FATAL_PAGE_FAULT had no page: ZX_ERR_NO_MEMORY, there was no memory for it or for a page
    // table, or a limit of the job; ZX_ERR_OUT_OF_RANGE, it lies behind the end of the VMO; ZX_ERR_BAD_STATE, its
    // pager is gone. ZX_ERR_NO_MEMORY also in a GENERAL of a thread's first FP or SIMD instruction, when there was no
    // memory for these registers. Otherwise 0.
    zx_status_t reason;
    uint64_t far; // only for FATAL_PAGE_FAULT, otherwise 0
} zx_arm64_exc_data_t;

typedef struct zx_x86_64_exc_data {
    uint64_t vector;
    uint64_t err_code;
    uint64_t cr2;
} zx_x86_64_exc_data_t;

typedef struct zx_exception_header {
    uint32_t size; // of the report
    zx_excp_type_t type;
} zx_exception_header_t;

typedef struct zx_exception_context {
    struct {
        union {
            zx_x86_64_exc_data_t x86_64;
            zx_arm64_exc_data_t arm_64;
        } u;
    } arch;
} zx_exception_context_t;

typedef struct zx_exception_report {
    zx_exception_header_t header;
    zx_exception_context_t context;
} zx_exception_report_t;

__ABI_SIZE(zx_exception_report_t, 32);
__ABI_OFFSET(zx_exception_report_t, context, 8);
__ABI_OFFSET(zx_arm64_exc_data_t, reason, 4);
__ABI_OFFSET(zx_arm64_exc_data_t, far, 8);

__END_CDECLS
