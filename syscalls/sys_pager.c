// SPDX-License-Identifier: MIT
// System calls of pagers (spec 23 section 14).
#include "sys_priv.h"

#include <object/pager.h>
#include <object/port.h>
#include <object/vmo_object.h>

zx_status_t sys_pager_create(uint32_t options, struct handle_out *out_pager)
{
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    out_pager->rights = ZX_DEFAULT_PAGER_RIGHTS;
    return pager_create(&out_pager->object);
}

zx_status_t sys_pager_create_vmo(zx_handle_t pager, zx_handle_t port, uint64_t key, uint64_t size,
                                 uint32_t options, struct handle_out *out_pager_vmo)
{
    struct object *pager_obj, *port_obj;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(pager, &pager_ops, 0, &pager_obj);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(port, &port_ops, ZX_RIGHT_WRITE, &port_obj);
    if (status == ZX_OK) {
        out_pager_vmo->rights = ZX_DEFAULT_VMO_RIGHTS;
        status = pager_create_vmo(pager_obj, port_obj, key, size, &out_pager_vmo->object);
        object_unref(port_obj);
    }
    object_unref(pager_obj);
    return status;
}

// The pager and a VMO that may be one of its own, referenced.
static zx_status_t lookup_pair(zx_handle_t pager, zx_handle_t vmo, struct object **out_pager,
                               struct object **out_vmo)
{
    zx_status_t status = sys_lookup(pager, &pager_ops, 0, out_pager);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(vmo, &vmo_object_ops, 0, out_vmo);
    if (status != ZX_OK)
        object_unref(*out_pager);
    return status;
}

zx_status_t sys_pager_supply_pages(zx_handle_t pager, zx_handle_t pager_vmo, uint64_t offset,
                                   uint64_t length, zx_handle_t aux_vmo, uint64_t aux_offset)
{
    struct object *pager_obj, *vmo, *aux;
    zx_status_t status = lookup_pair(pager, pager_vmo, &pager_obj, &vmo);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(aux_vmo, &vmo_object_ops, ZX_RIGHT_READ | ZX_RIGHT_WRITE, &aux);
    if (status == ZX_OK) {
        status = pager_supply_pages(pager_obj, vmo_from_object(vmo), offset, length,
                                    vmo_from_object(aux), aux_offset);
        object_unref(aux);
    }
    object_unref(vmo);
    object_unref(pager_obj);
    return status;
}

zx_status_t sys_pager_detach_vmo(zx_handle_t pager, zx_handle_t pager_vmo)
{
    struct object *pager_obj, *vmo;
    zx_status_t status = lookup_pair(pager, pager_vmo, &pager_obj, &vmo);
    if (status != ZX_OK)
        return status;
    status = pager_detach_vmo(pager_obj, vmo_from_object(vmo));
    object_unref(vmo);
    object_unref(pager_obj);
    return status;
}
