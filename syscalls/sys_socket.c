// SPDX-License-Identifier: MIT
// System calls of sockets (spec 11 section 2).
#include "sys_priv.h"

#include <object/socket.h>

zx_status_t sys_socket_create(uint32_t options, struct handle_out *out0, struct handle_out *out1)
{
    zx_status_t status = policy_check(ZX_POL_NEW_SOCKET);
    if (status != ZX_OK)
        return status;
    if (options & ~(uint32_t)ZX_SOCKET_CREATE_MASK)
        return ZX_ERR_INVALID_ARGS;
    out0->rights = out1->rights = ZX_DEFAULT_SOCKET_RIGHTS;
    return socket_create(options, &out0->object, &out1->object);
}

static NO_INLINE zx_status_t write_control(zx_handle_t handle, uint32_t options, user_in_void buffer,
                                           size_t size, user_out_size_t actual)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &socket_ops, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    if (options == ZX_SOCKET_CONTROL)
        status = socket_control_write_user(obj, buffer.addr, size);
    else
        status = ZX_ERR_INVALID_ARGS;
    object_unref(obj);
    return status == ZX_OK ? user_write_optional(actual, size) : status;
}

zx_status_t sys_socket_write(zx_handle_t handle, uint32_t options, user_in_void buffer,
                             size_t buffer_size, user_out_size_t actual)
{
    if (buffer_size > 0 && user_is_null(buffer))
        return ZX_ERR_INVALID_ARGS;
    if (unlikely(options != 0))
        return write_control(handle, options, buffer, buffer_size, actual);
    return socket_write_user(handle, buffer.addr, buffer_size, actual.addr);
}

static NO_INLINE zx_status_t read_control(zx_handle_t handle, uint32_t options, user_out_void buffer,
                                          size_t size, user_out_size_t actual)
{
    struct object *obj;
    size_t moved = 0;
    zx_status_t status = sys_lookup(handle, &socket_ops, ZX_RIGHT_READ, &obj);
    if (status != ZX_OK)
        return status;
    if (options == ZX_SOCKET_CONTROL && process_memory_paged())
        status = vm_user_page_in(actual.addr, sizeof(moved)); // before the message is taken
    if (status != ZX_OK) {
        object_unref(obj);
        return status;
    }
    if (options == ZX_SOCKET_CONTROL)
        status = socket_control_read_user(obj, buffer.addr, size, &moved);
    else
        status = ZX_ERR_INVALID_ARGS;
    object_unref(obj);
    return status == ZX_OK ? user_write_optional(actual, moved) : status;
}

zx_status_t sys_socket_read(zx_handle_t handle, uint32_t options, user_out_void buffer,
                            size_t buffer_size, user_out_size_t actual)
{
    if (buffer_size > 0 && user_is_null(buffer))
        return ZX_ERR_INVALID_ARGS;
    if (unlikely(options != 0))
        return read_control(handle, options, buffer, buffer_size, actual);
    return socket_read_user(handle, buffer.addr, buffer_size, actual.addr);
}

zx_status_t sys_socket_shutdown(zx_handle_t handle, uint32_t options)
{
    struct object *obj;
    if (options & ~(uint32_t)ZX_SOCKET_SHUTDOWN_MASK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &socket_ops, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    socket_shutdown(obj, options);
    object_unref(obj);
    return ZX_OK;
}

// The checks of socket_share from row 3 on. Takes *t only on ZX_OK.
static zx_status_t share(struct object *obj, struct transit *t)
{
    if (!(t->handle.rights & ZX_RIGHT_TRANSFER))
        return ZX_ERR_ACCESS_DENIED;
    if (t->handle.object->ops != &socket_ops)
        return ZX_ERR_WRONG_TYPE;
    return socket_share(obj, t);
}

zx_status_t sys_socket_share(zx_handle_t handle, zx_handle_t socket_to_share)
{
    struct object *obj;
    struct transit t;
    zx_status_t status = sys_lookup(handle, &socket_ops, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK) {
        handle_discard(&process_current()->handles, &socket_to_share, 1);
        return status;
    }
    status = handle_remove_for_share(&process_current()->handles, socket_to_share, &t);
    if (status == ZX_OK) {
        status = share(obj, &t);
        if (status != ZX_OK)
            handle_drop(transit_end(&t));
    }
    object_unref(obj);
    return status;
}

zx_status_t sys_socket_accept(zx_handle_t handle, struct handle_out *out_socket)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &socket_ops, ZX_RIGHT_READ, &obj);
    if (status != ZX_OK)
        return status;
    status = socket_accept(obj, out_socket);
    object_unref(obj);
    return status;
}
