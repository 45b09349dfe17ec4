// SPDX-License-Identifier: MIT
// VMOs: creation, references, size, numbers for object info. Pages are in vmo_pages.c, copying in
// vmo_copy.c, caches in vmo_cache.c, clones in vmo_clone.c.
//
// Locks: the tree lock. Invariants V1..V6: vm/vmo.h.

#include <vm/vmo.h>

#include <sched/thread.h>

#include "vm_priv.h"

LOCK_CLASS_PUBLIC(vmo_tree_lock, RANK_VMO_TREE, LOCK_MUTEX);

#define BLOCK_SHIFT 21u // of a large translation
#define BLOCK_PAGES (1u << (BLOCK_SHIFT - PAGE_SHIFT))

#define SHARE_COUNT_EXACT 64u // address spaces told apart; above, share_count is an estimate

void vmo_init_common(struct vmo *v, enum vmo_kind kind, uint64_t size, unsigned flags,
                     const struct vmo_ops *ops)
{
    // Field by field: cheaper than clearing it all first.
    v->lock = &v->tree_lock;
    v->ops = ops;
    atomic_init(&v->refs, 1);
    v->kind = (uint8_t)kind;
    v->cache_policy = kind == VMO_PHYSICAL ? ZX_CACHE_POLICY_UNCACHED : ZX_CACHE_POLICY_CACHED;
    v->flags = (uint8_t)flags;
    v->marks = 0;
    v->size = size;
    radix_init(&v->pages);
    rb_tree_init(&v->mappings);
    v->mapping_count = 0;
    atomic_init(&v->child_count, 0);
    v->source = NULL;
    v->parent = NULL;
    v->parent_offset = 0;
    v->parent_limit = VMO_MAX_SIZE;
    list_init(&v->children);
    list_node_init(&v->sibling);
    v->account = account_current();
    v->pin_count = 0;
    mutex_init(&v->tree_lock, &vmo_tree_lock);
}

void vmo_init_sized(struct vmo *v, uint64_t size, unsigned flags, const struct vmo_ops *ops)
{
    vmo_init_common(v, VMO_ANONYMOUS, ROUND_UP(size, PAGE_SIZE), flags & VMO_RESIZABLE, ops);
}

zx_status_t vmo_init_anonymous(struct vmo *v, uint64_t size, unsigned flags,
                               const struct vmo_ops *ops)
{
    if (size > VMO_MAX_SIZE)
        return ZX_ERR_OUT_OF_RANGE;
    vmo_init_sized(v, size, flags, ops);
    return ZX_OK;
}

zx_status_t vmo_init_physical(struct vmo *v, paddr_t paddr, uint64_t size,
                              const struct vmo_ops *ops)
{
    if (size == 0 || size > VMO_MAX_SIZE)
        return ZX_ERR_INVALID_ARGS;
    size = ROUND_UP(size, PAGE_SIZE);
    if ((paddr & PAGE_MASK) || size > UINT64_MAX - paddr)
        return ZX_ERR_INVALID_ARGS;
    vmo_init_common(v, VMO_PHYSICAL, size, VMO_RUN, ops);
    v->paddr = paddr;
    return ZX_OK;
}

// Gives v, which nobody else knows yet, the adjacent pages from `first` on. ZX_ERR_NO_MEMORY: it has
// none of them.
static zx_status_t insert_run(struct vmo *v, struct page *first, uint64_t count)
{
    zx_status_t charged = vmo_charge_locked(v, count);
    if (charged != ZX_OK)
        return charged;
    for (uint64_t i = 0; i < count; i++) {
        zx_status_t status = radix_set(&v->pages, i, &first[i], NULL, &vmo_radix_ops);
        if (status != ZX_OK) {
            while (i-- > 0)
                radix_remove(&v->pages, i, &vmo_radix_ops);
            vmo_uncharge_locked(v, count);
            return status;
        }
        first[i].owner = v;
        first[i].index = i;
    }
    return ZX_OK;
}

zx_status_t vmo_init_contiguous(struct vmo *v, uint64_t size, unsigned alignment_log2,
                                const struct vmo_ops *ops)
{
    if (alignment_log2 == 0)
        alignment_log2 = PAGE_SHIFT;
    if (size == 0 || alignment_log2 < PAGE_SHIFT || alignment_log2 >= 64)
        return ZX_ERR_INVALID_ARGS;
    if (size > VMO_MAX_SIZE)
        return ZX_ERR_OUT_OF_RANGE;
    const uint64_t count = vmo_page_index(ROUND_UP(size, PAGE_SIZE));
    if (count > page_total_bytes() >> PAGE_SHIFT)
        return ZX_ERR_NO_MEMORY;
    struct page *first = NULL;
    if (count >= BLOCK_PAGES) // so that blocks can translate it
        first = page_alloc_contiguous(count, MAX(alignment_log2, BLOCK_SHIFT), PAGE_STATE_VMO,
                                      PAGE_ALLOC_ZERO);
    if (first == NULL)
        first = page_alloc_contiguous(count, alignment_log2, PAGE_STATE_VMO, PAGE_ALLOC_ZERO);
    if (first == NULL)
        return ZX_ERR_NO_MEMORY;
    vmo_init_common(v, VMO_CONTIGUOUS, count << PAGE_SHIFT, VMO_RUN, ops);
    v->paddr = page_to_paddr(first);
    zx_status_t status = insert_run(v, first, count);
    if (status != ZX_OK)
        page_free_contiguous(first, count);
    return status;
}

zx_status_t vmo_init_wired(struct vmo *v, paddr_t paddr, uint64_t size, const struct vmo_ops *ops)
{
    if ((paddr & PAGE_MASK) || size == 0 || (size & PAGE_MASK) || size > UINT64_MAX - paddr)
        return ZX_ERR_INVALID_ARGS;
    struct page *first = page_from_paddr(paddr);
    if (first == NULL)
        return ZX_ERR_NOT_FOUND;
    const uint64_t count = vmo_page_index(size);
    for (uint64_t i = 0; i < count; i++) {
        // Adjacent in one arena too: struct pages of different arenas are not neighbours.
        if (page_from_paddr(paddr + (i << PAGE_SHIFT)) != first + i ||
            first[i].state != PAGE_STATE_WIRED)
            return ZX_ERR_NOT_FOUND;
    }
    vmo_init_common(v, VMO_ANONYMOUS, size, 0, ops);
    zx_status_t status = insert_run(v, first, count);
    for (uint64_t i = 0; status == ZX_OK && i < count; i++) {
        page_set_state(&first[i], PAGE_STATE_VMO);
        first[i].count = 0;
        first[i].flags = 0;
    }
    return status;
}

void vmo_set_vdso(struct vmo *v, uint32_t code_offset, uint32_t code_size)
{
    DEBUG_ASSERT(v->kind == VMO_ANONYMOUS && v->mapping_count == 0);
    v->flags |= VMO_VDSO;
    v->vdso_code_offset = code_offset;
    v->vdso_code_size = code_size;
}

bool vmo_try_acquire(struct vmo *v)
{
    unsigned refs = atomic_load_explicit(&v->refs, memory_order_relaxed);

    while (refs > 0) {
        if (atomic_compare_exchange_weak_explicit(&v->refs, &refs, refs + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

// The pages of one that nobody looks at any more and that has many; its relatives get their turn after each
// piece.
static NO_INLINE void free_many_pages(struct vmo *v)
{
    bool all = false;

    while (!all) {
        unsigned room = VMO_PIECE_PAGES;
        struct list freed;
        list_init(&freed);
        vmo_lock(v);
        all = vmo_take_some_locked(v, 0, RADIX_INDEX_END, &room, &freed);
        vmo_unlock(v);
        vmo_free_pages(&freed, v->cache_policy);
    }
}

// Nobody else has it, and there is nothing to it but the memory that it lies in.
ALWAYS_INLINE bool is_storage_only(const struct vmo *v)
{
    return (v->marks & VMO_MARK_SPECIAL) == 0 && radix_is_empty(&v->pages);
}

// V2: nobody can reach v any more. Returns its parent, whose reference is the caller's now.
static struct vmo *vmo_destroy(struct vmo *v)
{
    struct vmo *parent = NULL;
    struct list freed;

    DEBUG_ASSERT(v->mapping_count == 0 && vmo_child_count(v) == 0 && v->pin_count == 0);
    // Clones share their parent's lock and are looked at by its operations until they are unlinked.
    if (!is_storage_only(v)) {
        if (unlikely(v->pages.count > VMO_PIECE_PAGES))
            free_many_pages(v);
        list_init(&freed);
        vmo_lock(v);
        parent = v->parent;
        // One that was merged is unlinked already.
        if (list_remove_if_linked(&v->sibling)) {
            vmo_set_child_count(parent, vmo_child_count(parent) - 1);
            if (vmo_child_count(parent) == 0)
                parent->ops->children(parent, false);
        }
        vmo_take_pages_locked(v, 0, RADIX_INDEX_END, &freed);
        vmo_unlock(v);
        vmo_free_pages(&freed, v->cache_policy);
        vmo_payers_free(v);
    }
    v->ops->free(v);
    return parent;
}

// Drops a reference to `v`, which has clones or had one until now; or NULL: nothing.
static NO_INLINE void release_all(struct vmo *v)
{
    // The last reference to a clone gives back its reference to the parent, and so on up.
    while (v != NULL) {
        if (unlikely(vmo_child_count(v) != 0) && vmo_child_count(v) == 1 &&
            atomic_load_explicit(&v->refs, memory_order_relaxed) == 2)
            vmo_merge_dead(v, true); // ours and its clone's
        unsigned old = atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel);
        DEBUG_ASSERT(old > 0);
        if (old > 1)
            return;
        v = vmo_destroy(v);
    }
}

static NO_INLINE void destroy_all(struct vmo *v)
{
    release_all(vmo_destroy(v));
}

void vmo_release(struct vmo *v)
{
    if (unlikely(vmo_child_count(v) != 0)) {
        release_all(v);
        return;
    }
    unsigned old = atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel);
    DEBUG_ASSERT(old > 0);
    if (old > 1)
        return;
    DEBUG_ASSERT(v->mapping_count == 0 && v->pin_count == 0);
    if (likely(is_storage_only(v)))
        v->ops->free(v);
    else
        destroy_all(v);
}

uint64_t vmo_size(struct vmo *v)
{
    vmo_lock(v);
    uint64_t size = v->size;
    vmo_unlock(v);
    return size;
}

uint32_t vmo_cache_policy(struct vmo *v)
{
    vmo_lock(v);
    uint32_t policy = v->cache_policy;
    vmo_unlock(v);
    return policy;
}

// Finds out whether a page of [first, end) is pinned, in pieces.
static bool any_pinned(struct vmo *v, uint64_t first, uint64_t end)
{
    bool found = false, more = true;

    while (more && !found) {
        unsigned room = VMO_PIECE_PAGES;
        struct page *page;
        vmo_lock(v);
        more = v->pin_count > 0;
        while (more && !found && room-- > 0) {
            page = radix_next(&v->pages, &first, end);
            more = page != NULL;
            found = more && page->count >= VM_PAGE_PIN_ONE;
            first++;
        }
        vmo_unlock(v);
    }
    return found;
}

// True if one of the first VMO_PIECE_PAGES pages of v in [first, end) is pinned.
static bool piece_pinned_locked(const struct vmo *v, uint64_t first, uint64_t end)
    REQUIRES(v->lock)
{
    unsigned room = VMO_PIECE_PAGES;
    struct page *page;
    uint64_t index;

    if (v->pin_count == 0)
        return false;
    radix_for_each(&v->pages, index, page, first, end)
    {
        if (page->count >= VM_PAGE_PIN_ONE)
            return true;
        if (--room == 0)
            return false;
    }
    return false;
}

// ---- size ----------------------------------------------------------------------------------------

// One piece of a shrink: cuts v to `size`, or to where VMO_PIECE_PAGES pages are gone. Every size on the
// way is one that v might have been given.
static zx_status_t shrink_piece_locked(struct vmo *v, uint64_t size, struct list *freed)
    REQUIRES(v->lock)
{
    const uint64_t old = v->size;
    uint64_t cut = vmo_page_index(old);

    mutex_assert_held(v->lock);
    for (unsigned room = VMO_PIECE_PAGES; room > 0; room--) {
        if (radix_prev(&v->pages, vmo_page_index(size), &cut) == NULL)
            break;
    }
    if (radix_prev(&v->pages, vmo_page_index(size), &(uint64_t){cut}) != NULL)
        size = cut << PAGE_SHIFT;
    if (piece_pinned_locked(v, vmo_page_index(size), vmo_page_index(old)))
        return ZX_ERR_BAD_STATE;
    vmo_unmap_range_locked(v, size, old - size);
    vmo_take_pages_locked(v, vmo_page_index(size), vmo_page_index(old), freed);
    v->size = size;
    if (v->kind == VMO_PAGER)
        vmo_source_shrunk_locked(v);
    return ZX_OK;
}

static void grow_locked(struct vmo *v, uint64_t size) REQUIRES(v->lock)
{
    const uint64_t old = v->size;

    mutex_assert_held(v->lock);
    // Clones of v now see what v's own parent, or pager, has there.
    if (v->parent != NULL || v->kind == VMO_PAGER)
        vmo_unmap_range_locked(v, old, size - old);
    v->size = size;
}

zx_status_t vmo_set_size(struct vmo *v, uint64_t size)
{
    zx_status_t status = ZX_OK;
    bool looked = false, begun = false, more;

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    if (!vmo_is_resizable(v))
        return ZX_ERR_UNAVAILABLE;
    if (size > VMO_MAX_SIZE)
        return ZX_ERR_OUT_OF_RANGE;
    size = ROUND_UP(size, PAGE_SIZE);
    do {
        struct list freed;
        list_init(&freed);
        vmo_lock(v);
        const bool look = !looked && v->pin_count > 0;
        if (!look && v->size > size)
            status = shrink_piece_locked(v, size, &freed);
        else if (v->size < size && !begun) // or else somebody else has cut it meanwhile
            grow_locked(v, size);
        begun = !look;
        more = status == ZX_OK && v->size > size;
        unsigned policy = v->cache_policy;
        vmo_unlock(v);
        vmo_free_pages(&freed, policy);
        if (look && more && any_pinned(v, vmo_page_index(size), RADIX_INDEX_END))
            status = ZX_ERR_BAD_STATE;
        looked = looked || look;
        // Others may give v pages as fast as they are cut off: who is being killed must not go on.
        if (more && status == ZX_OK &&
            unlikely((thread_pending(thread_current()) & THREAD_PENDING_KILL) != 0))
            status = ZX_ERR_CANCELED;
    } while (more && status == ZX_OK);
    return status;
}

// ---- decommit ------------------------------------------------------------------------------------

// A piece spans so much at most, as translations of it must go: of the zero page there may be any number.
#define DECOMMIT_SPAN (8u * VMO_PIECE_PAGES)

// One piece of [*index, end), the next page of which is at *index. ZX_ERR_BAD_STATE: a page of it is pinned.
static zx_status_t decommit_piece_locked(struct vmo *v, uint64_t *index, uint64_t end,
                                         struct list *freed) REQUIRES(v->lock)
{
    const uint64_t first = *index;
    uint64_t last = first;
    unsigned room = VMO_PIECE_PAGES;

    mutex_assert_held(v->lock);
    end = MIN(end, first + DECOMMIT_SPAN);
    for (; room > 0 && radix_next(&v->pages, &last, end) != NULL; room--)
        last++;
    if (piece_pinned_locked(v, first, last))
        return ZX_ERR_BAD_STATE;
    vmo_unmap_range_locked(v, first << PAGE_SHIFT, (last - first) << PAGE_SHIFT);
    vmo_take_pages_locked(v, first, last, freed);
    *index = last;
    return ZX_OK;
}

zx_status_t vmo_decommit(struct vmo *v, uint64_t offset, uint64_t len)
{
    uint64_t index = vmo_page_index(offset), first = 0, end = 0;
    bool looked = false, more;
    zx_status_t status;

    if (v->kind != VMO_ANONYMOUS)
        return ZX_ERR_NOT_SUPPORTED;
    do {
        struct list freed;
        list_init(&freed);
        vmo_lock(v);
        status = vmo_trim_range_locked(v, offset, len, &first, &end);
        const bool look = !looked && v->pin_count > 0;
        more = status == ZX_OK && radix_next(&v->pages, &index, end) != NULL;
        if (more && !look)
            status = decommit_piece_locked(v, &index, end, &freed);
        more = more && (look || radix_next(&v->pages, &(uint64_t){index}, end) != NULL);
        unsigned policy = v->cache_policy;
        vmo_unlock(v);
        vmo_free_pages(&freed, policy);
        if (more && look && any_pinned(v, first, end))
            status = ZX_ERR_BAD_STATE;
        looked = looked || look;
    } while (more && status == ZX_OK);
    return status;
}

// ---- numbers -------------------------------------------------------------------------------------

// Distinct address spaces that map v.
static uint32_t share_count_locked(struct vmo *v) REQUIRES(v->lock)
{
    const struct vm_aspace *seen[SHARE_COUNT_EXACT];
    uint32_t count = 0;

    if (v->mapping_count < 2)
        return 1;
    for (struct vm_mapping *m = mapping_first_overlap(v, 0, UINT64_MAX); m != NULL;
         m = mapping_next_overlap(m, 0, UINT64_MAX)) {
        uint32_t i = 0;
        while (i < MIN(count, SHARE_COUNT_EXACT) && seen[i] != m->as)
            i++;
        if (i < MIN(count, SHARE_COUNT_EXACT))
            continue;
        if (count < SHARE_COUNT_EXACT)
            seen[count] = m->as;
        count++;
    }
    return count;
}

void vmo_get_stats(struct vmo *v, struct vmo_stats *out)
{
    vmo_lock(v);
    *out = (struct vmo_stats){
        .size = v->size,
        .committed_pages = v->pages.count,
        .mappings = v->mapping_count,
        .children = vmo_child_count(v),
        .share_count = share_count_locked(v),
        .cache_policy = v->cache_policy,
        .flags = v->flags,
        .kind = v->kind,
    };
    vmo_unlock(v);
}
