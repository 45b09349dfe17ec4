// SPDX-License-Identifier: MIT
//
// Descriptions without a handle: no input (standard input of a process that was given nothing), and
// directories that exist only as the way to mounts ("/").
//
// Locks: base.lock guards the position of a directory.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- no input ---------------------------------------------------------------------------------

static long null_read(struct description *d, void *data, size_t size)
{
    (void)d, (void)data, (void)size;
    return 0;
}

static long null_write(struct description *d, const void *data, size_t size)
{
    (void)d, (void)data;
    return (long)size;
}

static long null_stat(struct description *d, struct file_attributes *out)
{
    (void)d;
    *out = (struct file_attributes){.kind = FILE_KIND_DEVICE, .mode = 0666, .links = 1, .id = 1};
    return 0;
}

static const struct fd_ops null_ops = {
    .read = null_read,
    .write = null_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = __fd_no_seek,
    .stat = null_stat,
    .truncate = __fd_no_truncate,
    .list = __fd_no_list,
    .control = __fd_no_control,
    .poll_signals = __fd_no_poll_signals,
    .poll_events = __fd_no_poll_events,
    .close = __fd_no_close,
};

struct description *__fd_null_new(void)
{
    return __fd_description_new(sizeof(struct description), &null_ops, ZX_HANDLE_INVALID, 0,
                                FD_READ);
}

// ---- directories of mounts --------------------------------------------------------------------

struct mounts {
    struct description base;
    char *path; // absolute, normalised
    size_t next;
};

static long mounts_read(struct description *d, void *data, size_t size)
{
    (void)d, (void)data, (void)size;
    return -EISDIR;
}

static long mounts_seek(struct description *d, int64_t offset, int whence)
{
    struct mounts *m = (struct mounts *)d;
    long result = -EINVAL;

    __fd_lock(&d->lock);
    if (whence == SEEK_CUR && offset == 0) {
        result = (long)m->next;
    } else if (whence == SEEK_SET && offset >= 0) {
        m->next = (size_t)offset;
        result = (long)offset;
    }
    __fd_unlock(&d->lock);
    return result;
}

static long mounts_stat(struct description *d, struct file_attributes *out)
{
    (void)d;
    *out = (struct file_attributes){.kind = FILE_KIND_DIRECTORY, .mode = 0555, .links = 1, .id = 1};
    return 0;
}

static long mounts_list(struct description *d, void *entries, size_t size)
{
    struct mounts *m = (struct mounts *)d;
    char name[256];
    size_t filled = 0;
    long result = 0;

    __fd_lock(&d->lock);
    while (__fd_mount_name(m->path, m->next, name)) {
        size_t put = __fd_dirent_write((char *)entries + filled, size - filled, m->next + 1,
                                       (int64_t)m->next + 1, DT_DIR, name, strlen(name));

        if (put == 0) {
            result = filled > 0 ? 0 : -EINVAL;
            break;
        }
        filled += put;
        m->next++;
    }
    __fd_unlock(&d->lock);
    return result < 0 ? result : (long)filled;
}

static void mounts_close(struct description *d)
{
    free(((struct mounts *)d)->path);
}

static const struct fd_ops mounts_ops = {
    .read = mounts_read,
    .write = __fd_no_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = mounts_seek,
    .stat = mounts_stat,
    .truncate = __fd_no_truncate,
    .list = mounts_list,
    .control = __fd_no_control,
    .poll_signals = __fd_no_poll_signals,
    .poll_events = __fd_no_poll_events,
    .close = mounts_close,
};

struct description *__fd_mounts_new(char *path)
{
    struct mounts *m = __fd_description_new(sizeof(*m), &mounts_ops, ZX_HANDLE_INVALID, 0, FD_READ);

    if (m == NULL) {
        return NULL;
    }
    m->path = path;
    return &m->base;
}

bool __fd_is_mounts(const struct description *d)
{
    return d->ops == &mounts_ops;
}

const char *__fd_mounts_path(const struct description *d)
{
    return ((const struct mounts *)d)->path;
}
