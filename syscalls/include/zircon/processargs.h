// SPDX-License-Identifier: MIT
//
// The bootstrap message of a process (spec 32 section 3): a header, one info word for each handle
// of the message, and three blocks of NUL-terminated strings. Offsets are from the start of the
// message.
#pragma once

#include <stdint.h>

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_PROCARGS_PROTOCOL ((uint32_t)0x4150585du)
#define ZX_PROCARGS_VERSION  ((uint32_t)0x00001000u)

typedef struct zx_proc_args {
    uint32_t protocol;
    uint32_t version;
    uint32_t handle_info_off;
    uint32_t args_off;
    uint32_t args_num;
    uint32_t environ_off;
    uint32_t environ_num;
    uint32_t names_off;
    uint32_t names_num;
} zx_proc_args_t;

__ABI_SIZE(zx_proc_args_t, 36);
__ABI_OFFSET(zx_proc_args_t, handle_info_off, 8);
__ABI_OFFSET(zx_proc_args_t, names_num, 32);

// The info word of a handle.
#define PA_HND(type, arg) (((uint32_t)(type)&0xffu) | (((uint32_t)(arg)&0xffffu) << 16))
#define PA_HND_TYPE(n)    ((n)&0xffu)
#define PA_HND_SUBTYPE(n) (((n) >> 8) & 0xffu)
#define PA_HND_ARG(n)     (((n) >> 16) & 0xffffu)

// The process itself.
#define PA_PROC_SELF   0x01u
#define PA_THREAD_SELF 0x02u
#define PA_JOB_DEFAULT 0x03u
#define PA_VMAR_ROOT   0x04u
#define PA_VMAR_LOADED 0x05u

// Loading and memory.
#define PA_LDSVC_LOADER    0x10u
#define PA_VMO_VDSO        0x11u // arg: variant
#define PA_VMO_STACK       0x13u
#define PA_VMO_EXECUTABLE  0x14u
#define PA_VMO_BOOTDATA    0x1au
#define PA_VMO_BOOTFS      0x1bu
#define PA_VMO_KERNEL_FILE 0x1cu // arg: index; the VMO's name is the name of the file

// Files and services.
#define PA_NS_DIR            0x20u // arg: index into the names
#define PA_FDIO_REMOTE       0x32u // arg: descriptor number
#define PA_FDIO_LOGGER       0x35u
#define PA_FDIO_SOCKET       0x36u
#define PA_DIRECTORY_REQUEST 0x3bu
#define PA_RESOURCE          0x3fu // arg 0: the root resource

// For private agreements.
#define PA_USER0 0xf0u
#define PA_USER1 0xf1u
#define PA_USER2 0xf2u

__END_CDECLS
