// SPDX-License-Identifier: MIT
//
// Register sets of zx_thread_read_state() and zx_thread_write_state() (spec 20 section 6), ARM64.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

typedef uint32_t zx_thread_state_topic_t;

#define ZX_THREAD_STATE_GENERAL_REGS ((zx_thread_state_topic_t)0u) // zx_thread_state_general_regs_t
#define ZX_THREAD_STATE_FP_REGS      ((zx_thread_state_topic_t)1u) // zx_thread_state_fp_regs_t
#define ZX_THREAD_STATE_VECTOR_REGS  ((zx_thread_state_topic_t)2u) // zx_thread_state_vector_regs_t
#define ZX_THREAD_STATE_DEBUG_REGS   ((zx_thread_state_topic_t)4u) // zx_thread_state_debug_regs_t
#define ZX_THREAD_STATE_SINGLE_STEP  ((zx_thread_state_topic_t)5u) // zx_thread_state_single_step_t
#define ZX_THREAD_X86_REGISTER_FS    ((zx_thread_state_topic_t)6u) // refused on ARM64
#define ZX_THREAD_X86_REGISTER_GS    ((zx_thread_state_topic_t)7u) // refused on ARM64

typedef struct zx_thread_state_general_regs {
    uint64_t r[30]; // x0..x29
    uint64_t lr;
    uint64_t sp;
    uint64_t pc;
    uint64_t cpsr;
} zx_thread_state_general_regs_t;

__ABI_SIZE(zx_thread_state_general_regs_t, 272);
__ABI_OFFSET(zx_thread_state_general_regs_t, lr, 240);
__ABI_OFFSET(zx_thread_state_general_regs_t, cpsr, 264);

// ARM64 has them among the vector registers.
typedef struct zx_thread_state_fp_regs {
    uint32_t unused;
} zx_thread_state_fp_regs_t;

__ABI_SIZE(zx_thread_state_fp_regs_t, 4);

typedef struct zx_thread_state_vector_regs {
    uint32_t fpcr;
    uint32_t fpsr;
    struct {
        uint64_t low;
        uint64_t high;
    } v[32];
} zx_thread_state_vector_regs_t;

__ABI_SIZE(zx_thread_state_vector_regs_t, 520);
__ABI_OFFSET(zx_thread_state_vector_regs_t, v, 8);

#define AARCH64_MAX_HW_BREAKPOINTS 16
#define AARCH64_MAX_HW_WATCHPOINTS 16

typedef struct zx_thread_state_debug_regs {
    struct {
        uint64_t dbgbvr;
        uint32_t dbgbcr;
        uint32_t padding1;
    } hw_bps[AARCH64_MAX_HW_BREAKPOINTS];
    uint8_t hw_bps_count; // how many the CPU has
    uint8_t padding1[7];
    struct {
        uint64_t dbgwvr;
        uint32_t dbgwcr;
        uint32_t padding1;
    } hw_wps[AARCH64_MAX_HW_WATCHPOINTS];
    uint8_t hw_wps_count;
    uint8_t padding2[7];
} zx_thread_state_debug_regs_t;

__ABI_SIZE(zx_thread_state_debug_regs_t, 528);
__ABI_OFFSET(zx_thread_state_debug_regs_t, hw_bps_count, 256);
__ABI_OFFSET(zx_thread_state_debug_regs_t, hw_wps, 264);
__ABI_OFFSET(zx_thread_state_debug_regs_t, hw_wps_count, 520);

// 0 or 1.
typedef uint32_t zx_thread_state_single_step_t;

__END_CDECLS
