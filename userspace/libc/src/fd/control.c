// SPDX-License-Identifier: MIT
//
// Descriptors themselves: close, dup, pipe, fcntl, ioctl.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "sys_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <zircon/syscalls.h>

long __sys_close(long fd)
{
    struct description *d = __fd_remove((int)fd);

    if (d == NULL) {
        return -EBADF;
    }
    __fd_put(d);
    return 0;
}

static long duplicate(long fd, long from, bool close_on_exec)
{
    struct description *d = __fd_get((int)fd);

    return d != NULL ? __fd_install(d, (int)from, close_on_exec) : -EBADF;
}

long __sys_dup(long fd)
{
    return duplicate(fd, 0, false);
}

long __sys_dup3(long fd, long number, long flags)
{
    struct description *d;

    if (fd == number || (flags & ~O_CLOEXEC) != 0) {
        return -EINVAL;
    }
    d = __fd_get((int)fd);
    return d != NULL ? __fd_replace((int)number, d, (flags & O_CLOEXEC) != 0) : -EBADF;
}

// Two descriptions of the ends of a socket. Consumes both handles in every case.
static bool pipe_descriptions(zx_handle_t ends[2], unsigned flags, struct description *out[2])
{
    out[0] = __fd_pipe_new(ends[0], FD_READ | flags);
    out[1] = __fd_pipe_new(ends[1], FD_WRITE | flags);
    if (out[0] != NULL && out[1] != NULL) {
        return true;
    }
    for (int i = 0; i < 2; i++) {
        if (out[i] == NULL) {
            zx_handle_close(ends[i]);
        }
        __fd_put(out[i]);
    }
    return false;
}

static long install_pipe(struct description *ends[2], bool close_on_exec, int fds[2])
{
    long first = __fd_reserve(0);
    long second = first < 0 ? first : __fd_reserve((int)first + 1);

    if (second < 0) {
        if (first >= 0) {
            __fd_release((int)first);
        }
        __fd_put(ends[0]);
        __fd_put(ends[1]);
        return second;
    }
    fds[0] = (int)first;
    fds[1] = (int)second;
    __fd_fill(fds[0], ends[0], close_on_exec);
    __fd_fill(fds[1], ends[1], close_on_exec);
    return 0;
}

long __sys_pipe2(long fds, long flags)
{
    struct description *ends[2];
    zx_handle_t sockets[2];
    zx_status_t status;

    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    status = zx_socket_create(ZX_SOCKET_STREAM, &sockets[0], &sockets[1]);
    if (status != ZX_OK) {
        return __fd_kernel_error(status);
    }
    // The first end is for reading: a direction less, on both sides, wherever the ends go.
    status = zx_socket_shutdown(sockets[0], ZX_SOCKET_SHUTDOWN_WRITE);
    if (status != ZX_OK) {
        zx_handle_close(sockets[0]);
        zx_handle_close(sockets[1]);
        return __fd_kernel_error(status);
    }
    if (!pipe_descriptions(sockets, (flags & O_NONBLOCK) != 0 ? FD_NONBLOCK : 0, ends)) {
        return -ENOMEM;
    }
    return install_pipe(ends, (flags & O_CLOEXEC) != 0, (int *)fds);
}

// ---- fcntl ------------------------------------------------------------------------------------

// How a connection that came from elsewhere was opened, in FD_* flags; everything, if its server
// does not say.
static unsigned given_flags(struct description *d)
{
    uint32_t kind, theirs;
    unsigned flags = 0;

    if (file_describe(d->handle, __fd_server_deadline(), &kind, &theirs) != ZX_OK) {
        return FD_READ | FD_WRITE;
    }
    flags |= (theirs & FILE_OPEN_READ) != 0 ? FD_READ : 0;
    flags |= (theirs & FILE_OPEN_WRITE) != 0 ? FD_WRITE : 0;
    flags |= (theirs & FILE_OPEN_APPEND) != 0 ? FD_APPENDS : 0;
    return flags != 0 ? flags : FD_PATH;
}

static long open_flags(struct description *d)
{
    unsigned flags = atomic_load_explicit(&d->flags, memory_order_relaxed);
    long result;

    if ((flags & FD_GIVEN) != 0) {
        flags = (flags & (FD_NONBLOCK | FD_APPEND)) | given_flags(d);
    }
    if ((flags & FD_PATH) != 0) {
        return O_PATH;
    }
    result = (flags & (FD_READ | FD_WRITE)) == FD_WRITE  ? O_WRONLY
             : (flags & (FD_READ | FD_WRITE)) == FD_READ ? O_RDONLY
                                                         : O_RDWR;
    result |= (flags & FD_NONBLOCK) != 0 ? O_NONBLOCK : 0;
    result |= (flags & (FD_APPEND | FD_APPENDS)) != 0 ? O_APPEND : 0;
    return result;
}

static void change_flag(struct description *d, unsigned flag, bool set)
{
    if (set) {
        atomic_fetch_or_explicit(&d->flags, flag, memory_order_relaxed);
    } else {
        atomic_fetch_and_explicit(&d->flags, ~flag, memory_order_relaxed);
    }
}

static long control(struct description *d, long fd, long command, long argument)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument < 0 || argument >= FD_LIMIT) {
            return -EINVAL;
        }
        return __fd_install(__fd_hold(d), (int)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD: return __fd_get_cloexec((int)fd);
    case F_SETFD: return __fd_set_cloexec((int)fd, (argument & FD_CLOEXEC) != 0);
    case F_GETFL: return open_flags(d);
    case F_SETFL:
        // What the server does for O_APPEND at open() cannot be taken back; the other flags are
        // kept here.
        change_flag(d, FD_NONBLOCK, (argument & O_NONBLOCK) != 0);
        change_flag(d, FD_APPEND, (argument & O_APPEND) != 0 && __fd_is_remote(d));
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW: return -ENOLCK;
    default: return -EINVAL;
    }
}

long __sys_fcntl(long fd, long command, long argument)
{
    struct description *d = __fd_get((int)fd);
    long result = d != NULL ? control(d, fd, (int)command, argument) : -EBADF;

    __fd_put(d);
    return result;
}

long __sys_flock(long fd, long operation)
{
    struct description *d = __fd_get((int)fd);
    long result = d != NULL ? -ENOLCK : -EBADF;

    (void)operation;
    __fd_put(d);
    return result;
}

long __sys_ioctl(long fd, long request, long argument)
{
    struct description *d = __fd_get((int)fd);
    long result;

    if (d == NULL) {
        return -EBADF;
    }
    switch ((unsigned)request) {
    case FIONBIO:
        change_flag(d, FD_NONBLOCK, *(const int *)argument != 0);
        result = 0;
        break;
    case FIOCLEX: result = __fd_set_cloexec((int)fd, true); break;
    case FIONCLEX: result = __fd_set_cloexec((int)fd, false); break;
    default: result = d->ops->control(d, (unsigned)request, (void *)argument);
    }
    __fd_put(d);
    return result;
}
