// SPDX-License-Identifier: MIT
//
// Topics and records of zx_object_get_info(), and object properties (spec 22; spec 00 sections 11,
// 12).
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

// ---- topics -------------------------------------------------------------------------------------

// The record of each is named on the right; "[]" marks those with any number of records.
#define ZX_INFO_NONE                    ((zx_object_info_topic_t)0u)
#define ZX_INFO_HANDLE_VALID            ((zx_object_info_topic_t)1u)  // none
#define ZX_INFO_HANDLE_BASIC            ((zx_object_info_topic_t)2u)  // zx_info_handle_basic_t
#define ZX_INFO_PROCESS                 ((zx_object_info_topic_t)3u)  // zx_info_process_t
#define ZX_INFO_PROCESS_THREADS         ((zx_object_info_topic_t)4u)  // zx_koid_t[]
#define ZX_INFO_VMAR                    ((zx_object_info_topic_t)7u)  // zx_info_vmar_t
#define ZX_INFO_JOB_CHILDREN            ((zx_object_info_topic_t)8u)  // zx_koid_t[]
#define ZX_INFO_JOB_PROCESSES           ((zx_object_info_topic_t)9u)  // zx_koid_t[]
#define ZX_INFO_THREAD                  ((zx_object_info_topic_t)10u) // zx_info_thread_t
#define ZX_INFO_THREAD_EXCEPTION_REPORT ((zx_object_info_topic_t)11u) // zx_exception_report_t
#define ZX_INFO_TASK_STATS              ((zx_object_info_topic_t)12u) // zx_info_task_stats_t
#define ZX_INFO_PROCESS_MAPS            ((zx_object_info_topic_t)13u) // zx_info_maps_t[]
#define ZX_INFO_PROCESS_VMOS            ((zx_object_info_topic_t)14u) // zx_info_vmo_t[]
#define ZX_INFO_THREAD_STATS            ((zx_object_info_topic_t)15u) // zx_info_thread_stats_t
#define ZX_INFO_CPU_STATS               ((zx_object_info_topic_t)16u) // zx_info_cpu_stats_t[]
#define ZX_INFO_KMEM_STATS              ((zx_object_info_topic_t)17u) // zx_info_kmem_stats_t
#define ZX_INFO_RESOURCE                ((zx_object_info_topic_t)18u) // zx_info_resource_t
#define ZX_INFO_HANDLE_COUNT            ((zx_object_info_topic_t)19u) // zx_info_handle_count_t
#define ZX_INFO_BTI                     ((zx_object_info_topic_t)20u) // zx_info_bti_t
#define ZX_INFO_PROCESS_HANDLE_STATS    ((zx_object_info_topic_t)21u) // zx_info_process_handle_stats_t
#define ZX_INFO_SOCKET                  ((zx_object_info_topic_t)22u) // zx_info_socket_t
#define ZX_INFO_VMO                     ((zx_object_info_topic_t)23u) // zx_info_vmo_t
// Ours.
#define ZX_INFO_JOB_LIMITS              ((zx_object_info_topic_t)0x1000u) // zx_info_job_limits_t

// ---- handles ------------------------------------------------------------------------------------

typedef struct zx_info_handle_basic {
    zx_koid_t koid;
    zx_rights_t rights;
    zx_obj_type_t type;
    zx_koid_t related_koid; // peer, parent job, job of a process, process of a thread; else 0
    zx_obj_props_t props;
    uint32_t padding1;
} zx_info_handle_basic_t;

__ABI_SIZE(zx_info_handle_basic_t, 32);
__ABI_OFFSET(zx_info_handle_basic_t, type, 12);
__ABI_OFFSET(zx_info_handle_basic_t, related_koid, 16);
__ABI_OFFSET(zx_info_handle_basic_t, props, 24);

// One kind of what a job and all below it use.
typedef struct zx_job_usage {
    uint64_t used;
    uint64_t limit;   // the lowest of the job's own and those above; ZX_JOB_LIMIT_NONE: none
    uint64_t refused; // how often the job's own limit has refused something
} zx_job_usage_t;

// See zx_job_set_limits.
typedef struct zx_info_job_limits {
    zx_job_usage_t pages;
    zx_job_usage_t kernel_memory;
    zx_job_usage_t handles;
    zx_job_usage_t threads;
    zx_job_usage_t processes;
} zx_info_job_limits_t;

__ABI_SIZE(zx_info_job_limits_t, 120);

typedef struct zx_info_handle_count {
    uint32_t handle_count; // handles to the object in the whole system
} zx_info_handle_count_t;

__ABI_SIZE(zx_info_handle_count_t, 4);

typedef struct zx_info_process_handle_stats {
    uint32_t handle_count[64]; // by object type
} zx_info_process_handle_stats_t;

__ABI_SIZE(zx_info_process_handle_stats_t, 256);

// ---- processes and threads ----------------------------------------------------------------------

typedef struct zx_info_process {
    int64_t return_code; // valid once `exited`
    bool started;
    bool exited;
    bool debugger_attached;
    uint8_t padding1[5];
} zx_info_process_t;

__ABI_SIZE(zx_info_process_t, 16);
__ABI_OFFSET(zx_info_process_t, started, 8);
__ABI_OFFSET(zx_info_process_t, debugger_attached, 10);

typedef struct zx_info_thread {
    zx_thread_state_t state;           // ZX_THREAD_STATE_*
    uint32_t wait_exception_port_type; // ZX_EXCEPTION_PORT_TYPE_*
} zx_info_thread_t;

__ABI_SIZE(zx_info_thread_t, 8);

typedef struct zx_info_thread_stats {
    zx_duration_t total_runtime;
} zx_info_thread_stats_t;

__ABI_SIZE(zx_info_thread_stats_t, 8);

// Bytes. "Scaled" divides each shared page by the number of its users.
typedef struct zx_info_task_stats {
    size_t mem_mapped_bytes;
    size_t mem_private_bytes;
    size_t mem_shared_bytes;
    size_t mem_scaled_shared_bytes;
} zx_info_task_stats_t;

__ABI_SIZE(zx_info_task_stats_t, 32);

#define ZX_THREAD_STATE_NEW       ((zx_thread_state_t)0x0000u)
#define ZX_THREAD_STATE_RUNNING   ((zx_thread_state_t)0x0001u)
#define ZX_THREAD_STATE_SUSPENDED ((zx_thread_state_t)0x0002u)
// Never reported without a reason in the second byte.
#define ZX_THREAD_STATE_BLOCKED           ((zx_thread_state_t)0x0003u)
#define ZX_THREAD_STATE_DYING             ((zx_thread_state_t)0x0004u)
#define ZX_THREAD_STATE_DEAD              ((zx_thread_state_t)0x0005u)
#define ZX_THREAD_STATE_BLOCKED_EXCEPTION ((zx_thread_state_t)0x0103u)
#define ZX_THREAD_STATE_BLOCKED_SLEEPING  ((zx_thread_state_t)0x0203u)
#define ZX_THREAD_STATE_BLOCKED_FUTEX     ((zx_thread_state_t)0x0303u)
#define ZX_THREAD_STATE_BLOCKED_PORT      ((zx_thread_state_t)0x0403u)
#define ZX_THREAD_STATE_BLOCKED_CHANNEL   ((zx_thread_state_t)0x0503u)
#define ZX_THREAD_STATE_BLOCKED_WAIT_ONE  ((zx_thread_state_t)0x0603u)
#define ZX_THREAD_STATE_BLOCKED_WAIT_MANY ((zx_thread_state_t)0x0703u)
#define ZX_THREAD_STATE_BLOCKED_INTERRUPT ((zx_thread_state_t)0x0803u)
#define ZX_THREAD_STATE_BASIC(n)          ((n)&0xffu)

// ---- memory -------------------------------------------------------------------------------------

typedef struct zx_info_vmar {
    uintptr_t base;
    size_t len;
} zx_info_vmar_t;

__ABI_SIZE(zx_info_vmar_t, 16);

typedef uint32_t zx_info_maps_type_t;
#define ZX_INFO_MAPS_TYPE_NONE    ((zx_info_maps_type_t)0u)
#define ZX_INFO_MAPS_TYPE_ASPACE  ((zx_info_maps_type_t)1u)
#define ZX_INFO_MAPS_TYPE_VMAR    ((zx_info_maps_type_t)2u)
#define ZX_INFO_MAPS_TYPE_MAPPING ((zx_info_maps_type_t)3u)

typedef struct zx_info_maps_mapping {
    zx_vm_option_t mmu_flags; // ZX_VM_PERM_* as now in force
    uint32_t padding1;
    zx_koid_t vmo_koid;
    uint64_t vmo_offset;
    size_t committed_pages;
} zx_info_maps_mapping_t;

__ABI_SIZE(zx_info_maps_mapping_t, 32);
__ABI_OFFSET(zx_info_maps_mapping_t, vmo_koid, 8);

typedef struct zx_info_maps {
    char name[ZX_MAX_NAME_LEN];
    zx_vaddr_t base;
    size_t size;
    size_t depth; // records nest by it
    zx_info_maps_type_t type;
    uint32_t padding1;
    union {
        zx_info_maps_mapping_t mapping;
    } u;
} zx_info_maps_t;

__ABI_SIZE(zx_info_maps_t, 96);
__ABI_OFFSET(zx_info_maps_t, base, 32);
__ABI_OFFSET(zx_info_maps_t, type, 56);
__ABI_OFFSET(zx_info_maps_t, u, 64);

#define ZX_INFO_VMO_TYPE_PHYSICAL ((uint32_t)0u)
#define ZX_INFO_VMO_TYPE_PAGED    ((uint32_t)1u << 0)
#define ZX_INFO_VMO_TYPE(flags)   ((flags) & ((uint32_t)1u << 0))
#define ZX_INFO_VMO_IS_COW_CLONE  ((uint32_t)1u << 2)
#define ZX_INFO_VMO_VIA_HANDLE    ((uint32_t)1u << 3)
#define ZX_INFO_VMO_VIA_MAPPING   ((uint32_t)1u << 4)

typedef struct zx_info_vmo {
    zx_koid_t koid;
    char name[ZX_MAX_NAME_LEN];
    uint64_t size_bytes;
    zx_koid_t parent_koid;
    size_t num_children;
    size_t num_mappings;
    size_t share_count;
    uint32_t flags; // ZX_INFO_VMO_*
    uint32_t padding1;
    uint64_t committed_bytes;
    zx_rights_t handle_rights;
    uint32_t create_options; // bit 0 resizable, bit 1 contiguous: not the options of the call
    uint32_t cache_policy;
    uint32_t padding2;
} zx_info_vmo_t;

__ABI_SIZE(zx_info_vmo_t, 112);
__ABI_OFFSET(zx_info_vmo_t, size_bytes, 40);
__ABI_OFFSET(zx_info_vmo_t, flags, 80);
__ABI_OFFSET(zx_info_vmo_t, committed_bytes, 88);
__ABI_OFFSET(zx_info_vmo_t, cache_policy, 104);

// ---- the machine --------------------------------------------------------------------------------

#define ZX_INFO_CPU_STATS_FLAG_ONLINE ((uint32_t)1u << 0)

typedef struct zx_info_cpu_stats {
    uint32_t cpu_number;
    uint32_t flags;
    zx_duration_t idle_time; // with the idle period that is going on
    uint64_t reschedules;
    uint64_t context_switches;
    uint64_t irq_preempts;
    uint64_t preempts;
    uint64_t yields;
    uint64_t ints;
    uint64_t timer_ints;
    uint64_t timers;
    uint64_t page_faults;
    uint64_t exceptions;
    uint64_t syscalls;
    uint64_t reschedule_ipis;
    uint64_t generic_ipis;
} zx_info_cpu_stats_t;

__ABI_SIZE(zx_info_cpu_stats_t, 120);
__ABI_OFFSET(zx_info_cpu_stats_t, idle_time, 8);
__ABI_OFFSET(zx_info_cpu_stats_t, generic_ipis, 112);

// Bytes. total is the sum of the others, free_heap aside (it is part of total_heap).
typedef struct zx_info_kmem_stats {
    size_t total_bytes;
    size_t free_bytes;
    size_t wired_bytes;
    size_t total_heap_bytes;
    size_t free_heap_bytes;
    size_t vmo_bytes;
    size_t mmu_overhead_bytes;
    size_t ipc_bytes;
    size_t other_bytes;
} zx_info_kmem_stats_t;

__ABI_SIZE(zx_info_kmem_stats_t, 72);

typedef struct zx_info_resource {
    uint32_t kind;
    uint32_t flags;
    uint64_t base;
    size_t size;
    char name[ZX_MAX_NAME_LEN];
} zx_info_resource_t;

__ABI_SIZE(zx_info_resource_t, 56);
__ABI_OFFSET(zx_info_resource_t, name, 24);

typedef struct zx_info_bti {
    uint64_t minimum_contiguity;
    uint64_t aspace_size;
} zx_info_bti_t;

__ABI_SIZE(zx_info_bti_t, 16);

typedef struct zx_info_socket {
    uint32_t options;
    uint32_t padding1;
    size_t rx_buf_max;
    size_t rx_buf_size;
    size_t rx_buf_available;
    size_t tx_buf_max;
    size_t tx_buf_size;
} zx_info_socket_t;

__ABI_SIZE(zx_info_socket_t, 48);
__ABI_OFFSET(zx_info_socket_t, rx_buf_max, 8);

// ---- properties ---------------------------------------------------------------------------------

#if defined(__x86_64__)
#define ZX_PROP_REGISTER_GS ((uint32_t)2u)
#define ZX_PROP_REGISTER_FS ((uint32_t)4u)
#endif
#define ZX_PROP_NAME                      ((uint32_t)3u)
#define ZX_PROP_PROCESS_DEBUG_ADDR        ((uint32_t)5u)
#define ZX_PROP_PROCESS_VDSO_BASE_ADDRESS ((uint32_t)6u)
#define ZX_PROP_SOCKET_RX_THRESHOLD       ((uint32_t)12u)
#define ZX_PROP_SOCKET_TX_THRESHOLD       ((uint32_t)13u)
#define ZX_PROP_JOB_KILL_ON_OOM           ((uint32_t)15u)

// Preset by a debugger in ZX_PROP_PROCESS_DEBUG_ADDR: break when the dynamic linker sets it.
#define ZX_PROCESS_DEBUG_ADDR_BREAK_ON_SET ((uintptr_t)1u)

__END_CDECLS
