// SPDX-License-Identifier: MIT
// The pages of a VMO: what it shows where, giving it pages, taking them away, pins.
//
// Locks: the tree lock.
// Invariants: V4, V5. A page's `count` and VM_PAGE_ORPHAN belong to the tree lock of its VMO.

#include <vm/vmo.h>

#include "vm_priv.h"

static ACCOUNT_CACHE(radix_node_cache, sizeof(struct radix_node), alignof(struct radix_node));

struct page *vm_zero_page;

static struct radix_node *node_alloc(const struct radix_ops *ops)
{
    (void)ops;
    return account_alloc(radix_node_cache);
}

static void node_free(struct radix_node *node)
{
    account_free(radix_node_cache, node);
}

const struct radix_ops vmo_radix_ops = {.alloc = node_alloc, .free = node_free};

zx_status_t vm_init(void)
{
    vm_zero_page = page_alloc(PAGE_STATE_WIRED, PAGE_ALLOC_ZERO);
    if (vm_zero_page == NULL)
        return ZX_ERR_NO_MEMORY;
    // Uncached mappings show it as well.
    hal_cache_clean_invalidate(page_to_virt(vm_zero_page), PAGE_SIZE);
    return ZX_OK;
}

// ---- translations --------------------------------------------------------------------------------

// Drops the translations that v's own mappings have for [offset, offset+len).
static void unmap_own_range(struct vmo *v, uint64_t offset, uint64_t len)
{
    const uint64_t end = offset + len;

    for (struct vm_mapping *m = mapping_first_overlap(v, offset, end); m != NULL;
         m = mapping_next_overlap(m, offset, end)) {
        if (m->prot == 0)
            continue; // M3
        uint64_t lo = MAX(offset, m->vmo_offset);
        uint64_t hi = MIN(end, m->vmo_offset + m->node.size);
        mutex_lock(&m->as->pt_lock);
        hal_aspace_unmap(&m->as->hal, m->node.base + (lo - m->vmo_offset), (hi - lo) >> PAGE_SHIFT);
        mutex_unlock(&m->as->pt_lock);
    }
}

// The first clone at `from` or behind it in parent's list that starts less than `room` bytes into it.
static struct vmo *clone_within(struct vmo *parent, struct list_node *from, uint64_t room)
{
    for (; from != NULL; from = list_next(&parent->children, from)) {
        struct vmo *child = list_entry(from, struct vmo, sibling);
        if (child->parent_offset < room)
            return child;
    }
    return NULL;
}

// The same for all descendants: those who look through to us. Depth first by the tree's own links;
// `shift` is where offset 0 of `at` lies in v. A clone that hides part of the range is not asked;
// what is dropped for nothing comes back by a fault.
static void unmap_clones_range(struct vmo *v, uint64_t offset, uint64_t len)
{
    const uint64_t end = offset + len;
    struct vmo *at = v;
    struct vmo *child = clone_within(v, list_peek_head(&v->children), end);
    uint64_t shift = 0;

    for (;;) {
        if (child != NULL) {
            at = child;
            shift += at->parent_offset;
            uint64_t lo = MAX(offset, shift);
            if (at->marks & VMO_MARK_FOREIGN)
                unmap_own_range(at, lo - shift, end - lo);
            child = clone_within(at, list_peek_head(&at->children), end - shift);
            continue;
        }
        if (at == v)
            return;
        struct vmo *done = at;
        at = done->parent;
        shift -= done->parent_offset;
        child = clone_within(at, list_next(&at->children, &done->sibling), end - shift);
    }
}

void vmo_unmap_range_locked(struct vmo *v, uint64_t offset, uint64_t len)
{
    mutex_assert_held(v->lock);
    unmap_own_range(v, offset, len);
    if (vmo_child_count(v) > 0)
        unmap_clones_range(v, offset, len);
}

void vmo_prepare_gain_locked(struct vmo *v, uint64_t offset, uint64_t len)
{
    mutex_assert_held(v->lock);
    if (unlikely((v->marks & VMO_MARK_FOREIGN) || vmo_child_count(v) > 0))
        vmo_unmap_range_locked(v, offset, len);
}

void vmo_make_fetchable_locked(struct page *page)
{
    // Once is enough for a page that nobody can write but the kernel: that keeps fetches coherent itself
    // from VMO_MARK_EXEC on.
    const struct vmo *v = page != vm_zero_page ? page->owner : NULL;
    bool stays = v != NULL && !(v->marks & VMO_MARK_WRITTEN);

    if (stays && (page->flags & VM_PAGE_FETCHABLE))
        return;
    hal_cache_sync_icache(page_to_virt(page), PAGE_SIZE);
    if (stays)
        page->flags |= VM_PAGE_FETCHABLE;
}

// ---- giving pages --------------------------------------------------------------------------------

zx_status_t vmo_put_page_by_locked(struct vmo *v, uint64_t index, struct page *page,
                                   const struct radix_ops *ops)
{
    struct radix_node *leaf = radix_leaf(&v->pages, index);

    mutex_assert_held(v->lock);
    if (likely(leaf != NULL)) {
        radix_leaf_put(&v->pages, leaf, index, page);
    } else {
        zx_status_t status = radix_set(&v->pages, index, page, NULL, ops);
        if (unlikely(status != ZX_OK))
            return status;
    }
    page->owner = v;
    page->index = index;
    if (unlikely(v->cache_policy != ZX_CACHE_POLICY_CACHED))
        hal_cache_clean_invalidate(page_to_virt(page), PAGE_SIZE);
    return ZX_OK;
}

zx_status_t vmo_add_page_locked(struct vmo *v, uint64_t index, struct page **out)
{
    mutex_assert_held(v->lock);
    if (unlikely(v->parent != NULL))
        return vmo_clone_add_page_locked(v, index, out);
    if (unlikely(v->kind == VMO_PAGER))
        return vmo_absent_status_locked(v);
    zx_status_t status = vmo_charge_locked(v, 1);
    if (unlikely(status != ZX_OK))
        return status;
    vmo_prepare_gain_locked(v, index << PAGE_SHIFT, PAGE_SIZE);
    struct page *page = page_alloc(PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
    status = page != NULL ? vmo_put_page_locked(v, index, page) : ZX_ERR_NO_MEMORY;
    if (unlikely(status != ZX_OK)) {
        if (page != NULL)
            page_free(page);
        vmo_uncharge_locked(v, 1);
        return status;
    }
    *out = page;
    return ZX_OK;
}

zx_status_t vmo_trim_range_locked(struct vmo *v, uint64_t offset, uint64_t len, uint64_t *out_first,
                                  uint64_t *out_end)
{
    mutex_assert_held(v->lock);
    if (len > UINT64_MAX - offset || offset > v->size)
        return ZX_ERR_OUT_OF_RANGE;
    uint64_t end = MIN(offset + len, v->size);
    *out_first = vmo_page_index(offset);
    *out_end = end > offset ? vmo_page_index(end + PAGE_MASK) : *out_first;
    return ZX_OK;
}

uint64_t vmo_count_pages_locked(struct vmo *v, uint64_t offset, uint64_t len)
{
    uint64_t index, count = 0;
    void *page;

    mutex_assert_held(v->lock);
    if (offset == 0 && len >= v->size)
        return v->pages.count;
    radix_for_each(&v->pages, index, page, vmo_page_index(offset), vmo_page_index(offset + len))
        count++;
    return count;
}

// ---- looking and taking --------------------------------------------------------------------------

zx_status_t vmo_visible_page_locked(struct vmo *v, uint64_t index, struct page **out, bool *out_own)
{
    mutex_assert_held(v->lock);
    struct page *page = radix_get(&v->pages, index);
    *out = page;
    *out_own = page != NULL;
    while (page == NULL && v->parent != NULL) {
        if (index >= vmo_page_index(v->parent_limit))
            return ZX_OK;
        index += vmo_page_index(v->parent_offset);
        v = v->parent;
        if (index >= vmo_page_index(v->size))
            return ZX_OK;
        page = *out = radix_get(&v->pages, index);
    }
    mutex_assert_held(v->lock);
    return page == NULL && unlikely(v->kind == VMO_PAGER) ? vmo_absent_status_locked(v) : ZX_OK;
}

void vmo_take_pages_locked(struct vmo *v, uint64_t first, uint64_t end, struct list *freed)
{
    const uint64_t before = v->pages.count;
    uint64_t index = first, others = 0; // that somebody else pays for
    struct page *page;

    mutex_assert_held(v->lock);
    while ((page = radix_remove_next(&v->pages, &index, end, &vmo_radix_ops)) != NULL) {
        DEBUG_ASSERT(page->count < VM_PAGE_PIN_ONE);
        if (unlikely(page->flags >> VM_PAGE_PAYER_SHIFT != 0)) {
            vmo_payer_uncharge_locked(v, page);
            others++;
        }
        if (page->count & VM_PAGE_BUSY_MASK)
            page->flags |= VM_PAGE_ORPHAN; // V4
        else
            list_add_tail(freed, &page->node);
    }
    vmo_uncharge_locked(v, before - v->pages.count - others);
}

bool vmo_take_some_locked(struct vmo *v, uint64_t first, uint64_t end, unsigned *room,
                          struct list *freed)
{
    uint64_t last = first; // behind what goes

    mutex_assert_held(v->lock);
    for (; radix_next(&v->pages, &last, end) != NULL; last++) {
        if (*room == 0)
            break;
        --*room;
    }
    const bool all = radix_next(&v->pages, &last, end) == NULL;
    vmo_take_pages_locked(v, first, all ? end : last, freed);
    return all;
}

void vmo_page_unbusy_locked(struct vmo *v, struct page *page, struct list *freed)
{
    mutex_assert_held(v->lock);
    DEBUG_ASSERT(page->count & VM_PAGE_BUSY_MASK);
    page->count -= VM_PAGE_BUSY_ONE;
    if (unlikely(page->flags & VM_PAGE_ORPHAN) && page->count == 0) {
        page->flags &= (uint16_t)~VM_PAGE_ORPHAN;
        list_add_tail(freed, &page->node);
    }
}

void vmo_free_pages(struct list *pages, unsigned cache_policy)
{
    struct page *page;

    if (list_is_empty(pages))
        return;
    if (cache_policy != ZX_CACHE_POLICY_CACHED) {
        // The direct map's lines must not be written back over a later owner's data.
        list_for_each_entry(page, pages, node)
            hal_cache_clean_invalidate(page_to_virt(page), PAGE_SIZE);
    }
    page_free_list(pages);
}

zx_status_t vmo_lookup(struct vmo *v, uint64_t offset, paddr_t *out)
{
    zx_status_t status = ZX_OK;

    vmo_lock(v);
    if (offset >= v->size) {
        status = ZX_ERR_OUT_OF_RANGE;
    } else if (vmo_is_physical(v)) {
        *out = v->paddr + offset;
    } else {
        struct page *page = radix_get(&v->pages, vmo_page_index(offset));
        if (page != NULL)
            *out = page_to_paddr(page) + (offset & PAGE_MASK);
        else
            status = ZX_ERR_NOT_FOUND;
    }
    vmo_unlock(v);
    return status;
}

// ---- pins ----------------------------------------------------------------------------------------

// Pins [first, end), all of it or nothing.
static zx_status_t pin_piece_locked(struct vmo *v, uint64_t first, uint64_t end) REQUIRES(v->lock)
{
    zx_status_t status = ZX_OK;
    uint64_t index;

    for (index = first; status == ZX_OK && index < end; index++) {
        struct page *page = radix_get(&v->pages, index);
        if (page == NULL)
            status = ZX_ERR_BAD_STATE;
        else if (page->count / VM_PAGE_PIN_ONE >= VM_PAGE_PINS_MAX)
            status = ZX_ERR_UNAVAILABLE;
        else
            page->count += VM_PAGE_PIN_ONE;
    }
    if (status == ZX_OK) {
        v->pin_count += end - first;
        return ZX_OK;
    }
    for (index--; index > first; index--)
        ((struct page *)radix_get(&v->pages, index - 1))->count -= VM_PAGE_PIN_ONE;
    return status;
}

zx_status_t vmo_pin(struct vmo *v, uint64_t offset, uint64_t len)
{
    const uint64_t first = vmo_page_index(offset), end = first + vmo_page_index(len);
    uint64_t index = first;
    zx_status_t status = ZX_OK;

    DEBUG_ASSERT(((offset | len) & PAGE_MASK) == 0);
    do {
        const uint64_t piece = MIN(end, index + VMO_PIECE_PAGES);
        vmo_lock(v);
        if (offset > v->size || len > v->size - offset)
            status = ZX_ERR_OUT_OF_RANGE;
        v->marks |= VMO_MARK_WRITTEN; // by a device
        if (status == ZX_OK && !vmo_is_physical(v)) // which never goes away
            status = pin_piece_locked(v, index, piece);
        vmo_unlock(v);
        if (status != ZX_OK && index > first)
            vmo_unpin(v, offset, (index - first) << PAGE_SHIFT);
        index = piece;
    } while (status == ZX_OK && index < end);
    return status;
}

void vmo_unpin(struct vmo *v, uint64_t offset, uint64_t len)
{
    const uint64_t end = vmo_page_index(offset) + vmo_page_index(len);

    if (vmo_is_physical(v))
        return;
    for (uint64_t index = vmo_page_index(offset), piece; index < end; index = piece) {
        piece = MIN(end, index + VMO_PIECE_PAGES);
        vmo_lock(v);
        for (uint64_t i = index; i < piece; i++) {
            struct page *page = radix_get(&v->pages, i);
            DEBUG_ASSERT(page != NULL && page->count >= VM_PAGE_PIN_ONE);
            page->count -= VM_PAGE_PIN_ONE;
        }
        v->pin_count -= piece - index;
        vmo_unlock(v);
    }
}
