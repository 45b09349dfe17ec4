// SPDX-License-Identifier: MIT
//
// Walking the tree of jobs, processes and threads, and the commands made of such walks: ps, handles,
// kill. The interface of the walk is in mon.h.
//
// The tree changes while it is walked. Lists are taken a job at a time; a task that is gone when its
// turn comes is passed over. The recursion is as deep as the job tree, which the kernel limits to 32.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/pages.h>
#include <minilib/string.h>
#include <minilib/text.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

// Room for tasks that appear between asking how many there are and listing them.
#define LIST_SPARE 16u

zx_status_t tasks_list(zx_handle_t parent, uint32_t topic, struct koid_list *out)
{
    size_t actual, available;
    zx_status_t status = zx_object_get_info(parent, topic, NULL, 0, &actual, &available);

    *out = (struct koid_list){NULL, 0, 0};
    if (status != ZX_OK || available == 0) {
        return status;
    }
    out->bytes = (available + LIST_SPARE) * sizeof(zx_koid_t);
    out->koids = pages_allocate(out->bytes);
    if (out->koids == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    status = zx_object_get_info(parent, topic, out->koids, out->bytes, &out->count, NULL);
    if (status != ZX_OK) {
        tasks_free_list(out);
    }
    return status;
}

void tasks_free_list(struct koid_list *list)
{
    pages_free(list->koids, list->bytes);
    *list = (struct koid_list){NULL, 0, 0};
}

struct walk {
    task_visitor visit;
    void *context;
};

static bool walk_task(const struct walk *walk, enum task_kind kind, unsigned depth, zx_koid_t koid,
                      zx_handle_t handle);

// Walks the children of one kind.
static bool walk_children(const struct walk *walk, zx_handle_t parent, uint32_t topic,
                          enum task_kind kind, unsigned depth)
{
    struct koid_list list;
    bool more = true;

    if (tasks_list(parent, topic, &list) != ZX_OK) {
        return true; // ended meanwhile
    }
    for (size_t i = 0; i < list.count && more; i++) {
        zx_handle_t child;

        if (zx_object_get_child(parent, list.koids[i], ZX_RIGHT_SAME_RIGHTS, &child) == ZX_OK) {
            more = walk_task(walk, kind, depth, list.koids[i], child);
            zx_handle_close(child);
        }
    }
    tasks_free_list(&list);
    return more;
}

static bool walk_task(const struct walk *walk, enum task_kind kind, unsigned depth, zx_koid_t koid,
                      zx_handle_t handle)
{
    struct task task = {kind, depth, koid, handle};

    if (!walk->visit(walk->context, &task)) {
        return false;
    }
    switch (kind) {
    case TASK_JOB:
        return walk_children(walk, handle, ZX_INFO_JOB_PROCESSES, TASK_PROCESS, depth + 1) &&
               walk_children(walk, handle, ZX_INFO_JOB_CHILDREN, TASK_JOB, depth + 1);
    case TASK_PROCESS:
        return walk_children(walk, handle, ZX_INFO_PROCESS_THREADS, TASK_THREAD, depth + 1);
    default: return true;
    }
}

void tasks_walk(task_visitor visit, void *context)
{
    struct walk walk = {visit, context};

    (void)walk_task(&walk, TASK_JOB, 0, object_koid(mon.job), mon.job);
}

// ---- ps ----

static const char *thread_state(zx_handle_t thread)
{
    zx_info_thread_t info;

    if (zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL) != ZX_OK) {
        return "?";
    }
    switch (info.state) {
    case ZX_THREAD_STATE_NEW: return "new";
    case ZX_THREAD_STATE_RUNNING: return "running";
    case ZX_THREAD_STATE_SUSPENDED: return "suspended";
    case ZX_THREAD_STATE_DYING: return "dying";
    case ZX_THREAD_STATE_DEAD: return "dead";
    case ZX_THREAD_STATE_BLOCKED_EXCEPTION: return "exception";
    case ZX_THREAD_STATE_BLOCKED_SLEEPING: return "sleeping";
    case ZX_THREAD_STATE_BLOCKED_FUTEX: return "futex";
    case ZX_THREAD_STATE_BLOCKED_PORT: return "port";
    case ZX_THREAD_STATE_BLOCKED_CHANNEL: return "call";
    case ZX_THREAD_STATE_BLOCKED_WAIT_ONE: return "wait-one";
    case ZX_THREAD_STATE_BLOCKED_WAIT_MANY: return "wait-many";
    case ZX_THREAD_STATE_BLOCKED_INTERRUPT: return "interrupt";
    default: return "blocked";
    }
}

static const char *process_state(zx_handle_t process)
{
    zx_info_process_t info;

    if (zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL) != ZX_OK) {
        return "?";
    }
    return info.exited ? "exited" : (info.started ? "started" : "new");
}

// CPU time of a thread in nanoseconds; 0 if it cannot be had.
static zx_duration_t thread_time(zx_handle_t thread)
{
    zx_info_thread_stats_t info;

    if (zx_object_get_info(thread, ZX_INFO_THREAD_STATS, &info, sizeof(info), NULL, NULL) !=
        ZX_OK) {
        return 0;
    }
    return info.total_runtime;
}

// CPU time of a process's living threads.
static zx_duration_t process_time(zx_handle_t process)
{
    struct koid_list list;
    zx_duration_t total = 0;

    if (tasks_list(process, ZX_INFO_PROCESS_THREADS, &list) != ZX_OK) {
        return 0;
    }
    for (size_t i = 0; i < list.count; i++) {
        zx_handle_t thread;

        if (zx_object_get_child(process, list.koids[i], ZX_RIGHT_SAME_RIGHTS, &thread) == ZX_OK) {
            total += thread_time(thread);
            zx_handle_close(thread);
        }
    }
    tasks_free_list(&list);
    return total;
}

// Prints a row of ps. Times are shown in milliseconds with microseconds.
static void print_row(const struct task *task, const char *state, zx_duration_t time,
                      const zx_info_task_stats_t *memory)
{
    char name[ZX_MAX_NAME_LEN];
    int indent = (int)task->depth * 2;

    object_name(task->handle, name);
    if (task->depth == 0 && name[0] == '\0') {
        format_string(name, sizeof(name), "(root)");
    }
    console_printf("%8lu  %-10s", task->koid, state);
    if (task->kind == TASK_JOB) {
        console_printf(" %12s", "");
    } else {
        console_printf(" %8lu.%03lu", (uint64_t)time / 1000000, (uint64_t)time / 1000 % 1000);
    }
    if (memory != NULL) {
        console_printf(" %8luK %8luK %8luK", memory->mem_mapped_bytes >> 10,
                       memory->mem_private_bytes >> 10, memory->mem_shared_bytes >> 10);
    } else {
        console_printf(" %9s %9s %9s", "", "", "");
    }
    console_printf("  %*s%s%s\n", indent, "", task->kind == TASK_JOB ? "job " : "", name);
}

static bool print_task(void *context, const struct task *task)
{
    zx_info_task_stats_t memory;
    bool has_memory;

    (void)context;
    switch (task->kind) {
    case TASK_JOB: print_row(task, "-", 0, NULL); break;
    case TASK_PROCESS:
        has_memory = zx_object_get_info(task->handle, ZX_INFO_TASK_STATS, &memory, sizeof(memory),
                                        NULL, NULL) == ZX_OK;
        print_row(task, process_state(task->handle), process_time(task->handle),
                  has_memory ? &memory : NULL);
        break;
    case TASK_THREAD:
        print_row(task, thread_state(task->handle), thread_time(task->handle), NULL);
        break;
    }
    return true;
}

int cmd_ps(int argc, char **argv)
{
    (void)argc, (void)argv;
    console_printf("%8s  %-10s %12s %9s %9s %9s  %s\n", "KOID", "STATE", "CPU ms", "MAPPED",
                   "PRIVATE", "SHARED", "NAME");
    tasks_walk(print_task, NULL);
    return STATUS_OK;
}

// ---- handles ----

// Name of an object type, NULL for numbers that are none.
static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        [ZX_OBJ_TYPE_PROCESS] = "process",
        [ZX_OBJ_TYPE_THREAD] = "thread",
        [ZX_OBJ_TYPE_VMO] = "vmo",
        [ZX_OBJ_TYPE_CHANNEL] = "channel",
        [ZX_OBJ_TYPE_EVENT] = "event",
        [ZX_OBJ_TYPE_PORT] = "port",
        [ZX_OBJ_TYPE_INTERRUPT] = "intr",
        [ZX_OBJ_TYPE_PCI_DEVICE] = "pci",
        [ZX_OBJ_TYPE_LOG] = "log",
        [ZX_OBJ_TYPE_SOCKET] = "socket",
        [ZX_OBJ_TYPE_RESOURCE] = "resource",
        [ZX_OBJ_TYPE_EVENTPAIR] = "eventpair",
        [ZX_OBJ_TYPE_JOB] = "job",
        [ZX_OBJ_TYPE_VMAR] = "vmar",
        [ZX_OBJ_TYPE_FIFO] = "fifo",
        [ZX_OBJ_TYPE_GUEST] = "guest",
        [ZX_OBJ_TYPE_VCPU] = "vcpu",
        [ZX_OBJ_TYPE_TIMER] = "timer",
        [ZX_OBJ_TYPE_IOMMU] = "iommu",
        [ZX_OBJ_TYPE_BTI] = "bti",
        [ZX_OBJ_TYPE_PROFILE] = "profile",
        [ZX_OBJ_TYPE_PMT] = "pmt",
        [ZX_OBJ_TYPE_SUSPEND_TOKEN] = "token",
        [ZX_OBJ_TYPE_PAGER] = "pager",
    };

    return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

struct handle_totals {
    zx_status_t status; // of the last process that could not be asked
    uint64_t total;
};

static bool print_handles(void *context, const struct task *task)
{
    struct handle_totals *totals = context;
    zx_info_process_handle_stats_t info;
    char name[ZX_MAX_NAME_LEN];
    uint64_t sum = 0;

    if (task->kind != TASK_PROCESS) {
        return true;
    }
    zx_status_t status = zx_object_get_info(task->handle, ZX_INFO_PROCESS_HANDLE_STATS, &info,
                                            sizeof(info), NULL, NULL);

    if (status != ZX_OK) {
        totals->status = status;
        return true;
    }
    for (size_t i = 0; i < sizeof(info.handle_count) / sizeof(info.handle_count[0]); i++) {
        sum += info.handle_count[i];
    }
    object_name(task->handle, name);
    console_printf("%8lu %8lu  %-20s", task->koid, sum, name);
    for (uint32_t i = 0; i < sizeof(info.handle_count) / sizeof(info.handle_count[0]); i++) {
        if (info.handle_count[i] != 0) {
            const char *type = type_name(i);

            console_printf(" %s %u", type != NULL ? type : "?", info.handle_count[i]);
        }
    }
    console_printf("\n");
    totals->total += sum;
    return true;
}

int cmd_handles(int argc, char **argv)
{
    struct handle_totals totals = {ZX_OK, 0};

    (void)argc;
    console_printf("%8s %8s  %-20s %s\n", "KOID", "HANDLES", "PROCESS", "BY TYPE");
    tasks_walk(print_handles, &totals);
    console_printf("%8s %8lu\n", "", totals.total);
    if (totals.status != ZX_OK) {
        return report(argv[0], "a process cannot be asked", totals.status);
    }
    return STATUS_OK;
}

// ---- kill ----

struct search {
    zx_koid_t koid;
    bool found;
    zx_status_t status;
};

static bool kill_if_wanted(void *context, const struct task *task)
{
    struct search *search = context;

    if (task->koid != search->koid) {
        return true;
    }
    search->found = true;
    search->status = zx_task_kill(task->handle);
    return false;
}

// True for the tasks whose end would be the monitor's own.
static bool is_ours(zx_koid_t koid)
{
    return koid == object_koid(zx_process_self()) || koid == object_koid(zx_thread_self()) ||
           koid == object_koid(mon.job) || (koid != 0 && koid == input_reader_koid());
}

int cmd_kill(int argc, char **argv)
{
    struct search search = {0};

    (void)argc;
    if (!text_parse_u64(argv[1], &search.koid)) {
        console_printf("%s: %s is not a number; ps shows the koids\n", argv[0], argv[1]);
        return STATUS_USAGE;
    }
    if (is_ours(search.koid)) {
        console_printf("%s: that would end this monitor\n", argv[0]);
        return STATUS_FAILED;
    }
    tasks_walk(kill_if_wanted, &search);
    if (!search.found) {
        console_printf("%s: no task has the koid %lu\n", argv[0], search.koid);
        return STATUS_FAILED;
    }
    return search.status == ZX_OK ? STATUS_OK : report(argv[0], argv[1], search.status);
}
