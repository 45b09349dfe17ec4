// SPDX-License-Identifier: MIT
// Merging of dead VMOs: of a parent and its parent that are looked at through one clone only, one is enough.
// Chains that grow by clone, close, clone, close thus stay short.
//
// A VMO is dead when its only reference is that of its only clone: no handle, no mapping, no call. So nobody
// can write, decommit or resize it any more, and two dead ones, one above the other, can become one that shows
// the same. A dead one and a living one cannot: what a living clone decommits must show its parent again.
//
// Of the two the upper one stays, since the root's storage holds the tree lock (V3). Pages move down-to-up in
// pieces of bounded size, with the lock dropped in between; at every point the clone below sees what it
// saw, and the same struct page, so that translations stay as they are.
//
// What each page is charged to does not change by that (V8): neither maker pays for the other's pages.
//
// Locks: the tree lock.

#include <vm/vmo.h>

#include "vm_priv.h"

#define PAYERS_MAX 127u // what the flags of a page have room for
_Static_assert((PAYERS_MAX + 1) << VM_PAGE_PAYER_SHIFT == PAGE_FLAG_POISONED, "struct page: flags");

// Accounts, besides the VMO's own, that its pages are charged to. One that nothing is charged to any more may
// be gone, and is not touched.
struct vmo_payers {
    uint32_t count;
    struct account *account[PAYERS_MAX];
};

static ACCOUNT_CACHE(payers_cache, sizeof(struct vmo_payers), alignof(struct vmo_payers));

// A dead VMO `from`, its dead parent `into`, and the clone that looks through both.
struct merge {
    struct vmo *into, *from, *clone;
};

// True if only the one clone of v keeps it, and `held` references of the caller's.
static bool is_dead_locked(const struct vmo *v, unsigned held) REQUIRES(v->lock)
{
    return vmo_child_count(v) == 1 && v->mapping_count == 0 && v->pin_count == 0 &&
           atomic_load_explicit(&v->refs, memory_order_acquire) == 1 + held;
}

static bool is_plain(const struct vmo *v)
{
    return v->kind == VMO_ANONYMOUS && (v->flags & VMO_VDSO) == 0;
}

// The lowest two dead VMOs, one above the other, of those right above or below v, of which `held` references
// are as good as gone. False: there are none.
static bool find_merge_locked(struct vmo *v, unsigned held, struct merge *m) REQUIRES(v->lock)
{
    struct vmo *clone = v;

    mutex_assert_held(clone->lock);
    while (is_dead_locked(clone, clone == v ? held : 0)) {
        clone = list_entry(list_peek_head(&clone->children), struct vmo, sibling);
        mutex_assert_held(clone->lock);
    }
    struct vmo *from = clone->parent;
    struct vmo *into = from != NULL ? from->parent : NULL;
    *m = (struct merge){.into = into, .from = from, .clone = clone};
    if (into == NULL)
        return false;
    mutex_assert_held(from->lock);
    mutex_assert_held(into->lock);
    // Windows that reach past the last offset that a VMO can have are left alone.
    return is_dead_locked(from, from == v ? held : 0) &&
           is_dead_locked(into, into == v ? held : 0) && is_plain(from) && is_plain(into) &&
           from->size <= VMO_MAX_SIZE - from->parent_offset &&
           clone->parent_offset <= VMO_MAX_SIZE - from->parent_offset;
}

// Drops what the clone cannot see of either, then lets `into` show all that `from` does: from here on a page
// of `from` may as well be in `into`. True: done.
static bool widen_locked(const struct merge *m, unsigned *room, struct list *freed)
    REQUIRES(m->into->lock)
{
    struct vmo *into = m->into, *from = m->from;
    const uint64_t shift = from->parent_offset;
    const uint64_t seen = m->clone->parent_offset; // what lies before it nobody sees

    mutex_assert_held(into->lock);
    mutex_assert_held(from->lock);
    const uint64_t end = MIN(into->size, shift + MIN(from->size, from->parent_limit));
    if (!vmo_take_some_locked(from, 0, vmo_page_index(seen), room, freed) ||
        !vmo_take_some_locked(into, 0, vmo_page_index(shift + seen), room, freed))
        return false;
    if (into->size == shift + from->size && from->parent_limit == VMO_MAX_SIZE)
        return true;
    if (!vmo_take_some_locked(into, vmo_page_index(end), RADIX_INDEX_END, room, freed))
        return false;
    into->parent_limit = MIN(into->parent_limit, end);
    into->size = shift + from->size;
    from->parent_limit = VMO_MAX_SIZE;
    return true;
}

// ---- who pays (V8) -------------------------------------------------------------------------------

static struct account *payer_locked(const struct vmo *v, const struct page *page) REQUIRES(v->lock)
{
    const unsigned payer = page->flags >> VM_PAGE_PAYER_SHIFT;

    return payer == 0 ? v->account : v->payers->account[payer - 1];
}

void vmo_payer_uncharge_locked(const struct vmo *v, struct page *page)
{
    mutex_assert_held(v->lock);
    account_uncharge(payer_locked(v, page), ACCOUNT_PAGES, 1);
    page->flags &= (1u << VM_PAGE_PAYER_SHIFT) - 1;
}

void vmo_payers_free(struct vmo *v)
{
    if (is_plain(v))
        account_free(payers_cache, v->payers);
}

// What a page of v that is charged to `a` has in its flags for that. False: no memory, or there are too many.
static bool payer_flags_locked(struct vmo *v, struct account *a, uint16_t *out) REQUIRES(v->lock)
{
    struct vmo_payers *p = v->payers;
    unsigned i = 0;

    *out = 0;
    if (a == v->account)
        return true;
    if (p == NULL) {
        p = account_alloc(payers_cache);
        if (p == NULL)
            return false;
        p->count = 0;
        v->payers = p;
    }
    while (i < p->count && p->account[i] != a)
        i++;
    if (i == PAYERS_MAX)
        return false;
    p->account[i] = a;
    p->count = MAX(p->count, i + 1);
    *out = (uint16_t)((i + 1) << VM_PAGE_PAYER_SHIFT);
    return true;
}

// ---- merging -------------------------------------------------------------------------------------

// Puts `page` of `from` where `into` has none, and who is charged for it stays. False: no memory, or too many
// pay for `into` already.
static bool move_page_locked(const struct merge *m, uint64_t index, struct page *page)
    REQUIRES(m->into->lock)
{
    uint16_t payer;

    mutex_assert_held(m->into->lock);
    mutex_assert_held(m->from->lock);
    if (!payer_flags_locked(m->into, payer_locked(m->from, page), &payer) ||
        vmo_put_page_locked(m->into, index + vmo_page_index(m->from->parent_offset), page) != ZX_OK)
        return false;
    page->flags = (uint16_t)((page->flags & ((1u << VM_PAGE_PAYER_SHIFT) - 1)) | payer);
    radix_remove(&m->from->pages, index, &vmo_radix_ops);
    return true;
}

// Moves pages from `from` to `into`, where they hide what was there. False: there are more, or (*failed) they
// cannot be moved.
static bool move_pages_locked(const struct merge *m, unsigned *room, bool *failed,
                             struct list *freed) REQUIRES(m->into->lock)
{
    struct vmo *into = m->into, *from = m->from;
    const uint64_t shift = vmo_page_index(from->parent_offset);
    uint64_t index = 0;
    struct page *page;

    mutex_assert_held(into->lock);
    mutex_assert_held(from->lock);
    into->marks |= from->marks; // before the first page of `from` is one of `into`
    while ((page = radix_next(&from->pages, &index, RADIX_INDEX_END)) != NULL) {
        if (*room == 0)
            return false;
        --*room;
        vmo_take_pages_locked(into, index + shift, index + shift + 1, freed);
        if (!move_page_locked(m, index, page)) {
            *failed = true;
            return false;
        }
    }
    return true;
}

// `from` is empty: the clone becomes one of `into`. The caller's v keeps its reference to its parent, which
// keeps the lock; any other `from` is without references then and goes to `gone`.
static void unlink_locked(const struct merge *m, bool held, struct list *gone)
    REQUIRES(m->into->lock)
{
    struct vmo *into = m->into, *from = m->from, *clone = m->clone;

    mutex_assert_held(into->lock);
    mutex_assert_held(from->lock);
    mutex_assert_held(clone->lock);
    list_remove(&from->sibling);
    list_remove(&clone->sibling);
    list_add_tail(&into->children, &clone->sibling);
    clone->parent = into;
    clone->parent_offset += from->parent_offset;
    vmo_set_child_count(from, 0);
    atomic_fetch_sub_explicit(&from->refs, 1, memory_order_relaxed); // the clone's
    if (held)
        vmo_acquire(into);
    else
        list_add_tail(gone, &from->sibling);
}

void vmo_merge_dead(struct vmo *v, bool dying)
{
    struct list freed, gone;
    struct vmo *dead;
    bool more = true, failed = false;

    list_init(&gone);
    while (more && !failed) {
        struct merge m;
        unsigned room = VMO_PIECE_PAGES;

        list_init(&freed);
        vmo_lock(v);
        more = find_merge_locked(v, dying, &m);
        if (more) {
            mutex_assert_held(m.into->lock);
            if (widen_locked(&m, &room, &freed) && move_pages_locked(&m, &room, &failed, &freed))
                unlink_locked(&m, m.from == v, &gone);
        }
        vmo_unlock(v);
        page_free_list(&freed);
    }
    while ((dead = list_pop_head_entry(&gone, struct vmo, sibling)) != NULL) {
        vmo_payers_free(dead);
        dead->ops->free(dead);
    }
}
