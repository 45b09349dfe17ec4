// SPDX-License-Identifier: MIT
//
// Basic types and constants of the system-call interface (spec 00): scalar types, signals, clocks,
// option bits. Layouts are LP64, little-endian, naturally aligned; every struct of the ABI carries
// size and offset checks. The same headers serve the kernel (which defines _KERNEL), its host
// build, and programs.
//
// Private additions. Numbers of this project's own that the published interface does not have keep
// to ranges that it left free: calls after the 170 of the table, info topics from 0x1000, object
// properties from 0x1000, bits 24..30 of option words. Nothing may be added inside other ranges.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/rights.h>

#if !defined(__cplusplus) && !defined(_KERNEL)
#include <stdatomic.h>
#endif

__BEGIN_CDECLS

// ---- scalar types -------------------------------------------------------------------------------

typedef uint32_t zx_handle_t;   // number of a handle in its process
typedef int32_t zx_status_t;    // see <zircon/errors.h>
typedef int64_t zx_time_t;      // ns, absolute
typedef int64_t zx_duration_t;  // ns
typedef uint64_t zx_ticks_t;    // of the hardware counter
typedef uint32_t zx_clock_t;    // ZX_CLOCK_*
typedef uint32_t zx_signals_t;  // bits
typedef uint64_t zx_koid_t;     // identity of an object, for ever
typedef uint32_t zx_txid_t;     // transaction of a channel call
typedef uint32_t zx_obj_type_t; // ZX_OBJ_TYPE_*
typedef uint32_t zx_obj_props_t;
typedef uint32_t zx_object_info_topic_t;
typedef uint32_t zx_thread_state_t;
typedef uint32_t zx_vm_option_t;
typedef uintptr_t zx_vaddr_t;  // virtual address
typedef uintptr_t zx_paddr_t;  // physical address
typedef uintptr_t zx_gpaddr_t; // physical address of a guest
typedef uint32_t zx_paddr32_t;
typedef uint64_t zx_off_t;
typedef uint32_t zx_rsrc_kind_t;
typedef uint32_t zx_rsrc_flags_t;

// A futex word. C programs get an atomic; the kernel only ever sees its address.
#if !defined(__cplusplus) && !defined(_KERNEL)
typedef atomic_int zx_futex_t;
#else
typedef int zx_futex_t;
#endif

#define ZX_HANDLE_INVALID ((zx_handle_t)0u)

// ---- objects ------------------------------------------------------------------------------------

#define ZX_KOID_INVALID ((zx_koid_t)0u)
#define ZX_KOID_KERNEL  ((zx_koid_t)1u)
// The first koid given to an object; those below are reserved.
#define ZX_KOID_FIRST ((zx_koid_t)1024u)

#define ZX_OBJ_TYPE_NONE          ((zx_obj_type_t)0u)
#define ZX_OBJ_TYPE_PROCESS       ((zx_obj_type_t)1u)
#define ZX_OBJ_TYPE_THREAD        ((zx_obj_type_t)2u)
#define ZX_OBJ_TYPE_VMO           ((zx_obj_type_t)3u)
#define ZX_OBJ_TYPE_CHANNEL       ((zx_obj_type_t)4u)
#define ZX_OBJ_TYPE_EVENT         ((zx_obj_type_t)5u)
#define ZX_OBJ_TYPE_PORT          ((zx_obj_type_t)6u)
#define ZX_OBJ_TYPE_INTERRUPT     ((zx_obj_type_t)9u)
#define ZX_OBJ_TYPE_PCI_DEVICE    ((zx_obj_type_t)11u)
#define ZX_OBJ_TYPE_LOG           ((zx_obj_type_t)12u)
#define ZX_OBJ_TYPE_SOCKET        ((zx_obj_type_t)14u)
#define ZX_OBJ_TYPE_RESOURCE      ((zx_obj_type_t)15u)
#define ZX_OBJ_TYPE_EVENTPAIR     ((zx_obj_type_t)16u)
#define ZX_OBJ_TYPE_JOB           ((zx_obj_type_t)17u)
#define ZX_OBJ_TYPE_VMAR          ((zx_obj_type_t)18u)
#define ZX_OBJ_TYPE_FIFO          ((zx_obj_type_t)19u)
#define ZX_OBJ_TYPE_GUEST         ((zx_obj_type_t)20u)
#define ZX_OBJ_TYPE_VCPU          ((zx_obj_type_t)21u)
#define ZX_OBJ_TYPE_TIMER         ((zx_obj_type_t)22u)
#define ZX_OBJ_TYPE_IOMMU         ((zx_obj_type_t)23u)
#define ZX_OBJ_TYPE_BTI           ((zx_obj_type_t)24u)
#define ZX_OBJ_TYPE_PROFILE       ((zx_obj_type_t)25u)
#define ZX_OBJ_TYPE_PMT           ((zx_obj_type_t)26u)
#define ZX_OBJ_TYPE_SUSPEND_TOKEN ((zx_obj_type_t)27u)
#define ZX_OBJ_TYPE_PAGER         ((zx_obj_type_t)28u)
#define ZX_OBJ_TYPE_LAST          ((zx_obj_type_t)29u)

#define ZX_OBJ_PROP_NONE     ((zx_obj_props_t)0u)
#define ZX_OBJ_PROP_WAITABLE ((zx_obj_props_t)1u)

// ---- signals ------------------------------------------------------------------------------------

// Bits 0..23 belong to the kernel, 24..31 to programs.
#define ZX_SIGNAL_NONE         ((zx_signals_t)0u)
#define __ZX_OBJECT_SIGNAL_ALL ((zx_signals_t)0x00ffffffu)
#define ZX_USER_SIGNAL_ALL     ((zx_signals_t)0xff000000u)

#define __ZX_OBJECT_READABLE      ((zx_signals_t)1u << 0)
#define __ZX_OBJECT_WRITABLE      ((zx_signals_t)1u << 1)
#define __ZX_OBJECT_PEER_CLOSED   ((zx_signals_t)1u << 2)
#define __ZX_OBJECT_SIGNALED      ((zx_signals_t)1u << 3)
#define __ZX_OBJECT_SIGNAL_4      ((zx_signals_t)1u << 4)
#define __ZX_OBJECT_SIGNAL_5      ((zx_signals_t)1u << 5)
#define __ZX_OBJECT_SIGNAL_6      ((zx_signals_t)1u << 6)
#define __ZX_OBJECT_SIGNAL_7      ((zx_signals_t)1u << 7)
#define __ZX_OBJECT_SIGNAL_8      ((zx_signals_t)1u << 8)
#define __ZX_OBJECT_SIGNAL_9      ((zx_signals_t)1u << 9)
#define __ZX_OBJECT_SIGNAL_10     ((zx_signals_t)1u << 10)
#define __ZX_OBJECT_SIGNAL_11     ((zx_signals_t)1u << 11)
#define __ZX_OBJECT_SIGNAL_12     ((zx_signals_t)1u << 12)
#define __ZX_OBJECT_SIGNAL_13     ((zx_signals_t)1u << 13)
#define __ZX_OBJECT_SIGNAL_14     ((zx_signals_t)1u << 14)
#define __ZX_OBJECT_SIGNAL_15     ((zx_signals_t)1u << 15)
#define __ZX_OBJECT_SIGNAL_16     ((zx_signals_t)1u << 16)
#define __ZX_OBJECT_SIGNAL_17     ((zx_signals_t)1u << 17)
#define __ZX_OBJECT_SIGNAL_18     ((zx_signals_t)1u << 18)
#define __ZX_OBJECT_SIGNAL_19     ((zx_signals_t)1u << 19)
#define __ZX_OBJECT_SIGNAL_20     ((zx_signals_t)1u << 20)
#define __ZX_OBJECT_SIGNAL_21     ((zx_signals_t)1u << 21)
#define __ZX_OBJECT_SIGNAL_22     ((zx_signals_t)1u << 22)
#define __ZX_OBJECT_HANDLE_CLOSED ((zx_signals_t)1u << 23)

// Never part of an object's state; reported by a wait whose handle went away.
#define ZX_SIGNAL_HANDLE_CLOSED __ZX_OBJECT_HANDLE_CLOSED

#define ZX_USER_SIGNAL_0 ((zx_signals_t)1u << 24)
#define ZX_USER_SIGNAL_1 ((zx_signals_t)1u << 25)
#define ZX_USER_SIGNAL_2 ((zx_signals_t)1u << 26)
#define ZX_USER_SIGNAL_3 ((zx_signals_t)1u << 27)
#define ZX_USER_SIGNAL_4 ((zx_signals_t)1u << 28)
#define ZX_USER_SIGNAL_5 ((zx_signals_t)1u << 29)
#define ZX_USER_SIGNAL_6 ((zx_signals_t)1u << 30)
#define ZX_USER_SIGNAL_7 ((zx_signals_t)1u << 31)

#define ZX_EVENT_SIGNALED    __ZX_OBJECT_SIGNALED
#define ZX_EVENT_SIGNAL_MASK (ZX_USER_SIGNAL_ALL | __ZX_OBJECT_SIGNALED)

#define ZX_EVENTPAIR_SIGNALED    __ZX_OBJECT_SIGNALED
#define ZX_EVENTPAIR_PEER_CLOSED __ZX_OBJECT_PEER_CLOSED
#define ZX_EVENTPAIR_SIGNAL_MASK \
    (ZX_USER_SIGNAL_ALL | __ZX_OBJECT_SIGNALED | __ZX_OBJECT_PEER_CLOSED)

#define ZX_CHANNEL_READABLE    __ZX_OBJECT_READABLE
#define ZX_CHANNEL_WRITABLE    __ZX_OBJECT_WRITABLE
#define ZX_CHANNEL_PEER_CLOSED __ZX_OBJECT_PEER_CLOSED

#define ZX_SOCKET_READABLE            __ZX_OBJECT_READABLE
#define ZX_SOCKET_WRITABLE            __ZX_OBJECT_WRITABLE
#define ZX_SOCKET_PEER_CLOSED         __ZX_OBJECT_PEER_CLOSED
#define ZX_SOCKET_PEER_WRITE_DISABLED __ZX_OBJECT_SIGNAL_4
#define ZX_SOCKET_READ_DISABLED       ZX_SOCKET_PEER_WRITE_DISABLED // deprecated name
#define ZX_SOCKET_WRITE_DISABLED      __ZX_OBJECT_SIGNAL_5
#define ZX_SOCKET_CONTROL_READABLE    __ZX_OBJECT_SIGNAL_6
#define ZX_SOCKET_CONTROL_WRITABLE    __ZX_OBJECT_SIGNAL_7
#define ZX_SOCKET_ACCEPT              __ZX_OBJECT_SIGNAL_8
#define ZX_SOCKET_SHARE               __ZX_OBJECT_SIGNAL_9
#define ZX_SOCKET_READ_THRESHOLD      __ZX_OBJECT_SIGNAL_10
#define ZX_SOCKET_WRITE_THRESHOLD     __ZX_OBJECT_SIGNAL_11

#define ZX_FIFO_READABLE    __ZX_OBJECT_READABLE
#define ZX_FIFO_WRITABLE    __ZX_OBJECT_WRITABLE
#define ZX_FIFO_PEER_CLOSED __ZX_OBJECT_PEER_CLOSED

// Any task: jobs, processes, threads.
#define ZX_TASK_TERMINATED    __ZX_OBJECT_SIGNALED
#define ZX_JOB_NO_PROCESSES   __ZX_OBJECT_SIGNALED
#define ZX_JOB_NO_JOBS        __ZX_OBJECT_SIGNAL_4
// Ours: a limit of the job (zx_job_set_limits) has refused something since they were last set.
#define ZX_JOB_LIMIT_REACHED  __ZX_OBJECT_SIGNAL_5
#define ZX_PROCESS_TERMINATED __ZX_OBJECT_SIGNALED
#define ZX_THREAD_TERMINATED  __ZX_OBJECT_SIGNALED
#define ZX_THREAD_RUNNING     __ZX_OBJECT_SIGNAL_4
#define ZX_THREAD_SUSPENDED   __ZX_OBJECT_SIGNAL_5

#define ZX_LOG_READABLE __ZX_OBJECT_READABLE
#define ZX_LOG_WRITABLE __ZX_OBJECT_WRITABLE

#define ZX_TIMER_SIGNALED __ZX_OBJECT_SIGNALED

#define ZX_VMO_ZERO_CHILDREN __ZX_OBJECT_SIGNALED

// ---- time ---------------------------------------------------------------------------------------

#define ZX_TIME_INFINITE      INT64_MAX
#define ZX_TIME_INFINITE_PAST INT64_MIN

#define ZX_NSEC(n) ((zx_duration_t)(n))
#define ZX_USEC(n) ((zx_duration_t)(ZX_NSEC(n) * 1000))
#define ZX_MSEC(n) ((zx_duration_t)(ZX_USEC(n) * 1000))
#define ZX_SEC(n)  ((zx_duration_t)(ZX_MSEC(n) * 1000))
#define ZX_MIN(n)  ((zx_duration_t)(ZX_SEC(n) * 60))
#define ZX_HOUR(n) ((zx_duration_t)(ZX_MIN(n) * 60))

#define ZX_CLOCK_MONOTONIC ((zx_clock_t)0u)
#define ZX_CLOCK_UTC       ((zx_clock_t)1u)
#define ZX_CLOCK_THREAD    ((zx_clock_t)2u)

#define ZX_TIMER_SLACK_CENTER ((uint32_t)0u)
#define ZX_TIMER_SLACK_EARLY  ((uint32_t)1u)
#define ZX_TIMER_SLACK_LATE   ((uint32_t)2u)

// ---- channels and sockets -----------------------------------------------------------------------

#define ZX_CHANNEL_READ_MAY_DISCARD ((uint32_t)1u)

#define ZX_SOCKET_STREAM      ((uint32_t)0u)
#define ZX_SOCKET_DATAGRAM    ((uint32_t)1u << 0)
#define ZX_SOCKET_HAS_CONTROL ((uint32_t)1u << 1)
#define ZX_SOCKET_HAS_ACCEPT  ((uint32_t)1u << 2)
#define ZX_SOCKET_CREATE_MASK (ZX_SOCKET_DATAGRAM | ZX_SOCKET_HAS_CONTROL | ZX_SOCKET_HAS_ACCEPT)

// For zx_socket_read() and zx_socket_write().
#define ZX_SOCKET_CONTROL ((uint32_t)1u << 2)

#define ZX_SOCKET_SHUTDOWN_WRITE ((uint32_t)1u << 0)
#define ZX_SOCKET_SHUTDOWN_READ  ((uint32_t)1u << 1)
#define ZX_SOCKET_SHUTDOWN_MASK  (ZX_SOCKET_SHUTDOWN_WRITE | ZX_SOCKET_SHUTDOWN_READ)

// ---- ports --------------------------------------------------------------------------------------

#define ZX_WAIT_ASYNC_ONCE      ((uint32_t)0u)
#define ZX_WAIT_ASYNC_REPEATING ((uint32_t)1u)

#define ZX_PORT_BIND_TO_INTERRUPT ((uint32_t)1u << 0)

// ---- memory -------------------------------------------------------------------------------------

#define ZX_VMO_NON_RESIZABLE ((uint32_t)1u)

#define ZX_VMO_OP_COMMIT                 ((uint32_t)1u)
#define ZX_VMO_OP_DECOMMIT               ((uint32_t)2u)
#define ZX_VMO_OP_LOCK                   ((uint32_t)3u)
#define ZX_VMO_OP_UNLOCK                 ((uint32_t)4u)
#define ZX_VMO_OP_CACHE_SYNC             ((uint32_t)6u)
#define ZX_VMO_OP_CACHE_INVALIDATE       ((uint32_t)7u)
#define ZX_VMO_OP_CACHE_CLEAN            ((uint32_t)8u)
#define ZX_VMO_OP_CACHE_CLEAN_INVALIDATE ((uint32_t)9u)

#define ZX_VMO_CLONE_COPY_ON_WRITE  ((uint32_t)1u << 0)
#define ZX_VMO_CLONE_NON_RESIZEABLE ((uint32_t)1u << 1)

#define ZX_VM_PERM_READ             ((zx_vm_option_t)1u << 0)
#define ZX_VM_PERM_WRITE            ((zx_vm_option_t)1u << 1)
#define ZX_VM_PERM_EXECUTE          ((zx_vm_option_t)1u << 2)
#define ZX_VM_COMPACT               ((zx_vm_option_t)1u << 3)
#define ZX_VM_SPECIFIC              ((zx_vm_option_t)1u << 4)
#define ZX_VM_SPECIFIC_OVERWRITE    ((zx_vm_option_t)1u << 5)
#define ZX_VM_CAN_MAP_SPECIFIC      ((zx_vm_option_t)1u << 6)
#define ZX_VM_CAN_MAP_READ          ((zx_vm_option_t)1u << 7)
#define ZX_VM_CAN_MAP_WRITE         ((zx_vm_option_t)1u << 8)
#define ZX_VM_CAN_MAP_EXECUTE       ((zx_vm_option_t)1u << 9)
#define ZX_VM_MAP_RANGE             ((zx_vm_option_t)1u << 10)
#define ZX_VM_REQUIRE_NON_RESIZABLE ((zx_vm_option_t)1u << 11)

// Deprecated names of the same bits.
#define ZX_VM_FLAG_PERM_READ             ((uint32_t)1u << 0)
#define ZX_VM_FLAG_PERM_WRITE            ((uint32_t)1u << 1)
#define ZX_VM_FLAG_PERM_EXECUTE          ((uint32_t)1u << 2)
#define ZX_VM_FLAG_COMPACT               ((uint32_t)1u << 3)
#define ZX_VM_FLAG_SPECIFIC              ((uint32_t)1u << 4)
#define ZX_VM_FLAG_SPECIFIC_OVERWRITE    ((uint32_t)1u << 5)
#define ZX_VM_FLAG_CAN_MAP_SPECIFIC      ((uint32_t)1u << 6)
#define ZX_VM_FLAG_CAN_MAP_READ          ((uint32_t)1u << 7)
#define ZX_VM_FLAG_CAN_MAP_WRITE         ((uint32_t)1u << 8)
#define ZX_VM_FLAG_CAN_MAP_EXECUTE       ((uint32_t)1u << 9)
#define ZX_VM_FLAG_MAP_RANGE             ((uint32_t)1u << 10)
#define ZX_VM_FLAG_REQUIRE_NON_RESIZABLE ((uint32_t)1u << 11)

#define ZX_CACHE_POLICY_CACHED          ((uint32_t)0u)
#define ZX_CACHE_POLICY_UNCACHED        ((uint32_t)1u)
#define ZX_CACHE_POLICY_UNCACHED_DEVICE ((uint32_t)2u)
#define ZX_CACHE_POLICY_WRITE_COMBINING ((uint32_t)3u)
#define ZX_CACHE_POLICY_MASK            ((uint32_t)3u)

#define ZX_CACHE_FLUSH_INSN       ((uint32_t)1u << 0)
#define ZX_CACHE_FLUSH_DATA       ((uint32_t)1u << 1)
#define ZX_CACHE_FLUSH_INVALIDATE ((uint32_t)1u << 2)

// ---- interrupts and DMA -------------------------------------------------------------------------

#define ZX_INTERRUPT_REMAP_IRQ ((uint32_t)0x1u)
// The mode is a number in bits 1..3, not a set of flags.
#define ZX_INTERRUPT_MODE_DEFAULT    ((uint32_t)0u << 1)
#define ZX_INTERRUPT_MODE_EDGE_LOW   ((uint32_t)1u << 1)
#define ZX_INTERRUPT_MODE_EDGE_HIGH  ((uint32_t)2u << 1)
#define ZX_INTERRUPT_MODE_LEVEL_LOW  ((uint32_t)3u << 1)
#define ZX_INTERRUPT_MODE_LEVEL_HIGH ((uint32_t)4u << 1)
#define ZX_INTERRUPT_MODE_EDGE_BOTH  ((uint32_t)5u << 1)
#define ZX_INTERRUPT_MODE_MASK       ((uint32_t)0xeu)
#define ZX_INTERRUPT_VIRTUAL         ((uint32_t)0x10u)
// Left over from an older interface.
#define ZX_INTERRUPT_SLOT_USER ((uint32_t)62u)
#define ZX_INTERRUPT_MAX_SLOTS ((uint32_t)62u)
#define ZX_PCI_INTERRUPT_SLOT  ((uint32_t)0u)

#define ZX_BTI_PERM_READ    ((uint32_t)1u << 0)
#define ZX_BTI_PERM_WRITE   ((uint32_t)1u << 1)
#define ZX_BTI_PERM_EXECUTE ((uint32_t)1u << 2)
#define ZX_BTI_COMPRESS     ((uint32_t)1u << 3)
#define ZX_BTI_CONTIGUOUS   ((uint32_t)1u << 4)

// ---- plain structs ------------------------------------------------------------------------------

// Arguments of zx_channel_call(): what to send, and where the reply goes.
typedef struct zx_channel_call_args {
    const void *wr_bytes;
    const zx_handle_t *wr_handles;
    void *rd_bytes;
    zx_handle_t *rd_handles;
    uint32_t wr_num_bytes;
    uint32_t wr_num_handles;
    uint32_t rd_num_bytes;
    uint32_t rd_num_handles;
} zx_channel_call_args_t;

__ABI_SIZE(zx_channel_call_args_t, 48);
__ABI_OFFSET(zx_channel_call_args_t, rd_bytes, 16);
__ABI_OFFSET(zx_channel_call_args_t, wr_num_bytes, 32);
__ABI_OFFSET(zx_channel_call_args_t, rd_num_handles, 44);

// One item of zx_object_wait_many().
typedef struct zx_wait_item {
    zx_handle_t handle;
    zx_signals_t waitfor;
    zx_signals_t pending;
} zx_wait_item_t;

__ABI_SIZE(zx_wait_item_t, 12);
__ABI_OFFSET(zx_wait_item_t, pending, 8);

// One handle received by zx_channel_read_etc().
typedef struct zx_handle_info {
    zx_handle_t handle;
    zx_obj_type_t type;
    zx_rights_t rights;
    uint32_t unused; // the kernel writes 0
} zx_handle_info_t;

__ABI_SIZE(zx_handle_info_t, 16);
__ABI_OFFSET(zx_handle_info_t, rights, 8);

__END_CDECLS
