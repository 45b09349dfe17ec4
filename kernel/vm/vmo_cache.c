// SPDX-License-Identifier: MIT
// Cache maintenance on ranges of a VMO, and its cache policy.
//
// Locks: the tree lock, so that no page goes away under a maintenance loop.
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

zx_status_t vmo_cache_op(struct vmo *v, uint32_t op, uint64_t offset, uint64_t len)
{
    zx_status_t status = ZX_OK;

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    if (len == 0)
        return ZX_ERR_INVALID_ARGS;
    vmo_lock(v);
    if (len > UINT64_MAX - offset || offset + len > v->size)
        status = ZX_ERR_OUT_OF_RANGE;
    const uint64_t end = offset + len;
    while (status == ZX_OK && offset < end) {
        bool own;
        uint64_t index = vmo_page_index(offset);
        // In a VMO without ancestors the gaps can be long: on to the next page there is.
        if (v->parent == NULL) {
            uint64_t next = index;
            if (radix_next(&v->pages, &next, vmo_page_index(end - 1) + 1) == NULL)
                break;
            if (next != index)
                offset = next << PAGE_SHIFT;
            index = next;
        }
        size_t n = MIN(end - offset, PAGE_SIZE - (offset & PAGE_MASK));
        struct page *page = vmo_visible_page_locked(v, index, &own);
        if (page != NULL)
            cache_op_page(op, (uint8_t *)page_to_virt(page) + (offset & PAGE_MASK), n);
        offset += n;
    }
    vmo_unlock(v);
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
    } else if (v->pages.count > 0 || v->mapping_count > 0 || v->child_count > 0 ||
               v->parent != NULL) {
        status = ZX_ERR_BAD_STATE;
    }
    if (status == ZX_OK)
        v->cache_policy = (uint8_t)policy;
    vmo_unlock(v);
    return status;
}
