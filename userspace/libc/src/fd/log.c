// SPDX-License-Identifier: MIT
//
// Output for a process that was given the kernel's log, or nothing at all: each line becomes one
// record of the log, longer ones several. A line that is not finished waits for its end; it is
// written anyway when the description is closed or handed on, and when the process ends. Without a
// log, bytes go to the kernel's console as they are.
//
// Locks: base.lock guards the line.

#include "fd_impl.h"
#include "fd_protocol.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>

#define CONSOLE_PIECE 256 // zx_debug_write takes no more

struct log {
    struct description base;
    size_t used;
    char line[ZX_LOG_RECORD_DATA_MAX];
};

static zx_status_t emit_locked(struct log *log)
{
    zx_status_t status = zx_debuglog_write(log->base.handle, 0, log->line, log->used);

    log->used = 0;
    return status;
}

static long log_write(struct description *d, const void *data, size_t size)
{
    struct log *log = (struct log *)d;
    const char *text = data;
    zx_status_t status = ZX_OK;

    __fd_lock(&d->lock);
    for (size_t i = 0; i < size && status == ZX_OK; i++) {
        if (text[i] != '\n') {
            log->line[log->used++] = text[i];
        }
        if (text[i] == '\n' || log->used == sizeof(log->line)) {
            status = emit_locked(log);
        }
    }
    __fd_unlock(&d->lock);
    return status == ZX_OK ? (long)size : __fd_kernel_error(status);
}

void __fd_log_flush(struct description *d)
{
    if (d->kind != PA_FDIO_LOGGER) {
        return;
    }
    __fd_lock(&d->lock);
    if (((struct log *)d)->used > 0) {
        emit_locked((struct log *)d);
    }
    __fd_unlock(&d->lock);
}

static long device_stat(struct description *d, struct file_attributes *out)
{
    (void)d;
    *out = (struct file_attributes){.kind = FILE_KIND_DEVICE, .mode = 0200, .links = 1, .id = 2};
    return 0;
}

static short output_poll_events(struct description *d, zx_signals_t observed)
{
    (void)d, (void)observed;
    return POLLOUT | POLLWRNORM;
}

static const struct fd_ops log_ops = {
    .read = __fd_no_read,
    .write = log_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = __fd_no_seek,
    .stat = device_stat,
    .truncate = __fd_no_truncate,
    .list = __fd_no_list,
    .control = __fd_no_control,
    .poll_signals = __fd_no_poll_signals,
    .poll_events = output_poll_events,
    .close = __fd_log_flush,
};

struct description *__fd_log_new(zx_handle_t handle)
{
    return __fd_description_new(sizeof(struct log), &log_ops, handle, PA_FDIO_LOGGER, FD_WRITE);
}

static long console_write(struct description *d, const void *data, size_t size)
{
    (void)d;
    for (size_t done = 0; done < size;) {
        size_t rest = size - done;
        size_t piece = rest < CONSOLE_PIECE ? rest : CONSOLE_PIECE;
        zx_status_t status = zx_debug_write((const char *)data + done, piece);

        if (status != ZX_OK) {
            return __fd_kernel_error(status);
        }
        done += piece;
    }
    return (long)size;
}

static const struct fd_ops console_ops = {
    .read = __fd_no_read,
    .write = console_write,
    .read_at = __fd_no_read_at,
    .write_at = __fd_no_write_at,
    .seek = __fd_no_seek,
    .stat = device_stat,
    .truncate = __fd_no_truncate,
    .list = __fd_no_list,
    .control = __fd_no_control,
    .poll_signals = __fd_no_poll_signals,
    .poll_events = output_poll_events,
    .close = __fd_no_close,
};

struct description *__fd_console_new(void)
{
    return __fd_description_new(sizeof(struct description), &console_ops, ZX_HANDLE_INVALID, 0,
                                FD_WRITE);
}
