// SPDX-License-Identifier: MIT
//
// Looking at the tree of jobs, processes and threads: lists, walks, names, states and times. Needs
// no C library; memory comes straight from the kernel.
//
// The tree changes while it is looked at. Lists are taken a task at a time, and a task that is gone
// when its turn comes is passed over.

#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/syscalls/object.h>
#include <zircon/types.h>

enum task_kind { TASK_JOB, TASK_PROCESS, TASK_THREAD };

struct task {
    enum task_kind kind;
    unsigned depth; // 0 for the job that the walk began with
    zx_koid_t koid;
    zx_koid_t parent;   // koid of the task it is in; 0 at depth 0
    zx_handle_t handle; // the walk's: closed when the visit is over
};

// Visits a task. Returning false ends the walk.
typedef bool (*task_visitor)(void *context, const struct task *task);

// Visits `job` (borrowed; needs ENUMERATE) and everything in it: a job, its processes each followed
// by its threads, then its child jobs. The recursion is as deep as the tree of jobs, which the
// kernel limits to 32.
void tasks_walk(zx_handle_t job, task_visitor visit, void *context);

// The answer to an object_get_info() topic of many records.
struct tasks_records {
    void *records; // NULL if there are none
    size_t count;
    size_t bytes; // of the allocation
};

// Asks `handle` for all records of `topic`, each of `record_size` bytes; what appears while asking
// may be missing. The records are the caller's to free with tasks_free_records().
// ZX_ERR_NO_MEMORY, or what object_get_info() returns.
zx_status_t tasks_get_records(zx_handle_t handle, uint32_t topic, size_t record_size,
                              struct tasks_records *out);
void tasks_free_records(struct tasks_records *records);

// The koid of an object, 0 if it cannot be had.
zx_koid_t tasks_koid(zx_handle_t handle);

// The name of an object, "" if it has none; `name` has ZX_MAX_NAME_LEN bytes.
void tasks_name(zx_handle_t handle, char *name);

// A word for the state of a process or thread, "?" if it cannot be asked; "-" for a job.
const char *tasks_state(const struct task *task);

// CPU time in nanoseconds of a thread, or of a process's living threads; 0 for a job and for what
// cannot be asked.
zx_duration_t tasks_cpu_time(const struct task *task);

// Name of an object type (ZX_OBJ_TYPE_*), NULL for numbers that are none.
const char *tasks_type_name(uint32_t type);

#endif
