// SPDX-License-Identifier: MIT
// Cache maintenance on ranges of a VMO, and its cache policy.
//
// Locks: the tree lock, so that no page goes away under a maintenance loop; given up now and then.
// Pages of a VMO whose policy is not CACHED have no lines in any cache: they are cleaned and invalidated
// when they are committed and before they are freed (vmo_pages.c).

#include <vm/vmo.h>

#include "vm_priv.h"

// INVALIDATE is clean and invalidate: dropping dirty lines could bring back what the page held for
// its owner before, and lines that a device's data must replace are clean at that point anyway.
static void cache_op_page(uint32_t op, uint8_t *data, size_t len)
{
    switch (op) {
    case ZX_VMO_OP_CACHE_SYNC: hal_cache_sync_icache(data, len); break;
    case ZX_VMO_OP_CACHE_CLEAN: hal_cache_clean(data, len); break;
    default: hal_cache_clean_invalidate(data, len); break;
    }
}

// The first index in [first, end) at which v shows a page, its own or an ancestor's; `end` if none.
static uint64_t next_visible_locked(const struct vmo *v, uint64_t first, uint64_t end)
    REQUIRES(v->lock)
{
    const struct vmo *at = v;
    uint64_t shift = 0;               // index in `at` = index in v + shift
    uint64_t best = end, limit = end; // pages at or behind `limit` are hidden or do not matter

    for (;;) {
        uint64_t index = first + shift;
        if (radix_next(&at->pages, &index, limit + shift) != NULL)
            best = limit = index - shift;
        if (at->parent == NULL || limit == first)
            return best;
        uint64_t seen = vmo_page_index(at->parent_limit); // of the parent, from here
        if (seen <= first + shift)
            return best;
        limit = MIN(limit, seen - shift);
        shift += vmo_page_index(at->parent_offset);
        at = at->parent;
        uint64_t size = vmo_page_index(at->size);
        if (size <= first + shift)
            return best;
        limit = MIN(limit, size - shift);
    }
}

#define PIECE_PAGES 64u // whose cache lines are maintained in one hold of the lock

// One piece of [*at, end); *at is where the rest begins.
static zx_status_t cache_op_piece_locked(struct vmo *v, uint32_t op, uint64_t *at, uint64_t end)
    REQUIRES(v->lock)
{
    uint64_t offset = *at;
    zx_status_t status = ZX_OK;

    mutex_assert_held(v->lock);
    if (end > v->size)
        return ZX_ERR_OUT_OF_RANGE;
    for (unsigned room = PIECE_PAGES; room > 0 && offset < end; room--) {
        const uint64_t index = vmo_page_index(offset);
        const uint64_t next = next_visible_locked(v, index, vmo_page_index(end - 1) + 1);
        if (next != index) { // a gap, maybe a long one
            offset = next << PAGE_SHIFT;
            continue;
        }
        bool own;
        struct page *page = NULL;
        size_t n = MIN(end - offset, PAGE_SIZE - (offset & PAGE_MASK));
        status = vmo_visible_page_locked(v, index, &page, &own);
        DEBUG_ASSERT(status == ZX_OK && page != NULL);
        cache_op_page(op, (uint8_t *)page_to_virt(page) + (offset & PAGE_MASK), n);
        offset += n;
    }
    *at = offset;
    return status;
}

zx_status_t vmo_cache_op(struct vmo *v, uint32_t op, uint64_t offset, uint64_t len)
{
    zx_status_t status;

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    if (len == 0)
        return ZX_ERR_INVALID_ARGS;
    if (len > UINT64_MAX - offset)
        return ZX_ERR_OUT_OF_RANGE;
    const uint64_t end = offset + len;
    do {
        vmo_lock(v);
        status = cache_op_piece_locked(v, op, &offset, end);
        vmo_unlock(v);
    } while (status == ZX_OK && offset < end);
    return status;
}

zx_status_t vmo_set_cache_policy(struct vmo *v, uint32_t policy)
{
    zx_status_t status = ZX_OK;

    DEBUG_ASSERT(policy <= ZX_CACHE_POLICY_MASK);
    vmo_lock(v);
    if (vmo_is_physical(v)) {
        if (policy != v->cache_policy && v->mapping_count > 0)
            status = ZX_ERR_BAD_STATE;
    } else if (v->pages.count > 0 || v->mapping_count > 0 || vmo_child_count(v) > 0 ||
               v->parent != NULL) {
        status = ZX_ERR_BAD_STATE;
    }
    if (status == ZX_OK) {
        v->cache_policy = (uint8_t)policy;
        v->marks |= VMO_MARK_SPECIAL;
    }
    vmo_unlock(v);
    return status;
}
