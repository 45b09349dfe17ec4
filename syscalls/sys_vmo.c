// SPDX-License-Identifier: MIT
// System calls of VMOs (spec 23 sections 2 to 7).
#include "sys_priv.h"

#include <object/vmo_object.h>

zx_status_t sys_vmo_create(uint64_t size, uint32_t options, struct handle_out *out)
{
    if (unlikely(options != 0 && options != ZX_VMO_NON_RESIZABLE))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_VMO);
    if (unlikely(status != ZX_OK))
        return status;
    out->rights = ZX_DEFAULT_VMO_RIGHTS;
    return vmo_object_create(size, options == 0 ? VMO_RESIZABLE : 0, "", &out->object);
}

zx_status_t sys_vmo_create_physical(zx_handle_t resource, zx_paddr_t paddr, size_t size,
                                    struct handle_out *out)
{
    zx_status_t status = sys_check_range(resource, ZX_RSRC_KIND_MMIO, paddr, size);
    if (status != ZX_OK)
        return status;
    out->rights = ZX_DEFAULT_VMO_RIGHTS;
    return vmo_object_create_physical(paddr, size, "", &out->object);
}

// --- Data and size -----------------------------------------------------------------------------

// How much of the buffer of a failed transfer is probed; beyond, it is only judged by its addresses.
#define PROBE_MAX 67108864u // 64 MiB

// The result of a transfer: a bad buffer comes before whatever else the call found wrong. So the
// buffer of a call that succeeds is walked only once, by the copy.
static zx_status_t transfer_result(zx_status_t status, uintptr_t buffer, size_t len, bool write)
{
    if (likely(status == ZX_OK) || status == ZX_ERR_INVALID_ARGS || len == 0)
        return status;
    if (!user_range_ok(buffer, len) ||
        hal_user_fault_in(buffer, MIN(len, (size_t)PROBE_MAX), write) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return status;
}

zx_status_t sys_vmo_read(zx_handle_t handle, user_out_void buffer, uint64_t offset,
                         size_t buffer_size)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &vmo_object_ops, ZX_RIGHT_READ, &obj);
    if (unlikely(status != ZX_OK))
        return status;
    status = vmo_read_user(vmo_from_object(obj), buffer.addr, offset, buffer_size);
    object_unref(obj);
    return transfer_result(status, buffer.addr, buffer_size, true);
}

zx_status_t sys_vmo_write(zx_handle_t handle, user_in_void buffer, uint64_t offset,
                          size_t buffer_size)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &vmo_object_ops, ZX_RIGHT_WRITE, &obj);
    if (unlikely(status != ZX_OK))
        return status;
    status = vmo_write_user(vmo_from_object(obj), buffer.addr, offset, buffer_size);
    object_unref(obj);
    return transfer_result(status, buffer.addr, buffer_size, false);
}

zx_status_t sys_vmo_get_size(zx_handle_t handle, user_out_uint64_t size)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &vmo_object_ops, 0, &obj);
    if (status != ZX_OK)
        return status;
    uint64_t bytes = vmo_size(vmo_from_object(obj));
    object_unref(obj);
    return user_write_one(size, bytes);
}

zx_status_t sys_vmo_set_size(zx_handle_t handle, uint64_t size)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &vmo_object_ops, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    status = vmo_set_size(vmo_from_object(obj), size);
    object_unref(obj);
    return status;
}

// --- Ranges and caches -------------------------------------------------------------------------

// The right that an operation needs. NOT_SUPPORTED and INVALID_ARGS for those that are none.
static zx_status_t op_right(uint32_t op, zx_rights_t *out_right)
{
    switch (op) {
    case ZX_VMO_OP_COMMIT:
    case ZX_VMO_OP_DECOMMIT:
    case ZX_VMO_OP_CACHE_INVALIDATE: *out_right = ZX_RIGHT_WRITE; return ZX_OK;
    case ZX_VMO_OP_CACHE_SYNC:
    case ZX_VMO_OP_CACHE_CLEAN:
    case ZX_VMO_OP_CACHE_CLEAN_INVALIDATE: *out_right = ZX_RIGHT_READ; return ZX_OK;
    case ZX_VMO_OP_LOCK:
    case ZX_VMO_OP_UNLOCK: return ZX_ERR_NOT_SUPPORTED;
    default: return ZX_ERR_INVALID_ARGS;
    }
}

zx_status_t sys_vmo_op_range(zx_handle_t handle, uint32_t op, uint64_t offset, uint64_t size,
                             user_inout_void buffer, size_t buffer_size)
{
    struct object *obj;
    zx_rights_t have, need;
    (void)buffer;
    (void)buffer_size;
    // The type comes before the right here, which depends on the operation.
    zx_status_t status =
        handle_lookup(&process_current()->handles, handle, &vmo_object_ops, 0, &obj, &have);
    if (status != ZX_OK)
        return status;
    struct vmo *vmo = vmo_from_object(obj);
    status = op_right(op, &need);
    if (status == ZX_OK && !(have & need))
        status = ZX_ERR_ACCESS_DENIED;
    if (status == ZX_OK) {
        if (op == ZX_VMO_OP_COMMIT)
            status = vmo_commit(vmo, offset, size);
        else if (op == ZX_VMO_OP_DECOMMIT)
            status = vmo_decommit(vmo, offset, size);
        else
            status = vmo_cache_op(vmo, op, offset, size);
    }
    object_unref(obj);
    return status;
}

zx_status_t sys_vmo_set_cache_policy(zx_handle_t handle, uint32_t cache_policy)
{
    struct object *obj;
    if (cache_policy > ZX_CACHE_POLICY_MASK)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &vmo_object_ops, ZX_RIGHT_MAP, &obj);
    if (status != ZX_OK)
        return status;
    status = vmo_set_cache_policy(vmo_from_object(obj), cache_policy);
    object_unref(obj);
    return status;
}

// --- New handles from old ----------------------------------------------------------------------

zx_status_t sys_vmo_clone(zx_handle_t handle, uint32_t options, uint64_t offset, uint64_t size,
                          struct handle_out *out)
{
    const uint32_t known = ZX_VMO_CLONE_COPY_ON_WRITE | ZX_VMO_CLONE_NON_RESIZEABLE;
    struct object *parent;
    zx_rights_t have;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, &vmo_object_ops,
                                       ZX_RIGHT_DUPLICATE | ZX_RIGHT_READ, &parent, &have);
    if (status != ZX_OK)
        return status;
    if (!(options & ZX_VMO_CLONE_COPY_ON_WRITE) || (options & ~known)) {
        status = ZX_ERR_INVALID_ARGS;
    } else {
        unsigned flags = options & ZX_VMO_CLONE_NON_RESIZEABLE ? 0 : VMO_RESIZABLE;
        bool named = have & ZX_RIGHT_GET_PROPERTY;
        out->rights = have | ZX_RIGHTS_PROPERTY | ZX_RIGHT_WRITE;
        status = vmo_object_create_clone(parent, offset, size, flags, named, &out->object);
    }
    object_unref(parent);
    return status;
}

// `status`: what came of the look at the resource.
static zx_status_t add_execute(struct handle *h, uint32_t status)
{
    if ((zx_status_t)status != ZX_OK)
        return (zx_status_t)status;
    if (h->object->ops != &vmo_object_ops)
        return ZX_ERR_BAD_HANDLE;
    h->rights |= ZX_RIGHT_EXECUTE;
    return ZX_OK;
}

zx_status_t sys_vmo_replace_as_executable(zx_handle_t handle, zx_handle_t vmex,
                                          user_out_zx_handle_t out)
{
    // `vmex` is looked at while `handle` is still there, for they may be the same.
    zx_status_t status =
        vmex == ZX_HANDLE_INVALID ? ZX_OK : sys_check_kind(vmex, ZX_RSRC_KIND_VMEX);
    return handle_replace(handle, add_execute, (uint32_t)status, out.addr);
}
