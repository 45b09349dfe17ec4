// SPDX-License-Identifier: MIT
//
// The commands that walk the tree of jobs, processes and threads (tasks/tasks.h): ps, handles, kill.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/text.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

// ---- ps ----

// Prints a row of ps. Times are shown in milliseconds with microseconds.
static void print_row(const struct task *task, const char *state, zx_duration_t time,
                      const zx_info_task_stats_t *memory)
{
    char name[ZX_MAX_NAME_LEN];
    int indent = (int)task->depth * 2;

    tasks_name(task->handle, name);
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
    bool has_memory = task->kind == TASK_PROCESS &&
                      zx_object_get_info(task->handle, ZX_INFO_TASK_STATS, &memory, sizeof(memory),
                                         NULL, NULL) == ZX_OK;

    (void)context;
    print_row(task, tasks_state(task), tasks_cpu_time(task), has_memory ? &memory : NULL);
    return true;
}

int cmd_ps(int argc, char **argv)
{
    (void)argc, (void)argv;
    console_printf("%8s  %-10s %12s %9s %9s %9s  %s\n", "KOID", "STATE", "CPU ms", "MAPPED",
                   "PRIVATE", "SHARED", "NAME");
    tasks_walk(mon.job, print_task, NULL);
    return STATUS_OK;
}

// ---- handles ----

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
    tasks_name(task->handle, name);
    console_printf("%8lu %8lu  %-20s", task->koid, sum, name);
    for (uint32_t i = 0; i < sizeof(info.handle_count) / sizeof(info.handle_count[0]); i++) {
        if (info.handle_count[i] != 0) {
            const char *type = tasks_type_name(i);

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
    tasks_walk(mon.job, print_handles, &totals);
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
    return koid == tasks_koid(zx_process_self()) || koid == tasks_koid(zx_thread_self()) ||
           koid == tasks_koid(mon.job) || (koid != 0 && koid == input_reader_koid());
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
    tasks_walk(mon.job, kill_if_wanted, &search);
    if (!search.found) {
        console_printf("%s: no task has the koid %lu\n", argv[0], search.koid);
        return STATUS_FAILED;
    }
    return search.status == ZX_OK ? STATUS_OK : report(argv[0], argv[1], search.status);
}
