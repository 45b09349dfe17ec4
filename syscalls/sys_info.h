// SPDX-License-Identifier: MIT
// zx_object_get_info() in parts: sys_info.c has the table of topics and answers for handles and tasks;
// sys_info_lists.c lists koids, sys_info_memory.c tells about VMARs and VMOs, sys_info_machine.c about
// the machine.
//
// No function here touches user memory with a lock held: facts are gathered under the lock and copied
// out after it.
#pragma once

#include "sys_priv.h"

#include <zircon/syscalls/object.h>

// The output arguments of a call.
struct info_request {
    user_out_void buffer;
    size_t size; // bytes
    user_out_size_t actual;
    user_out_size_t avail;
};

// The largest record of a topic that has just one.
#define INFO_RECORD_MAX sizeof(zx_info_process_handle_stats_t)

// Topics with one record: fills it in (it comes zeroed). `rights` are the handle's. An error is the
// result of the call.
typedef zx_status_t info_record_fn(struct object *obj, zx_rights_t rights, void *record);
info_record_fn info_vmar, info_task_stats, info_kmem_stats, info_resource, info_bti;

// Topics with any number of records, or rules of their own: give the result of the call.
typedef zx_status_t info_list_fn(struct object *obj, const struct info_request *req);
info_list_fn info_process_threads, info_job_children, info_job_processes;
info_list_fn info_process_maps, info_process_vmos, info_vmo, info_cpu_stats;

// Stores both counters where they are wanted. ZX_ERR_INVALID_ARGS.
zx_status_t info_counts(const struct info_request *req, size_t actual, size_t avail) MUST_CHECK;

// Stores record number `index` of a list if there is room for it. ZX_ERR_INVALID_ARGS.
zx_status_t info_put(const struct info_request *req, size_t index, const void *record,
                     size_t record_size) MUST_CHECK;
// Ends a list of `total` records: the counters.
zx_status_t info_end(const struct info_request *req, size_t total, size_t record_size) MUST_CHECK;
