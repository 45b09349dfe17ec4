// SPDX-License-Identifier: MIT
//
// Attributes: of descriptors and of paths, read and set; access(); file systems.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "kstat.h"

#define NSEC 1000000000

// A path opened for its name only, long enough for one question about it.
static long with_node(struct place *place, zx_handle_t *out)
{
    uint32_t flags = place->end.slash ? FILE_OPEN_DIRECTORY : 0;

    return __fd_place_open(place, flags, 0, out);
}

// What lies behind a mount point inside of a server's tree is not known to that server.
static zx_status_t stat_opened(struct place *place, struct file_attributes *out)
{
    zx_handle_t node;
    zx_status_t status;

    if (with_node(place, &node) != 0) {
        return ZX_ERR_NOT_FOUND;
    }
    status = file_stat(node, __fd_server_deadline(), out);
    zx_handle_close(node);
    return status;
}

long __fd_place_stat(struct place *place, struct file_attributes *out)
{
    zx_status_t status;

    if (place->directory == ZX_HANDLE_INVALID) {
        *out = (struct file_attributes){
            .kind = FILE_KIND_DIRECTORY, .mode = 0555, .links = 1, .id = 1};
        return place->mounts ? 0 : -ENOENT;
    }
    if (place->rest_size > FILE_MAX_PATH) {
        return -ENAMETOOLONG;
    }
    do {
        status = file_stat_path(place->directory, __fd_server_deadline(), place->rest,
                                place->rest_size, out);
    } while (__fd_place_again(place, status));
    if (status == ZX_ERR_NOT_SUPPORTED) {
        status = stat_opened(place, out);
    }
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    if (place->end.slash && out->kind != FILE_KIND_DIRECTORY) {
        return -ENOTDIR;
    }
    return out->size > INT64_MAX ? -EIO : 0;
}

// st_dev of what a connection leads to, kept in *known: the number that its file system has in
// every process. One that does not tell is known by the connection alone.
static uint64_t device_of(zx_handle_t node, _Atomic(uint64_t) *known)
{
    uint64_t device = atomic_load_explicit(known, memory_order_relaxed);
    zx_info_handle_basic_t basic = {0};
    struct file_system system;

    if (device != 0) {
        return device;
    }
    if (file_query_file_system(node, __fd_server_deadline(), &system) == ZX_OK) {
        device = system.id;
    } else if (zx_object_get_info(node, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL) ==
               ZX_OK) {
        device = basic.koid;
    }
    atomic_store_explicit(known, device, memory_order_relaxed);
    return device;
}

static uint64_t place_device(const struct place *place)
{
    if (place->mount != NULL) {
        return device_of(place->directory, &place->mount->device);
    }
    return place->directory != ZX_HANDLE_INVALID
               ? device_of(place->directory, __fd_remote_device(place->base))
               : 0;
}

static void split_time(int64_t time, long *out_sec, long *out_nsec)
{
    *out_sec = time / NSEC;
    *out_nsec = time % NSEC;
    if (*out_nsec < 0) {
        *out_nsec += NSEC;
        *out_sec -= 1;
    }
}

static void fill(struct kstat *out, const struct file_attributes *in, unsigned type,
                 uint64_t device)
{
    memset(out, 0, sizeof(*out));
    out->st_dev = device;
    out->st_ino = in->id;
    out->st_mode = type | (in->mode & 07777);
    out->st_nlink = in->links;
    out->st_size = (off_t)in->size;
    out->st_blksize = FILE_MAX_DATA;
    out->st_blocks = (blkcnt_t)(in->storage / 512 + (in->storage % 512 != 0));
    if (S_ISCHR(type)) {
        out->st_rdev = in->id;
    }
    split_time(in->mtime, &out->st_mtime_sec, &out->st_mtime_nsec);
    split_time(in->ctime, &out->st_ctime_sec, &out->st_ctime_nsec);
    out->st_atime_sec = out->st_mtime_sec; // nobody keeps access times
    out->st_atime_nsec = out->st_mtime_nsec;
}

static unsigned type_of(const struct description *d, const struct file_attributes *attributes)
{
    return d->kind == PA_FDIO_SOCKET ? S_IFIFO : __fd_kind_to_mode(attributes->kind);
}

long __sys_fstat(long fd, long buffer)
{
    struct description *d = __fd_get((int)fd);
    struct file_attributes attributes;
    long result;

    if (d == NULL) {
        return -EBADF;
    }
    result = d->ops->stat(d, &attributes);
    if (result == 0) {
        fill((struct kstat *)buffer, &attributes, type_of(d, &attributes),
             __fd_is_remote(d) ? device_of(d->handle, __fd_remote_device(d)) : 0);
    }
    __fd_put(d);
    return result;
}

long __sys_newfstatat(long dirfd, long path, long buffer, long flags)
{
    struct file_attributes attributes;
    struct place place;
    long result;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) != 0) {
        return -EINVAL;
    }
    if ((flags & AT_EMPTY_PATH) != 0 && *(const char *)path == '\0') {
        if (dirfd != AT_FDCWD) {
            return __sys_fstat(dirfd, buffer);
        }
        path = (long)".";
    }
    result = __fd_place_find((int)dirfd, (const char *)path, &place);
    if (result == 0) {
        result = __fd_place_stat(&place, &attributes);
    }
    if (result == 0) {
        fill((struct kstat *)buffer, &attributes, __fd_kind_to_mode(attributes.kind),
             place_device(&place));
    }
    __fd_place_release(&place);
    return result;
}

long __sys_faccessat2(long dirfd, long path, long mode, long flags)
{
    struct file_attributes attributes;
    struct place place;
    long result;

    if ((mode & ~(R_OK | W_OK | X_OK)) != 0 ||
        (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    result = __fd_place_find((int)dirfd, (const char *)path, &place);
    if (result == 0) {
        result = __fd_place_stat(&place, &attributes);
    }
    __fd_place_release(&place);
    if (result != 0) {
        return result;
    }
    // There is one user: what anybody may do, this process may.
    if (((mode & R_OK) != 0 && (attributes.mode & 0444) == 0) ||
        ((mode & W_OK) != 0 && (attributes.mode & 0222) == 0) ||
        ((mode & X_OK) != 0 && (attributes.mode & 0111) == 0)) {
        return -EACCES;
    }
    return 0;
}

long __sys_faccessat(long dirfd, long path, long mode)
{
    return __sys_faccessat2(dirfd, path, mode, 0);
}

// ---- changes ----------------------------------------------------------------------------------

static long set_attributes(zx_handle_t node, uint32_t which, uint32_t mode, int64_t mtime)
{
    zx_status_t status = file_set_attributes(node, __fd_server_deadline(), which, mode, mtime);

    return status == ZX_ERR_NOT_SUPPORTED ? -EPERM : __fd_error(status);
}

static long set_by_fd(long fd, uint32_t which, uint32_t mode, int64_t mtime)
{
    struct description *d = __fd_get((int)fd);
    long result = -EBADF;

    if (d != NULL) {
        result = __fd_is_remote(d) ? set_attributes(d->handle, which, mode, mtime) : -EPERM;
    }
    __fd_put(d);
    return result;
}

static long set_by_path(long dirfd, long path, uint32_t which, uint32_t mode, int64_t mtime)
{
    struct place place;
    zx_handle_t node;
    long result = __fd_place_find((int)dirfd, (const char *)path, &place);

    if (result == 0 && place.directory == ZX_HANDLE_INVALID) {
        result = place.mounts ? -EPERM : -ENOENT;
    }
    if (result == 0) {
        result = with_node(&place, &node);
    }
    if (result == 0) {
        result = set_attributes(node, which, mode, mtime);
        zx_handle_close(node);
    }
    __fd_place_release(&place);
    return result;
}

long __sys_fchmod(long fd, long mode)
{
    return set_by_fd(fd, FILE_SET_MODE, (uint32_t)mode & 07777, 0);
}

long __sys_fchmodat(long dirfd, long path, long mode)
{
    return set_by_path(dirfd, path, FILE_SET_MODE, (uint32_t)mode & 07777, 0);
}

// One user owns everything: giving it to that one changes nothing.
static long owner_allowed(long uid, long gid)
{
    return ((int)uid == 0 || (int)uid == -1) && ((int)gid == 0 || (int)gid == -1) ? 0 : -EPERM;
}

long __sys_fchown(long fd, long uid, long gid)
{
    struct description *d = __fd_get((int)fd);
    long result = d != NULL ? owner_allowed(uid, gid) : -EBADF;

    __fd_put(d);
    return result;
}

long __sys_fchownat(long dirfd, long path, long uid, long gid, long flags)
{
    struct file_attributes attributes;
    struct place place;
    long result;

    if ((flags & AT_EMPTY_PATH) != 0 && *(const char *)path == '\0') {
        return __sys_fchown(dirfd, uid, gid);
    }
    result = __fd_place_find((int)dirfd, (const char *)path, &place);
    if (result == 0) {
        result = __fd_place_stat(&place, &attributes);
    }
    __fd_place_release(&place);
    return result == 0 ? owner_allowed(uid, gid) : result;
}

// The modification time that utimensat() asks for, in nanoseconds; *out_omit: leave it alone.
static long wanted_time(const struct timespec *times, int64_t *out, bool *out_omit)
{
    struct timespec now;

    *out_omit = false;
    if (times != NULL && times[1].tv_nsec == UTIME_OMIT) {
        *out_omit = true;
        return 0;
    }
    if (times != NULL && times[1].tv_nsec != UTIME_NOW) {
        if (times[1].tv_nsec < 0 || times[1].tv_nsec >= NSEC ||
            times[1].tv_sec > INT64_MAX / NSEC - 1 || times[1].tv_sec < INT64_MIN / NSEC + 1) {
            return -EINVAL;
        }
        *out = times[1].tv_sec * NSEC + times[1].tv_nsec;
        return 0;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    *out = now.tv_sec * NSEC + now.tv_nsec;
    return 0;
}

long __sys_utimensat(long dirfd, long path, long times, long flags)
{
    int64_t mtime = 0;
    bool omit;
    long result = wanted_time((const struct timespec *)times, &mtime, &omit);

    if (result != 0) {
        return result;
    }
    if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0) {
        return -EINVAL;
    }
    if (path == 0) {
        return set_by_fd(dirfd, omit ? 0 : FILE_SET_MTIME, 0, mtime);
    }
    return set_by_path(dirfd, path, omit ? 0 : FILE_SET_MTIME, 0, mtime);
}

// ---- file systems -----------------------------------------------------------------------------

static long query(zx_handle_t node, struct statfs *out)
{
    struct file_system system;
    zx_status_t status = file_query_file_system(node, __fd_server_deadline(), &system);
    uint64_t rest;

    if (status != ZX_OK) {
        return status == ZX_ERR_NOT_SUPPORTED ? -ENOSYS : __fd_error(status);
    }
    rest = system.used < system.total ? system.total - system.used : 0;
    *out = (struct statfs){
        .f_type = 0x4a414349, // "JACI"
        .f_bsize = 4096,
        .f_frsize = 4096,
        .f_blocks = system.total / 4096,
        .f_bfree = rest / 4096,
        .f_bavail = rest / 4096,
        .f_files = system.nodes,
        .f_namelen = system.name_max,
        .f_flags = system.read_only != 0 ? 1 : 0, // ST_RDONLY
    };
    memcpy(&out->f_fsid, &system.id, sizeof(out->f_fsid));
    return 0;
}

// Linux has this with two arguments where long has 64 bits.
long __sys_statfs(long path, long buffer)
{
    struct place place;
    zx_handle_t node;
    long result = __fd_place_find(AT_FDCWD, (const char *)path, &place);

    if (result == 0 && place.directory == ZX_HANDLE_INVALID) {
        result = place.mounts ? -ENOSYS : -ENOENT;
    }
    if (result == 0) {
        result = with_node(&place, &node);
    }
    if (result == 0) {
        result = query(node, (struct statfs *)buffer);
        zx_handle_close(node);
    }
    __fd_place_release(&place);
    return result;
}

long __sys_fstatfs(long fd, long buffer)
{
    struct description *d = __fd_get((int)fd);
    long result = -EBADF;

    if (d != NULL) {
        result = __fd_is_remote(d) ? query(d->handle, (struct statfs *)buffer) : -ENOSYS;
    }
    __fd_put(d);
    return result;
}
