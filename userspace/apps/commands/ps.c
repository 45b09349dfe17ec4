// SPDX-License-Identifier: MIT
// ps: the tree of jobs and processes. -T: with their threads.

#include "command.h"

#include <stdio.h>
#include <unistd.h>

#include <tasks/tasks.h>
#include <zircon/limits.h>
#include <zircon/syscalls.h>

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

int main(int argc, char **argv)
{
    int option;

    command_start(argv, "[-T]");
    while ((option = getopt(argc, argv, "T")) != -1) {
        if (option == '?')
            return command_usage();
        with_threads = true;
    }
    if (optind < argc)
        return command_usage();
    zx_handle_t job = system_get_root_job();
    if (job == ZX_HANDLE_INVALID)
        return command_end();
    printf("%8s  %-9s %12s %9s %9s  %s\n", "KOID", "STATE", "CPU ms", "PRIVATE", "SHARED", "NAME");
    tasks_walk(job, print_task, NULL);
    return command_end();
}
