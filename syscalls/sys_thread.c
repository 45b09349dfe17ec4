// SPDX-License-Identifier: MIT
// System calls of threads (spec 20 section 6).
#include "sys_priv.h"

#include <object/settings.h>
#include <object/thread_state.h>

zx_status_t sys_thread_create(zx_handle_t process, user_in_char name, size_t name_size,
                              uint32_t options, struct handle_out *out)
{
    char buf[ZX_MAX_NAME_LEN];
    struct object *obj;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_copy_name(name, name_size, buf);
    if (status != ZX_OK)
        return status;
    status = sys_lookup_either(process, &process_ops, ZX_RIGHT_MANAGE_THREAD, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    out->rights = ZX_DEFAULT_THREAD_RIGHTS;
    status = uthread_create(process_from_object(obj), buf, &out->object);
    object_unref(obj);
    return status;
}

zx_status_t sys_thread_start(zx_handle_t handle, zx_vaddr_t thread_entry, zx_vaddr_t stack,
                             uintptr_t arg1, uintptr_t arg2)
{
    struct object *obj;
    zx_status_t status = sys_lookup_either(handle, &uthread_ops, ZX_RIGHT_MANAGE_THREAD,
                                           ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    status = uthread_start(uthread_from_object(obj), thread_entry, stack, arg1, arg2);
    object_unref(obj);
    return status;
}

void sys_thread_exit(void)
{
    uthread_exit();
}

zx_status_t sys_thread_set_priority(int32_t prio)
{
    if (!settings.set_priority)
        return ZX_ERR_NOT_SUPPORTED;
    if (prio < PRIORITY_LOWEST || prio > PRIORITY_HIGHEST)
        return ZX_ERR_INVALID_ARGS;
    thread_set_priority(thread_current(), (unsigned)prio);
    return ZX_OK;
}

zx_status_t sys_thread_read_state(zx_handle_t handle, uint32_t kind, user_out_void buffer,
                                  size_t buffer_size)
{
    struct object *obj;
    union thread_state state;
    zx_status_t status = sys_lookup(handle, &uthread_ops, ZX_RIGHT_READ, &obj);
    if (status != ZX_OK)
        return status;
    size_t size = thread_state_size(kind);
    if (size == 0)
        status = ZX_ERR_INVALID_ARGS;
    else if (buffer_size < size)
        status = ZX_ERR_BUFFER_TOO_SMALL;
    else
        status = thread_state_read(uthread_from_object(obj), kind, &state);
    object_unref(obj);
    return status == ZX_OK ? user_copy_out(buffer, (const void *)&state, size) : status;
}

zx_status_t sys_thread_write_state(zx_handle_t handle, uint32_t kind, user_in_void buffer,
                                   size_t buffer_size)
{
    struct object *obj;
    union thread_state state;
    zx_status_t status = sys_lookup(handle, &uthread_ops, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    size_t size = thread_state_size(kind);
    if (size == 0 || buffer_size > size)
        status = ZX_ERR_INVALID_ARGS;
    else if (buffer_size < size)
        status = ZX_ERR_BUFFER_TOO_SMALL;
    else
        status = user_copy_in((void *)&state, buffer, size);
    if (status == ZX_OK)
        status = thread_state_write(uthread_from_object(obj), kind, &state);
    object_unref(obj);
    return status;
}
