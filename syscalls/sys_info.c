// SPDX-License-Identifier: MIT
// zx_object_get_info(): topics, and the answers for handles and tasks (spec 22; sys_info.h).
#include "sys_info.h"

#include <object/bti.h>

#include <object/socket.h>

#include <lib/string.h>
#include <object/vmar_object.h>
#include <object/vmo_object.h>
#include <zircon/syscalls/exception.h>

zx_status_t info_counts(const struct info_request *req, size_t actual, size_t avail)
{
    zx_status_t status = user_write_optional(req->actual, actual);
    return status == ZX_OK ? user_write_optional(req->avail, avail) : status;
}

zx_status_t info_put(const struct info_request *req, size_t index, const void *record,
                     size_t record_size)
{
    if (index >= req->size / record_size)
        return ZX_OK;
    user_out_void buffer = req->buffer;
    return user_copy_out(user_advance(buffer, index * record_size), record, record_size);
}

zx_status_t info_end(const struct info_request *req, size_t total, size_t record_size)
{
    return info_counts(req, MIN(total, req->size / record_size), total);
}

// Ends a topic with one record.
static zx_status_t put_single(const struct info_request *req, const void *record,
                              size_t record_size)
{
    zx_status_t status;
    if (req->size < record_size) {
        status = info_counts(req, 0, 1);
        return status == ZX_OK ? ZX_ERR_BUFFER_TOO_SMALL : status;
    }
    status = user_copy_out(req->buffer, record, record_size);
    return status == ZX_OK ? info_counts(req, 1, 1) : status;
}

// --- Handles -----------------------------------------------------------------------------------

static zx_status_t handle_basic(struct object *obj, zx_rights_t rights, void *record)
{
    *(zx_info_handle_basic_t *)record = (zx_info_handle_basic_t){
        .koid = obj->koid,
        .rights = rights,
        .type = obj->ops->type,
        .related_koid = obj->ops->related(obj),
        .props = object_waitable(obj) ? ZX_OBJ_PROP_WAITABLE : ZX_OBJ_PROP_NONE,
    };
    return ZX_OK;
}

static zx_status_t handle_count(struct object *obj, zx_rights_t rights, void *record)
{
    zx_info_handle_count_t *info = record;
    (void)rights;
    info->handle_count = object_handle_count(obj);
    return ZX_OK;
}

static void count_handle(void *ctx, struct object *obj, zx_rights_t rights)
{
    zx_info_process_handle_stats_t *info = ctx;
    (void)rights;
    info->handle_count[obj->ops->type]++;
}
_Static_assert(ZX_OBJ_TYPE_LAST <= countof(((zx_info_process_handle_stats_t *)0)->handle_count),
               "every type has a counter");

static zx_status_t process_handle_stats(struct object *obj, zx_rights_t rights, void *record)
{
    (void)rights;
    handle_for_each(&process_from_object(obj)->handles, count_handle, record);
    return ZX_OK;
}

// --- Tasks -------------------------------------------------------------------------------------

static zx_status_t process_basic(struct object *obj, zx_rights_t rights, void *record)
{
    struct process *p = process_from_object(obj);
    zx_info_process_t *info = record;
    (void)rights;
    mutex_lock(&p->lock);
    uint8_t state = atomic_load_explicit(&p->state, memory_order_relaxed);
    info->return_code = p->return_code;
    info->started = p->started;
    info->exited = state == PROCESS_DYING || state == PROCESS_DEAD;
    info->debugger_attached = exception_slot_taken(&p->debugger);
    mutex_unlock(&p->lock);
    return ZX_OK;
}

_Static_assert(sizeof(zx_info_job_limits_t) == ACCOUNT_KINDS * sizeof(zx_job_usage_t) &&
                   sizeof(zx_job_usage_t) == sizeof(struct account_usage),
               "one record a kind, in the same order");

static zx_status_t job_limits(struct object *obj, zx_rights_t rights, void *record)
{
    struct account_usage usage[ACCOUNT_KINDS];
    (void)rights;
    account_usage(job_from_object(obj)->account, usage);
    memcpy(record, usage, sizeof(usage));
    return ZX_OK;
}

static zx_status_t thread_basic(struct object *obj, zx_rights_t rights, void *record)
{
    (void)rights;
    uthread_info(uthread_from_object(obj), record);
    return ZX_OK;
}

static zx_status_t thread_stats(struct object *obj, zx_rights_t rights, void *record)
{
    zx_info_thread_stats_t *info = record;
    (void)rights;
    info->total_runtime = thread_runtime(&uthread_from_object(obj)->thread);
    return ZX_OK;
}

static zx_status_t thread_exception_report(struct object *obj, zx_rights_t rights, void *record)
{
    (void)rights;
    return exception_report(uthread_from_object(obj), record);
}

static zx_status_t info_socket(struct object *obj, zx_rights_t rights, void *record)
{
    (void)rights;
    socket_info(obj, record);
    return ZX_OK;
}

// --- Topics ------------------------------------------------------------------------------------

struct topic {
    uint32_t id;
    zx_rights_t rights;
    const struct object_ops *ops; // NULL: any type
    size_t record_size;           // of `record`'s
    info_record_fn *record;       // one of the two
    info_list_fn *list;
};

#define ANY              NULL
#define INSPECT          ZX_RIGHT_INSPECT
#define ENUMERATE        ZX_RIGHT_ENUMERATE
#define RECORD(type, fn) .record_size = sizeof(type), .record = (fn)
#define LIST(fn)         .list = (fn)

static const struct topic topics[] = {
    {ZX_INFO_HANDLE_BASIC, 0, ANY, RECORD(zx_info_handle_basic_t, handle_basic)},
    {ZX_INFO_PROCESS, INSPECT, &process_ops, RECORD(zx_info_process_t, process_basic)},
    {ZX_INFO_PROCESS_THREADS, ENUMERATE, &process_ops, LIST(info_process_threads)},
    {ZX_INFO_VMAR, INSPECT, &vmar_object_ops, RECORD(zx_info_vmar_t, info_vmar)},
    {ZX_INFO_JOB_CHILDREN, ENUMERATE, &job_ops, LIST(info_job_children)},
    {ZX_INFO_JOB_PROCESSES, ENUMERATE, &job_ops, LIST(info_job_processes)},
    {ZX_INFO_THREAD, INSPECT, &uthread_ops, RECORD(zx_info_thread_t, thread_basic)},
    {ZX_INFO_THREAD_EXCEPTION_REPORT, INSPECT, &uthread_ops,
     RECORD(zx_exception_report_t, thread_exception_report)},
    {ZX_INFO_TASK_STATS, INSPECT, &process_ops, RECORD(zx_info_task_stats_t, info_task_stats)},
    {ZX_INFO_PROCESS_MAPS, INSPECT, &process_ops, LIST(info_process_maps)},
    {ZX_INFO_PROCESS_VMOS, INSPECT, &process_ops, LIST(info_process_vmos)},
    {ZX_INFO_THREAD_STATS, INSPECT, &uthread_ops, RECORD(zx_info_thread_stats_t, thread_stats)},
    {ZX_INFO_CPU_STATS, 0, &resource_ops, LIST(info_cpu_stats)},
    {ZX_INFO_KMEM_STATS, 0, &resource_ops, RECORD(zx_info_kmem_stats_t, info_kmem_stats)},
    {ZX_INFO_RESOURCE, INSPECT, &resource_ops, RECORD(zx_info_resource_t, info_resource)},
    {ZX_INFO_BTI, INSPECT, &bti_ops, RECORD(zx_info_bti_t, info_bti)},
    {ZX_INFO_SOCKET, INSPECT, &socket_ops, RECORD(zx_info_socket_t, info_socket)},
    {ZX_INFO_HANDLE_COUNT, INSPECT, ANY, RECORD(zx_info_handle_count_t, handle_count)},
    {ZX_INFO_PROCESS_HANDLE_STATS, INSPECT, &process_ops,
     RECORD(zx_info_process_handle_stats_t, process_handle_stats)},
    {ZX_INFO_VMO, 0, &vmo_object_ops, LIST(info_vmo)},
    {ZX_INFO_JOB_LIMITS, INSPECT, &job_ops, RECORD(zx_info_job_limits_t, job_limits)},
};

static zx_status_t answer(const struct topic *t, struct object *obj, zx_rights_t rights,
                          const struct info_request *req)
{
    _Alignas(uint64_t) uint8_t record[INFO_RECORD_MAX];
    if (t->list != NULL)
        return t->list(obj, req);
    memset(record, 0, t->record_size);
    zx_status_t status = t->record(obj, rights, record);
    return status == ZX_OK ? put_single(req, record, t->record_size) : status;
}

zx_status_t sys_object_get_info(zx_handle_t handle, uint32_t topic, user_out_void buffer,
                                size_t buffer_size, user_out_size_t actual, user_out_size_t avail)
{
    const struct info_request req = {buffer, buffer_size, actual, avail};
    struct handle_table *table = &process_current()->handles;
    if (topic == ZX_INFO_HANDLE_VALID) // asks without consequences
        return handle_valid(table, handle) ? ZX_OK : ZX_ERR_BAD_HANDLE;
    for (size_t i = 0; i < countof(topics); i++) {
        const struct topic *t = &topics[i];
        struct object *obj;
        zx_rights_t rights;
        if (t->id != topic)
            continue;
        zx_status_t status = handle_lookup(table, handle, t->ops, t->rights, &obj, &rights);
        if (status != ZX_OK)
            return status;
        status = answer(t, obj, rights, &req);
        object_unref(obj);
        return status;
    }
    return ZX_ERR_NOT_SUPPORTED;
}
