// SPDX-License-Identifier: MIT
// Supplying pages to a pager-backed VMO: they move over from an auxiliary VMO, without a copy.
//
// Large ranges move in pieces: all is looked at first, nodes and charges are had ahead. So only what others do
// to either VMO meanwhile can stop it half-way.
//
// Locks: the tree locks of both VMOs, the one at the lower address first. Nobody else holds two.
// Invariant S2: vm/source.h.

#include <vm/source.h>

#include <lib/string.h>

#include "vm_priv.h"

static void lock_both(struct vmo *a, struct vmo *b) NO_TSA
{
    struct mutex *low = MIN(a->lock, b->lock), *high = MAX(a->lock, b->lock);

    mutex_lock(low);
    if (high != low)
        mutex_lock_nested(high);
}

static void unlock_both(struct vmo *a, struct vmo *b) NO_TSA
{
    mutex_unlock(a->lock);
    if (a->lock != b->lock)
        mutex_unlock(b->lock);
}

static bool leaves(const struct vmo *v, uint64_t offset, uint64_t len)
{
    return offset > v->size || len > v->size - offset;
}

// Plain memory that nobody else looks at (a relative of v would share its lock, and have a parent).
static bool is_plain(const struct vmo *aux)
{
    return aux->kind == VMO_ANONYMOUS && aux->cache_policy == ZX_CACHE_POLICY_CACHED &&
           aux->pin_count == 0 && aux->mapping_count == 0 && vmo_child_count(aux) == 0 &&
           aux->parent == NULL;
}

// A move of `count` pages from `from` on in aux to `to` on in v.
struct move {
    struct vmo *v, *aux;
    uint64_t to, from, count;
    struct page *inserted;    // what v got so far, linked by page->owner, the last one first
    uint64_t given;           // how many those are
    struct list freed;        // what is left over
    struct vmo_reserve *nodes;
};

// May the pages of m, a piece of the move `all`, move now? Counts the nodes they take if m->nodes.
static zx_status_t check_locked(const struct move *all, const struct move *m, bool count)
    REQUIRES(m->v->lock, m->aux->lock)
{
    uint64_t index = m->from;

    if (leaves(m->v, all->to << PAGE_SHIFT, all->count << PAGE_SHIFT) ||
        leaves(m->aux, all->from << PAGE_SHIFT, all->count << PAGE_SHIFT))
        return ZX_ERR_OUT_OF_RANGE;
    if (m->v->source->detached || !is_plain(m->aux))
        return ZX_ERR_BAD_STATE;
    for (uint64_t i = 0; i < m->count; i++, index++) {
        if (radix_get(&m->aux->pages, index) == NULL)
            return ZX_ERR_BAD_STATE;
        if (count && radix_leaf(&m->v->pages, m->to + i) == NULL)
            vmo_reserve_count_nodes_locked(m->nodes, m->v, m->to + i);
    }
    return ZX_OK;
}

// The page to put into v for this one of aux: itself, or a copy while somebody copies from or to it (who
// will end the reference that aux's tree lock guards).
static struct page *page_to_give(struct page *page)
{
    if (likely((page->count & VM_PAGE_BUSY_MASK) == 0))
        return page;
    struct page *copy = page_alloc(PAGE_STATE_VMO, 0);
    if (copy != NULL)
        memcpy(page_to_virt(copy), page_to_virt(page), PAGE_SIZE);
    return copy;
}

// Puts the pages into v, where they are missing; aux keeps them meanwhile. On failure v has got what
// m->inserted says.
static zx_status_t insert_locked(struct move *m) REQUIRES(m->v->lock)
{
    vmo_prepare_gain_locked(m->v, m->to << PAGE_SHIFT, m->count << PAGE_SHIFT);
    for (uint64_t i = 0; i < m->count; i++) {
        if (radix_get(&m->v->pages, m->to + i) != NULL)
            continue;
        struct page *theirs = radix_get(&m->aux->pages, m->from + i);
        struct page *page = page_to_give(theirs);
        if (page == NULL)
            return ZX_ERR_NO_MEMORY;
        zx_status_t status = vmo_put_page_by_locked(m->v, m->to + i, page, &m->nodes->ops);
        if (status != ZX_OK) {
            if (page != theirs)
                page_free(page);
            return status;
        }
        page->owner = m->inserted;
        m->inserted = page;
        m->given++;
    }
    return ZX_OK;
}

// The pages in v are v's now; aux loses its own, of which the rest is freed.
static void finish_locked(struct move *m) REQUIRES(m->v->lock, m->aux->lock)
{
    struct vmo_request *cursor = NULL;
    uint64_t index = m->from;
    struct page *page;

    while ((page = m->inserted) != NULL) {
        m->inserted = page->owner;
        page->owner = m->v;
        page->flags &= (uint16_t)~VM_PAGE_FETCHABLE; // nobody watched for v's sake
        vmo_source_arrived_locked(m->v, page->index, &cursor);
    }
    while ((page = radix_remove_next(&m->aux->pages, &index, m->from + m->count,
                                     &vmo_radix_ops)) != NULL) {
        if (radix_get(&m->v->pages, m->to + (index - m->from)) == page)
            continue;
        if (page->count & VM_PAGE_BUSY_MASK)
            page->flags |= VM_PAGE_ORPHAN; // V4
        else
            list_add_tail(&m->freed, &page->node);
    }
    vmo_source_wake_locked(m->v, m->to, m->to + m->count, ZX_OK);
}

// Takes back what v got: aux is as it was.
static void undo_locked(struct move *m) REQUIRES(m->v->lock, m->aux->lock)
{
    struct page *page;

    while ((page = m->inserted) != NULL) {
        uint64_t index = m->from + (page->index - m->to);
        m->inserted = page->owner;
        radix_remove(&m->v->pages, page->index, &vmo_radix_ops);
        if (radix_get(&m->aux->pages, index) == page) {
            page->owner = m->aux;
            page->index = index;
        } else {
            page_free(page);
        }
    }
}

// V8: the charge goes over with the pages, under both locks: so long as aux's are held, they are charged.
// `prepared`: there is room for it.
static zx_status_t move_locked(struct move *m, bool prepared) REQUIRES(m->v->lock, m->aux->lock)
{
    zx_status_t status = ZX_OK;

    if (!prepared)
        status = account_move(m->aux->account, m->v->account, ACCOUNT_PAGES, (int64_t)m->count);
    if (status != ZX_OK)
        return status;
    status = insert_locked(m);
    if (status == ZX_OK) {
        finish_locked(m);
        if (prepared)
            account_move_prepared(m->aux->account, m->v->account, ACCOUNT_PAGES, m->count);
        vmo_uncharge_locked(m->v, m->count - m->given);
        return ZX_OK;
    }
    undo_locked(m);
    if (!prepared)
        account_move_unchecked(m->v->account, m->aux->account, ACCOUNT_PAGES, (int64_t)m->count);
    return status;
}

// Looks at all pieces of the move, or moves them. *done: how many pages of it went over or were freed.
static zx_status_t in_pieces(const struct move *all, bool look, uint64_t *done)
{
    zx_status_t status = ZX_OK;

    do {
        struct move m = *all;
        m.from += *done;
        m.to += *done;
        m.count = MIN(all->count - *done, VMO_PIECE_PAGES);
        list_init(&m.freed);
        lock_both(m.v, m.aux);
        mutex_assert_held(m.v->lock);
        mutex_assert_held(m.aux->lock);
        status = check_locked(all, &m, look);
        if (status == ZX_OK && !look)
            status = move_locked(&m, all->count > VMO_PIECE_PAGES);
        unlock_both(m.v, m.aux);
        page_free_list(&m.freed);
        if (status == ZX_OK)
            *done += m.count;
    } while (status == ZX_OK && *done < all->count);
    return status;
}

zx_status_t vmo_supply_pages(struct vmo *v, uint64_t offset, uint64_t len, struct vmo *aux,
                             uint64_t aux_offset)
{
    struct vmo_reserve nodes;
    const struct move all = {.v = v,
                             .aux = aux,
                             .to = vmo_page_index(offset),
                             .from = vmo_page_index(aux_offset),
                             .count = vmo_page_index(len),
                             .nodes = &nodes};
    uint64_t looked = 0, done = 0;
    zx_status_t status = ZX_OK;

    DEBUG_ASSERT(v->kind == VMO_PAGER && v != aux && ((offset | len | aux_offset) & PAGE_MASK) == 0);
    vmo_reserve_init(&nodes);
    if (all.count <= VMO_PIECE_PAGES) { // which can be taken back
        status = in_pieces(&all, false, &done);
        vmo_reserve_end(&nodes);
        return status;
    }
    status = in_pieces(&all, true, &looked);
    if (status == ZX_OK)
        status = vmo_reserve_nodes(&nodes);
    if (status == ZX_OK)
        status = account_move_prepare(aux->account, v->account, ACCOUNT_PAGES, all.count);
    if (status == ZX_OK) {
        status = in_pieces(&all, false, &done);
        account_move_give_up(aux->account, v->account, ACCOUNT_PAGES, all.count - done);
    }
    vmo_reserve_end(&nodes);
    return status;
}
