// SPDX-License-Identifier: MIT
// Resources: the authority behind privileged calls (spec 30 section 1). Those of ranged kinds cover part of
// their kind's space; an exclusive one keeps others out of its part while it lives.
#pragma once

#include <lib/rbtree.h>
#include <object/object.h>
#include <zircon/syscalls/resource.h>

struct resource {
    struct object obj;
    struct mutex lock;
    uint32_t kind;              // [I] ZX_RSRC_KIND_*
    uint32_t flags;             // [I] ZX_RSRC_FLAG_*
    uint64_t base;              // [I]
    uint64_t size;              // [I] > 0 of ranged kinds
    struct rb_node live_node;   // [live_lock] of ranged kinds
    uint64_t reach;             // [live_lock] resource.c S2
    uint64_t exclusive_reach;   // [live_lock] resource.c S2
    char name[ZX_MAX_NAME_LEN]; // [L]
};

extern const struct object_ops resource_ops;

ALWAYS_INLINE struct resource *resource_from_object(struct object *obj)
{
    return container_of(obj, struct resource, obj);
}

// `kind` and `flags` are valid, base and size 0 unless the kind is ranged. For ranged kinds, in order:
// ZX_ERR_INVALID_ARGS size 0 or base + size wraps; ZX_ERR_BAD_STATE the machine has no such space;
// ZX_ERR_NOT_FOUND outside of it, or in conflict with a live resource. ZX_ERR_NO_MEMORY.
zx_status_t resource_create(uint32_t kind, uint32_t flags, uint64_t base, uint64_t size,
                            const char *name, struct object **out) MUST_CHECK;

// True for kinds that cover a range: MMIO, IRQ, IOPORT, SMC.
bool resource_kind_ranged(uint32_t kind);
