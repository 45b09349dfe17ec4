// SPDX-License-Identifier: MIT
// Regions: creation inside a parent, destruction, references. Mapping operations are in vmar_map.c,
// the tree of children in region.c.
//
// Locks: the address space's. Invariants R1..R4: vm/vmar.h.

#include <vm/vmar.h>

#include "vm_priv.h"

#define CAN_MAP_RWX (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)

void vmar_init(struct vmar *r, struct vm_aspace *as, uint32_t options, const struct vmar_ops *ops)
{
    r->node.parent = NULL;
    r->node.is_region = true;
    r->as = as;
    rb_tree_init(&r->children);
    r->ops = ops;
    atomic_init(&r->refs, 1);
    r->options = options;
    r->alive = false;
    r->apart = false;
    r->emptying = NULL;
    vm_aspace_acquire(as);
}

void vmar_acquire(struct vmar *r)
{
    atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
}

void vmar_release(struct vmar *r)
{
    unsigned old = atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel);
    DEBUG_ASSERT(old > 0);
    if (old > 1)
        return;
    DEBUG_ASSERT(!r->alive && rb_is_empty(&r->children));
    struct vm_aspace *as = r->as;
    r->ops->free(r);
    vm_aspace_release(as);
}

static zx_status_t place_child_locked(struct vmar *parent, uint32_t options, uint64_t offset,
                                      uint64_t size, vaddr_t *out_base) REQUIRES(parent->as->lock)
{
    mutex_assert_held(&parent->as->lock);
    if (!parent->alive)
        return ZX_ERR_BAD_STATE;
    if (size == 0)
        return ZX_ERR_INVALID_ARGS;
    if (options & CAN_MAP_RWX & ~parent->options)
        return ZX_ERR_ACCESS_DENIED;
    const bool specific = (options & ZX_VM_SPECIFIC) != 0;
    if (!specific && offset != 0)
        return ZX_ERR_INVALID_ARGS;
    if (specific && (parent->options & ZX_VM_CAN_MAP_SPECIFIC) == 0)
        return ZX_ERR_ACCESS_DENIED;
    if (offset >= parent->node.size || size > parent->node.size - offset)
        return ZX_ERR_INVALID_ARGS;
    if (offset & PAGE_MASK)
        return ZX_ERR_INVALID_ARGS;
    if (!specific)
        return region_place_locked(parent, size, PAGE_SIZE, 0, out_base) ? ZX_OK : ZX_ERR_NO_MEMORY;
    *out_base = parent->node.base + offset;
    return region_occupied_locked(parent, *out_base, size) ? ZX_ERR_NO_MEMORY : ZX_OK;
}

zx_status_t vmar_allocate(struct vmar *parent, uint32_t options, uint64_t offset, uint64_t size,
                          struct vmar *child, const struct vmar_ops *ops, vaddr_t *out_base)
{
    vaddr_t base = 0;

    DEBUG_ASSERT((size & PAGE_MASK) == 0);
    mutex_lock(&parent->as->lock);
    zx_status_t status = place_child_locked(parent, options, offset, size, &base);
    if (status == ZX_OK) {
        vmar_init(child, parent->as,
                  options & (CAN_MAP_RWX | ZX_VM_CAN_MAP_SPECIFIC | ZX_VM_COMPACT), ops);
        child->node.base = base;
        child->node.size = size;
        child->alive = true;
        vmar_acquire(child); // R1: the tree's
        region_insert_locked(parent, &child->node);
        *out_base = base;
    }
    mutex_unlock(&parent->as->lock);
    return status;
}

// r->emptying has a child less, or is gone.
static void empty_one_locked(struct vmar *r, struct list *dead) REQUIRES(r->as->lock)
{
    struct vmar *from = r->emptying;
    struct vm_node *child = vm_node_or_null(from->children.root);

    mutex_assert_held(&r->as->lock);
    if (child == NULL) {
        r->emptying = NULL;
        list_add_tail(dead, &from->node.dead);
        return;
    }
    mutex_assert_held(&from->as->lock);
    region_remove_locked(from, child);
    region_insert_locked(r, child);
}

// The mapping m goes, or part of it if it is large.
static void remove_some_locked(struct vm_mapping *m, struct list *dead, size_t *room)
    REQUIRES(m->as->lock)
{
    struct vm_mapping *no_spare = NULL; // nothing is cut in its middle
    const size_t work = MAPPING_WORK + (m->node.size >> PAGE_SHIFT);

    mutex_assert_held(&m->as->lock);
    if (likely(work < *room)) {
        *room -= work;
        mapping_remove_locked(m, dead);
    } else {
        (void)mapping_remove_some_locked(m, m->node.base, vm_node_end(&m->node), &no_spare, dead, room);
    }
}

// r has no child left. Returns its parent, NULL for the root.
static struct vmar *remove_empty_locked(struct vmar *r, struct list *dead) REQUIRES(r->as->lock)
{
    struct vmar *parent = r->node.parent;

    mutex_assert_held(&r->as->lock);
    if (parent != NULL) {
        mutex_assert_held(&parent->as->lock);
        region_remove_locked(parent, &r->node);
    } else {
        r->as->root = NULL;
    }
    list_add_tail(dead, &r->node.dead);
    return parent;
}

bool region_destroy_some_locked(struct vmar *top, struct list *dead, size_t *room)
{
    struct vmar *r = top;

    for (;;) {
        struct vm_node *child = vm_node_or_null(r->children.root);
        mutex_assert_held(&r->as->lock);
        r->alive = false;
        r->apart = true;
        if (*room == 0)
            return false;
        if (r->emptying == NULL && child != NULL && !child->is_region) {
            struct vm_mapping *m = vm_node_mapping(child);
            mutex_assert_held(&m->as->lock);
            remove_some_locked(m, dead, room);
            continue;
        }
        --*room;
        if (r->emptying != NULL) {
            empty_one_locked(r, dead);
        } else if (child == NULL) {
            struct vmar *parent = remove_empty_locked(r, dead);
            if (r == top)
                return true;
            r = parent;
        } else if (vm_node_region(child)->apart) {
            r = vm_node_region(child); // whoever is at it expects nothing below it to be left at the end
        } else {
            r->emptying = vm_node_region(child);
            r->emptying->alive = false;
            region_remove_locked(r, child);
        }
    }
}

zx_status_t vmar_destroy(struct vmar *r)
{
    struct vm_aspace *as = r->as;
    zx_status_t status = ZX_OK;
    bool begun = false, more;

    do {
        size_t room = UNMAP_PIECE;
        struct list dead;
        list_init(&dead);
        mutex_lock(&r->as->lock);
        // Once begun, whoever takes the parent apart may have finished it.
        const bool there = r->node.parent != NULL || as->root == r;
        if (!begun && !r->alive)
            status = ZX_ERR_BAD_STATE;
        else if (!begun && as->vdso_code != NULL &&
                 as->vdso_code->node.base - r->node.base < r->node.size)
            status = ZX_ERR_ACCESS_DENIED; // A5: the regions around an address are one inside the other
        more = status == ZX_OK && there && !region_destroy_some_locked(r, &dead, &room);
        begun = true;
        mutex_unlock(&r->as->lock);
        vm_dead_free(&dead);
    } while (more);
    return status;
}
