// SPDX-License-Identifier: MIT
//
// read(), write() and their relatives; lseek, truncate, fsync. What all descriptors have in common
// is here: is it open, is it open for this, is there anything to do.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zircon/processargs.h>

// Pieces that together have no more than this become one read: one question to a server instead of
// several, and one answer where a second might have to wait. stdio's buffer and some.
#define SCATTER_SIZE 1280

// The same for writing: what several processes append to a file stays together up to this size.
#define GATHER_SIZE 4096

// No single call moves more than this (Linux's limit; the result has to fit into ssize_t).
#define MOST 0x7ffff000ul

// The description, if it is open for `need` (FD_READ, FD_WRITE or 0); otherwise NULL and -EBADF.
static struct description *get_for(long fd, unsigned need)
{
    struct description *d = __fd_get((int)fd);
    unsigned flags;

    if (d == NULL) {
        return NULL;
    }
    flags = atomic_load_explicit(&d->flags, memory_order_relaxed);
    if ((flags & need) != need || (flags & FD_PATH) != 0) {
        __fd_put(d);
        return NULL;
    }
    return d;
}

static size_t limited(long size)
{
    return (size_t)size < MOST ? (size_t)size : MOST;
}

// `offset` -1: at the position.
static long move_in(struct description *d, void *data, size_t size, int64_t offset)
{
    if (size == 0) {
        return 0;
    }
    return offset < 0 ? d->ops->read(d, data, size)
                      : d->ops->read_at(d, data, size, (uint64_t)offset);
}

static long move_out(struct description *d, const void *data, size_t size, int64_t offset)
{
    if (size == 0) {
        return 0;
    }
    return offset < 0 ? d->ops->write(d, data, size)
                      : d->ops->write_at(d, data, size, (uint64_t)offset);
}

long __sys_read(long fd, long data, long size)
{
    struct description *d = get_for(fd, FD_READ);
    long result = d != NULL ? move_in(d, (void *)data, limited(size), -1) : -EBADF;

    __fd_put(d);
    return result;
}

long __sys_write(long fd, long data, long size)
{
    struct description *d = get_for(fd, FD_WRITE);
    long result = d != NULL ? move_out(d, (const void *)data, limited(size), -1) : -EBADF;

    __fd_put(d);
    return result;
}

long __sys_pread64(long fd, long data, long size, long offset)
{
    struct description *d = get_for(fd, FD_READ);
    long result = -EBADF;

    if (d != NULL) {
        result = offset < 0 ? -EINVAL : move_in(d, (void *)data, limited(size), offset);
    }
    __fd_put(d);
    return result;
}

long __sys_pwrite64(long fd, long data, long size, long offset)
{
    struct description *d = get_for(fd, FD_WRITE);
    long result = -EBADF;

    if (d != NULL) {
        result = offset < 0 ? -EINVAL : move_out(d, (const void *)data, limited(size), offset);
    }
    __fd_put(d);
    return result;
}

// ---- vectors ----------------------------------------------------------------------------------

// Total size of the pieces, or -EINVAL.
static long total_of(const struct iovec *pieces, long count)
{
    size_t total = 0;

    if (count < 0 || count > IOV_MAX) {
        return -EINVAL;
    }
    for (long i = 0; i < count; i++) {
        if (pieces[i].iov_len > SSIZE_MAX - total) {
            return -EINVAL;
        }
        total += pieces[i].iov_len;
    }
    return (long)total;
}

// The first piece with anything in it, of pieces with something in them.
static const struct iovec *first_of(const struct iovec *pieces)
{
    while (pieces->iov_len == 0) {
        pieces++;
    }
    return pieces;
}

// Reads into several pieces by one read. More than fits into `bounce` fills the first piece only:
// to ask for the others' share might wait, although there is something to return.
static long read_pieces(struct description *d, const struct iovec *pieces, size_t total,
                        int64_t offset)
{
    char bounce[SCATTER_SIZE];
    long result;

    pieces = first_of(pieces);
    if (pieces->iov_len == total || total > sizeof(bounce)) {
        size_t size = pieces->iov_len < MOST ? pieces->iov_len : MOST;

        return move_in(d, pieces->iov_base, size, offset);
    }
    result = move_in(d, bounce, total, offset);
    for (size_t done = 0; result > 0 && done < (size_t)result; pieces++) {
        size_t left = (size_t)result - done;
        size_t part = pieces->iov_len < left ? pieces->iov_len : left;

        memcpy(pieces->iov_base, bounce + done, part);
        done += part;
    }
    return result;
}

// Not inlined: the room on the stack is for those who need it.
static long __attribute__((noinline))
gather(struct description *d, const struct iovec *pieces, size_t total, int64_t offset)
{
    char bounce[GATHER_SIZE];

    for (size_t done = 0; done < total; pieces++) {
        memcpy(bounce + done, pieces->iov_base, pieces->iov_len);
        done += pieces->iov_len;
    }
    return move_out(d, bounce, total, offset);
}

static long write_pieces(struct description *d, const struct iovec *pieces, size_t total,
                         int64_t offset)
{
    size_t done = 0;
    long result = 0;

    if (total <= GATHER_SIZE && first_of(pieces)->iov_len != total) {
        return gather(d, pieces, total, offset);
    }
    for (; done < total; pieces++) {
        size_t size = pieces->iov_len < MOST ? pieces->iov_len : MOST;

        result = move_out(d, pieces->iov_base, size, offset < 0 ? -1 : offset + (int64_t)done);
        if (result < 0) {
            break;
        }
        done += (size_t)result;
        if ((size_t)result < pieces->iov_len) {
            break;
        }
    }
    return done > 0 ? (long)done : result;
}

static long move_pieces(long fd, long vector, long count, int64_t offset, unsigned need)
{
    const struct iovec *pieces = (const struct iovec *)vector;
    long total = total_of(pieces, count);
    struct description *d = get_for(fd, need);

    if (d == NULL) {
        return -EBADF;
    }
    if (total > 0) {
        total = need == FD_READ ? read_pieces(d, pieces, (size_t)total, offset)
                                : write_pieces(d, pieces, (size_t)total, offset);
    }
    __fd_put(d);
    return total;
}

long __sys_readv(long fd, long vector, long count)
{
    return move_pieces(fd, vector, count, -1, FD_READ);
}

long __sys_writev(long fd, long vector, long count)
{
    return move_pieces(fd, vector, count, -1, FD_WRITE);
}

// The fifth argument is the offset's upper half where long has 32 bits.
long __sys_preadv(long fd, long vector, long count, long offset, long high)
{
    (void)high;
    return offset < 0 ? -EINVAL : move_pieces(fd, vector, count, offset, FD_READ);
}

long __sys_pwritev(long fd, long vector, long count, long offset, long high)
{
    (void)high;
    return offset < 0 ? -EINVAL : move_pieces(fd, vector, count, offset, FD_WRITE);
}

// ---- position and size ------------------------------------------------------------------------

long __sys_lseek(long fd, long offset, long whence)
{
    struct description *d = get_for(fd, 0);
    long result = -EBADF;

    if (d != NULL) {
        result = whence == SEEK_SET || whence == SEEK_CUR || whence == SEEK_END
                     ? d->ops->seek(d, offset, (int)whence)
                     : -EINVAL;
    }
    __fd_put(d);
    return result;
}

long __sys_ftruncate(long fd, long size)
{
    struct description *d = get_for(fd, 0);
    long result = -EBADF;

    if (d != NULL) {
        result =
            size < 0 || (d->flags & FD_WRITE) == 0 ? -EINVAL : d->ops->truncate(d, (uint64_t)size);
    }
    __fd_put(d);
    return result;
}

// A server has what it has answered to: there is nothing to wait for.
long __sys_fsync(long fd)
{
    struct description *d = get_for(fd, 0);
    long result = -EBADF;

    if (d != NULL) {
        result = __fd_is_remote(d) || __fd_is_mounts(d) ? 0 : -EINVAL;
    }
    __fd_put(d);
    return result;
}

long __sys_fdatasync(long fd)
{
    return __sys_fsync(fd);
}

long __sys_sync(void)
{
    return 0;
}

long __sys_syncfs(long fd)
{
    return __sys_fsync(fd);
}

// Advice, taken politely.
long __sys_fadvise64(long fd, long offset, long size, long advice)
{
    struct description *d = get_for(fd, 0);
    long result = d == NULL ? -EBADF : d->kind == PA_FDIO_SOCKET ? -ESPIPE : 0;

    (void)offset, (void)size, (void)advice;
    __fd_put(d);
    return result;
}

long __sys_getdents64(long fd, long entries, long size)
{
    struct description *d = get_for(fd, FD_READ);
    long result = d != NULL ? d->ops->list(d, (void *)entries, limited(size)) : -EBADF;

    __fd_put(d);
    return result;
}
