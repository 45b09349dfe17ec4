// SPDX-License-Identifier: MIT
// System calls of resources (spec 30 section 1).
#include "sys_priv.h"

#include <lib/string.h>

// Name of at most `size` bytes, of which 31 are taken; NULL is fine with size 0.
static zx_status_t copy_name(user_in_char name, size_t size, char out[ZX_MAX_NAME_LEN])
{
    memset(out, 0, ZX_MAX_NAME_LEN);
    return user_copy_in(out, name, MIN(size, (size_t)ZX_MAX_NAME_LEN - 1));
}

zx_status_t sys_resource_create(zx_handle_t parent_rsrc, uint32_t options, uint64_t base,
                                size_t size, user_in_char name, size_t name_size,
                                struct handle_out *resource_out)
{
    const uint32_t kind = ZX_RSRC_EXTRACT_KIND(options);
    const uint32_t flags = ZX_RSRC_EXTRACT_FLAGS(options);
    char name_copy[ZX_MAX_NAME_LEN];
    struct object *parent;
    zx_status_t status = sys_lookup(parent_rsrc, &resource_ops, ZX_RIGHT_WRITE, &parent);
    if (status != ZX_OK)
        return status;
    bool root = resource_from_object(parent)->kind == ZX_RSRC_KIND_ROOT;
    object_unref(parent);
    if (!root)
        return ZX_ERR_ACCESS_DENIED;
    if (kind >= ZX_RSRC_KIND_COUNT || (flags & ~ZX_RSRC_FLAGS_MASK))
        return ZX_ERR_INVALID_ARGS;
    status = copy_name(name, name_size, name_copy);
    if (status != ZX_OK)
        return status;
    if (!resource_kind_ranged(kind) && (base != 0 || size != 0))
        return ZX_ERR_INVALID_ARGS;
    resource_out->rights = ZX_DEFAULT_RESOURCE_RIGHTS;
    return resource_create(kind, flags, base, size, name_copy, &resource_out->object);
}
