// SPDX-License-Identifier: MIT
//
// Descriptions that are a connection to a server of protocol `file`. The position, the access mode
// and O_APPEND live at the server, so that processes can share them; here are only the kind of the
// node and its file system (asked once), where it was opened, and the rest of a directory's last
// records.
//
// Nothing that the server says is believed further than it can be checked: more bytes than asked
// for, positions beyond the range of off_t and the like are EIO.
//
// Locks: base.lock guards `listing`, and is held while records are fetched. `node` and `device` are
// atomic: every answer of the server would be the same.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

struct remote {
    struct description base;
    atomic_uint node; // FILE_KIND_*; 0: not asked yet
    char *path;
    _Atomic(uint64_t) device;
    struct listing listing;
};

static struct remote *remote_of(struct description *d)
{
    return (struct remote *)d;
}

// True if the server shows all of `signals` on our end just now.
static bool signalled(const struct description *d, zx_signals_t signals)
{
    zx_signals_t observed = 0;

    zx_object_wait_one(d->handle, signals, 0, &observed);
    return (observed & signals) != 0;
}

// 0, or -EAGAIN if the description does not wait and the server has nothing to say now.
static long may_wait(const struct description *d, zx_signals_t signal)
{
    if ((atomic_load_explicit(&d->flags, memory_order_relaxed) & FD_NONBLOCK) == 0 ||
        signalled(d, signal | ZX_CHANNEL_PEER_CLOSED)) {
        return 0;
    }
    return -EAGAIN;
}

static uint32_t chunk(size_t size)
{
    return size < FILE_MAX_DATA ? (uint32_t)size : FILE_MAX_DATA;
}

// One request for data. The number of bytes, or -errno.
static long read_some(struct description *d, void *data, uint32_t count, const uint64_t *offset)
{
    size_t got = 0;
    zx_status_t status;

    if (offset != NULL) {
        status = file_read_at(d->handle, ZX_TIME_INFINITE, *offset, count, data, count, &got);
        status = status == ZX_ERR_NOT_SUPPORTED ? ZX_ERR_NEXT : status;
    } else {
        status = file_read(d->handle, ZX_TIME_INFINITE, count, data, count, &got);
    }
    if (status == ZX_ERR_NEXT) {
        return -ESPIPE;
    }
    if (status == ZX_ERR_NOT_SUPPORTED) {
        return -EINVAL;
    }
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    return got <= count ? (long)got : -EIO;
}

static long remote_read(struct description *d, void *data, size_t size)
{
    size_t done = 0;
    long got;

    do {
        uint32_t count = chunk(size - done);

        got = done == 0 ? may_wait(d, FILE_SIGNAL_READABLE) : 0;
        if (got == 0) {
            got = read_some(d, (char *)data + done, count, NULL);
        }
        if (got < 0) {
            break;
        }
        done += (size_t)got;
        // Ask for more only where that was everything we asked for and an answer is sure to come.
        if ((uint32_t)got < count) {
            break;
        }
    } while (done < size && signalled(d, FILE_SIGNAL_READABLE));
    return done > 0 ? (long)done : got;
}

static long remote_read_at(struct description *d, void *data, size_t size, uint64_t offset)
{
    size_t done = 0;
    long got;

    do {
        uint32_t count = chunk(size - done);
        uint64_t at = offset + done;

        got = read_some(d, (char *)data + done, count, &at);
        if (got <= 0) {
            break;
        }
        done += (size_t)got;
    } while (done < size);
    return done > 0 ? (long)done : got;
}

static long write_some(struct description *d, const void *data, uint32_t count,
                       const uint64_t *offset)
{
    uint32_t written = 0;
    zx_status_t status;

    if (offset != NULL) {
        status = file_write_at(d->handle, ZX_TIME_INFINITE, *offset, data, count, &written);
        if (status == ZX_ERR_NOT_SUPPORTED) {
            return -ESPIPE;
        }
    } else {
        status = file_write(d->handle, ZX_TIME_INFINITE, data, count, &written);
    }
    if (status == ZX_ERR_NOT_SUPPORTED) {
        return -EINVAL;
    }
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    return written <= count ? (long)written : -EIO;
}

// Writes all of it, or as much as the server takes before it fails or takes nothing.
static long write_all(struct description *d, const void *data, size_t size, const uint64_t *offset)
{
    size_t done = 0;
    long put;

    do {
        uint64_t at = offset != NULL ? *offset + done : 0;

        put = offset == NULL ? may_wait(d, FILE_SIGNAL_WRITABLE) : 0;
        if (put == 0) {
            put = write_some(d, (const char *)data + done, chunk(size - done),
                             offset != NULL ? &at : NULL);
        }
        if (put <= 0) {
            break;
        }
        done += (size_t)put;
    } while (done < size);
    if (done > 0) {
        return (long)done;
    }
    return put == 0 ? -EIO : put; // a server that takes nothing would make callers loop for ever
}

static long remote_seek(struct description *d, int64_t offset, int whence)
{
    struct remote *r = remote_of(d);
    uint64_t position = 0;
    zx_status_t status;
    long result;

    __fd_lock(&d->lock);
    if (r->listing.records != NULL) {
        result = __fd_listing_seek(d, &r->listing, offset, whence);
        __fd_unlock(&d->lock);
        return result;
    }
    __fd_unlock(&d->lock);
    status = file_seek(d->handle, __fd_server_deadline(), offset, (uint32_t)whence, &position);
    if (status == ZX_ERR_NOT_SUPPORTED) {
        return -ESPIPE;
    }
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    return position <= INT64_MAX ? (long)position : -EIO;
}

static long remote_write(struct description *d, const void *data, size_t size)
{
    if ((atomic_load_explicit(&d->flags, memory_order_relaxed) & FD_APPEND) != 0) {
        long result = remote_seek(d, 0, SEEK_END);

        if (result < 0 && result != -ESPIPE) {
            return result;
        }
    }
    return write_all(d, data, size, NULL);
}

static long remote_write_at(struct description *d, const void *data, size_t size, uint64_t offset)
{
    return write_all(d, data, size, &offset);
}

static long remote_stat(struct description *d, struct file_attributes *out)
{
    zx_status_t status = file_stat(d->handle, __fd_server_deadline(), out);

    return status == ZX_OK && out->size > INT64_MAX ? -EIO : __fd_error(status);
}

static long remote_truncate(struct description *d, uint64_t size)
{
    zx_status_t status = file_truncate(d->handle, __fd_server_deadline(), size);

    if (status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_BAD_HANDLE) {
        return -EINVAL; // what POSIX says of a descriptor that is not open for writing
    }
    return __fd_error(status);
}

static long remote_list(struct description *d, void *entries, size_t size)
{
    long result;

    __fd_lock(&d->lock);
    result = __fd_listing_read(d, &remote_of(d)->listing, entries, size);
    __fd_unlock(&d->lock);
    return result;
}

static long remote_control(struct description *d, unsigned request, void *argument)
{
    long kind = __fd_remote_kind(d);

    if (kind < 0) {
        return kind;
    }
    return kind == FILE_KIND_TERMINAL ? __fd_terminal_control(d, request, argument) : -ENOTTY;
}

static zx_signals_t remote_poll_signals(struct description *d, short events)
{
    (void)d;
    return ZX_CHANNEL_PEER_CLOSED |
           ((events & (POLLIN | POLLRDNORM)) != 0 ? FILE_SIGNAL_READABLE : 0) |
           ((events & (POLLOUT | POLLWRNORM)) != 0 ? FILE_SIGNAL_WRITABLE : 0) |
           ((events & POLLPRI) != 0 ? FILE_SIGNAL_INTERRUPT : 0);
}

static short remote_poll_events(struct description *d, zx_signals_t observed)
{
    short events = 0;

    (void)d;
    if ((observed & FILE_SIGNAL_READABLE) != 0) {
        events |= POLLIN | POLLRDNORM;
    }
    if ((observed & FILE_SIGNAL_WRITABLE) != 0) {
        events |= POLLOUT | POLLWRNORM;
    }
    if ((observed & FILE_SIGNAL_INTERRUPT) != 0) {
        events |= POLLPRI;
    }
    if ((observed & ZX_CHANNEL_PEER_CLOSED) != 0) {
        events |= POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
    }
    return events;
}

static void remote_close(struct description *d)
{
    free(remote_of(d)->path);
    free(remote_of(d)->listing.records);
}

static const struct fd_ops remote_ops = {
    .read = remote_read,
    .write = remote_write,
    .read_at = remote_read_at,
    .write_at = remote_write_at,
    .seek = remote_seek,
    .stat = remote_stat,
    .truncate = remote_truncate,
    .list = remote_list,
    .control = remote_control,
    .poll_signals = remote_poll_signals,
    .poll_events = remote_poll_events,
    .close = remote_close,
};

struct description *__fd_remote_new(zx_handle_t handle, unsigned flags, char *path)
{
    struct remote *r = __fd_description_new(sizeof(*r), &remote_ops, handle, PA_FDIO_REMOTE, flags);

    if (r == NULL) {
        return NULL;
    }
    r->path = path;
    return &r->base;
}

bool __fd_is_remote(const struct description *d)
{
    return d->ops == &remote_ops;
}

const char *__fd_remote_path(const struct description *d)
{
    return ((const struct remote *)d)->path;
}

_Atomic(uint64_t) *__fd_remote_device(struct description *d)
{
    return &remote_of(d)->device;
}

long __fd_remote_kind(struct description *d)
{
    struct remote *r = remote_of(d);
    uint32_t kind = atomic_load_explicit(&r->node, memory_order_relaxed), flags;
    zx_status_t status;

    if (kind != 0) {
        return kind;
    }
    status = file_describe(d->handle, __fd_server_deadline(), &kind, &flags);
    if (status != ZX_OK) {
        return __fd_error(status);
    }
    if (kind < FILE_KIND_FILE || kind > FILE_KIND_DEVICE) {
        return -EIO;
    }
    atomic_store_explicit(&r->node, kind, memory_order_relaxed);
    return kind;
}
