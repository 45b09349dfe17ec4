// SPDX-License-Identifier: MIT
//
// Packets of ports (spec 00 section 10).
#pragma once

#include <zircon/syscalls/types.h>

__BEGIN_CDECLS

#define ZX_PKT_TYPE_USER         ((uint8_t)0x00u)
#define ZX_PKT_TYPE_SIGNAL_ONE   ((uint8_t)0x01u)
#define ZX_PKT_TYPE_SIGNAL_REP   ((uint8_t)0x02u)
#define ZX_PKT_TYPE_GUEST_BELL   ((uint8_t)0x03u)
#define ZX_PKT_TYPE_GUEST_MEM    ((uint8_t)0x04u)
#define ZX_PKT_TYPE_GUEST_IO     ((uint8_t)0x05u)
#define ZX_PKT_TYPE_GUEST_VCPU   ((uint8_t)0x06u)
#define ZX_PKT_TYPE_INTERRUPT    ((uint8_t)0x07u)
#define ZX_PKT_TYPE_PAGE_REQUEST ((uint8_t)0x09u)
#define ZX_PKT_TYPE_EXCEPTION(n) ((uint32_t)(0x08u | (((n)&0xffu) << 8)))

#define ZX_PKT_TYPE_MASK ((uint32_t)0x000000ffu)

#define ZX_PKT_IS_USER(type)       ((type) == ZX_PKT_TYPE_USER)
#define ZX_PKT_IS_SIGNAL_ONE(type) ((type) == ZX_PKT_TYPE_SIGNAL_ONE)
#define ZX_PKT_IS_SIGNAL_REP(type) ((type) == ZX_PKT_TYPE_SIGNAL_REP)
#define ZX_PKT_IS_GUEST_BELL(type) ((type) == ZX_PKT_TYPE_GUEST_BELL)
#define ZX_PKT_IS_GUEST_MEM(type)  ((type) == ZX_PKT_TYPE_GUEST_MEM)
#define ZX_PKT_IS_GUEST_IO(type)   ((type) == ZX_PKT_TYPE_GUEST_IO)
#define ZX_PKT_IS_GUEST_VCPU(type) ((type) == ZX_PKT_TYPE_GUEST_VCPU)
#define ZX_PKT_IS_INTERRUPT(type)  ((type) == ZX_PKT_TYPE_INTERRUPT)
#define ZX_PKT_IS_PAGE_REQUEST(type) ((type) == ZX_PKT_TYPE_PAGE_REQUEST)
// Any exception; the kind is in the second byte.
#define ZX_PKT_IS_EXCEPTION(type) (((type)&ZX_PKT_TYPE_MASK) == ZX_PKT_TYPE_EXCEPTION(0))

#define ZX_PKT_GUEST_VCPU_INTERRUPT ((uint8_t)0u)
#define ZX_PKT_GUEST_VCPU_STARTUP   ((uint8_t)1u)

typedef union zx_packet_user {
    uint64_t u64[4];
    uint32_t u32[8];
    uint16_t u16[16];
    uint8_t c8[32];
} zx_packet_user_t;

typedef struct zx_packet_signal {
    zx_signals_t trigger;  // what was waited for
    zx_signals_t observed; // what was seen
    uint64_t count;
    uint64_t reserved0;
    uint64_t reserved1;
} zx_packet_signal_t;

typedef struct zx_packet_exception {
    uint64_t pid;
    uint64_t tid;
    uint64_t reserved0;
    uint64_t reserved1;
} zx_packet_exception_t;

typedef struct zx_packet_guest_bell {
    zx_gpaddr_t addr;
    uint64_t reserved0;
    uint64_t reserved1;
    uint64_t reserved2;
} zx_packet_guest_bell_t;

// The ARM64 form; this system runs on nothing else.
typedef struct zx_packet_guest_mem {
    zx_gpaddr_t addr;
    uint8_t access_size;
    bool sign_extend;
    uint8_t xt;
    bool read;
    uint8_t padding1[4];
    uint64_t data;
    uint64_t reserved;
} zx_packet_guest_mem_t;

typedef struct zx_packet_guest_io {
    uint16_t port;
    uint8_t access_size;
    bool input;
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint8_t data[4];
    };
    uint64_t reserved0;
    uint64_t reserved1;
    uint64_t reserved2;
} zx_packet_guest_io_t;

typedef struct zx_packet_guest_vcpu {
    union {
        struct {
            uint64_t mask;
            uint8_t vector;
        } interrupt;
        struct {
            uint64_t id;
            zx_gpaddr_t entry;
        } startup;
    };
    uint8_t type; // ZX_PKT_GUEST_VCPU_*
    uint64_t reserved;
} zx_packet_guest_vcpu_t;

typedef struct zx_packet_interrupt {
    zx_time_t timestamp;
    uint64_t reserved0;
    uint64_t reserved1;
    uint64_t reserved2;
} zx_packet_interrupt_t;

// Commands of page requests.
#define ZX_PAGER_VMO_READ     ((uint16_t)0x0000u) // supply these pages
#define ZX_PAGER_VMO_COMPLETE ((uint16_t)0x0001u) // nothing more will be asked of this VMO

typedef struct zx_packet_page_request {
    uint16_t command; // ZX_PAGER_VMO_*
    uint16_t flags;   // 0
    uint32_t reserved0;
    uint64_t offset; // bytes, page aligned
    uint64_t length;
    uint64_t reserved1;
} zx_packet_page_request_t;

struct zx_port_packet {
    uint64_t key;
    uint32_t type;
    zx_status_t status;
    union {
        zx_packet_user_t user;
        zx_packet_signal_t signal;
        zx_packet_exception_t exception;
        zx_packet_guest_bell_t guest_bell;
        zx_packet_guest_mem_t guest_mem;
        zx_packet_guest_io_t guest_io;
        zx_packet_guest_vcpu_t guest_vcpu;
        zx_packet_interrupt_t interrupt;
        zx_packet_page_request_t page_request;
    };
};

__ABI_SIZE(zx_packet_user_t, 32);
__ABI_SIZE(zx_packet_signal_t, 32);
__ABI_SIZE(zx_packet_exception_t, 32);
__ABI_SIZE(zx_packet_guest_bell_t, 32);
__ABI_SIZE(zx_packet_guest_mem_t, 32);
__ABI_SIZE(zx_packet_guest_io_t, 32);
__ABI_SIZE(zx_packet_guest_vcpu_t, 32);
__ABI_SIZE(zx_packet_interrupt_t, 32);
__ABI_SIZE(zx_packet_page_request_t, 32);
__ABI_OFFSET(zx_packet_page_request_t, offset, 8);
__ABI_OFFSET(zx_packet_page_request_t, length, 16);
__ABI_OFFSET(zx_packet_signal_t, count, 8);
__ABI_OFFSET(zx_packet_guest_mem_t, read, 11);
__ABI_OFFSET(zx_packet_guest_mem_t, data, 16);
__ABI_OFFSET(zx_packet_guest_io_t, data, 4);
__ABI_OFFSET(zx_packet_guest_io_t, reserved0, 8);
__ABI_OFFSET(zx_packet_guest_vcpu_t, type, 16);
__ABI_OFFSET(zx_packet_guest_vcpu_t, reserved, 24);
__ABI_SIZE(zx_port_packet_t, 48);
__ABI_OFFSET(zx_port_packet_t, type, 8);
__ABI_OFFSET(zx_port_packet_t, status, 12);
__ABI_OFFSET(zx_port_packet_t, user, 16);

__END_CDECLS
