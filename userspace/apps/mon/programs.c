// SPDX-License-Identifier: MIT
//
// Running programs of the initrd, each in a job of its own below the monitor's; the interface is in
// mon.h. Every program gets, beside its own handles, its job (PA_JOB_DEFAULT), the vDSO and the
// initrd, so that it can start programs itself. The root resource stays with the monitor.

#include "mon.h"

#include <launch/launch.h>
#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/string.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/limits.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define PATH_SIZE      128u
#define MAX_GIFTS      8u
#define COMMON_HANDLES 3u

// The path of a program in the initrd: a name without a slash is looked for in bin/.
static void make_path(const char *name, char path[PATH_SIZE])
{
    format_string(path, PATH_SIZE, "%s%s", strchr(name, '/') == NULL ? "bin/" : "", name);
}

// Adds a duplicate of a handle, or nothing if there is none to give.
static void give(zx_handle_t source, uint32_t info, zx_handle_t *handles, uint32_t *infos,
                 uint32_t *count)
{
    if (zx_handle_duplicate(source, ZX_RIGHT_SAME_RIGHTS, &handles[*count]) == ZX_OK) {
        infos[(*count)++] = info;
    }
}

// Launches the program in `file` into program->job. Consumes the gifts.
static zx_status_t launch_file(int argc, char **argv, zx_handle_t file, const char *path,
                               const struct gift *gifts, uint32_t gift_count,
                               struct program *program, const char **out_reason)
{
    zx_handle_t handles[COMMON_HANDLES + MAX_GIFTS];
    uint32_t infos[COMMON_HANDLES + MAX_GIFTS];
    struct launched launched;
    struct launch what = {
        .job = program->job,
        .name = path,
        .program = file,
        .vdso = mon.vdso,
        .arg_count = (uint32_t)argc,
        .args = (const char *const *)argv,
        .handles = handles,
        .handle_info = infos,
        .give_loaded = true,
    };

    for (uint32_t i = 0; i < gift_count; i++) {
        handles[i] = gifts[i].handle;
        infos[i] = gifts[i].info;
    }
    what.handle_count = gift_count;
    give(program->job, PA_HND(PA_JOB_DEFAULT, 0), handles, infos, &what.handle_count);
    give(mon.vdso, PA_HND(PA_VMO_VDSO, 0), handles, infos, &what.handle_count);
    give(mon.bootfs, PA_HND(PA_VMO_BOOTFS, 0), handles, infos, &what.handle_count);

    zx_status_t status = launch(&what, &launched, out_reason);

    if (status == ZX_OK) {
        zx_handle_close(launched.thread);
        program->process = launched.process;
    }
    return status;
}

static void close_gifts(const struct gift *gifts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_close(gifts[i].handle);
    }
}

zx_status_t program_start(int argc, char **argv, const struct gift *gifts, uint32_t gift_count,
                          struct program *out)
{
    char path[PATH_SIZE];
    const char *reason = "no job can be made for it";
    zx_handle_t file;

    make_path(argv[0], path);
    zx_status_t status = launch_open_file(mon.archive, mon.archive_size, path, &file, &reason);

    if (status != ZX_OK) {
        close_gifts(gifts, gift_count);
        console_printf("%s: %s\n", path, reason);
        return status;
    }
    status = zx_job_create(mon.job, 0, &out->job);
    if (status != ZX_OK) {
        close_gifts(gifts, gift_count);
        goto out;
    }
    (void)zx_object_set_property(out->job, ZX_PROP_NAME, argv[0], strlen(argv[0]));
    status = launch_file(argc, argv, file, path, gifts, gift_count, out, &reason);
    if (status != ZX_OK) {
        zx_handle_close(out->job);
    }
out:
    zx_handle_close(file);
    if (status != ZX_OK) {
        console_printf("%s: %s (%s)\n", path, reason, zx_status_get_string(status));
    }
    return status;
}

zx_status_t program_finish(struct program *program, int64_t *out_code)
{
    zx_info_process_t info = {0};
    zx_status_t status = input_wait(program->process, ZX_PROCESS_TERMINATED);

    if (status == ZX_ERR_CANCELED) {
        (void)zx_task_kill(program->job);
        (void)zx_object_wait_one(program->process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
    }
    if (status == ZX_OK) {
        status =
            zx_object_get_info(program->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    }
    *out_code = info.return_code;
    zx_handle_close(program->process);
    zx_handle_close(program->job);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct program program;
    int64_t code;
    bool background = strcmp(argv[argc - 1], "&") == 0;

    if (background && argc == 2) {
        console_printf("usage: run PROGRAM [ARG...] [&]\n");
        return STATUS_USAGE;
    }
    if (program_start(argc - 1 - background, argv + 1, NULL, 0, &program) != ZX_OK) {
        return STATUS_FAILED;
    }
    if (background) {
        console_printf("%s: process %lu\n", argv[1], tasks_koid(program.process));
        zx_handle_close(program.process);
        zx_handle_close(program.job);
        return STATUS_OK;
    }
    zx_status_t status = program_finish(&program, &code);

    if (status == ZX_ERR_CANCELED) {
        console_printf("%s: killed\n", argv[1]);
        return STATUS_INTERRUPTED;
    }
    if (status != ZX_OK) {
        return report(argv[1], "lost", status);
    }
    console_fresh_line();
    console_printf("%s: exit code %ld\n", argv[1], code);
    return code == 0 ? STATUS_OK : ((int)code != 0 ? (int)code : STATUS_FAILED);
}
