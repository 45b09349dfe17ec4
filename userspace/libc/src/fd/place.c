// SPDX-License-Identifier: MIT
//
// From a path, as a program gives it, to the server that knows it: *at() rules, the current
// directory, mounts. Owns what struct place says until __fd_place_release().

#include "fd_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 255 // longest path of a mount that has a successor

// Resolves below the absolute path `base`: through the mounts.
static long find_from(const char *base, const char *path, struct place *place)
{
    long result;

    place->path = malloc(__fd_path_room(base, path));
    if (place->path == NULL) {
        return -ENOMEM;
    }
    result = __fd_path_join(base, path, place->path, &place->end);
    if (result != 0) {
        return result;
    }
    place->mount = __fd_mount_find(place->path, &place->rest, &place->mounts);
    if (place->mount != NULL) {
        place->mounts = false;
        place->directory = place->mount->directory;
        place->mount_top = *place->rest == '\0';
        place->rest_size = strlen(place->rest);
        return 0;
    }
    place->mounts = place->mounts || strcmp(place->path, "/") == 0; // "/" is there without mounts
    return 0;
}

// Resolves through the connection of place->base: right even if the directory has been renamed.
static long find_through(const char *path, struct place *place)
{
    const struct description *base = place->base;
    long result;

    place->text = malloc(__fd_path_room("/", path));
    if (place->text == NULL) {
        return -ENOMEM;
    }
    result = __fd_path_join("/", path, place->text, &place->end);
    if (result != 0) {
        return result;
    }
    if (place->end.escaped) {
        return -ENOENT; // above a directory whose own place nobody knows
    }
    place->directory = base->handle;
    place->rest = place->text + 1;
    place->rest_size = strlen(place->rest);
    return 0;
}

// True if `path` below the directory at `base` could meet a mount or leave the directory: then it
// is looked up from the root.
static bool leads_elsewhere(const char *base, const char *path)
{
    const char *rest, *up;
    bool above;

    for (up = strstr(path, ".."); up != NULL; up = strstr(up + 2, "..")) {
        if ((up == path || up[-1] == '/') && (up[2] == '/' || up[2] == '\0')) {
            return true;
        }
    }
    __fd_mount_put(__fd_mount_find(base, &rest, &above));
    return above;
}

long __fd_place_find(int dirfd, const char *path, struct place *out)
{
    const char *base;
    char *current;
    long result;

    *out = (struct place){0};
    if (*path == '/') {
        return find_from("/", path, out);
    }
    if (dirfd == AT_FDCWD) {
        current = __fd_namespace_cwd();
        if (current == NULL) {
            return -ENOMEM;
        }
        result = find_from(current, path, out);
        free(current);
        return result;
    }
    out->base = __fd_get(dirfd);
    if (out->base == NULL) {
        return -EBADF;
    }
    if (__fd_is_mounts(out->base)) {
        return find_from(__fd_mounts_path(out->base), path, out);
    }
    if (!__fd_is_remote(out->base)) {
        return *path == '\0' ? -ENOENT : -ENOTDIR;
    }
    base = __fd_remote_path(out->base);
    if (base != NULL && leads_elsewhere(base, path)) {
        return find_from(base, path, out);
    }
    result = find_through(path, out);
    if (result == 0 && base != NULL) {
        // For fchdir and the like: where it is as far as we know.
        struct path_end end;

        out->path = malloc(__fd_path_room(base, path));
        if (out->path == NULL || __fd_path_join(base, path, out->path, &end) != 0) {
            free(out->path);
            out->path = NULL;
        }
    }
    return result;
}

void __fd_place_release(struct place *place)
{
    __fd_mount_put(place->mount);
    __fd_put(place->base);
    free(place->path);
    free(place->text);
    *place = (struct place){0};
}

struct mount *__fd_mount_successor(struct mount *mount)
{
    static const char manager[] = "/svc", names[] = "/svc/fs";
    char path[sizeof(names) + NAME_BYTES];
    zx_handle_t directory;
    const char *rest;
    bool above;
    struct mount *services;
    zx_status_t status = ZX_ERR_NOT_FOUND;

    if (strcmp(mount->path, manager) == 0 || strlen(mount->path) > NAME_BYTES) {
        return NULL;
    }
    memcpy(path, names, sizeof(names) - 1);
    strcpy(path + sizeof(names) - 1, mount->path);
    services = __fd_mount_find(path, &rest, &above);
    if (services != NULL && strcmp(services->path, manager) == 0) {
        status = __fd_open_directory(services->directory, rest, &directory);
    }
    __fd_mount_put(services);
    return status == ZX_OK ? __fd_mount_renew(mount, directory) : NULL;
}

bool __fd_place_again(struct place *place, zx_status_t status)
{
    struct mount *successor;

    if (status != ZX_ERR_PEER_CLOSED || place->mount == NULL || place->renewed) {
        return false;
    }
    place->renewed = true;
    successor = __fd_mount_successor(place->mount);
    if (successor == NULL) {
        return false;
    }
    __fd_mount_put(place->mount);
    place->mount = successor;
    place->directory = successor->directory;
    return true;
}

long __fd_place_writable(const struct place *place)
{
    if (place->directory != ZX_HANDLE_INVALID) {
        return 0;
    }
    // There is no server above the mounts that could make, remove or rename anything.
    return place->mounts ? -EBUSY : -EROFS;
}
