// SPDX-License-Identifier: MIT
//
// Walking the tree of tasks; the interface is in tasks/tasks.h. No state, no locks.

#include <tasks/tasks.h>

#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

// Room for records that appear between asking how many there are and fetching them.
#define SPARE_RECORDS 16u

// Whole pages; the mapping alone keeps them, the VMO's handle is closed at once.
static void *allocate(size_t size)
{
    zx_handle_t vmo;
    zx_vaddr_t address;

    if (zx_vmo_create(size, 0, &vmo) != ZX_OK)
        return NULL;
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
                                     vmo, 0, size, &address);
    zx_handle_close(vmo);
    return status == ZX_OK ? (void *)address : NULL;
}

zx_status_t tasks_get_records(zx_handle_t handle, uint32_t topic, size_t record_size,
                              struct tasks_records *out)
{
    size_t actual, available;
    zx_status_t status = zx_object_get_info(handle, topic, NULL, 0, &actual, &available);

    *out = (struct tasks_records){NULL, 0, 0};
    if (status != ZX_OK || available == 0)
        return status;
    out->bytes = (available + SPARE_RECORDS) * record_size;
    out->records = allocate(out->bytes);
    if (out->records == NULL)
        return ZX_ERR_NO_MEMORY;
    status = zx_object_get_info(handle, topic, out->records, out->bytes, &out->count, NULL);
    if (status != ZX_OK)
        tasks_free_records(out);
    return status;
}

void tasks_free_records(struct tasks_records *records)
{
    if (records->records != NULL)
        (void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)records->records, records->bytes);
    *records = (struct tasks_records){NULL, 0, 0};
}

// ---- the walk ----

struct walk {
    task_visitor visit;
    void *context;
};

static bool walk_task(const struct walk *walk, const struct task *task);

// Walks the children of one kind.
static bool walk_children(const struct walk *walk, const struct task *parent, uint32_t topic,
                          enum task_kind kind)
{
    struct tasks_records list;
    bool more = true;

    if (tasks_get_records(parent->handle, topic, sizeof(zx_koid_t), &list) != ZX_OK)
        return true; // ended meanwhile
    const zx_koid_t *koids = list.records;
    for (size_t i = 0; i < list.count && more; i++) {
        struct task child = {kind, parent->depth + 1, koids[i], parent->koid, ZX_HANDLE_INVALID};

        if (zx_object_get_child(parent->handle, koids[i], ZX_RIGHT_SAME_RIGHTS, &child.handle) ==
            ZX_OK) {
            more = walk_task(walk, &child);
            zx_handle_close(child.handle);
        }
    }
    tasks_free_records(&list);
    return more;
}

static bool walk_task(const struct walk *walk, const struct task *task)
{
    if (!walk->visit(walk->context, task))
        return false;
    switch (task->kind) {
    case TASK_JOB:
        return walk_children(walk, task, ZX_INFO_JOB_PROCESSES, TASK_PROCESS) &&
               walk_children(walk, task, ZX_INFO_JOB_CHILDREN, TASK_JOB);
    case TASK_PROCESS: return walk_children(walk, task, ZX_INFO_PROCESS_THREADS, TASK_THREAD);
    default: return true;
    }
}

void tasks_walk(zx_handle_t job, task_visitor visit, void *context)
{
    struct walk walk = {visit, context};
    struct task root = {TASK_JOB, 0, tasks_koid(job), 0, job};

    (void)walk_task(&walk, &root);
}

// ---- names, states, times ----

zx_koid_t tasks_koid(zx_handle_t handle)
{
    zx_info_handle_basic_t info;

    if (zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) != ZX_OK)
        return 0;
    return info.koid;
}

void tasks_name(zx_handle_t handle, char *name)
{
    if (zx_object_get_property(handle, ZX_PROP_NAME, name, ZX_MAX_NAME_LEN) != ZX_OK)
        name[0] = '\0';
}

static const char *thread_state(zx_handle_t thread)
{
    zx_info_thread_t info;

    if (zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL) != ZX_OK)
        return "?";
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

    if (zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL) != ZX_OK)
        return "?";
    return info.exited ? "exited" : (info.started ? "started" : "new");
}

const char *tasks_state(const struct task *task)
{
    switch (task->kind) {
    case TASK_PROCESS: return process_state(task->handle);
    case TASK_THREAD: return thread_state(task->handle);
    default: return "-";
    }
}

static zx_duration_t thread_time(zx_handle_t thread)
{
    zx_info_thread_stats_t info;

    if (zx_object_get_info(thread, ZX_INFO_THREAD_STATS, &info, sizeof(info), NULL, NULL) != ZX_OK)
        return 0;
    return info.total_runtime;
}

static zx_duration_t process_time(zx_handle_t process)
{
    struct tasks_records list;
    zx_duration_t total = 0;

    if (tasks_get_records(process, ZX_INFO_PROCESS_THREADS, sizeof(zx_koid_t), &list) != ZX_OK)
        return 0;
    const zx_koid_t *koids = list.records;
    for (size_t i = 0; i < list.count; i++) {
        zx_handle_t thread;

        if (zx_object_get_child(process, koids[i], ZX_RIGHT_SAME_RIGHTS, &thread) == ZX_OK) {
            total += thread_time(thread);
            zx_handle_close(thread);
        }
    }
    tasks_free_records(&list);
    return total;
}

zx_duration_t tasks_cpu_time(const struct task *task)
{
    switch (task->kind) {
    case TASK_PROCESS: return process_time(task->handle);
    case TASK_THREAD: return thread_time(task->handle);
    default: return 0;
    }
}

const char *tasks_type_name(uint32_t type)
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
