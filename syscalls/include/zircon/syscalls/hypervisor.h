// SPDX-License-Identifier: MIT
//
// Guests and virtual CPUs (spec 30 section 8), ARM64.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_GUEST_TRAP_BELL ((uint32_t)0u)
#define ZX_GUEST_TRAP_MEM  ((uint32_t)1u)
#define ZX_GUEST_TRAP_IO   ((uint32_t)2u)

#define ZX_VCPU_STATE ((uint32_t)0u) // zx_vcpu_state_t
#define ZX_VCPU_IO    ((uint32_t)1u) // zx_vcpu_io_t, refused on ARM64

typedef struct zx_vcpu_state {
    uint64_t x[31];
    uint64_t sp;
    uint32_t cpsr;
    uint32_t padding1;
} zx_vcpu_state_t;

typedef struct zx_vcpu_io {
    uint8_t access_size;
    uint8_t padding1[3];
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint8_t data[4];
    };
} zx_vcpu_io_t;

__ABI_SIZE(zx_vcpu_state_t, 264);
__ABI_OFFSET(zx_vcpu_state_t, cpsr, 256);
__ABI_SIZE(zx_vcpu_io_t, 8);
__ABI_OFFSET(zx_vcpu_io_t, data, 4);

__END_CDECLS
