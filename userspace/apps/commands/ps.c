// SPDX-License-Identifier: MIT
// ps: the tree of jobs and processes. -T: with their threads. -l: the jobs alone, with what each
// and all below it use, and the limits (zx_job_set_limits).

#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/policy.h>

#include "system.h"

static bool with_threads;

static void print_columns(const struct task *task)
{
    zx_info_task_stats_t memory;
    zx_duration_t time = tasks_cpu_time(task);

    printf("%8llu  %-9s", (unsigned long long)task->koid, tasks_state(task));
    if (task->kind == TASK_JOB)
        printf(" %12s", "");
    else
        printf(" %8llu.%03llu", (unsigned long long)time / 1000000,
               (unsigned long long)time / 1000 % 1000);
    if (task->kind == TASK_PROCESS &&
        zx_object_get_info(task->handle, ZX_INFO_TASK_STATS, &memory, sizeof(memory), NULL,
                           NULL) == ZX_OK)
        printf(" %8lluK %8lluK", (unsigned long long)memory.mem_private_bytes >> 10,
               (unsigned long long)memory.mem_shared_bytes >> 10);
    else
        printf(" %9s %9s", "", "");
}

static bool print_task(void *context, const struct task *task)
{
    char name[ZX_MAX_NAME_LEN];

    (void)context;
    if (task->kind == TASK_THREAD && !with_threads)
        return true;
    tasks_name(task->handle, name);
    print_columns(task);
    printf("  %*s%s%s\n", (int)task->depth * 2, "", task->kind == TASK_JOB ? "job " : "",
           task->depth == 0 && name[0] == '\0' ? "(root)" : name);
    return true;
}

// ---- jobs and their limits ------------------------------------------------------------------

#define CELL_SIZE 48u

// "USED", or "USED/LIMIT", with "!" behind it if the job's own limit has refused something; in
// units of `unit`, rounded up.
static void print_usage(const zx_job_usage_t *usage, uint64_t unit, const char *suffix)
{
    char cell[CELL_SIZE];
    int length = snprintf(cell, sizeof(cell), "%llu%s",
                          (unsigned long long)((usage->used + unit - 1) / unit), suffix);

    if (usage->limit != ZX_JOB_LIMIT_NONE)
        snprintf(cell + length, sizeof(cell) - (size_t)length, "/%llu%s%s",
                 (unsigned long long)(usage->limit / unit), suffix, usage->refused != 0 ? "!" : "");
    printf(" %14s", cell);
}

static bool print_job(void *context, const struct task *task)
{
    zx_info_job_limits_t info;
    char name[ZX_MAX_NAME_LEN];

    (void)context;
    if (task->kind != TASK_JOB || zx_object_get_info(task->handle, ZX_INFO_JOB_LIMITS, &info,
                                                     sizeof(info), NULL, NULL) != ZX_OK)
        return true;
    tasks_name(task->handle, name);
    printf("%8llu", (unsigned long long)task->koid);
    print_usage(&info.pages, 1, "");
    print_usage(&info.kernel_memory, 1024, "K");
    print_usage(&info.handles, 1, "");
    print_usage(&info.threads, 1, "");
    print_usage(&info.processes, 1, "");
    printf("  %*s%s\n", (int)task->depth * 2, "",
           task->depth == 0 && name[0] == '\0' ? "(root)" : name);
    return true;
}

static void print_jobs(zx_handle_t job)
{
    printf("%8s %14s %14s %14s %14s %14s  %s\n", "KOID", "PAGES", "KERNEL MEMORY", "HANDLES",
           "THREADS", "PROCESSES", "JOB");
    tasks_walk(job, print_job, NULL);
}

int main(int argc, char **argv)
{
    bool limits = false;
    int option;

    command_start(argv, "[-l] [-T]");
    while ((option = getopt(argc, argv, "lT")) != -1) {
        switch (option) {
        case 'l': limits = true; break;
        case 'T': with_threads = true; break;
        default: return command_usage();
        }
    }
    if (optind < argc)
        return command_usage();
    zx_handle_t job = system_get_root_job();
    if (job == ZX_HANDLE_INVALID)
        return command_end();
    if (limits) {
        print_jobs(job);
        return command_end();
    }
    printf("%8s  %-9s %12s %9s %9s  %s\n", "KOID", "STATE", "CPU ms", "PRIVATE", "SHARED", "NAME");
    tasks_walk(job, print_task, NULL);
    return command_end();
}
