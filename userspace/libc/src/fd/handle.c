// SPDX-License-Identifier: MIT
//
// From handles to descriptions and back: what comes from another process and what goes to one, and
// what is mapped.

#include "fd_impl.h"
#include "fd_protocol.h"
#include "vmo_map.h"

#include <errno.h>
#include <sys/mman.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

long __fd_from_handle(zx_handle_t handle, uint32_t kind, struct description **out)
{
    switch (kind) {
    case PA_FDIO_REMOTE: *out = __fd_remote_new(handle, FD_READ | FD_WRITE | FD_GIVEN, NULL); break;
    case PA_FDIO_SOCKET: *out = __fd_pipe_new(handle, __fd_pipe_directions(handle)); break;
    case PA_FDIO_LOGGER: *out = __fd_log_new(handle); break;
    default: zx_handle_close(handle); return -EINVAL;
    }
    if (*out == NULL) {
        zx_handle_close(handle);
        return -ENOMEM;
    }
    return 0;
}

zx_status_t __fd_clone_channel(zx_handle_t channel, zx_time_t deadline, zx_handle_t *out)
{
    zx_handle_t ours, theirs;
    zx_status_t status = zx_channel_create(0, &ours, &theirs);

    if (status != ZX_OK) {
        return status;
    }
    status = file_clone(channel, deadline, theirs);
    if (status != ZX_OK) {
        zx_handle_close(ours);
        return status;
    }
    *out = ours;
    return ZX_OK;
}

zx_status_t __fd_clone_description(struct description *d, zx_handle_t *out_handle)
{
    switch (d->kind) {
    case PA_FDIO_REMOTE: return __fd_clone_channel(d->handle, __fd_server_deadline(), out_handle);
    case PA_FDIO_LOGGER:
        __fd_log_flush(d); // what was begun here is not continued there
        __attribute__((fallthrough));
    case PA_FDIO_SOCKET: return zx_handle_duplicate(d->handle, ZX_RIGHT_SAME_RIGHTS, out_handle);
    default: return ZX_ERR_NOT_SUPPORTED;
    }
}

// The rights that a mapping needs, as flags of the protocol.
static uint32_t vmo_flags(int prot, bool is_private)
{
    uint32_t flags = FILE_VMO_READ; // there is no mapping without it

    if ((prot & PROT_EXEC) != 0) {
        flags |= FILE_VMO_EXECUTE;
    }
    if (is_private) {
        // May become writable later, by mprotect().
        return flags | FILE_VMO_PRIVATE | FILE_VMO_WRITE;
    }
    return flags | ((prot & PROT_WRITE) != 0 ? FILE_VMO_WRITE : 0);
}

int __fd_get_vmo(int fd, int prot, bool is_private, zx_handle_t *out)
{
    struct description *d = __fd_get(fd);
    unsigned flags;
    uint64_t size = 0;
    zx_status_t status;

    if (d == NULL) {
        return EBADF;
    }
    flags = atomic_load_explicit(&d->flags, memory_order_relaxed);
    if (!__fd_is_remote(d)) {
        __fd_put(d);
        return ENODEV;
    }
    if ((flags & FD_READ) == 0 ||
        (!is_private && (prot & PROT_WRITE) != 0 && (flags & FD_WRITE) == 0)) {
        __fd_put(d);
        return EACCES;
    }
    status =
        file_get_vmo(d->handle, __fd_server_deadline(), vmo_flags(prot, is_private), out, &size);
    __fd_put(d);
    if (status == ZX_ERR_NOT_SUPPORTED || status == ZX_ERR_NOT_FILE) {
        return ENODEV;
    }
    return status == ZX_ERR_BAD_HANDLE ? EACCES : (int)-__fd_error(status);
}
