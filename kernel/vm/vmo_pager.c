// SPDX-License-Identifier: MIT
// Waiting for pages of pager-backed VMOs: what is missing, asking for it, waiting for it. Supplying it
// is in vmo_supply.c.
//
// An operation that meets an absent page ends with ZX_ERR_SHOULD_WAIT while it holds its locks, lets
// go of all of them, calls vmo_page_in() and begins anew. So nobody waits for a pager with a lock.
//
// Locks: the tree lock. Invariants S1..S3: vm/source.h.
//   W1  A waiter is on its source's list from before its wait can be ended by anybody until it takes
//       itself off under the tree lock; whoever wakes it holds that lock.

#include <vm/source.h>

#include <sched/wait.h>

#include "vm_priv.h"

struct page_waiter {
    struct list_node node; // [T] in source->waiters
    struct thread *thread;
    uint64_t index; // page number in the pager-backed VMO
};

zx_status_t vmo_init_pager(struct vmo *v, uint64_t size, unsigned flags, struct vmo_source *s,
                           const struct vmo_ops *ops)
{
    if (size > VMO_MAX_SIZE)
        return ZX_ERR_OUT_OF_RANGE;
    vmo_init_common(v, VMO_PAGER, ROUND_UP(size, PAGE_SIZE), (flags & VMO_RESIZABLE) | VMO_PAGED,
                    ops);
    v->marks = VMO_MARK_SPECIAL;
    rb_tree_init(&s->requests);
    list_init(&s->waiters);
    s->sending = 0;
    s->detached = false;
    v->source = s;
    return ZX_OK;
}

zx_status_t vmo_absent_status_locked(const struct vmo *pager)
{
    DEBUG_ASSERT(pager->kind == VMO_PAGER);
    return pager->source->detached ? ZX_ERR_BAD_STATE : ZX_ERR_SHOULD_WAIT;
}

// ---- what is missing -----------------------------------------------------------------------------

// Pages [index, index+count) of `pager`, which nobody has and something below it would show.
struct absent_run {
    struct vmo *pager;
    uint64_t index, count;
};

enum page_kind { PAGE_PRESENT, PAGE_ABSENT, PAGE_ZERO };

// What v shows at `index` < end. If that is a page only a pager can give, *run is it and those behind it
// of which the same is true, up to `end`. PAGE_ZERO: the same is true of all pages behind it, but for
// those that some VMO has.
static enum page_kind look_locked(struct vmo *v, uint64_t index, uint64_t end,
                                  struct absent_run *run) REQUIRES(v->lock)
{
    struct vmo *at = v;
    uint64_t limit = end - index; // pages
    uint64_t here = index;

    mutex_assert_held(v->lock);
    for (;;) {
        uint64_t next = here;
        if (here >= vmo_page_index(at->size))
            return PAGE_ZERO;
        limit = MIN(limit, vmo_page_index(at->size) - here);
        if (radix_next(&at->pages, &next, here + limit) != NULL)
            limit = next - here;
        if (limit == 0)
            return PAGE_PRESENT;
        if (at->parent == NULL)
            break;
        if (here >= vmo_page_index(at->parent_limit))
            return PAGE_ZERO;
        limit = MIN(limit, vmo_page_index(at->parent_limit) - here);
        here += vmo_page_index(at->parent_offset);
        at = at->parent;
    }
    *run = (struct absent_run){.pager = at, .index = here, .count = limit};
    return at->kind == VMO_PAGER ? PAGE_ABSENT : PAGE_ZERO;
}

// True if v shows a page of [*index, end) that only a pager can give; *index is the first then.
static bool next_absent_locked(struct vmo *v, uint64_t *index, uint64_t end) REQUIRES(v->lock)
{
    struct absent_run run;

    mutex_assert_held(v->lock);
    for (; *index < end; ++*index) {
        enum page_kind kind = look_locked(v, *index, end, &run);
        if (kind != PAGE_PRESENT)
            return kind == PAGE_ABSENT;
    }
    return false;
}

// ---- requests ------------------------------------------------------------------------------------

static struct vmo_request *request_of(struct rb_node *rb)
{
    return rb_entry_or_null(rb, struct vmo_request, rb);
}

static bool request_less(const struct rb_node *a, const struct rb_node *b)
{
    return rb_entry(a, const struct vmo_request, rb)->first <
           rb_entry(b, const struct vmo_request, rb)->first;
}

static void request_augment(struct rb_node *rb)
{
    (void)rb;
}

// The first request that ends behind `index`.
static struct vmo_request *request_from(const struct vmo_source *s, uint64_t index)
{
    struct vmo_request *r = request_of(s->requests.root), *best = NULL;

    while (r != NULL) {
        if (r->end > index) {
            best = r;
            r = request_of(r->rb.left);
        } else {
            r = request_of(r->rb.right);
        }
    }
    return best;
}

static void request_remove(struct vmo_source *s, struct vmo_request *r)
{
    rb_remove(&s->requests, &r->rb, request_augment);
    s->ops->request_done(s, r);
}

void vmo_source_arrived_locked(struct vmo *v, uint64_t index, struct vmo_request **cursor)
{
    struct vmo_request *r = *cursor;

    mutex_assert_held(v->lock);
    if (r == NULL || index < r->first || index >= r->end)
        r = request_from(v->source, index);
    *cursor = r;
    if (r == NULL || index < r->first)
        return;
    DEBUG_ASSERT(r->missing > 0);
    if (--r->missing == 0) {
        request_remove(v->source, r);
        *cursor = NULL;
    }
}

void vmo_source_wake_locked(struct vmo *v, uint64_t first, uint64_t end, zx_status_t status)
{
    struct page_waiter *w;

    mutex_assert_held(v->lock);
    list_for_each_entry_safe(w, &v->source->waiters, node)
    {
        if (w->index < first || w->index >= end)
            continue;
        list_remove(&w->node);
        wait_wake(w->thread, status);
    }
}

void vmo_source_shrunk_locked(struct vmo *v)
{
    const uint64_t end = vmo_page_index(v->size);
    struct vmo_request *r;

    mutex_assert_held(v->lock);
    while ((r = request_from(v->source, end)) != NULL) {
        if (r->first < end) {
            r->end = end;
            r->missing = (end - r->first) - vmo_count_pages_locked(v, r->first << PAGE_SHIFT,
                                                                   (end - r->first) << PAGE_SHIFT);
            if (r->missing > 0)
                continue;
        }
        request_remove(v->source, r);
    }
    vmo_source_wake_locked(v, end, UINT64_MAX, ZX_OK); // to find that they are past the end
}

// Asks for as much of the run as nobody has asked for yet and lies before what somebody has. *out:
// to be sent, NULL if there is nothing to ask for; run->count is cut to it.
static zx_status_t ask_locked(struct absent_run *run, struct vmo_request **out)
{
    struct vmo_source *s = run->pager->source;

    *out = NULL;
    if (s->detached)
        return ZX_ERR_BAD_STATE;
    struct vmo_request *next = request_from(s, run->index);
    if (next != NULL && next->first <= run->index)
        return ZX_OK;
    if (next != NULL)
        run->count = MIN(run->count, next->first - run->index);
    struct vmo_request *r = s->ops->request_alloc();
    if (r == NULL)
        return ZX_ERR_NO_MEMORY;
    r->first = run->index;
    r->end = run->index + run->count;
    r->missing = run->count;
    rb_insert(&s->requests, &r->rb, request_less, request_augment);
    s->sending++;
    *out = r;
    return ZX_OK;
}

static void send(const struct absent_run *run, struct vmo_request *r)
{
    struct vmo *pager = run->pager;
    struct vmo_source *s = pager->source;

    s->ops->request_send(s, r, run->index << PAGE_SHIFT, run->count << PAGE_SHIFT);
    vmo_lock(pager);
    bool last = --s->sending == 0 && s->detached;
    vmo_unlock(pager);
    if (last)
        s->ops->complete(s);
}

void vmo_source_detach(struct vmo *v)
{
    struct vmo_source *s = v->source;
    struct rb_node *rb;
    bool last = false;

    DEBUG_ASSERT(v->kind == VMO_PAGER);
    vmo_lock(v);
    if (!s->detached) {
        s->detached = true;
        last = s->sending == 0; // S3
        while ((rb = s->requests.root) != NULL)
            request_remove(s, request_of(rb));
        vmo_source_wake_locked(v, 0, UINT64_MAX, ZX_ERR_BAD_STATE);
    }
    vmo_unlock(v);
    if (last)
        s->ops->complete(s);
}

void vmo_source_end(struct vmo *v)
{
    vmo_source_detach(v);
    v->source->ops->free(v->source);
}

// ---- waiting -------------------------------------------------------------------------------------

// Who waited for the page at `index` does so no more: takes the request for it back if it was the only one and
// the pager has not read it. One that was read stays, so that it is not made a second time.
static void stop_waiting_locked(struct vmo *pager, uint64_t index) REQUIRES(pager->lock)
{
    struct vmo_source *s = pager->source;
    struct vmo_request *r = request_from(s, index);
    const struct page_waiter *w;

    mutex_assert_held(pager->lock);
    if (r == NULL || r->first > index)
        return;
    list_for_each_entry(w, &s->waiters, node)
    {
        if (w->index >= r->first && w->index < r->end)
            return;
    }
    if (s->ops->request_retract(s, r))
        request_remove(s, r);
}

static zx_status_t wait_for_page(struct vmo *pager, uint64_t index, bool user)
{
    struct page_waiter w = {.thread = thread_current(), .index = index};
    zx_status_t status = ZX_OK;

    list_node_init(&w.node);
    DEBUG_ASSERT(!wait_is_armed(w.thread)); // a copy inside a wait would end that wait
    vmo_lock(pager);
    if (index >= vmo_page_index(pager->size) || radix_get(&pager->pages, index) != NULL) {
        vmo_unlock(pager);
        return ZX_OK; // come, or past the end by now
    }
    if (pager->source->detached) {
        vmo_unlock(pager);
        return ZX_ERR_BAD_STATE;
    }
    // A shrink in between has taken the request away, and nobody would answer: the caller asks again.
    const struct vmo_request *r = request_from(pager->source, index);
    if (r == NULL || r->first > index) {
        vmo_unlock(pager);
        return ZX_OK;
    }
    if (user)
        wait_arm(true);
    else
        wait_arm_killable();
    list_add_tail(&pager->source->waiters, &w.node); // W1
    vmo_unlock(pager);
    status = wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE);
    vmo_lock(pager);
    if (list_node_linked(&w.node)) {
        list_remove(&w.node);
        stop_waiting_locked(pager, index);
    }
    vmo_unlock(pager);
    return status;
}

zx_status_t vmo_page_in(struct vmo *v, uint64_t *index, uint64_t end, bool user)
{
    struct vmo_request *request = NULL;
    struct absent_run run;
    zx_status_t status = ZX_OK;
    bool absent = false, more = true;

    while (more) {
        uint64_t piece = MIN(end, *index + VMO_PIECE_PAGES);
        vmo_lock(v);
        absent = next_absent_locked(v, index, piece);
        if (absent) {
            mutex_assert_held(v->lock);
            (void)look_locked(v, *index, end, &run);
            status = ask_locked(&run, &request);
        }
        vmo_unlock(v);
        more = !absent && *index == piece && piece < end;
    }
    if (!absent)
        *index = end;
    // The VMO that has the source is ours or an ancestor: it stays while the caller holds v.
    if (request != NULL)
        send(&run, request);
    return absent && status == ZX_OK ? wait_for_page(run.pager, run.index, user) : status;
}

zx_status_t vmo_page_in_range(struct vmo *v, uint64_t offset, uint64_t len)
{
    uint64_t first = 0, end = 0, index;

    vmo_lock(v);
    zx_status_t status = vmo_trim_range_locked(v, offset, len, &first, &end);
    vmo_unlock(v);
    index = first;
    while (status == ZX_OK && index < end)
        status = vmo_page_in(v, &index, end, false);
    return status;
}
