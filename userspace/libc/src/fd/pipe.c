// SPDX-License-Identifier: MIT
//
// Pipes: stream sockets, each end shut down in the direction that it does not have, so that a
// process that inherits one sees which end it is. All ends of a side are handles of one kernel
// object: end of file and EPIPE come when the last of them is closed, in whatever process.
//
// A write of any size may be torn apart by other writers: sockets have no PIPE_BUF.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define READ_END_SIGNALS \
    (ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_PEER_WRITE_DISABLED)
#define WRITE_END_SIGNALS (ZX_SOCKET_WRITABLE | ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_WRITE_DISABLED)

static unsigned flags_of(const struct description *d)
{
    return atomic_load_explicit(&d->flags, memory_order_relaxed);
}

// After SHOULD_WAIT: waits until it is worth another try. 0 or -errno.
static long wait_for(struct description *d, zx_signals_t signals)
{
    zx_status_t status;

    if ((flags_of(d) & FD_NONBLOCK) != 0) {
        return -EAGAIN;
    }
    status = zx_object_wait_one(d->handle, signals, ZX_TIME_INFINITE, NULL);
    return status == ZX_OK ? 0 : __fd_kernel_error(status);
}

static long pipe_read(struct description *d, void *data, size_t size)
{
    for (;;) {
        size_t got = 0;
        zx_status_t status =
            zx_socket_read(d->handle, 0, data, size <= UINT32_MAX ? size : UINT32_MAX, &got);
        long result;

        if (status == ZX_OK) {
            return (long)got;
        }
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_STATE) {
            return 0; // nothing is left and nobody can write: the end
        }
        result = status == ZX_ERR_SHOULD_WAIT ? wait_for(d, READ_END_SIGNALS)
                                              : __fd_kernel_error(status);
        if (result != 0) {
            return result;
        }
    }
}

// Nobody will ever read: SIGPIPE, which by default ends the process with the status that a shell
// shows for that.
static void broken(void)
{
    int saved = errno;

    raise(SIGPIPE);
    errno = saved;
}

static long pipe_write(struct description *d, const void *data, size_t size)
{
    size_t done = 0;
    long result = 0;

    while (done < size) {
        size_t rest = size - done, put = 0;
        zx_status_t status = zx_socket_write(d->handle, 0, (const char *)data + done,
                                             rest <= UINT32_MAX ? rest : UINT32_MAX, &put);

        if (status == ZX_OK) {
            done += put;
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_STATE) {
            broken();
            result = -EPIPE;
        } else if (status == ZX_ERR_SHOULD_WAIT) {
            result = wait_for(d, WRITE_END_SIGNALS);
        } else {
            result = __fd_kernel_error(status);
        }
        if (result != 0) {
            break;
        }
    }
    return done > 0 ? (long)done : result;
}

static long pipe_stat(struct description *d, struct file_attributes *out)
{
    zx_info_handle_basic_t basic = {0};

    zx_object_get_info(d->handle, ZX_INFO_HANDLE_BASIC, &basic, sizeof(basic), NULL, NULL);
    *out = (struct file_attributes){.mode = 0600, .links = 1, .id = basic.koid};
    return 0;
}

// Bytes that can be read now.
static long pipe_control(struct description *d, unsigned request, void *argument)
{
    zx_info_socket_t info;
    zx_status_t status;

    if (request != FIONREAD) {
        return -ENOTTY;
    }
    status = zx_object_get_info(d->handle, ZX_INFO_SOCKET, &info, sizeof(info), NULL, NULL);
    if (status != ZX_OK) {
        return __fd_kernel_error(status);
    }
    *(int *)argument = (int)info.rx_buf_available;
    return 0;
}

static zx_signals_t pipe_poll_signals(struct description *d, short events)
{
    zx_signals_t signals = ZX_SOCKET_PEER_CLOSED;

    if ((flags_of(d) & FD_READ) != 0) {
        signals |= ZX_SOCKET_PEER_WRITE_DISABLED;
        signals |= (events & (POLLIN | POLLRDNORM)) != 0 ? ZX_SOCKET_READABLE : 0;
    }
    if ((flags_of(d) & FD_WRITE) != 0) {
        signals |= ZX_SOCKET_WRITE_DISABLED;
        signals |= (events & (POLLOUT | POLLWRNORM)) != 0 ? ZX_SOCKET_WRITABLE : 0;
    }
    return signals;
}

static short pipe_poll_events(struct description *d, zx_signals_t observed)
{
    short events = 0;

    if ((flags_of(d) & FD_READ) != 0) {
        events |= (observed & ZX_SOCKET_READABLE) != 0 ? POLLIN | POLLRDNORM : 0;
        events |=
            (observed & (ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_PEER_WRITE_DISABLED)) != 0 ? POLLHUP : 0;
    }
    if ((flags_of(d) & FD_WRITE) != 0) {
        events |= (observed & ZX_SOCKET_WRITABLE) != 0 ? POLLOUT | POLLWRNORM : 0;
        events |= (observed & (ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_WRITE_DISABLED)) != 0
                      ? POLLERR | POLLOUT | POLLWRNORM
                      : 0;
    }
    return events;
}

static const struct fd_ops pipe_ops = {
    .read = pipe_read,
    .write = pipe_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = __fd_no_seek,
    .stat = pipe_stat,
    .truncate = __fd_no_truncate,
    .list = __fd_no_list,
    .control = pipe_control,
    .poll_signals = pipe_poll_signals,
    .poll_events = pipe_poll_events,
    .close = __fd_no_close,
};

struct description *__fd_pipe_new(zx_handle_t socket, unsigned flags)
{
    return __fd_description_new(sizeof(struct description), &pipe_ops, socket, PA_FDIO_SOCKET,
                                flags);
}

unsigned __fd_pipe_directions(zx_handle_t socket)
{
    zx_signals_t observed = 0;

    zx_object_wait_one(socket, ZX_SOCKET_WRITE_DISABLED, 0, &observed);
    if ((observed & ZX_SOCKET_WRITE_DISABLED) != 0) {
        return FD_READ;
    }
    // The write end shows this too when its reader shut it down; then there is nothing to read.
    return (observed & ZX_SOCKET_PEER_WRITE_DISABLED) != 0 ? FD_WRITE : FD_READ | FD_WRITE;
}
