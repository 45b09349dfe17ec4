// SPDX-License-Identifier: MIT
// Walking an address space for object info, one entry at a time with nothing held in between.
//
// The cursor is the (base, depth) of the last entry. Pre-order is the order of these pairs: a region
// begins no later than what is in it and lies less deep, and siblings rise. So the next entry is the one
// with the smallest pair above the cursor's, found by one descent.

#include <vm/aspace.h>

#include <zircon/syscalls/object.h>

#include "vm_priv.h"

// The node after the cursor, below the root region; *out_depth its depth. NULL at the end.
static struct vm_node *node_after_locked(const struct vmar *root, const struct vm_walk *walk,
                                         uint32_t *out_depth)
{
    const struct vmar *r = root;
    struct vm_node *best = NULL;
    uint32_t depth = 2; // of r's children

    while (r != NULL) {
        mutex_assert_held(&r->as->lock);
        struct vm_node *n = region_child_from_locked(r, walk->base);
        if (n == NULL)
            break;
        if (n->base > walk->base || (n->base == walk->base && depth > walk->depth)) {
            *out_depth = depth;
            return n;
        }
        // n is the cursor's node or around it: what follows is inside, else n's next sibling, else
        // the next sibling of an outer region, which is what was found before.
        struct vm_node *sibling = region_next(n);
        if (sibling != NULL) {
            best = sibling;
            *out_depth = depth;
        }
        r = n->is_region ? vm_node_region(n) : NULL;
        depth++;
    }
    return best;
}

static void fill_entry_locked(struct vm_node *n, uint32_t depth, struct vm_walk_entry *out)
{
    *out = (struct vm_walk_entry){
        .type = ZX_INFO_MAPS_TYPE_VMAR,
        .depth = depth,
        .base = n->base,
        .size = n->size,
    };
    if (n->is_region)
        return;
    struct vm_mapping *m = vm_node_mapping(n);
    struct vmo *v = m->vmo;
    out->type = ZX_INFO_MAPS_TYPE_MAPPING;
    out->mmu_flags = m->prot;
    out->vmo = v;
    out->vmo_offset = m->vmo_offset;
    vmo_acquire(v);
    vmo_lock(v);
    out->committed_pages = vmo_count_pages_locked(v, m->vmo_offset, n->size);
    vmo_unlock(v);
}

bool vm_aspace_walk(struct vm_aspace *as, struct vm_walk *walk, struct vm_walk_entry *out)
{
    struct vm_node *n = NULL;
    uint32_t depth = 0;

    if (walk->done)
        return false;
    if (!walk->begun) {
        *walk = (struct vm_walk){.base = USER_BASE, .depth = 0, .begun = true};
        *out = (struct vm_walk_entry){
            .type = ZX_INFO_MAPS_TYPE_ASPACE, .base = USER_BASE, .size = USER_MAP_END - USER_BASE};
        return true;
    }
    mutex_lock(&as->lock);
    if (as->root != NULL && walk->depth == 0) {
        n = &as->root->node;
        depth = 1;
    } else {
        n = node_after_locked(as->root, walk, &depth);
    }
    if (n != NULL) {
        fill_entry_locked(n, depth, out);
        walk->base = n->base;
        walk->depth = depth;
    }
    mutex_unlock(&as->lock);
    walk->done = n == NULL;
    return n != NULL;
}

void vm_aspace_usage(struct vm_aspace *as, struct vm_usage *out)
{
    struct vm_walk walk = {.begun = false};
    struct vm_walk_entry e;

    *out = (struct vm_usage){.mapped = 0};
    while (vm_aspace_walk(as, &walk, &e)) {
        if (e.vmo == NULL)
            continue;
        struct vmo_stats stats;
        vmo_get_stats(e.vmo, &stats);
        vmo_release(e.vmo);
        uint64_t committed = e.committed_pages << PAGE_SHIFT;
        out->mapped += e.size;
        if (stats.share_count <= 1) {
            out->private_bytes += committed;
        } else {
            out->shared += committed;
            out->scaled_shared += committed / stats.share_count;
        }
    }
}
