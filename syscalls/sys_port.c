// SPDX-License-Identifier: MIT
// System calls of ports (spec 11 section 5), and the asynchronous wait (spec 10 section 3).
#include "sys_priv.h"

#include <object/port.h>

zx_status_t sys_port_create(uint32_t options, struct handle_out *out)
{
    zx_status_t status = policy_check(ZX_POL_NEW_PORT);
    if (status != ZX_OK)
        return status;
    if (options & ~(uint32_t)ZX_PORT_BIND_TO_INTERRUPT)
        return ZX_ERR_INVALID_ARGS;
    out->rights = ZX_DEFAULT_PORT_RIGHTS;
    return port_create(options == ZX_PORT_BIND_TO_INTERRUPT, &out->object);
}

zx_status_t sys_port_queue(zx_handle_t handle, user_in_zx_port_packet_t packet)
{
    return port_queue_user(handle, packet.addr);
}

zx_status_t sys_port_wait(zx_handle_t handle, zx_time_t deadline, user_out_zx_port_packet_t packet)
{
    return port_wait_user(handle, deadline, packet.addr);
}

zx_status_t sys_port_cancel(zx_handle_t handle, zx_handle_t source, uint64_t key)
{
    struct object *port;
    zx_status_t status = sys_lookup(handle, &port_ops, ZX_RIGHT_WRITE, &port);
    if (status != ZX_OK)
        return status;
    status = port_cancel(port, &process_current()->handles, source, key);
    object_unref(port);
    if (status == ZX_ERR_BAD_HANDLE)
        policy_bad_handle();
    return status;
}

zx_status_t sys_object_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key,
                                  zx_signals_t signals, uint32_t options)
{
    return port_wait_async(handle, port, key, signals, options);
}
