// SPDX-License-Identifier: MIT
// VMO objects: a handle's view of a VMO.
#pragma once

#include <object/object.h>
#include <vm/vmo.h>

struct vmo_object {
    struct object obj;
    struct mutex lock;
    struct object_cookie cookie;
    uint32_t create_options;    // [I] as ZX_INFO_VMO reports them
    zx_koid_t parent_koid;      // [I] 0: not a clone
    char name[ZX_MAX_NAME_LEN]; // [L]
    struct vmo vmo;             // freed with its last reference: mappings outlive handles
};

extern const struct object_ops vmo_object_ops;

ALWAYS_INLINE struct vmo *vmo_from_object(struct object *obj)
{
    return &container_of(obj, struct vmo_object, obj)->vmo;
}
ALWAYS_INLINE struct vmo_object *vmo_object_of(struct vmo *v)
{
    return container_of(v, struct vmo_object, vmo);
}

// Anonymous memory; flags VMO_RESIZABLE or 0. ZX_ERR_NO_MEMORY, ZX_ERR_OUT_OF_RANGE.
zx_status_t vmo_object_create(uint64_t size, unsigned flags, const char *name,
                              struct object **out) MUST_CHECK;
// A window on physical memory (spec 23 section 2).
zx_status_t vmo_object_create_physical(paddr_t paddr, uint64_t size, const char *name,
                                       struct object **out) MUST_CHECK;
// A copy-on-write clone; flags VMO_RESIZABLE or 0. `named`: it gets the parent's name, else none.
// ZX_ERR_NO_MEMORY and those of vmo_init_clone().
zx_status_t vmo_object_create_clone(struct object *parent, uint64_t offset, uint64_t size,
                                    unsigned flags, bool named, struct object **out) MUST_CHECK;
// RAM that was wired at boot becomes the VMO's (vmo_init_wired): page aligned, fixed size.
zx_status_t vmo_object_create_wired(paddr_t paddr, uint64_t size, const char *name,
                                    struct object **out) MUST_CHECK;
// Contiguous memory (vmo_init_contiguous, whose errors it has).
zx_status_t vmo_object_create_contiguous(uint64_t size, unsigned alignment_log2, const char *name,
                                         struct object **out) MUST_CHECK;
// Resizable memory that `source` supplies (vmo_init_pager). ZX_ERR_NO_MEMORY, ZX_ERR_OUT_OF_RANGE.
zx_status_t vmo_object_create_pager(uint64_t size, struct vmo_source *source,
                                    struct object **out) MUST_CHECK;
