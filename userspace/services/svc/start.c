// SPDX-License-Identifier: MIT
//
// Starting a service's process, straight from the initrd: so that the service of /boot can itself be
// started, and started again. What the process is given is the contract of docs/services.md.
//
// Handles: `struct gifts` owns what was collected until spawn_start() takes it all.

#include "svc.h"

#include <stdlib.h>
#include <string.h>

#include <cpio/cpio.h>
#include <jacinth/fd.h>
#include <jacinth/spawn.h>
#include <protocol/file.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define MAX_HANDLES 12u
#define RESCUE      "bin/mon"

struct gifts {
    struct spawn_handle handles[MAX_HANDLES];
    size_t handle_count;
    struct spawn_mount mounts[MANIFEST_MAX_WORDS];
    size_t mount_count;
    const char *missing; // something that could not be had
};

// ---- the program ----------------------------------------------------------------------------------------

// Copies a program of the initrd into a VMO that can be executed.
static zx_status_t open_program(const char *path, zx_handle_t *out, const char **out_reason,
                                bool *out_hopeless)
{
    struct cpio_entry entry;
    zx_status_t status = cpio_find(svc.archive, svc.archive_size, path, &entry);

    *out = ZX_HANDLE_INVALID;
    if (status != ZX_OK) {
        *out_hopeless = true;
        *out_reason = "no such program in the initrd";
        return status;
    }
    *out_reason = "no memory for the program";
    status = zx_vmo_create(entry.size, 0, out);
    if (status != ZX_OK) {
        return status;
    }
    (void)zx_object_set_property(*out, ZX_PROP_NAME, path, strlen(path));
    status = zx_vmo_write(*out, entry.data, 0, entry.size);
    if (status != ZX_OK) {
        close_handle(out);
    }
    return status;
}

static zx_status_t make_job(struct service *service, const char **out_reason)
{
    zx_status_t status = zx_job_create(svc.root_job, 0, &service->job);

    *out_reason = "no job can be made";
    if (status != ZX_OK) {
        service->job = ZX_HANDLE_INVALID;
        return status;
    }
    (void)zx_object_set_property(service->job, ZX_PROP_NAME, service->plan->name,
                                 strlen(service->plan->name));
    return ZX_OK;
}

// ---- what it is given -----------------------------------------------------------------------------------

// Adds a handle, which is consumed, or notes that there is none.
static void give(struct gifts *gifts, const char *name, zx_handle_t handle, uint32_t info)
{
    if (handle != ZX_HANDLE_INVALID) {
        gifts->handles[gifts->handle_count++] = (struct spawn_handle){handle, info};
    } else {
        gifts->missing = name;
    }
}

static void close_gifts(struct gifts *gifts)
{
    for (size_t i = 0; i < gifts->handle_count; i++) {
        zx_handle_close(gifts->handles[i].handle);
    }
    for (size_t i = 0; i < gifts->mount_count; i++) {
        zx_handle_close(gifts->mounts[i].directory);
    }
}

// The root job with the rights that looking at everything in it takes; handles to its children have
// the same. (Reading a process's memory takes WRITE as well.)
static zx_handle_t tasks_to_look_at(void)
{
    const zx_rights_t rights = ZX_RIGHT_ENUMERATE | ZX_RIGHT_INSPECT | ZX_RIGHT_GET_PROPERTY |
                               ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_TRANSFER;
    zx_handle_t copy;

    return zx_handle_duplicate(svc.root_job, rights, &copy) == ZX_OK ? copy : ZX_HANDLE_INVALID;
}

static void give_handles(const struct service *service, struct gifts *gifts)
{
    uint32_t needs = service->plan->handles;

    if ((needs & MANIFEST_ROOT_RESOURCE) != 0) {
        give(gifts, "root-resource", duplicate(svc.root_resource), PA_HND(PA_RESOURCE, 0));
    }
    if ((needs & MANIFEST_ROOT_JOB) != 0) {
        give(gifts, "root-job", duplicate(svc.root_job), PA_HND(PA_JOB_DEFAULT, 1));
    } else if ((needs & MANIFEST_ALL_TASKS) != 0) {
        give(gifts, "all-tasks", tasks_to_look_at(), PA_HND(PA_JOB_DEFAULT, 1));
    }
    if ((needs & MANIFEST_INITRD) != 0) {
        give(gifts, "initrd", duplicate(svc.initrd), PA_HND(PA_VMO_BOOTFS, 0));
    }
    if ((needs & MANIFEST_DEVICE_TREE) != 0) {
        give(gifts, "device-tree", duplicate(svc.device_tree), PA_HND(PA_VMO_KERNEL_FILE, 1));
    }
    if ((needs & MANIFEST_TERMINAL) != 0) {
        give(gifts, "terminal",
             vfs_route_connection(service_route(MANIFEST_TERMINAL_DIRECTORY), "terminal", "",
                                  FILE_OPEN_READ | FILE_OPEN_WRITE),
             PA_HND(PA_FDIO_REMOTE, FD_ALSO_STDIO | 0));
    } else if ((needs & MANIFEST_LOG) != 0) {
        give(gifts, "log", duplicate(svc.log), PA_HND(PA_FDIO_LOGGER, FD_ALSO_STDIO | 1));
    }
    if (manifest_has(&service->plan->needs, "loader")) {
        give(gifts, "loader",
             vfs_route_connection(service_route("loader"), "loader", "",
                                  FILE_OPEN_READ | FILE_OPEN_WRITE),
             PA_HND(PA_LDSVC_LOADER, 0));
    }
}

// A connection to a mounted directory.
static zx_handle_t connect_directory(const char *path)
{
    const uint32_t flags = FILE_OPEN_READ | FILE_OPEN_DIRECTORY;
    zx_handle_t ours, theirs;

    if (strcmp(path, "/svc") != 0) {
        return vfs_route_connection(service_route(path), path, "", flags);
    }
    if (zx_channel_create(0, &ours, &theirs) != ZX_OK) {
        return ZX_HANDLE_INVALID;
    }
    if (vfs_serve(svc.vfs, svc.names, flags, ours, 0, NULL, NULL) != ZX_OK) {
        zx_handle_close(theirs);
        return ZX_HANDLE_INVALID;
    }
    return theirs;
}

static void give_directories(const struct service *service, struct gifts *gifts)
{
    const struct manifest_words *needs = &service->plan->needs;

    for (uint32_t i = 0; i < needs->count; i++) {
        zx_handle_t directory;

        if (needs->word[i][0] != '/') {
            continue;
        }
        directory = connect_directory(needs->word[i]);
        if (directory != ZX_HANDLE_INVALID) {
            gifts->mounts[gifts->mount_count++] = (struct spawn_mount){needs->word[i], directory};
        } else {
            gifts->missing = needs->word[i];
        }
    }
}

// ---- arguments and environment ----------------------------------------------------------------------------

#define HOME "/tmp" // where a session starts

// argv: the name, the manifest's arguments, and for the session of a machine `-c COMMANDS`.
static void make_argv(const struct service *service, const char **argv)
{
    const struct manifest_words *arguments = &service->plan->arguments;
    size_t count = 0;

    argv[count++] = service->plan->name;
    for (uint32_t i = 0; i < arguments->count; i++) {
        argv[count++] = arguments->word[i];
    }
    if (service->plan->session && svc.commands != NULL) {
        argv[count++] = "-c";
        argv[count++] = svc.commands;
    }
    argv[count] = NULL;
}

static const char *const environment_words[][2] = {
    {"jacinth.terminal", "TERMINAL_SIZE="},
    {"jacinth.console", "CONSOLE="},
};

// NAME=VALUE for a word of the kernel's command line. NULL: it is not said, or too long.
static const char *make_variable(const char *word, const char *name, char *room, size_t size)
{
    const char *value = getenv(word);

    if (value == NULL || strlen(name) + strlen(value) >= size) {
        return NULL;
    }
    strcpy(room, name);
    return strcat(room, value);
}

static void make_environ(const char **environ_out)
{
    static char room[sizeof(environment_words) / sizeof(environment_words[0])][64];
    size_t count = 0;

    environ_out[count++] = "PATH=/boot/bin";
    environ_out[count++] = "HOME=" HOME;
    environ_out[count++] = "TERM=vt100";
    for (size_t i = 0; i < sizeof(room) / sizeof(room[0]); i++) {
        environ_out[count] = make_variable(environment_words[i][0], environment_words[i][1], room[i],
                                           sizeof(room[i]));
        count += environ_out[count] != NULL;
    }
    environ_out[count] = NULL;
}

// ---- all of it ----------------------------------------------------------------------------------------------

static zx_koid_t koid_of(zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};

    (void)zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    return info.koid;
}

// Collects what the service is given and starts it.
static zx_status_t spawn_service(struct service *service, zx_handle_t program,
                                 const char **out_reason)
{
    const char *argv[MANIFEST_MAX_WORDS + 4];
    const char *environment[8];
    struct gifts gifts = {0};
    struct spawned spawned;

    make_argv(service, argv);
    make_environ(environment);
    give_handles(service, &gifts);
    give_directories(service, &gifts);
    if (gifts.missing != NULL) {
        close_gifts(&gifts);
        *out_reason = gifts.missing;
        return ZX_ERR_UNAVAILABLE;
    }
    if (service->plan->provides.count != 0) {
        give(&gifts, "route", service->route.server, PA_HND(PA_DIRECTORY_REQUEST, 0));
        service->route.server = ZX_HANDLE_INVALID;
    }
    const struct spawn what = {
        .path = service->plan->program,
        .program = program,
        .argv = argv,
        .environ = environment,
        .directory = service->plan->session ? HOME : "/",
        .job = service->job,
        .handle_count = gifts.handle_count,
        .handles = gifts.handles,
        .mount_count = gifts.mount_count,
        .mounts = gifts.mounts,
    };
    zx_status_t status = spawn_start(&what, &spawned, out_reason);

    if (status != ZX_OK) {
        // Its end of the route went with the rest.
        vfs_route_close(&service->route);
        return status;
    }
    zx_handle_close(spawned.thread);
    service->process = spawned.process;
    service->koid = koid_of(spawned.process);
    return ZX_OK;
}

zx_status_t start_process(struct service *service, const char **out_reason, bool *out_hopeless)
{
    zx_handle_t program;
    zx_status_t status = open_program(service->plan->program, &program, out_reason, out_hopeless);

    if (status != ZX_OK) {
        return status;
    }
    status = make_job(service, out_reason);
    if (status == ZX_OK) {
        status = spawn_service(service, program, out_reason);
        // The loader's words for a file that is no program for this machine: it will not become one.
        *out_hopeless = status == ZX_ERR_NOT_FOUND;
    }
    zx_handle_close(program);
    return status;
}

bool start_rescue(void)
{
    const struct spawn_handle handles[] = {
        {duplicate(svc.root_resource), PA_HND(PA_RESOURCE, 0)},
        {duplicate(svc.initrd), PA_HND(PA_VMO_BOOTFS, 0)},
    };
    const char *const argv[] = {RESCUE, NULL};
    const char *const environment[] = {NULL};
    struct spawned spawned;
    const char *reason;
    bool hopeless;
    struct spawn what = {
        .path = RESCUE,
        .name = RESCUE,
        .argv = argv,
        .environ = environment,
        .directory = "/",
        .job = svc.root_job,
        .handle_count = 2,
        .handles = handles,
    };

    if (open_program(RESCUE, &what.program, &reason, &hopeless) != ZX_OK) {
        zx_handle_close(handles[0].handle);
        zx_handle_close(handles[1].handle);
        return false;
    }
    zx_status_t status = spawn_start(&what, &spawned, &reason);

    zx_handle_close(what.program);
    if (status != ZX_OK) {
        return false;
    }
    zx_handle_close(spawned.thread);
    zx_handle_close(spawned.process);
    return true;
}
