// SPDX-License-Identifier: MIT
//
// From koids to handles. An exception's packet has the koids of a process and a thread; the tree of
// jobs is searched for them. The process waits in its exception, so neither it nor the jobs above it
// go away but by being killed; the tree around it may change at any time.

#include "crashes.h"

#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define MAX_TRIES 8 // of fetching a list that keeps growing
#define SLACK     16u

// The child jobs' koids, all of them: one that is missing could hide the process.
static zx_status_t list_jobs(zx_handle_t job, struct tasks_records *out)
{
    for (int i = 0; i < MAX_TRIES; i++) {
        zx_status_t status =
            tasks_get_records(job, ZX_INFO_JOB_CHILDREN, sizeof(zx_koid_t), out);
        size_t room = out->bytes / sizeof(zx_koid_t);

        if (status != ZX_OK || out->count < room || out->count == 0)
            return status;
        tasks_free_records(out);
    }
    return ZX_ERR_NO_RESOURCES;
}

// Depth first; a job tree is at most 32 deep.
static zx_status_t find_process(zx_handle_t job, zx_koid_t koid, zx_handle_t *out)
{
    struct tasks_records list;
    zx_status_t status = zx_object_get_child(job, koid, ZX_RIGHT_SAME_RIGHTS, out);

    if (status != ZX_ERR_NOT_FOUND)
        return status;
    status = list_jobs(job, &list);
    if (status != ZX_OK)
        return status;
    const zx_koid_t *koids = list.records;
    status = ZX_ERR_NOT_FOUND;
    for (size_t i = 0; i < list.count && status == ZX_ERR_NOT_FOUND; i++) {
        zx_handle_t child;

        status = zx_object_get_child(job, koids[i], ZX_RIGHT_SAME_RIGHTS, &child);
        if (status == ZX_OK) {
            status = find_process(child, koid, out);
            zx_handle_close(child);
        }
    }
    tasks_free_records(&list);
    return status;
}

zx_status_t find_thread(zx_handle_t job, zx_koid_t process_koid, zx_koid_t thread_koid,
                        zx_handle_t *out_process, zx_handle_t *out_thread)
{
    zx_status_t status = find_process(job, process_koid, out_process);

    if (status != ZX_OK)
        return status;
    status = zx_object_get_child(*out_process, thread_koid, ZX_RIGHT_SAME_RIGHTS, out_thread);
    if (status != ZX_OK)
        zx_handle_close(*out_process);
    return status;
}
