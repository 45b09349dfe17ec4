// SPDX-License-Identifier: MIT
// VMAR objects: a handle's view of an address region.
#pragma once

#include <object/object.h>
#include <vm/aspace.h>
#include <vm/vmar.h>

struct vmar_object {
    struct object obj;
    struct vmar vmar; // freed with its last reference, which may outlive the object's
};

extern const struct object_ops vmar_object_ops;

ALWAYS_INLINE struct vmar *vmar_from_object(struct object *obj)
{
    return &container_of(obj, struct vmar_object, obj)->vmar;
}

// A new address space, whose page tables `account` pays for, with the object of its root region; one
// reference to each for the caller.
zx_status_t vmar_object_create_root(struct account *account, struct vm_aspace **out_aspace,
                                    struct object **out, zx_rights_t *out_rights) MUST_CHECK;
// vmar_allocate() with a new object. *out_rights: basic plus READ/WRITE/EXECUTE by CAN_MAP_*.
zx_status_t vmar_object_allocate(struct vmar *parent, uint32_t options, uint64_t offset,
                                 uint64_t size, struct object **out, zx_rights_t *out_rights,
                                 vaddr_t *out_base) MUST_CHECK;
