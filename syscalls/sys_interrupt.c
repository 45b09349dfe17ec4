// SPDX-License-Identifier: MIT
// System calls of interrupts (spec 30 section 2).
#include "sys_priv.h"

#include <object/interrupt.h>
#include <object/port.h>

#define PHYSICAL_OPTIONS (ZX_INTERRUPT_REMAP_IRQ | ZX_INTERRUPT_MODE_MASK)

// Is this a resource by which its holder, and nobody else, has this line?
static bool has_alone(zx_handle_t resource, uint32_t vector)
{
    struct object *obj;
    if (sys_lookup(resource, &resource_ops, 0, &obj) != ZX_OK)
        return false;
    const struct resource *r = resource_from_object(obj);
    bool alone = r->kind == ZX_RSRC_KIND_IRQ && (r->flags & ZX_RSRC_FLAG_EXCLUSIVE) &&
                 vector >= r->base && vector - r->base < r->size;
    object_unref(obj);
    return alone;
}

zx_status_t sys_interrupt_create(zx_handle_t src_obj, uint32_t src_num, uint32_t options,
                                 struct handle_out *out_handle)
{
    out_handle->rights = ZX_DEFAULT_INTERRUPT_RIGHTS;
    if (options & ZX_INTERRUPT_VIRTUAL)
        return options == ZX_INTERRUPT_VIRTUAL ? interrupt_create_virtual(&out_handle->object)
                                               : ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_check_range(src_obj, ZX_RSRC_KIND_IRQ, src_num, 1);
    if (status != ZX_OK)
        return status;
    if (options & ~(uint32_t)PHYSICAL_OPTIONS)
        return ZX_ERR_INVALID_ARGS;
    return interrupt_create(src_num, options & ZX_INTERRUPT_MODE_MASK, has_alone(src_obj, src_num),
                            &out_handle->object);
}

zx_status_t sys_interrupt_bind(zx_handle_t handle, zx_handle_t port_handle, uint64_t key,
                               uint32_t options)
{
    struct object *interrupt, *port;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &interrupt_ops, ZX_RIGHT_READ, &interrupt);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(port_handle, &port_ops, ZX_RIGHT_WRITE, &port);
    if (status == ZX_OK) {
        status = interrupt_bind(interrupt, port, key);
        object_unref(port);
    }
    object_unref(interrupt);
    return status;
}

zx_status_t sys_interrupt_wait(zx_handle_t handle, user_out_zx_time_t out_timestamp)
{
    struct object *obj;
    zx_time_t timestamp = 0;
    zx_status_t status = sys_lookup(handle, &interrupt_ops, ZX_RIGHT_WAIT, &obj);
    if (unlikely(status != ZX_OK))
        return status;
    if (process_memory_paged()) // before the interrupt is taken
        status = vm_user_page_in(out_timestamp.addr, sizeof(timestamp));
    if (likely(status == ZX_OK))
        status = interrupt_wait(obj, &timestamp);
    object_unref(obj);
    if (likely(status == ZX_OK))
        status = user_write_optional(out_timestamp, timestamp);
    return status;
}

// Runs one of the short operations on the interrupt behind `handle`.
static zx_status_t with_interrupt(zx_handle_t handle, zx_rights_t rights,
                                  zx_status_t (*operation)(struct object *obj))
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &interrupt_ops, rights, &obj);
    if (status != ZX_OK)
        return status;
    status = operation(obj);
    object_unref(obj);
    return status;
}

zx_status_t sys_interrupt_ack(zx_handle_t handle)
{
    return with_interrupt(handle, ZX_RIGHT_WRITE, interrupt_ack);
}

zx_status_t sys_interrupt_destroy(zx_handle_t handle)
{
    return with_interrupt(handle, 0, interrupt_destroy);
}

zx_status_t sys_interrupt_trigger(zx_handle_t handle, uint32_t options, zx_time_t timestamp)
{
    struct object *obj;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &interrupt_ops, ZX_RIGHT_SIGNAL, &obj);
    if (status != ZX_OK)
        return status;
    status = interrupt_trigger(obj, timestamp);
    object_unref(obj);
    return status;
}
