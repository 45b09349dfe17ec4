// SPDX-License-Identifier: MIT
// System calls of the debug log and the serial console (spec 31 section 4).
#include "sys_priv.h"

#include <hal/time.h>
#include <object/console_input.h>
#include <object/debug_console.h>
#include <object/log_object.h>
#include <object/settings.h>
#include <zircon/syscalls/log.h>

_Static_assert(ZX_LOG_RECORD_MAX == LOG_RECORD_MAX && ZX_LOG_RECORD_DATA_MAX == LOG_DATA_MAX,
               "records of the ABI and of the log are the same");

zx_status_t sys_debuglog_create(zx_handle_t resource, uint32_t options, struct handle_out *out)
{
    if (resource != ZX_HANDLE_INVALID) {
        zx_status_t status = sys_check_root(resource);
        if (status != ZX_OK)
            return status;
    }
    enum log_reading reading = LOG_READS_NOTHING;
    if (options & ZX_LOG_FLAG_READABLE) {
        const bool console = (options & ZX_LOG_FLAG_CONSOLE) && resource != ZX_HANDLE_INVALID;
        reading = console ? LOG_READS_CONSOLE : LOG_READS_ALL;
    }
    out->rights = ZX_DEFAULT_LOG_RIGHTS | (reading != LOG_READS_NOTHING ? ZX_RIGHT_READ : 0);
    return log_object_create(options & ZX_LOG_FLAGS_MASK, reading, &out->object);
}

zx_status_t sys_debuglog_write(zx_handle_t handle, uint32_t options, user_in_void buffer,
                               size_t buffer_size)
{
    struct object *log;
    char text[LOG_DATA_MAX];
    if (buffer_size > sizeof(text))
        return ZX_ERR_OUT_OF_RANGE;
    if (options & ~ZX_LOG_FLAGS_MASK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &log_ops, ZX_RIGHT_WRITE, &log);
    if (status != ZX_OK)
        return status;
    status = user_copy_in((void *)text, buffer, buffer_size);
    if (status == ZX_OK) {
        struct uthread *t = uthread_current();
        status =
            log_object_write(log, options, t->process->obj.koid, t->obj.koid, text, buffer_size);
    }
    object_unref(log);
    return status;
}

zx_status_t sys_debuglog_read(zx_handle_t handle, uint32_t options, user_out_void buffer,
                              size_t buffer_size)
{
    struct object *log;
    struct log_record record;
    size_t len;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &log_ops, ZX_RIGHT_READ, &log);
    if (status != ZX_OK)
        return status;
    // Nobody knows how long the next record is, so there must be room for any.
    if (buffer_size < sizeof(record))
        status = ZX_ERR_BUFFER_TOO_SMALL;
    else if (process_memory_paged())
        status = vm_user_page_in(buffer.addr, sizeof(record)); // before a record is taken
    if (status == ZX_OK)
        status = log_object_read(log, &record, &len);
    object_unref(log);
    if (status != ZX_OK)
        return status;
    status = user_copy_out(buffer, (const void *)&record, len);
    return status == ZX_OK ? (zx_status_t)len : status;
}

zx_status_t sys_log_write(zx_handle_t handle, uint32_t len, user_in_void buffer, uint32_t options)
{
    return sys_debuglog_write(handle, options, buffer, len);
}

zx_status_t sys_log_read(zx_handle_t handle, uint32_t len, user_out_void buffer, uint32_t options)
{
    return sys_debuglog_read(handle, options, buffer, len);
}

// --- The serial console ------------------------------------------------------------------------

#define SUSPENDED_POLL_NS 10000000 // 10 ms

// One character. Only a kill ends the wait: the characters before this one are with the caller
// already, so the call cannot be issued again after a suspension. While that lasts the thread looks
// from time to time.
static zx_status_t read_char(char *out)
{
    for (;;) {
        zx_status_t status = console_input_read(out);
        if (status != ZX_ERR_INTERNAL_INTR_RETRY)
            return status;
        thread_sleep_until(hal_now() + SUSPENDED_POLL_NS);
    }
}

zx_status_t sys_debug_read(zx_handle_t handle, user_out_char buffer, user_inout_size_t buffer_size)
{
    size_t size;
    zx_status_t status = sys_check_root(handle);
    if (status != ZX_OK)
        return status;
    status = user_read_one(&size, buffer_size);
    if (status != ZX_OK)
        return status;
    if (size > 0 && !settings.serial)
        return ZX_ERR_NOT_SUPPORTED;
    const bool paged = process_memory_paged();
    if (paged)
        status = vm_user_page_in(buffer_size.addr, sizeof(size));
    for (size_t i = 0; i < size; i++) {
        char c;
        if (paged && status == ZX_OK) // before a character is taken
            status = vm_user_page_in(user_advance(buffer, i).addr, 1);
        if (status == ZX_OK)
            status = read_char(&c);
        if (status != ZX_OK)
            return status;
        c = c == '\r' ? '\n' : c;
        status = user_write_one(user_advance(buffer, i), c);
        if (status != ZX_OK)
            return status;
    }
    return user_write_one(buffer_size, size);
}

#define CONSOLE_WRITE_MAX 256u

// While a driver has the console, text goes the way of the kernel's own: into the log, which is read for it.
static zx_status_t write_to_log(const char *text, size_t len)
{
    const zx_koid_t pid = process_current()->obj.koid, tid = uthread_current()->obj.koid;
    zx_status_t status = ZX_OK;
    for (size_t at = 0; at < len && status == ZX_OK; at += LOG_DATA_MAX)
        status = log_write(LOG_INFO | LOG_AS_IS, pid, tid, text + at, MIN(len - at, (size_t)LOG_DATA_MAX));
    return status;
}

zx_status_t sys_debug_write(user_in_char buffer, size_t buffer_size)
{
    char text[CONSOLE_WRITE_MAX];
    size_t len = MIN(buffer_size, sizeof(text));
    zx_status_t status = user_copy_in(text, buffer, len);
    if (status != ZX_OK)
        return status;
    if (!settings.serial || log_console_write(text, len))
        return ZX_OK;
    return write_to_log(text, len);
}

zx_status_t sys_debug_send_command(zx_handle_t resource, user_in_char buffer, size_t buffer_size)
{
    char command[DEBUG_COMMAND_MAX];
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK)
        return status;
    if (buffer_size > sizeof(command))
        return ZX_ERR_INVALID_ARGS;
    status = user_copy_in(command, buffer, buffer_size);
    return status == ZX_OK ? debug_console_run(command, buffer_size) : status;
}
