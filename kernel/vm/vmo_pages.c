// SPDX-License-Identifier: MIT
// The pages of a VMO: what it shows where, giving it pages, taking them away, pins.
//
// Locks: the tree lock; pages are allocated under it where one is needed, ahead of it where many are.
// Invariants: V4, V5. A page's `count` and VM_PAGE_ORPHAN belong to the tree lock of its VMO.

#include <vm/vmo.h>

#include "vm_priv.h"

static ACCOUNT_CACHE(radix_node_cache, sizeof(struct radix_node), alignof(struct radix_node));

// Many pages are allocated in runs of up to RUN_MAX; the remainder below RUN_MIN one by one.
#define RUN_MIN 16u
#define RUN_MAX 64u

struct page *vm_zero_page;

static struct radix_node *node_alloc(void)
{
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

zx_status_t vmo_put_page_locked(struct vmo *v, uint64_t index, struct page *page)
{
    struct radix_node *leaf = radix_leaf(&v->pages, index);

    mutex_assert_held(v->lock);
    if (likely(leaf != NULL)) {
        radix_leaf_put(&v->pages, leaf, index, page);
    } else {
        zx_status_t status = radix_set(&v->pages, index, page, NULL, &vmo_radix_ops);
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

// Ends a series of insertions that linked their pages by page->owner: either they are v's now, or
// they go.
static void settle_chain_locked(struct vmo *v, struct page *chain, bool keep) REQUIRES(v->lock)
{
    while (chain != NULL) {
        struct page *page = chain;
        chain = page->owner;
        page->owner = v;
        if (!keep) {
            radix_remove(&v->pages, page->index, &vmo_radix_ops);
            page_free(page);
        }
    }
}

// One more page for fill_locked, counted in *charged.
static NO_INLINE zx_status_t one_more_locked(struct vmo *v, uint64_t *charged, struct page **out)
    REQUIRES(v->lock)
{
    zx_status_t status = vmo_charge_locked(v, 1);
    if (status != ZX_OK)
        return status;
    ++*charged;
    *out = page_alloc(PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
    return *out != NULL ? ZX_OK : ZX_ERR_NO_MEMORY;
}

// Fills every gap in [first, end) with zeroed pages from `fresh` (or new ones if that runs out); all
// of them or none. *charged: how many pages are charged to v's account for it.
static zx_status_t fill_locked(struct vmo *v, uint64_t first, uint64_t end, struct list *fresh,
                               uint64_t *charged) REQUIRES(v->lock)
{
    struct radix_node *leaf = NULL;
    struct page *chain = NULL;
    zx_status_t status = ZX_OK;

    vmo_prepare_gain_locked(v, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT);
    for (uint64_t index = first; index < end; index++) {
        if (leaf == NULL || index % RADIX_SLOTS == 0)
            leaf = radix_leaf(&v->pages, index);
        if (leaf != NULL ? leaf->slot[index % RADIX_SLOTS] != NULL
                         : radix_get(&v->pages, index) != NULL)
            continue;
        struct page *page = list_pop_head_entry(fresh, struct page, node);
        if (unlikely(page == NULL) && (status = one_more_locked(v, charged, &page)) != ZX_OK)
            break;
        if (likely(leaf != NULL))
            radix_leaf_put(&v->pages, leaf, index, page);
        else
            status = radix_set(&v->pages, index, page, NULL, &vmo_radix_ops);
        if (unlikely(status != ZX_OK)) {
            page_free(page);
            break;
        }
        if (v->cache_policy != ZX_CACHE_POLICY_CACHED)
            hal_cache_clean_invalidate(page_to_virt(page), PAGE_SIZE);
        page->owner = chain;
        page->index = index;
        chain = page;
    }
    settle_chain_locked(v, chain, status == ZX_OK);
    return status;
}

// `count` zeroed pages onto a list, in runs as long as they can be had cheaply. All or none.
static bool alloc_fresh(uint64_t count, struct list *fresh)
{
    while (count >= RUN_MIN) {
        size_t run = MIN(count, RUN_MAX);
        struct page *first =
            page_alloc_contiguous(run, PAGE_SHIFT, PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
        if (first == NULL)
            break;
        for (size_t i = 0; i < run; i++)
            list_add_tail(fresh, &first[i].node);
        count -= run;
    }
    if (count == 0 || page_alloc_list(count, PAGE_STATE_VMO, PAGE_ALLOC_ZERO, fresh))
        return true;
    page_free_list(fresh);
    return false;
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

// Commits [offset, offset+len). `charged` pages have been charged for it and lie on `fresh`; what of them
// is not used stays there and is uncharged. Clones: none, as what they need shows only now.
static zx_status_t fill(struct vmo *v, uint64_t offset, uint64_t len, struct list *fresh,
                        uint64_t charged)
{
    uint64_t first = 0, end = 0;

    vmo_lock(v);
    const uint64_t before = v->pages.count;
    zx_status_t status = vmo_trim_range_locked(v, offset, len, &first, &end);
    if (v->flags & VMO_CLONE) {
        if (status == ZX_OK)
            status = vmo_clone_fill_locked(v, first, end);
    } else {
        if (status == ZX_OK)
            status = fill_locked(v, first, end, fresh, &charged);
        vmo_uncharge_locked(v, charged - (v->pages.count - before));
    }
    vmo_unlock(v);
    return status;
}

// ZX_ERR_SHOULD_WAIT: some pages must be paged in first.
static zx_status_t commit_once(struct vmo *v, uint64_t offset, uint64_t len)
{
    uint64_t first = 0, end = 0;
    struct list fresh;

    list_init(&fresh);
    vmo_lock(v);
    zx_status_t status = vmo_trim_range_locked(v, offset, len, &first, &end);
    uint64_t missing = 0;
    if (unlikely(v->kind == VMO_PAGER)) {
        if (status == ZX_OK && vmo_next_absent_locked(v, &first, end))
            status = vmo_absent_status_locked(v);
    } else if (status == ZX_OK)
        missing = end - first -
                  vmo_count_pages_locked(v, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT);
    vmo_unlock(v);
    if (status != ZX_OK || missing == 0)
        return status;

    // Pages are found and zeroed without the lock. What others do meanwhile is made up for.
    if (missing > page_total_bytes() >> PAGE_SHIFT)
        return ZX_ERR_NO_MEMORY;
    if (v->flags & VMO_CLONE)
        return fill(v, offset, len, &fresh, 0);
    status = account_charge(v->account, ACCOUNT_PAGES, (int64_t)missing);
    if (status != ZX_OK)
        return status;
    if (!alloc_fresh(missing, &fresh)) {
        account_uncharge(v->account, ACCOUNT_PAGES, (int64_t)missing);
        return ZX_ERR_NO_MEMORY;
    }
    status = fill(v, offset, len, &fresh, missing);
    page_free_list(&fresh);
    return status;
}

zx_status_t vmo_commit(struct vmo *v, uint64_t offset, uint64_t len)
{
    zx_status_t status;

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    while (unlikely((status = commit_once(v, offset, len)) == ZX_ERR_SHOULD_WAIT)) {
        status = vmo_page_in_range(v, offset, len);
        if (status != ZX_OK)
            break;
    }
    return status;
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
    uint64_t index = first, own = 0;
    struct page *page;

    mutex_assert_held(v->lock);
    while ((page = radix_remove_next(&v->pages, &index, end, &vmo_radix_ops)) != NULL) {
        DEBUG_ASSERT(page->count < VM_PAGE_PIN_ONE);
        if (likely(page->flags >> VM_PAGE_PAYER_SHIFT == 0))
            own++;
        else
            vmo_payer_uncharge_locked(v, page);
        if (page->count & VM_PAGE_BUSY_MASK)
            page->flags |= VM_PAGE_ORPHAN; // V4
        else
            list_add_tail(freed, &page->node);
    }
    vmo_uncharge_locked(v, own);
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

static void unpin_locked(struct vmo *v, uint64_t first, uint64_t end) REQUIRES(v->lock)
{
    for (uint64_t index = first; index < end; index++) {
        struct page *page = radix_get(&v->pages, index);
        DEBUG_ASSERT(page != NULL && page->count >= VM_PAGE_PIN_ONE);
        page->count -= VM_PAGE_PIN_ONE;
        v->pin_count--;
    }
}

zx_status_t vmo_pin(struct vmo *v, uint64_t offset, uint64_t len)
{
    const uint64_t first = vmo_page_index(offset);
    zx_status_t status = ZX_OK;

    DEBUG_ASSERT(((offset | len) & PAGE_MASK) == 0);
    vmo_lock(v);
    if (offset > v->size || len > v->size - offset)
        status = ZX_ERR_OUT_OF_RANGE;
    v->marks |= VMO_MARK_WRITTEN; // by a device
    // Physical memory never goes away.
    for (uint64_t index = first;
         status == ZX_OK && !vmo_is_physical(v) && index < first + vmo_page_index(len); index++) {
        struct page *page = radix_get(&v->pages, index);
        if (page == NULL || page->count / VM_PAGE_PIN_ONE >= VM_PAGE_PINS_MAX) {
            unpin_locked(v, first, index);
            status = page == NULL ? ZX_ERR_BAD_STATE : ZX_ERR_UNAVAILABLE;
        } else {
            page->count += VM_PAGE_PIN_ONE;
            v->pin_count++;
        }
    }
    vmo_unlock(v);
    return status;
}

void vmo_unpin(struct vmo *v, uint64_t offset, uint64_t len)
{
    vmo_lock(v);
    if (!vmo_is_physical(v))
        unpin_locked(v, vmo_page_index(offset), vmo_page_index(offset + len));
    vmo_unlock(v);
}
