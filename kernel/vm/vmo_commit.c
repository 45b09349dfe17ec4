// SPDX-License-Identifier: MIT
// Backing a range with memory: all of it or none, in pieces. What is missing is counted and charged piece by
// piece, then pages and nodes are allocated without any lock, then given piece by piece. So no hold of the tree
// lock grows with the range, and only what others take away meanwhile can still make it fail half-way.
//
// Locks: the tree lock, over one piece at a time. Invariants: V5, V8.

#include <vm/vmo.h>

#include <lib/string.h>

#include "vm_priv.h"

static ACCOUNT_CACHE(charge_cache, sizeof(struct reserved_charge), alignof(struct reserved_charge));

// Many pages are allocated in runs of up to RUN_MAX; the remainder below RUN_MIN one by one.
#define RUN_MIN 16u
#define RUN_MAX 64u

// ---- reserves ------------------------------------------------------------------------------------

static struct radix_node *reserve_node(const struct radix_ops *ops)
{
    struct vmo_reserve *r = container_of(ops, struct vmo_reserve, ops);
    struct radix_node *node = r->nodes;

    if (node == NULL)
        return vmo_radix_ops.alloc(&vmo_radix_ops);
    r->nodes = node->slot[0];
    return node;
}

void vmo_reserve_init(struct vmo_reserve *r)
{
    r->ops.alloc = reserve_node;
    r->ops.free = vmo_radix_ops.free;
    r->nodes = NULL;
    list_init(&r->pages);
    list_init(&r->charges);
    r->page_count = 0;
    r->node_count = 0;
    r->counting = false;
}

void vmo_reserve_end(struct vmo_reserve *r)
{
    struct reserved_charge *c;
    struct radix_node *node;

    while ((node = r->nodes) != NULL) {
        r->nodes = node->slot[0];
        vmo_radix_ops.free(node);
    }
    page_free_list(&r->pages);
    while ((c = list_pop_head_entry(&r->charges, struct reserved_charge, node)) != NULL) {
        if (c->pages > 0) // or else the account may be gone
            account_uncharge(c->account, ACCOUNT_PAGES, (int64_t)c->pages);
        if (c != &r->first_charge)
            account_free(charge_cache, c);
    }
}

static struct reserved_charge *charge_of(const struct vmo_reserve *r, const struct account *a)
{
    struct reserved_charge *c;

    list_for_each_entry(c, &r->charges, node)
    {
        if (c->account == a)
            return c;
    }
    return NULL;
}

zx_status_t vmo_reserve_charge(struct vmo_reserve *r, struct account *a, uint64_t n)
{
    struct reserved_charge *c = charge_of(r, a);

    if (c == NULL) {
        c = list_is_empty(&r->charges) ? &r->first_charge : account_alloc(charge_cache);
        if (c == NULL)
            return ZX_ERR_NO_MEMORY;
        c->account = a;
        c->pages = 0;
        list_add_head(&r->charges, &c->node);
    }
    zx_status_t status = account_charge(a, ACCOUNT_PAGES, (int64_t)n);
    if (status == ZX_OK)
        c->pages += n;
    return status;
}

// True if the node of v with this number, of the lowest level (0) or the next, has just been counted; from now
// on it has.
static bool was_counted(struct vmo_reserve *r, unsigned level, const struct vmo *v, uint64_t index)
{
    const unsigned slot = ((uintptr_t)v / alignof(struct vmo)) % countof(r->counted[0]);
    bool was = r->counted[level][slot].v == v && r->counted[level][slot].index == index;

    r->counted[level][slot].v = v;
    r->counted[level][slot].index = index;
    return was;
}

void vmo_reserve_count_nodes_locked(struct vmo_reserve *r, const struct vmo *v, uint64_t index)
{
    mutex_assert_held(v->lock);
    if (!r->counting)
        memset(r->counted, 0, sizeof(r->counted));
    r->counting = true;
    if (was_counted(r, 0, v, index / RADIX_SLOTS))
        return;
    // Of index 0, which may need none, for its neighbours.
    unsigned missing = radix_nodes_missing(&v->pages, index | (RADIX_SLOTS - 1));
    if (missing > 1 && was_counted(r, 1, v, index / RADIX_SLOTS / RADIX_SLOTS))
        missing = 1;
    r->node_count += missing;
}

zx_status_t vmo_reserve_nodes(struct vmo_reserve *r)
{
    for (uint64_t i = 0; i < r->node_count; i++) {
        struct radix_node *node = vmo_radix_ops.alloc(&vmo_radix_ops);
        if (node == NULL)
            return ZX_ERR_NO_MEMORY;
        node->slot[0] = r->nodes;
        r->nodes = node;
    }
    return ZX_OK;
}

// Puts pages side by side on the tail of a list, whose end is written once.
static void append_run(struct list *list, struct page *first, size_t count)
{
    struct list_node *last = list->head.prev;

    for (size_t i = 0; i < count; i++) {
        first[i].node.prev = last;
        last->next = &first[i].node;
        last = &first[i].node;
    }
    last->next = &list->head;
    list->head.prev = last;
}

// As many pages as have been counted, in runs as long as they can be had cheaply.
static zx_status_t reserve_pages(struct vmo_reserve *r, unsigned flags)
{
    uint64_t count = r->page_count;

    while (count >= RUN_MIN) {
        size_t run = MIN(count, RUN_MAX);
        struct page *first = page_alloc_contiguous(run, PAGE_SHIFT, PAGE_STATE_VMO, flags);
        if (first == NULL)
            break;
        append_run(&r->pages, first, run);
        count -= run;
    }
    if (count > 0 && !page_alloc_list(count, PAGE_STATE_VMO, flags, &r->pages))
        return ZX_ERR_NO_MEMORY;
    return ZX_OK;
}

struct page *vmo_reserve_page_locked(struct vmo_reserve *r, struct vmo *v, bool zero)
{
    struct reserved_charge *c = r != NULL ? charge_of(r, v->account) : NULL;
    struct page *page = NULL;

    mutex_assert_held(v->lock);
    if (c != NULL && c->pages > 0)
        c->pages--;
    else if (vmo_charge_locked(v, 1) != ZX_OK)
        return NULL;
    if (r != NULL)
        page = list_pop_head_entry(&r->pages, struct page, node);
    if (page == NULL)
        page = page_alloc(PAGE_STATE_VMO, zero ? PAGE_ALLOC_ZERO : 0);
    if (unlikely(page == NULL))
        vmo_uncharge_locked(v, 1);
    return page;
}

// ---- VMOs without a parent -----------------------------------------------------------------------

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
            vmo_uncharge_locked(v, 1);
        }
    }
}

// Giving pages to a VMO, under one hold of its lock.
struct filling {
    struct vmo_reserve *r;
    uint64_t charged;   // for pages that are not given yet, and those that are
    struct page *chain; // given so far (settle_chain_locked)
};

// A zeroed page for v although the reserve is empty: somebody has taken others away meanwhile. NULL: there is
// no memory.
static NO_INLINE struct page *further_page_locked(struct vmo *v, struct filling *f)
    REQUIRES(v->lock)
{
    struct page *page = vmo_reserve_page_locked(f->r, v, true);

    f->charged += page != NULL;
    return page;
}

// `pages`: those of f's reserve.
ALWAYS_INLINE struct page *next_page_locked(struct vmo *v, struct list *pages, struct filling *f)
    REQUIRES(v->lock)
{
    struct list_node *node = list_pop_head(pages);

    return likely(node != NULL) ? container_of(node, struct page, node) : further_page_locked(v, f);
}

// Every gap of [index, end), which lies in `leaf`.
static NO_INLINE zx_status_t fill_leaf_locked(struct vmo *v, struct radix_node *leaf, uint64_t index,
                                              uint64_t end, struct filling *f) REQUIRES(v->lock)
{
    struct list *const pages = &f->r->pages;
    struct page *chain = f->chain;
    zx_status_t status = ZX_OK;

    for (; index < end; index++) {
        if (leaf->slot[index % RADIX_SLOTS] != NULL)
            continue;
        struct page *page = next_page_locked(v, pages, f);
        if (unlikely(page == NULL)) {
            status = ZX_ERR_NO_MEMORY;
            break;
        }
        radix_leaf_put(&v->pages, leaf, index, page);
        page->owner = chain;
        page->index = index;
        chain = page;
    }
    f->chain = chain;
    return status;
}

// One page that has no leaf yet, if v has it not.
static zx_status_t fill_one_locked(struct vmo *v, uint64_t index, struct filling *f)
    REQUIRES(v->lock)
{
    if (radix_get(&v->pages, index) != NULL)
        return ZX_OK;
    struct page *page = next_page_locked(v, &f->r->pages, f);
    if (unlikely(page == NULL))
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = radix_set(&v->pages, index, page, NULL, &f->r->ops);
    if (unlikely(status != ZX_OK)) {
        list_add_head(&f->r->pages, &page->node);
        return status;
    }
    page->owner = f->chain;
    page->index = index;
    f->chain = page;
    return ZX_OK;
}

// Gives v zeroed pages from r in every gap of [first, end); all of them or none.
static zx_status_t fill_locked(struct vmo *v, uint64_t first, uint64_t end, struct vmo_reserve *r)
    REQUIRES(v->lock)
{
    struct reserved_charge *c = charge_of(r, v->account); // there is one: something was missing
    struct filling f = { .r = r, .charged = c->pages };
    const uint64_t before = v->pages.count;
    zx_status_t status = ZX_OK;

    c->pages = 0;
    vmo_prepare_gain_locked(v, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT);
    for (uint64_t index = first, next; status == ZX_OK && index < end; index = next) {
        struct radix_node *leaf = radix_leaf(&v->pages, index);
        next = leaf == NULL ? index + 1 : MIN(end, ROUND_DOWN(index, RADIX_SLOTS) + RADIX_SLOTS);
        status = leaf == NULL ? fill_one_locked(v, index, &f)
                              : fill_leaf_locked(v, leaf, index, next, &f);
    }
    c->pages = f.charged - (v->pages.count - before);
    for (struct page *page = f.chain; page != NULL && v->cache_policy != ZX_CACHE_POLICY_CACHED;
         page = page->owner)
        hal_cache_clean_invalidate(page_to_virt(page), PAGE_SIZE);
    settle_chain_locked(v, f.chain, status == ZX_OK);
    return status;
}

// Counts what [first, end) of v takes and charges it. Nodes only where the range is more than one piece: one
// piece can be taken back.
static zx_status_t count_locked(struct vmo *v, uint64_t first, uint64_t end, bool nodes,
                                struct vmo_reserve *r) REQUIRES(v->lock)
{
    const uint64_t missing =
        end - first - vmo_count_pages_locked(v, first << PAGE_SHIFT, (end - first) << PAGE_SHIFT);

    if (missing == 0)
        return ZX_OK;
    for (uint64_t index = first; nodes && index < end;
         index = ROUND_DOWN(index, RADIX_SLOTS) + RADIX_SLOTS) {
        if (radix_leaf(&v->pages, index) == NULL)
            vmo_reserve_count_nodes_locked(r, v, index);
    }
    r->page_count += missing;
    return vmo_reserve_charge(r, v->account, missing);
}

// ---- commit --------------------------------------------------------------------------------------

// One hold of the lock: counts, or gives, from page `from` on. *next: where the rest begins; no less than
// the end of the range if nothing is left.
static zx_status_t commit_piece_locked(struct vmo *v, uint64_t from, uint64_t end, bool count,
                                       bool nodes, struct vmo_reserve *r, uint64_t *next)
    REQUIRES(v->lock)
{
    *next = from;
    if (v->flags & VMO_CLONE)
        return count ? vmo_clone_count_locked(v, next, end, r)
                     : vmo_clone_fill_locked(v, next, end, r);
    *next = MIN(end, from + VMO_PIECE_PAGES);
    return count ? count_locked(v, from, *next, nodes, r) : fill_locked(v, from, *next, r);
}

static zx_status_t commit_pieces(struct vmo *v, uint64_t offset, uint64_t len, bool count,
                                 struct vmo_reserve *r)
{
    const uint64_t most = page_total_bytes() >> PAGE_SHIFT;
    uint64_t next = vmo_page_index(offset), first = 0, end = 0;
    zx_status_t status;

    do {
        vmo_lock(v);
        status = vmo_trim_range_locked(v, offset, len, &first, &end);
        if (status == ZX_OK && count && end > next && end - next > most &&
            end - next - most > v->pages.count)
            status = ZX_ERR_NO_MEMORY; // without looking at all that could never be
        if (status == ZX_OK && next < end)
            status = commit_piece_locked(v, next, end, count, end - first > VMO_PIECE_PAGES, r,
                                         &next);
        vmo_unlock(v);
        if (count && r->page_count > most)
            status = ZX_ERR_NO_MEMORY;
    } while (status == ZX_OK && next < end);
    return status;
}

// ZX_ERR_SHOULD_WAIT: some pages must be paged in first.
static zx_status_t commit_once(struct vmo *v, uint64_t offset, uint64_t len)
{
    struct vmo_reserve r;

    vmo_reserve_init(&r);
    zx_status_t status = commit_pieces(v, offset, len, true, &r);
    if (status == ZX_OK && r.page_count > 0) {
        status = reserve_pages(&r, v->flags & VMO_CLONE ? 0 : PAGE_ALLOC_ZERO);
        if (status == ZX_OK)
            status = vmo_reserve_nodes(&r);
        if (status == ZX_OK)
            status = commit_pieces(v, offset, len, false, &r);
    }
    vmo_reserve_end(&r);
    return status;
}

zx_status_t vmo_commit(struct vmo *v, uint64_t offset, uint64_t len)
{
    zx_status_t status;

    if (vmo_is_physical(v))
        return ZX_ERR_NOT_SUPPORTED;
    if (v->kind == VMO_PAGER)
        return vmo_page_in_range(v, offset, len);
    while (unlikely((status = commit_once(v, offset, len)) == ZX_ERR_SHOULD_WAIT)) {
        status = vmo_page_in_range(v, offset, len);
        if (status != ZX_OK)
            break;
    }
    return status;
}
