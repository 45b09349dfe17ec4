// SPDX-License-Identifier: MIT
//
// Descriptions: their references, and what stands in for operations that a type does not have.

#include "fd_impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <zircon/syscalls.h>

void *__fd_description_new(size_t size, const struct fd_ops *ops, zx_handle_t handle, uint32_t kind,
                           unsigned flags)
{
    struct description *d = calloc(1, size);

    if (d != NULL) {
        d->ops = ops;
        d->handle = handle;
        d->kind = kind;
        atomic_init(&d->references, 1);
        atomic_init(&d->flags, flags);
    }
    return d;
}

struct description *__fd_hold(struct description *d)
{
    atomic_fetch_add_explicit(&d->references, 1, memory_order_relaxed);
    return d;
}

void __fd_put(struct description *d)
{
    if (d == NULL || atomic_fetch_sub_explicit(&d->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    d->ops->close(d);
    zx_handle_close(d->handle); // ZX_HANDLE_INVALID is fine
    free(d);
}

long __fd_no_read(struct description *d, void *data, size_t size)
{
    (void)d, (void)data, (void)size;
    return -EINVAL;
}

long __fd_no_write(struct description *d, const void *data, size_t size)
{
    (void)d, (void)data, (void)size;
    return -EINVAL;
}

long __fd_no_read_at(struct description *d, void *data, size_t size, uint64_t offset)
{
    (void)d, (void)data, (void)size, (void)offset;
    return -ESPIPE;
}

long __fd_no_write_at(struct description *d, const void *data, size_t size, uint64_t at)
{
    (void)d, (void)data, (void)size, (void)at;
    return -ESPIPE;
}

long __fd_no_seek(struct description *d, int64_t offset, int whence)
{
    (void)d, (void)offset, (void)whence;
    return -ESPIPE;
}

long __fd_no_truncate(struct description *d, uint64_t size)
{
    (void)d, (void)size;
    return -EINVAL;
}

long __fd_no_list(struct description *d, void *entries, size_t size)
{
    (void)d, (void)entries, (void)size;
    return -ENOTDIR;
}

long __fd_no_control(struct description *d, unsigned request, void *argument)
{
    (void)d, (void)request, (void)argument;
    return -ENOTTY;
}

zx_signals_t __fd_no_poll_signals(struct description *d, short events)
{
    (void)d, (void)events;
    return 0;
}

short __fd_no_poll_events(struct description *d, zx_signals_t observed)
{
    (void)d, (void)observed;
    return POLLIN | POLLOUT;
}

void __fd_no_close(struct description *d)
{
    (void)d;
}
