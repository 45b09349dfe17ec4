// SPDX-License-Identifier: MIT
//
// spawn_start(): collects what a process is given, finds out what is to be loaded, and has launch()
// (userspace/lib/launch) do the rest. Interface: <jacinth/spawn.h>.
//
// State: the vDSO's VMO, a duplicate of the startup handle, made by the first call and kept.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spawn_impl.h"
#include "zx_errno.h"

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

// The vDSO for new processes: that which this one was told of.
static zx_status_t get_vdso(zx_handle_t *out)
{
    static zx_handle_t kept;
    zx_handle_t known = __atomic_load_n(&kept, __ATOMIC_ACQUIRE), copy, none = ZX_HANDLE_INVALID;

    if (known == ZX_HANDLE_INVALID) {
        zx_status_t status = zx_handle_duplicate(__spawn_startup_handle(PA_HND(PA_VMO_VDSO, 0)),
                                                 ZX_RIGHT_SAME_RIGHTS, &copy);

        if (status != ZX_OK) {
            return status;
        }
        known = copy;
        if (!__atomic_compare_exchange_n(&kept, &none, copy, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE)) {
            zx_handle_close(copy); // another thread was first
            known = none;
        }
    }
    *out = known;
    return ZX_OK;
}

zx_status_t spawn_borrow_vdso(zx_handle_t *out_vmo)
{
    return get_vdso(out_vmo);
}

static void consume(const struct spawn *what)
{
    for (size_t i = 0; i < what->handle_count; i++) {
        zx_handle_close(what->handles[i].handle);
    }
    for (size_t i = 0; i < what->mount_count; i++) {
        zx_handle_close(what->mounts[i].directory);
    }
}

// The last component of the path, or of what the program is called by.
static const char *make_name(const struct spawn *what, const struct spawn_program *program)
{
    const char *path = what->name != NULL   ? what->name
                       : what->path != NULL ? what->path
                       : program->argc != 0 ? program->argv[0]
                                            : "program";
    const char *slash = what->name != NULL ? NULL : strrchr(path, '/');

    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static int koid_of(zx_handle_t process)
{
    zx_info_handle_basic_t info;

    return zx_object_get_info(process, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) ==
                   ZX_OK
               ? (int)info.koid
               : -1;
}

// Starts the program with the gifts, whose handles are consumed.
static zx_status_t start(const struct spawn *what, zx_handle_t job, zx_handle_t vdso,
                         const struct spawn_program *program, const struct spawn_gifts *gifts,
                         struct spawn_loader *loader, struct spawned *out, const char **out_reason)
{
    struct launched launched;
    struct launch launching = {
        .job = job,
        .name = make_name(what, program),
        .program = program->file,
        .vdso = vdso,
        .stack_size = what->stack_size,
        .arg_count = (uint32_t)program->argc,
        .args = program->argv,
        .environ_count = gifts->environ_count,
        .environ = gifts->environ,
        .name_count = gifts->name_count,
        .names = gifts->names,
        .handle_count = gifts->count,
        .handles = gifts->handles,
        .handle_info = gifts->info,
        .give_loaded = true,
        .open_interpreter = __spawn_open_interpreter,
        .context = loader,
    };
    size_t size = launch_message_size(&launching);

    // Too large a message is launch()'s to refuse; what it lets through fits a channel's message.
    launching.buffer = malloc(size != SIZE_MAX ? size : ZX_CHANNEL_MAX_MSG_BYTES);
    if (launching.buffer == NULL) {
        zx_handle_close_many(gifts->handles, gifts->count);
        *out_reason = "no memory";
        return ZX_ERR_NO_MEMORY;
    }
    zx_status_t status = launch(&launching, &launched, out_reason);

    free(launching.buffer);
    if (status == ZX_OK) {
        *out = (struct spawned){launched.process, launched.thread, koid_of(launched.process)};
    }
    return status;
}

// Everything once the job and the vDSO are known. Apart, for its large frame.
static zx_status_t __attribute__((__noinline__))
give_and_start(const struct spawn *what, zx_handle_t job, zx_handle_t vdso,
               struct spawn_program *program, struct spawn_loader *loader, struct spawned *out,
               enum spawn_stage *stage, const char **out_reason)
{
    struct spawn_gifts gifts;

    *stage = SPAWN_GIVE;
    zx_status_t status = __spawn_gifts_collect(what, job, vdso, &gifts, out_reason);

    if (status == ZX_OK) {
        *stage = SPAWN_LOAD;
        status = start(what, job, vdso, program, &gifts, loader, out, out_reason);
        if (loader->failed) {
            *stage = SPAWN_INTERPRETER;
        }
        __spawn_gifts_free(&gifts);
    }
    return status;
}

zx_status_t __spawn(const struct spawn *what, struct spawned *out, enum spawn_stage *stage,
                    const char **out_reason)
{
    zx_handle_t job = what->job != ZX_HANDLE_INVALID ? what->job : zx_job_default();
    struct spawn_loader loader = {0};
    struct spawn_program *program = malloc(sizeof(*program));
    zx_handle_t vdso;
    zx_status_t status = ZX_ERR_NO_MEMORY;

    *stage = SPAWN_LOAD;
    *out_reason = "no memory";
    if (program != NULL) {
        *out_reason = "this process has no vDSO to hand on";
        status = get_vdso(&vdso);
    }
    if (status == ZX_OK) {
        status = __spawn_program_open(what, &loader, program, stage, out_reason);
    }
    if (status == ZX_OK) {
        status = give_and_start(what, job, vdso, program, &loader, out, stage, out_reason);
        __spawn_program_close(program);
    } else {
        consume(what);
    }
    __spawn_loader_close(&loader);
    free(program);
    return status;
}

zx_status_t spawn_start(const struct spawn *what, struct spawned *out, const char **out_reason)
{
    enum spawn_stage stage;
    const char *reason = NULL;
    zx_status_t status = __spawn(what, out, &stage, &reason);

    if (out_reason != NULL) {
        *out_reason = reason;
    }
    return status;
}

int __spawn_errno(zx_status_t status, enum spawn_stage stage)
{
    switch (stage) {
    case SPAWN_OPEN:
    case SPAWN_SCRIPT:
    case SPAWN_INTERPRETER:
        // A folder cannot be executed, whoever may read it.
        return status == ZX_ERR_NOT_FILE ? EACCES : __zx_errno(status);
    case SPAWN_SCRIPT_DEEP: return ELOOP;
    case SPAWN_GIVE: return status == ZX_ERR_OUT_OF_RANGE ? EMFILE : __zx_errno(status);
    case SPAWN_LOAD:
        if (status == ZX_ERR_NOT_FOUND) {
            return ENOEXEC; // the loader's word for a bad format
        }
        if (status == ZX_ERR_NO_RESOURCES) {
            return EAGAIN; // a limit of the job's
        }
        return status == ZX_ERR_OUT_OF_RANGE || status == ZX_ERR_BUFFER_TOO_SMALL
                   ? E2BIG
                   : __zx_errno(status);
    }
    return EIO;
}
