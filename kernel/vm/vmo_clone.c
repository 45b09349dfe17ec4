// SPDX-License-Identifier: MIT
// Copy-on-write clones: a live look through a window of the parent (spec 23 section 5), not a snapshot. A
// clone owns the pages written through it; the others are its parent's, then the parent's parent's.
//
// Locks: one tree lock for all VMOs of a clone tree (V3). Loops over ancestors, never recursion.

#include <vm/vmo.h>

#include <lib/string.h>

#include "vm_priv.h"

zx_status_t vmo_init_clone(struct vmo *v, struct vmo *parent, uint64_t offset, uint64_t size,
                           unsigned flags, const struct vmo_ops *ops)
{
    zx_status_t status = ZX_OK;

    if (vmo_is_physical(parent))
        return ZX_ERR_NOT_SUPPORTED;
    if (size > VMO_MAX_SIZE)
        return ZX_ERR_OUT_OF_RANGE;
    size = ROUND_UP(size, PAGE_SIZE);
    vmo_lock(parent);
    if (parent->cache_policy != ZX_CACHE_POLICY_CACHED) {
        status = ZX_ERR_BAD_STATE;
    } else if (offset & PAGE_MASK) {
        status = ZX_ERR_INVALID_ARGS;
    } else if (size > UINT64_MAX - offset) {
        status = ZX_ERR_OUT_OF_RANGE;
    } else {
        vmo_init_common(v, VMO_ANONYMOUS, size, (flags & VMO_RESIZABLE) | VMO_CLONE, ops);
        v->lock = parent->lock;
        vmo_acquire(parent);
        v->parent = parent;
        v->parent_offset = offset;
        v->marks |= VMO_MARK_SPECIAL;
        parent->marks |= VMO_MARK_SPECIAL;
        list_add_tail(&parent->children, &v->sibling);
        if (parent->child_count++ == 0)
            parent->ops->children(parent, true);
    }
    vmo_unlock(parent);
    return status;
}

// The page that v (which has none at `index`) shows there from an ancestor, NULL: zeros. *out_levels:
// how many VMOs, v included, lie below the one that has it; 1 if nobody has. Other results than ZX_OK:
// vmo_absent_status_locked.
static zx_status_t source_of_locked(struct vmo *v, uint64_t index, struct page **out,
                                    size_t *out_levels) REQUIRES(v->lock)
{
    struct vmo *at = v;

    *out = NULL;
    *out_levels = 1;
    for (size_t levels = 1; at->parent != NULL; levels++) {
        index += vmo_page_index(at->parent_offset);
        at = at->parent;
        if (index >= vmo_page_index(at->size))
            return ZX_OK;
        struct page *page = radix_get(&at->pages, index);
        if (page != NULL) {
            *out = page;
            *out_levels = levels;
            return ZX_OK;
        }
    }
    mutex_assert_held(at->lock);
    return at->kind == VMO_PAGER ? vmo_absent_status_locked(at) : ZX_OK;
}

// Takes back the pages just given to the first `levels` VMOs from v upward.
static void undo_levels_locked(struct vmo *v, uint64_t index, size_t levels) REQUIRES(v->lock)
{
    for (; levels > 0; levels--) {
        page_free(radix_remove(&v->pages, index, &vmo_radix_ops));
        index += vmo_page_index(v->parent_offset);
        v = v->parent;
    }
}

// Copies what v shows at `index` into v and into every clone between v and the page's owner, all of
// them or none (that the ones between get it too is the contract's; see its corrections).
zx_status_t vmo_clone_add_page_locked(struct vmo *v, uint64_t index, struct page **out)
{
    struct vmo *at = v;
    uint64_t at_index = index;
    size_t levels, done;
    struct page *source;
    struct list fresh;

    mutex_assert_held(v->lock);
    list_init(&fresh);
    zx_status_t status = source_of_locked(v, index, &source, &levels);
    if (status != ZX_OK)
        return status;
    if (!page_alloc_list(levels, PAGE_STATE_VMO, source != NULL ? 0 : PAGE_ALLOC_ZERO, &fresh))
        return ZX_ERR_NO_MEMORY;
    for (done = 0; done < levels; done++) {
        struct page *page = list_pop_head_entry(&fresh, struct page, node);
        if (source != NULL)
            memcpy(page_to_virt(page), page_to_virt(source), PAGE_SIZE);
        mutex_assert_held(at->lock);
        status = vmo_insert_page_locked(at, at_index, page);
        if (status != ZX_OK) {
            page_free(page);
            break;
        }
        if (at == v)
            *out = page;
        at_index += vmo_page_index(at->parent_offset);
        at = at->parent;
    }
    if (status != ZX_OK)
        undo_levels_locked(v, index, done);
    page_free_list(&fresh);
    return status;
}
