// SPDX-License-Identifier: MIT
// zx_object_get_info(): lists of koids (sys_info.h).
//
// The walks over jobs and processes hold their lock from end to end, so a list is a snapshot: its
// koids are collected in memory allocated before, and the walk is repeated if there were more.
#include "sys_info.h"

#include <account/account.h>

struct koids {
    zx_koid_t *array; // of `room`
    size_t room;
    size_t total; // seen; those beyond `room` are not in `array`
};

static void add_koid(struct koids *k, zx_koid_t koid)
{
    if (k->total < k->room)
        k->array[k->total] = koid;
    k->total++;
}

static void add_thread(void *ctx, struct uthread *t)
{
    add_koid(ctx, t->obj.koid);
}

static void add_job(void *ctx, struct job *job)
{
    add_koid(ctx, job->obj.koid);
}

static void add_process(void *ctx, struct process *p)
{
    add_koid(ctx, p->obj.koid);
}

static void collect_threads(struct object *obj, struct koids *k)
{
    process_for_each_thread(process_from_object(obj), add_thread, k);
}

static void collect_children(struct object *obj, struct koids *k)
{
    job_for_each_child(job_from_object(obj), add_job, k);
}

static void collect_processes(struct object *obj, struct koids *k)
{
    job_for_each_process(job_from_object(obj), add_process, k);
}

static zx_status_t list_koids(struct object *obj, const struct info_request *req,
                              void (*collect)(struct object *obj, struct koids *k))
{
    const size_t capacity = req->size / sizeof(zx_koid_t);
    struct koids k = {.array = NULL};
    zx_status_t status = ZX_OK;
    collect(obj, &k);
    while (MIN(k.total, capacity) > k.room) {
        account_kfree(k.array);
        k.room = MIN(k.total, capacity);
        k.total = 0;
        k.array = account_kmalloc(k.room * sizeof(zx_koid_t));
        if (k.array == NULL)
            return ZX_ERR_NO_MEMORY;
        collect(obj, &k);
    }
    if (k.room > 0)
        status = user_copy_out(user_cast(user_out_zx_koid_t, req->buffer), k.array,
                               MIN(k.total, k.room));
    account_kfree(k.array);
    return status == ZX_OK ? info_end(req, k.total, sizeof(zx_koid_t)) : status;
}

zx_status_t info_process_threads(struct object *obj, const struct info_request *req)
{
    return list_koids(obj, req, collect_threads);
}

zx_status_t info_job_children(struct object *obj, const struct info_request *req)
{
    return list_koids(obj, req, collect_children);
}

zx_status_t info_job_processes(struct object *obj, const struct info_request *req)
{
    return list_koids(obj, req, collect_processes);
}
