// SPDX-License-Identifier: MIT
// Shared by the sys_*.c files (sys_priv.h).
#include "sys_priv.h"

#include <lib/string.h>

zx_status_t sys_lookup_either(zx_handle_t handle, const struct object_ops *ops, zx_rights_t a,
                              zx_rights_t b, struct object **out)
{
    if (sys_lookup(handle, ops, a, out) == ZX_OK)
        return ZX_OK;
    return sys_lookup(handle, ops, b, out);
}

// The resource behind the handle, if it is of this kind or of kind ROOT; referenced.
static zx_status_t lookup_resource(zx_handle_t handle, uint32_t kind, struct resource **out)
{
    struct object *obj;
    zx_status_t status = sys_lookup(handle, &resource_ops, 0, &obj);
    if (status != ZX_OK)
        return status;
    *out = resource_from_object(obj);
    if ((*out)->kind == kind || (*out)->kind == ZX_RSRC_KIND_ROOT)
        return ZX_OK;
    object_unref(obj);
    return ZX_ERR_WRONG_TYPE;
}

zx_status_t sys_check_kind(zx_handle_t handle, uint32_t kind)
{
    struct resource *r;
    zx_status_t status = lookup_resource(handle, kind, &r);
    if (status == ZX_OK)
        object_unref(&r->obj);
    return status;
}

zx_status_t sys_check_range(zx_handle_t handle, uint32_t kind, uint64_t base, uint64_t size)
{
    struct resource *r;
    zx_status_t status = lookup_resource(handle, kind, &r);
    if (status != ZX_OK)
        return status;
    if (r->kind != ZX_RSRC_KIND_ROOT) {
        // Last bytes, so that a range up to 2^64 needs no special case. r->size is not 0.
        uint64_t first = r->base, last = r->base + r->size - 1;
        if (kind == ZX_RSRC_KIND_MMIO) {
            first = ROUND_DOWN(first, PAGE_SIZE);
            last |= PAGE_MASK;
        }
        if (size == 0 || base < first || base > last || size - 1 > last - base)
            status = ZX_ERR_OUT_OF_RANGE;
    }
    object_unref(&r->obj);
    return status;
}

zx_status_t sys_copy_name(user_in_char name, size_t size, char out[ZX_MAX_NAME_LEN])
{
    char raw[ZX_MAX_NAME_LEN] = { 0 };
    if (!user_range_ok(name.addr, 0))
        return ZX_ERR_INVALID_ARGS; // NULL, also with size 0
    if (user_copy_in(raw, name, MIN(size, sizeof(raw))) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    raw[sizeof(raw) - 1] = 0;
    memset(out, 0, ZX_MAX_NAME_LEN);
    strlcpy(out, raw, ZX_MAX_NAME_LEN);
    return ZX_OK;
}
