// SPDX-License-Identifier: MIT
// System calls of virtual machines (spec 30 sections 2.8 and 8). This kernel offers none: nobody can have
// a guest or a virtual CPU, so each call ends at the checks of its arguments.
#include "sys_priv.h"

#include <object/interrupt.h>
#include <zircon/syscalls/resource.h>

// Types that no object has.
static const struct object_ops guest_ops = {.type = ZX_OBJ_TYPE_GUEST};
static const struct object_ops vcpu_ops = {.type = ZX_OBJ_TYPE_VCPU};

// The checks of a handle to an object that there cannot be: an error in any case.
static zx_status_t check_absent(zx_handle_t handle, const struct object_ops *ops, zx_rights_t rights)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, ops, rights, &obj);
    if (status != ZX_OK)
        return status;
    object_unref(obj);
    return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t sys_guest_create(zx_handle_t resource, uint32_t options,
                             struct handle_out *guest_handle UNUSED,
                             struct handle_out *vmar_handle UNUSED)
{
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_check_kind(resource, ZX_RSRC_KIND_HYPERVISOR);
    return status == ZX_OK ? ZX_ERR_NOT_SUPPORTED : status;
}

zx_status_t sys_guest_set_trap(zx_handle_t handle, uint32_t kind UNUSED, zx_vaddr_t addr UNUSED,
                               size_t size UNUSED, zx_handle_t port_handle UNUSED,
                               uint64_t key UNUSED)
{
    return check_absent(handle, &guest_ops, ZX_RIGHT_WRITE);
}

zx_status_t sys_vcpu_create(zx_handle_t guest, uint32_t options, zx_vaddr_t entry UNUSED,
                            struct handle_out *out UNUSED)
{
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    return check_absent(guest, &guest_ops, ZX_RIGHT_MANAGE_PROCESS);
}

zx_status_t sys_vcpu_resume(zx_handle_t handle, user_out_zx_port_packet_t packet UNUSED)
{
    return check_absent(handle, &vcpu_ops, ZX_RIGHT_EXECUTE);
}

zx_status_t sys_vcpu_interrupt(zx_handle_t handle, uint32_t vector UNUSED)
{
    return check_absent(handle, &vcpu_ops, ZX_RIGHT_SIGNAL);
}

#define VCPU_STATE_BYTES 264u // zx_vcpu_state_t

zx_status_t sys_vcpu_read_state(zx_handle_t handle, uint32_t kind UNUSED, user_out_void buffer UNUSED,
                                size_t buffer_size)
{
    if (buffer_size > VCPU_STATE_BYTES)
        return ZX_ERR_INVALID_ARGS;
    return check_absent(handle, &vcpu_ops, ZX_RIGHT_READ);
}

zx_status_t sys_vcpu_write_state(zx_handle_t handle, uint32_t kind UNUSED, user_in_void buffer UNUSED,
                                 size_t buffer_size)
{
    if (buffer_size > VCPU_STATE_BYTES)
        return ZX_ERR_INVALID_ARGS;
    return check_absent(handle, &vcpu_ops, ZX_RIGHT_WRITE);
}

zx_status_t sys_interrupt_bind_vcpu(zx_handle_t handle, zx_handle_t vcpu, uint32_t options)
{
    struct object *interrupt;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &interrupt_ops, ZX_RIGHT_READ, &interrupt);
    if (status != ZX_OK)
        return status;
    object_unref(interrupt);
    return check_absent(vcpu, &vcpu_ops, ZX_RIGHT_WRITE);
}
