// SPDX-License-Identifier: MIT
//
// open() and openat(). A number is set aside before the server is asked: a file is not made, let
// alone emptied, for a call that then fails for want of a descriptor.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"
#include "vmo_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zircon/syscalls.h>

// mmap() refers to this weakly: whoever can open a file can also map it.
static __typeof(&__fd_get_vmo) const get_vmo __attribute__((used)) = __fd_get_vmo;

// One try: a new channel, whose other end goes to the server.
static zx_status_t open_once(zx_handle_t start, uint32_t flags, uint32_t mode, const char *path,
                             size_t size, zx_handle_t *out)
{
    zx_handle_t theirs;
    zx_status_t status = zx_channel_create(0, out, &theirs);

    if (status != ZX_OK) {
        return status;
    }
    status = file_open(start, __fd_server_deadline(), flags, mode, path, size, theirs);
    if (status != ZX_OK) {
        zx_handle_close(*out);
    }
    return status;
}

zx_status_t __fd_open_directory(zx_handle_t start, const char *path, zx_handle_t *out)
{
    return open_once(start, FILE_OPEN_READ | FILE_OPEN_DIRECTORY, 0, path, strlen(path), out);
}

long __fd_place_open(struct place *place, uint32_t flags, uint32_t mode, zx_handle_t *out)
{
    zx_status_t status;

    if (place->rest_size > FILE_MAX_PATH) {
        return -ENAMETOOLONG;
    }
    do {
        status = open_once(place->directory, flags, mode, place->rest, place->rest_size, out);
    } while (__fd_place_again(place, status));
    return __fd_error(status);
}

static bool is_path_only(int flags)
{
    return (flags & O_PATH) == O_PATH;
}

// The protocol's flags for those of open().
static uint32_t to_protocol(int flags, const struct place *place)
{
    uint32_t result = place->end.slash ? FILE_OPEN_DIRECTORY : 0;

    if ((flags & O_DIRECTORY) != 0) {
        result |= FILE_OPEN_DIRECTORY;
    }
    if (is_path_only(flags)) {
        return result;
    }
    switch (flags & 3) {
    case O_RDONLY: result |= FILE_OPEN_READ; break;
    case O_WRONLY: result |= FILE_OPEN_WRITE; break;
    default: result |= FILE_OPEN_READ | FILE_OPEN_WRITE; break;
    }
    if ((flags & O_CREAT) != 0) {
        result |= FILE_OPEN_CREATE | ((flags & O_EXCL) != 0 ? FILE_OPEN_EXCLUSIVE : 0);
    }
    // O_TRUNC without writing has no meaning; the careful one is to leave the file alone.
    if ((flags & O_TRUNC) != 0 && (result & FILE_OPEN_WRITE) != 0) {
        result |= FILE_OPEN_TRUNCATE;
    }
    if ((flags & O_APPEND) != 0 && (result & FILE_OPEN_WRITE) != 0) {
        result |= FILE_OPEN_APPEND;
    }
    return result;
}

static unsigned to_description(int flags)
{
    unsigned result = (flags & O_NONBLOCK) != 0 ? FD_NONBLOCK : 0;

    result |= (flags & O_APPEND) != 0 && (flags & 3) != O_RDONLY ? FD_APPENDS : 0;
    if (is_path_only(flags)) {
        return FD_PATH;
    }
    switch (flags & 3) {
    case O_RDONLY: return result | FD_READ;
    case O_WRONLY: return result | FD_WRITE;
    default: return result | FD_READ | FD_WRITE;
    }
}

static long open_remote(struct place *place, int flags, uint32_t mode, struct description **out)
{
    zx_handle_t handle;
    long result;

    if ((flags & O_CREAT) != 0 && place->end.slash) {
        return -EISDIR;
    }
    result = __fd_place_open(place, to_protocol(flags, place), mode, &handle);
    if (result != 0) {
        return result;
    }
    *out = __fd_remote_new(handle, to_description(flags), place->path);
    if (*out == NULL) {
        zx_handle_close(handle);
        return -ENOMEM;
    }
    place->path = NULL; // the description's now
    return 0;
}

static long open_mounts(struct place *place, int flags, struct description **out)
{
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        return -EEXIST;
    }
    if ((flags & O_CREAT) != 0 || (!is_path_only(flags) && (flags & 3) != O_RDONLY)) {
        return -EISDIR;
    }
    *out = __fd_mounts_new(place->path);
    if (*out == NULL) {
        return -ENOMEM;
    }
    place->path = NULL;
    return 0;
}

static long open_place(struct place *place, int flags, uint32_t mode, struct description **out)
{
    if (place->directory != ZX_HANDLE_INVALID) {
        return open_remote(place, flags, mode, out);
    }
    if (place->mounts) {
        return open_mounts(place, flags, out);
    }
    return (flags & O_CREAT) != 0 ? -EROFS : -ENOENT;
}

long __sys_openat(long dirfd, long path, long how, long mode)
{
    int flags = (int)how;
    uint32_t bits =
        (uint32_t)mode & 07777 & ~atomic_load_explicit(&__fd_umask, memory_order_relaxed);
    struct description *d = NULL;
    struct place place;
    long fd, result;

    if ((flags & O_TMPFILE) == O_TMPFILE) {
        return -EOPNOTSUPP;
    }
    if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0) {
        return -EINVAL;
    }
    fd = __fd_reserve(0);
    if (fd < 0) {
        return fd;
    }
    result = __fd_place_find((int)dirfd, (const char *)path, &place);
    if (result == 0) {
        result = open_place(&place, flags, bits, &d);
    }
    __fd_place_release(&place);
    if (result != 0) {
        __fd_release((int)fd);
        return result;
    }
    __fd_fill((int)fd, d, (flags & O_CLOEXEC) != 0);
    return fd;
}
