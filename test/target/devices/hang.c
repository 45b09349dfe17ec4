// SPDX-License-Identifier: MIT
//
// Stops the process of a name for good (argv[1]: sbin/svc), for test/boot/watchdog.py: as long as this program lives,
// it looks as if it hung.

#include <stdio.h>
#include <string.h>

#include <jacinth/service.h>
#include <protocol/system.h>
#include <tasks/tasks.h>
#include <zircon/syscalls.h>

static const char *wanted;
static zx_status_t result = ZX_ERR_NOT_FOUND;

static bool stop(void *context, const struct task *task)
{
    char name[ZX_MAX_NAME_LEN];

    (void)context;
    tasks_name(task->handle, name);
    if (task->kind == TASK_PROCESS && strcmp(name, wanted) == 0) {
        zx_handle_t token; // kept

        result = zx_task_suspend(task->handle, &token);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    zx_handle_t channel, job;

    if (argc != 2 || service_connect("/svc/system", &channel) != ZX_OK ||
        system_root_job(channel, ZX_TIME_INFINITE, ZX_RIGHT_SAME_RIGHTS, &job) != ZX_OK) {
        return 2;
    }
    wanted = argv[1];
    tasks_walk(job, stop, NULL);
    if (result != ZX_OK) {
        fprintf(stderr, "hang: %s: %d\n", wanted, result);
        return 1;
    }
    for (;;) {
        zx_nanosleep(ZX_TIME_INFINITE);
    }
}
