// SPDX-License-Identifier: MIT
//
// <jacinth/namespace.h> and <jacinth/service.h>: mounts, copies of them for others, and
// connections to services by name.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <jacinth/namespace.h>
#include <jacinth/service.h>
#include <stdlib.h>
#include <string.h>
#include <zircon/syscalls.h>

#define SLOW_TIMEOUT ZX_MSEC(50)

static zx_status_t to_status(long result)
{
    switch (result) {
    case 0: return ZX_OK;
    case -EINVAL: return ZX_ERR_INVALID_ARGS;
    case -ENOENT: return ZX_ERR_NOT_FOUND;
    case -ENAMETOOLONG: return ZX_ERR_BAD_PATH;
    default: return ZX_ERR_NO_MEMORY;
    }
}

zx_status_t namespace_mount(const char *path, zx_handle_t directory)
{
    return to_status(__fd_namespace_mount(path, directory));
}

zx_status_t namespace_unmount(const char *path)
{
    return to_status(__fd_namespace_unmount(path));
}

// One more connection to a mount, or to what has taken its place. A server that did not answer the
// last time is not given as long again: every program that is started waits for this.
static zx_status_t clone_mount(struct mount *mount, zx_handle_t *out)
{
    bool slow = atomic_load_explicit(&mount->slow, memory_order_relaxed);
    struct mount *successor;
    zx_status_t status = __fd_clone_channel(
        mount->directory, slow ? zx_deadline_after(SLOW_TIMEOUT) : __fd_server_deadline(), out);

    atomic_store_explicit(&mount->slow, status == ZX_ERR_TIMED_OUT, memory_order_relaxed);
    successor = status == ZX_ERR_PEER_CLOSED ? __fd_mount_successor(mount) : NULL;
    if (successor != NULL) {
        status = __fd_clone_channel(successor->directory, __fd_server_deadline(), out);
        __fd_mount_put(successor);
    }
    return status;
}

zx_status_t namespace_clone_mount(const char *path, zx_handle_t *out_directory)
{
    struct place place;
    zx_status_t status = to_status(__fd_place_find(AT_FDCWD, path, &place));

    if (status == ZX_OK) {
        status = place.mount_top ? clone_mount(place.mount, out_directory) : ZX_ERR_NOT_FOUND;
    }
    __fd_place_release(&place);
    return status;
}

// ---- copies -----------------------------------------------------------------------------------

void namespace_copy_free(struct namespace_copy *copy)
{
    if (copy == NULL) {
        return;
    }
    for (uint32_t i = 0; i < copy->count; i++) {
        free((char *)copy->paths[i]);
        zx_handle_close(copy->directories[i]);
    }
    free(copy->paths);
    free(copy->directories);
    free(copy);
}

static struct namespace_copy *copy_new(size_t room)
{
    struct namespace_copy *copy = calloc(1, sizeof(*copy));

    if (copy == NULL) {
        return NULL;
    }
    copy->paths = calloc(room + 1, sizeof(*copy->paths));
    copy->directories = calloc(room + 1, sizeof(*copy->directories));
    if (copy->paths == NULL || copy->directories == NULL) {
        namespace_copy_free(copy);
        return NULL;
    }
    return copy;
}

// Adds one mount. A server that does not answer is left out.
static zx_status_t copy_add(struct namespace_copy *copy, struct mount *mount)
{
    zx_handle_t directory;
    char *path;

    if (clone_mount(mount, &directory) != ZX_OK) {
        return ZX_OK;
    }
    path = strdup(mount->path);
    if (path == NULL) {
        zx_handle_close(directory);
        return ZX_ERR_NO_MEMORY;
    }
    copy->paths[copy->count] = path;
    copy->directories[copy->count++] = directory;
    return ZX_OK;
}

zx_status_t namespace_copy(struct namespace_copy **out_copy)
{
    struct namespace_copy *copy;
    zx_status_t status = ZX_OK;
    struct mount **list;
    size_t count;

    if (__fd_namespace_list(&list, &count) != 0) {
        return ZX_ERR_NO_MEMORY;
    }
    copy = copy_new(count);
    if (copy == NULL) {
        status = ZX_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        if (status == ZX_OK) {
            status = copy_add(copy, list[i]);
        }
        __fd_mount_put(list[i]);
    }
    free(list);
    if (status != ZX_OK) {
        namespace_copy_free(copy);
        return status;
    }
    *out_copy = copy;
    return ZX_OK;
}

// ---- services ---------------------------------------------------------------------------------

static zx_status_t connect_to(zx_handle_t directory, const char *name, size_t size,
                              zx_handle_t *out_channel)
{
    zx_handle_t ours, theirs;
    zx_status_t status;

    if (size > FILE_MAX_PATH) {
        return ZX_ERR_BAD_PATH;
    }
    status = zx_channel_create(0, &ours, &theirs);
    if (status != ZX_OK) {
        return status;
    }
    // With neither reading nor writing the answer would be the name, not the service.
    status = file_open(directory, __fd_server_deadline(), FILE_OPEN_READ | FILE_OPEN_WRITE, 0, name,
                       size, theirs);
    if (status != ZX_OK) {
        zx_handle_close(ours);
        return status;
    }
    *out_channel = ours;
    return ZX_OK;
}

zx_status_t service_connect_at(zx_handle_t directory, const char *name, zx_handle_t *out_channel)
{
    return connect_to(directory, name, strlen(name), out_channel);
}

zx_status_t service_connect(const char *path, zx_handle_t *out_channel)
{
    struct place place;
    zx_status_t status = to_status(__fd_place_find(AT_FDCWD, path, &place));

    if (status == ZX_OK) {
        status = place.directory != ZX_HANDLE_INVALID
                     ? connect_to(place.directory, place.rest, place.rest_size, out_channel)
                     : ZX_ERR_NOT_FOUND;
    }
    __fd_place_release(&place);
    return status;
}
