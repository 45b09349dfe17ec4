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
        vmo_init_common(v, VMO_ANONYMOUS, size,
                        (flags & VMO_RESIZABLE) | VMO_CLONE | (parent->flags & VMO_PAGED), ops);
        v->lock = parent->lock;
        vmo_acquire(parent);
        v->parent = parent;
        v->parent_offset = offset;
        v->parent_limit = VMO_MAX_SIZE;
        v->marks |= VMO_MARK_SPECIAL;
        parent->marks |= VMO_MARK_SPECIAL;
        list_add_tail(&parent->children, &v->sibling);
        if (vmo_child_count(parent) == 0)
            parent->ops->children(parent, true);
        vmo_set_child_count(parent, vmo_child_count(parent) + 1);
    }
    vmo_unlock(parent);
    // Two last releases at a time may both have left it to the other.
    if (status == ZX_OK && (parent->flags & VMO_CLONE))
        vmo_merge_dead(parent, false);
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
        if (index >= vmo_page_index(at->parent_limit))
            return ZX_OK;
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
        mutex_assert_held(v->lock);
        vmo_uncharge_locked(v, 1);
        index += vmo_page_index(v->parent_offset);
        v = v->parent;
    }
}

// Copies what v shows at `index` into v and into every clone between v and the page's owner, all of
// them or none (that the ones between get it too is the contract's; see its corrections). The pages get
// `flags`; *out is v's. `r`: where they come from, NULL: nothing is reserved. Translations: V5 is the
// caller's, below the clone that gains highest up.
static zx_status_t copy_down_locked(struct vmo *v, uint64_t index, size_t levels,
                                    const struct page *source, uint16_t flags,
                                    struct vmo_reserve *r, struct page **out) REQUIRES(v->lock)
{
    const struct radix_ops *ops = r != NULL ? &r->ops : &vmo_radix_ops;
    struct vmo *at = v;
    uint64_t at_index = index;

    for (size_t done = 0; done < levels; done++) {
        mutex_assert_held(at->lock);
        struct page *page = vmo_reserve_page_locked(r, at, false);
        if (page != NULL && source == NULL)
            hal_zero_page(page_to_virt(page));
        else if (page != NULL)
            memcpy(page_to_virt(page), page_to_virt(source), PAGE_SIZE);
        if (page == NULL || vmo_put_page_by_locked(at, at_index, page, ops) != ZX_OK) {
            if (page != NULL) {
                page_free(page);
                vmo_uncharge_locked(at, 1);
            }
            undo_levels_locked(v, index, done);
            return ZX_ERR_NO_MEMORY;
        }
        page->flags |= flags;
        if (done == 0)
            *out = page;
        at_index += vmo_page_index(at->parent_offset);
        at = at->parent;
    }
    return ZX_OK;
}

zx_status_t vmo_clone_add_page_locked(struct vmo *v, uint64_t index, struct page **out)
{
    struct vmo *top = v;
    uint64_t top_index = index;
    struct page *source;
    size_t levels;

    mutex_assert_held(v->lock);
    zx_status_t status = source_of_locked(v, index, &source, &levels);
    if (status != ZX_OK)
        return status;
    status = copy_down_locked(v, index, levels, source, 0, NULL, out);
    if (status != ZX_OK)
        return status;
    for (size_t i = 1; i < levels; i++) {
        top_index += vmo_page_index(top->parent_offset);
        top = top->parent;
    }
    mutex_assert_held(top->lock);
    vmo_prepare_gain_locked(top, top_index << PAGE_SHIFT, PAGE_SIZE);
    return ZX_OK;
}

// Ends a fill of [first, end): the marked pages of v, and those above each, stay or go.
static void settle_fresh_locked(struct vmo *v, uint64_t first, uint64_t end, bool keep)
    REQUIRES(v->lock)
{
    for (uint64_t i = first; i < end; i++) {
        uint64_t index = i;
        for (struct vmo *at = v; at != NULL; at = at->parent) {
            struct page *page = radix_get(&at->pages, index);
            if (page == NULL || !(page->flags & VM_PAGE_FRESH))
                break;
            page->flags &= (uint16_t)~VM_PAGE_FRESH;
            if (!keep) {
                page_free(radix_remove(&at->pages, index, &vmo_radix_ops));
                vmo_uncharge_locked(at, 1);
            }
            index += vmo_page_index(at->parent_offset);
        }
    }
}

// V5 for a fill of [first, end): once for all pages, at the highest clone that may gain some and so for all
// below it.
static void prepare_fill_locked(struct vmo *v, uint64_t first, uint64_t end) REQUIRES(v->lock)
{
    struct vmo *top = v;

    // The tree's root never gains; nor does anybody where a parent has ended.
    for (;;) {
        uint64_t shift = vmo_page_index(top->parent_offset);
        uint64_t limit = vmo_page_index(top->parent->size);
        bool last = top->parent->parent == NULL || limit <= first + shift;
        mutex_assert_held(top->lock);
        if (last || limit < end + shift)
            vmo_prepare_gain_locked(top, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT);
        if (last)
            return;
        first += shift;
        end = MIN(end + shift, limit);
        top = top->parent;
    }
}

// A piece of work ends at whichever of these comes first.
#define PIECE_INDICES 64u             // each of which may take a walk up a long chain
#define PIECE_COPIES  VMO_PIECE_PAGES // of one page there may be many, and these go together

zx_status_t vmo_clone_count_locked(struct vmo *v, uint64_t *first, uint64_t end,
                                   struct vmo_reserve *r)
{
    const uint64_t begin = *first;
    zx_status_t status = ZX_OK;

    mutex_assert_held(v->lock);
    for (uint64_t *index = first; *index < MIN(end, begin + PIECE_INDICES); ++*index) {
        struct vmo *at = v;
        uint64_t at_index = *index;
        struct page *source;
        size_t levels;
        if (radix_get(&v->pages, *index) != NULL)
            continue;
        status = source_of_locked(v, *index, &source, &levels);
        for (; status == ZX_OK && levels > 0; levels--) {
            mutex_assert_held(at->lock);
            vmo_reserve_count_nodes_locked(r, at, at_index);
            status = vmo_reserve_charge(r, at->account, 1);
            r->page_count++;
            at_index += vmo_page_index(at->parent_offset);
            at = at->parent;
        }
        if (status != ZX_OK)
            break;
    }
    return status;
}

zx_status_t vmo_clone_fill_locked(struct vmo *v, uint64_t *first, uint64_t end,
                                  struct vmo_reserve *r)
{
    zx_status_t status = ZX_OK;
    uint64_t index = *first;
    size_t copies = 0;

    mutex_assert_held(v->lock);
    end = MIN(end, index + PIECE_INDICES);
    prepare_fill_locked(v, index, end);
    for (; index < end && copies < PIECE_COPIES && status == ZX_OK; index++) {
        struct page *source, *page;
        size_t levels;
        if (radix_get(&v->pages, index) != NULL)
            continue;
        status = source_of_locked(v, index, &source, &levels);
        if (status == ZX_OK)
            status = copy_down_locked(v, index, levels, source, VM_PAGE_FRESH, r, &page);
        copies += levels;
    }
    settle_fresh_locked(v, *first, index, status == ZX_OK);
    *first = index;
    return status;
}
