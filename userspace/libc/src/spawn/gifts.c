// SPDX-License-Identifier: MIT
//
// What a new process is given beside the handles of its own: what the caller hands over,
// descriptors, the namespace, its job, the vDSO (so that it can start programs in turn) and the
// environment.
//
// Handles: those in `struct spawn` are consumed by the first function here that is called with
// them. struct spawn_gifts owns its handles until launch() takes them all.

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn_impl.h"

#include <jacinth/fd.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#define MAX_CHILD_FD 1023

// Adds a handle, which is consumed.
static zx_status_t add(struct spawn_gifts *gifts, zx_handle_t handle, uint32_t info)
{
    if (gifts->count == LAUNCH_MAX_HANDLES) {
        zx_handle_close(handle);
        return ZX_ERR_OUT_OF_RANGE;
    }
    gifts->handles[gifts->count] = handle;
    gifts->info[gifts->count++] = info;
    return ZX_OK;
}

static zx_status_t add_copy(struct spawn_gifts *gifts, zx_handle_t handle, uint32_t info)
{
    zx_handle_t copy;
    zx_status_t status = zx_handle_duplicate(handle, ZX_RIGHT_SAME_RIGHTS, &copy);

    return status == ZX_OK ? add(gifts, copy, info) : status;
}

// Takes over everything that the caller hands over; what does not fit is closed.
static zx_status_t add_handles(const struct spawn *what, struct spawn_gifts *gifts)
{
    zx_status_t result = ZX_OK;

    for (size_t i = 0; i < what->handle_count; i++) {
        zx_status_t status = add(gifts, what->handles[i].handle, what->handles[i].info);

        result = result == ZX_OK ? status : result;
    }
    for (size_t i = 0; i < what->mount_count; i++) {
        uint32_t index = gifts->name_count;
        zx_status_t status = add(gifts, what->mounts[i].directory, PA_HND(PA_NS_DIR, index));

        if (status == ZX_OK) {
            gifts->names[gifts->name_count++] = what->mounts[i].path;
        }
        result = result == ZX_OK ? status : result;
    }
    return result;
}

static bool is_mounted_by_caller(const struct spawn *what, const char *path)
{
    for (size_t i = 0; i < what->mount_count; i++) {
        const char *mine = what->mounts[i].path;
        size_t size = strlen(mine);

        while (size > 1 && mine[size - 1] == '/') {
            size--;
        }
        if (strlen(path) == size && memcmp(mine, path, size) == 0) {
            return true;
        }
    }
    return false;
}

static zx_status_t add_namespace(const struct spawn *what, struct spawn_gifts *gifts)
{
    zx_status_t status = namespace_copy(&gifts->copy);

    for (uint32_t i = 0; status == ZX_OK && i < gifts->copy->count; i++) {
        zx_handle_t directory = gifts->copy->directories[i];

        if (is_mounted_by_caller(what, gifts->copy->paths[i])) {
            continue; // closed with the copy
        }
        gifts->copy->directories[i] = ZX_HANDLE_INVALID;
        status = add(gifts, directory, PA_HND(PA_NS_DIR, gifts->name_count));
        if (status == ZX_OK) {
            gifts->names[gifts->name_count++] = gifts->copy->paths[i];
        }
    }
    return status;
}

static zx_status_t add_fd(struct spawn_gifts *gifts, int fd, int target)
{
    zx_handle_t handle;
    uint32_t kind;

    if (target < 0 || target > MAX_CHILD_FD) {
        return ZX_ERR_INVALID_ARGS;
    }
    zx_status_t status = fd_clone(fd, &handle, &kind);

    return status == ZX_OK ? add(gifts, handle, PA_HND(kind, (uint32_t)target)) : status;
}

// True if an entry from `from` on has this target.
static bool is_overridden(const struct spawn *what, size_t from, int target)
{
    for (size_t i = from; i < what->fd_count; i++) {
        if (what->fds[i].target == target) {
            return true;
        }
    }
    return false;
}

static zx_status_t add_fds(const struct spawn *what, struct spawn_gifts *gifts)
{
    zx_status_t status = ZX_OK;

    for (size_t i = 0; status == ZX_OK && i < what->fd_count; i++) {
        const struct spawn_fd *entry = &what->fds[i];

        if (!is_overridden(what, i + 1, entry->target)) {
            status = add_fd(gifts, entry->fd, entry->target);
            // Closed meanwhile by another thread: as if it had been before.
            if ((status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_BAD_HANDLE) &&
                entry->fd == entry->target &&
                (what->flags & SPAWN_LEAVE_PRIVATE_FDS) != 0) {
                status = ZX_OK;
            }
        }
    }
    if ((what->flags & SPAWN_INHERIT_FDS) == 0) {
        return status;
    }
    for (int fd = fd_next(0, 1); status == ZX_OK && fd >= 0; fd = fd_next(fd + 1, 1)) {
        if (!is_overridden(what, 0, fd)) {
            status = add_fd(gifts, fd, fd);
            // What cannot leave this process (an open "/"), and what was closed since, stays
            // behind.
            if (status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_BAD_HANDLE) {
                status = ZX_OK;
            }
        }
    }
    return status;
}

static zx_status_t make_directory(const struct spawn *what, struct spawn_gifts *gifts)
{
    static const char variable[] = "PWD=";
    char *current = what->directory == NULL ? getcwd(NULL, 0) : NULL;
    const char *directory = current != NULL ? current : what->directory;
    size_t size = sizeof(variable) + (directory != NULL ? strlen(directory) : 1);

    gifts->directory = malloc(size);
    if (gifts->directory != NULL) {
        memcpy(gifts->directory, variable, sizeof(variable));
        strcpy(gifts->directory + sizeof(variable) - 1, directory != NULL ? directory : "/");
    }
    free(current);
    return gifts->directory != NULL ? ZX_OK : ZX_ERR_NO_MEMORY;
}

// The environment asked for, with PWD saying where the process starts.
static zx_status_t make_environ(const struct spawn *what, struct spawn_gifts *gifts)
{
    const char *const *from = what->environ != NULL ? what->environ : (const char *const *)environ;
    size_t count = 0;

    while (from != NULL && from[count] != NULL) {
        count++;
    }
    gifts->environ = calloc(count + 1, sizeof(*gifts->environ));
    if (gifts->environ == NULL || make_directory(what, gifts) != ZX_OK) {
        return ZX_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        if (strncmp(from[i], "PWD=", 4) != 0) {
            gifts->environ[gifts->environ_count++] = from[i];
        }
    }
    gifts->environ[gifts->environ_count++] = gifts->directory;
    return ZX_OK;
}

zx_status_t __spawn_gifts_collect(const struct spawn *what, zx_handle_t job, zx_handle_t vdso,
                                  struct spawn_gifts *out, const char **out_reason)
{
    out->count = out->name_count = out->environ_count = 0;
    out->copy = NULL;
    out->environ = NULL;
    out->directory = NULL;
    *out_reason = "too many handles to hand over";
    zx_status_t status = add_handles(what, out);

    if (status == ZX_OK) {
        *out_reason = "an open file cannot be handed over";
        status = add_fds(what, out);
    }
    if (status == ZX_OK && (what->flags & SPAWN_INHERIT_NAMESPACE) != 0) {
        *out_reason = "the namespace cannot be handed over";
        status = add_namespace(what, out);
    }
    if (status == ZX_OK && (what->flags & SPAWN_NO_JOB) == 0) {
        *out_reason = "its job cannot be handed over";
        status = add_copy(out, job, PA_HND(PA_JOB_DEFAULT, 0));
    }
    if (status == ZX_OK) {
        *out_reason = "the vDSO cannot be handed over";
        status = add_copy(out, vdso, PA_HND(PA_VMO_VDSO, 0));
    }
    if (status == ZX_OK) {
        *out_reason = "no memory";
        status = make_environ(what, out);
    }
    if (status != ZX_OK) {
        zx_handle_close_many(out->handles, out->count);
        __spawn_gifts_free(out);
    }
    return status;
}

void __spawn_gifts_free(struct spawn_gifts *gifts)
{
    namespace_copy_free(gifts->copy);
    free(gifts->environ);
    free(gifts->directory);
    gifts->copy = NULL;
    gifts->environ = NULL;
    gifts->directory = NULL;
}
