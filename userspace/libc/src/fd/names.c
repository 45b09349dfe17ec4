// SPDX-License-Identifier: MIT
//
// Names of files: making directories, removing, renaming, and what is asked of links, of which
// there are none.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

// Changes of a directory that its server does not know: it is read-only.
static long change_error(zx_status_t status)
{
    return status == ZX_ERR_NOT_SUPPORTED ? -EROFS : __fd_error(status);
}

long __sys_mkdirat(long dirfd, long path, long mode)
{
    uint32_t bits =
        (uint32_t)mode & 07777 & ~atomic_load_explicit(&__fd_umask, memory_order_relaxed);
    struct place place;
    long result = __fd_place_find((int)dirfd, (const char *)path, &place);

    if (result == 0 && (place.mounts || place.mount_top)) {
        result = -EEXIST;
    } else if (result == 0) {
        result = __fd_place_writable(&place);
    }
    if (result == 0) {
        zx_status_t status;

        do {
            status = file_make_directory(place.directory, __fd_server_deadline(), bits, place.rest,
                                         place.rest_size);
        } while (__fd_place_again(&place, status));
        result = change_error(status);
    }
    __fd_place_release(&place);
    return result;
}

// What POSIX says about removing `.`, `..`, "/", and about a slash behind a name.
static long removable(const struct place *place, bool directory)
{
    switch (place->end.last) {
    case PATH_DOT: return directory ? -EINVAL : -EISDIR;
    case PATH_DOT_DOT: return directory ? -ENOTEMPTY : -EISDIR;
    case PATH_ROOT: return directory ? -EBUSY : -EISDIR;
    default: break;
    }
    if (place->mounts || place->mount_top) {
        return directory ? -EBUSY : -EISDIR;
    }
    // There is nothing above the mounts but the way to them.
    return place->directory == ZX_HANDLE_INVALID ? -ENOENT : 0;
}

long __sys_unlinkat(long dirfd, long path, long flags)
{
    bool directory = (flags & AT_REMOVEDIR) != 0;
    struct file_attributes attributes;
    struct place place;
    long result;

    if ((flags & ~AT_REMOVEDIR) != 0) {
        return -EINVAL;
    }
    result = __fd_place_find((int)dirfd, (const char *)path, &place);
    if (result == 0) {
        result = removable(&place, directory);
    }
    if (result == 0 && place.end.slash && !directory) {
        // "file/" is no file: ENOTDIR or ENOENT; and a directory is not for unlink().
        result = __fd_place_stat(&place, &attributes);
        result = result == 0 ? -EISDIR : result;
    }
    if (result == 0) {
        zx_status_t status;

        do {
            status =
                file_unlink(place.directory, __fd_server_deadline(),
                            directory ? FILE_UNLINK_DIRECTORY : 0, place.rest, place.rest_size);
        } while (__fd_place_again(&place, status));
        result = change_error(status);
    }
    __fd_place_release(&place);
    return result;
}

// Whether one end of a rename is a name that can be given or taken.
static long renamable(const struct place *place)
{
    if (place->end.last != PATH_NAME || place->mounts || place->mount_top) {
        return -EBUSY;
    }
    return 0;
}

// True if one server's directory is the start of both: the same connection, or the same mount,
// which may have been renewed between the two look-ups.
static bool same_start(const struct place *from, const struct place *to)
{
    return from->directory == to->directory || (from->mount != NULL && to->mount != NULL &&
                                                strcmp(from->mount->path, to->mount->path) == 0);
}

// The place again, but from the root, if it was found through a descriptor: so that the two ends of
// a rename can meet at the directory of a mount.
static long from_root(struct place *place)
{
    struct place other;
    long result;

    if (place->base == NULL || place->path == NULL || place->mount != NULL) {
        return 0;
    }
    result = __fd_place_find(AT_FDCWD, place->path, &other);
    if (result == 0) {
        bool slash = place->end.slash;

        __fd_place_release(place);
        *place = other;
        place->end.slash = slash;
    } else {
        __fd_place_release(&other);
    }
    return result;
}

// Whether the two ends can be what rename() asks for. 0 or -errno.
static long rename_check(struct place *from, struct place *to)
{
    struct file_attributes attributes;
    long result = renamable(from);

    if (result == 0) {
        result = renamable(to);
    }
    if (result == 0 && from->directory == ZX_HANDLE_INVALID) {
        result = -ENOENT;
    }
    if (result == 0 && to->directory == ZX_HANDLE_INVALID) {
        result = -EXDEV;
    }
    if (result == 0 && !same_start(from, to)) {
        result = from_root(from);
        result = result == 0 ? from_root(to) : result;
    }
    if (result == 0 && !same_start(from, to)) {
        result = -EXDEV;
    }
    if (result == 0 && (from->end.slash || to->end.slash)) {
        // Only a directory's name may be written with a slash: the old one says what it is.
        bool slash = from->end.slash;

        from->end.slash = true;
        result = __fd_place_stat(from, &attributes);
        from->end.slash = slash;
    }
    return result;
}

static long rename_places(struct place *from, struct place *to)
{
    long result = rename_check(from, to);
    zx_status_t status;

    if (result != 0) {
        return result;
    }
    do {
        // The directory of both is the one of `from`: a successor serves them both.
        status = file_rename(from->directory, __fd_server_deadline(), from->rest, from->rest_size,
                             to->rest, to->rest_size);
    } while (__fd_place_again(from, status));
    return change_error(status);
}

long __sys_renameat2(long from_fd, long from_path, long to_fd, long to_path, long flags)
{
    struct place from, to = {0};
    long result;

    if (flags != 0) {
        return -EINVAL;
    }
    result = __fd_place_find((int)from_fd, (const char *)from_path, &from);
    if (result == 0) {
        result = __fd_place_find((int)to_fd, (const char *)to_path, &to);
    }
    if (result == 0) {
        result = rename_places(&from, &to);
    }
    __fd_place_release(&to);
    __fd_place_release(&from);
    return result;
}

long __sys_renameat(long from_fd, long from_path, long to_fd, long to_path)
{
    return __sys_renameat2(from_fd, from_path, to_fd, to_path, 0);
}

// Nothing is a link; what is there is no link either.
long __sys_readlinkat(long dirfd, long path, long buffer, long size)
{
    struct file_attributes attributes;
    struct place place;
    long result = __fd_place_find((int)dirfd, (const char *)path, &place);

    (void)buffer, (void)size;
    if (result == 0) {
        result = __fd_place_stat(&place, &attributes);
    }
    __fd_place_release(&place);
    return result == 0 ? -EINVAL : result;
}

// No file system here has links: that is what POSIX calls EPERM for link(), Linux for both.
long __sys_linkat(long from_fd, long from, long to_fd, long to, long flags)
{
    (void)from_fd, (void)from, (void)to_fd, (void)to, (void)flags;
    return -EPERM;
}

long __sys_symlinkat(long target, long dirfd, long path)
{
    (void)target, (void)dirfd, (void)path;
    return -EPERM;
}

// mkfifo() and mknod(): a file can be made that way, other nodes cannot.
long __sys_mknodat(long dirfd, long path, long mode, long device)
{
    (void)dirfd, (void)path, (void)mode, (void)device;
    return -EPERM;
}

long __sys_truncate(long path, long size)
{
    long fd, result;

    if (size < 0) {
        return -EINVAL;
    }
    fd = __sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return fd;
    }
    result = __sys_ftruncate(fd, size);
    __sys_close(fd);
    return result;
}
