// SPDX-License-Identifier: MIT
//
// <jacinth/fd.h>: descriptors for those who know what they are made of.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <jacinth/fd.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

zx_status_t fd_clone(int fd, zx_handle_t *out_handle, uint32_t *out_kind)
{
    struct description *d = __fd_get(fd);
    zx_status_t status;

    if (d == NULL) {
        return ZX_ERR_BAD_HANDLE;
    }
    *out_kind = d->kind;
    status = __fd_clone_description(d, out_handle);
    __fd_put(d);
    return status;
}

zx_status_t fd_transfer(int fd, zx_handle_t *out_handle, uint32_t *out_kind)
{
    struct description *d = __fd_remove(fd);
    zx_status_t status = ZX_OK;

    if (d == NULL) {
        return ZX_ERR_BAD_HANDLE;
    }
    *out_kind = d->kind;
    // With the only reference in our hands nobody else can get one.
    if (d->kind != 0 && atomic_load_explicit(&d->references, memory_order_acquire) == 1) {
        __fd_log_flush(d);
        *out_handle = d->handle;
        d->handle = ZX_HANDLE_INVALID;
    } else {
        status = __fd_clone_description(d, out_handle);
    }
    __fd_put(d);
    return status;
}

zx_status_t fd_from_handle(zx_handle_t handle, uint32_t kind, int *out_fd)
{
    struct description *d;
    long result = __fd_from_handle(handle, kind, &d);

    if (result == 0) {
        result = __fd_install(d, 0, false);
    }
    switch (result) {
    case -EINVAL: return ZX_ERR_INVALID_ARGS;
    case -ENOMEM: return ZX_ERR_NO_MEMORY;
    case -EMFILE: return ZX_ERR_NO_RESOURCES;
    default: *out_fd = (int)result; return ZX_OK;
    }
}

zx_status_t fd_borrow_handle(int fd, zx_handle_t *out_handle, uint32_t *out_kind)
{
    struct description *d = __fd_get(fd);
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;

    if (d == NULL) {
        return ZX_ERR_BAD_HANDLE;
    }
    if (d->kind != 0) {
        *out_handle = d->handle;
        status = ZX_OK;
    }
    if (out_kind != NULL) {
        *out_kind = d->kind;
    }
    __fd_put(d);
    return status;
}

int fd_next(int from, int inherited)
{
    return __fd_table_next(from, inherited != 0);
}
