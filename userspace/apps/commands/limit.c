// SPDX-License-Identifier: MIT
// limit: runs a command in a job of its own, which may use no more than is said. When the command
// has ended, what it left in the job is ended too, and what was refused is told on standard error.
// With --job: changes the limits of a job that is there.

#include "command.h"

#include <getopt.h>
#include <jacinth/spawn.h>
#include <stdio.h>
#include <string.h>

#include <tasks/tasks.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/policy.h>

#include "system.h"

// The options stand in the order of zx_job_limits_t and zx_info_job_limits_t.
static const struct option options[] = {
    {"pages", required_argument, NULL, 0},   {"kernel-memory", required_argument, NULL, 1},
    {"handles", required_argument, NULL, 2}, {"threads", required_argument, NULL, 3},
    {"processes", required_argument, NULL, 4}, {"job", required_argument, NULL, 'j'},
    {0},
};

#define KINDS 5u

_Static_assert(sizeof(zx_job_limits_t) == KINDS * sizeof(uint64_t), "a limit of each kind");
_Static_assert(sizeof(zx_info_job_limits_t) == KINDS * sizeof(zx_job_usage_t), "and its use");

static bool set(zx_handle_t job, const uint64_t limits[KINDS])
{
    zx_status_t status = zx_job_set_limits(job, 0, limits, KINDS * sizeof(uint64_t));

    if (status == ZX_ERR_WRONG_TYPE)
        command_complain("%llu: not a job", (unsigned long long)tasks_koid(job));
    else if (status != ZX_OK)
        system_complain("the limits", status);
    return status == ZX_OK;
}

static zx_handle_t make_job(const uint64_t limits[KINDS])
{
    zx_handle_t job;
    zx_status_t status = zx_job_create(zx_job_default(), 0, &job);

    if (status != ZX_OK) {
        system_complain("a job", status);
        return ZX_HANDLE_INVALID;
    }
    (void)zx_object_set_property(job, ZX_PROP_NAME, "limit", 5); // for `ps`
    if (!set(job, limits)) {
        zx_handle_close(job);
        return ZX_HANDLE_INVALID;
    }
    return job;
}

static void tell_refused(zx_handle_t job)
{
    zx_job_usage_t usage[KINDS];

    if (zx_object_get_info(job, ZX_INFO_JOB_LIMITS, usage, sizeof(usage), NULL, NULL) != ZX_OK)
        return;
    for (size_t i = 0; i < KINDS; i++) {
        const unsigned long long limit = usage[i].limit, refused = usage[i].refused;

        if (refused == 1)
            fprintf(stderr, "limit: --%s %llu: more was refused once\n", options[i].name, limit);
        else if (refused != 0)
            fprintf(stderr, "limit: --%s %llu: more was refused %llu times\n", options[i].name,
                    limit, refused);
    }
}

static int run_in(zx_handle_t job, char **argv)
{
    posix_spawnattr_t attributes;

    posix_spawnattr_init(&attributes); // neither of these fails
    posix_spawnattr_setjob_np(&attributes, job);
    int status = command_run_with(argv, &attributes);
    posix_spawnattr_destroy(&attributes);
    tell_refused(job);
    (void)zx_task_kill(job);
    return status;
}

static int change(zx_koid_t koid, const uint64_t limits[KINDS])
{
    zx_handle_t job = system_find_task(koid);

    if (job != ZX_HANDLE_INVALID) {
        (void)set(job, limits);
        zx_handle_close(job);
    }
    return command_end();
}

static bool parse_limit(int option, uint64_t *out)
{
    if (strcmp(optarg, "none") == 0) {
        *out = ZX_JOB_LIMIT_NONE;
        return true;
    }
    if (command_number(optarg, out) && *out < ZX_JOB_LIMIT_NONE)
        return true;
    command_complain("--%s %s: not a number", options[option].name, optarg);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t limits[KINDS];
    zx_koid_t koid = ZX_KOID_INVALID;
    bool limited = false;
    int option;

    command_start(argv, "[--pages N] [--kernel-memory BYTES] [--handles N] [--threads N] "
                        "[--processes N] (COMMAND [ARG...] | --job KOID)");
    for (size_t i = 0; i < KINDS; i++)
        limits[i] = ZX_JOB_LIMIT_KEEP;
    while ((option = getopt_long(argc, argv, "+j:", options, NULL)) != -1) {
        if (option == 'j') {
            if (!system_parse_koid(optarg, &koid))
                return command_usage();
        } else if (option < 0 || option >= (int)KINDS || !parse_limit(option, &limits[option])) {
            return command_usage();
        } else {
            limited = true;
        }
    }
    // One of both; a command may be in a job of its own without limits.
    if ((optind < argc) == (koid != ZX_KOID_INVALID) || (koid != ZX_KOID_INVALID && !limited))
        return command_usage();
    if (koid != ZX_KOID_INVALID)
        return change(koid, limits);
    zx_handle_t job = make_job(limits);
    if (job == ZX_HANDLE_INVALID)
        return command_end();
    int status = run_in(job, argv + optind);
    zx_handle_close(job);
    return status;
}
