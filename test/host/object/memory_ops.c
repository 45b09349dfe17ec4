// SPDX-License-Identifier: MIT
// The random operations of memory_model.h: what each call must return, and what the model becomes.
#include "memory_model.h"

// ---- VMOs ----------------------------------------------------------------------------------------

static void do_create(struct world *w)
{
    static const enum kind kinds[] = {PLAIN, PLAIN, PAGED, CONTIGUOUS};
    int m = free_slot(w);
    if (m < 0)
        return;
    struct memory *v = &w->memory[m];
    v->size = pick(w, VPAGES + 1);
    v->resizable = pick(w, 3) != 0;
    v->kind = kinds[pick(w, countof(kinds))];
    switch (v->kind) {
    case PLAIN:
        assert_ok(
            zx_vmo_create(v->size * PAGE, v->resizable ? 0 : ZX_VMO_NON_RESIZABLE, &v->handle));
        break;
    case CONTIGUOUS:
        v->size += v->size == 0;
        v->resizable = false;
        assert_ok(zx_vmo_create_contiguous(w->bti, v->size * PAGE, 0, &v->handle));
        for (unsigned i = 0; i < v->size; i++)
            own_page(w, m, i);
        break;
    case PAGED:
        v->resizable = true;
        v->content = w->seed & ~0xffull;
        assert_ok(
            zx_pager_create_vmo(w->pager, w->port, (uint64_t)m, v->size * PAGE, 0, &v->handle));
        assert_ok(zx_handle_duplicate(v->handle, ZX_RIGHT_SAME_RIGHTS, &v->served));
        break;
    }
    v->kept = true;
}

static void do_clone(struct world *w, int p)
{
    int m = free_slot(w);
    if (m < 0)
        return;
    struct memory *v = &w->memory[m];
    const struct memory *parent = &w->memory[p];
    const unsigned size = pick(w, VPAGES + 1), offset = pick(w, 4), resizable = pick(w, 3);
    const bool refused = parent->policy != ZX_CACHE_POLICY_CACHED;

    assert_status(
        zx_vmo_clone(parent->handle,
                     ZX_VMO_CLONE_COPY_ON_WRITE | (resizable ? 0 : ZX_VMO_CLONE_NON_RESIZEABLE),
                     offset * PAGE, size * PAGE, &v->handle),
        refused ? ZX_ERR_BAD_STATE : ZX_OK);
    if (refused) {
        v->handle = 0;
        return;
    }
    v->size = size;
    v->offset = offset;
    v->resizable = resizable != 0;
    v->parent = p;
    v->kept = true;
}

static void do_write(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    unsigned page = pick(w, VPAGES);
    uint64_t value = w->seed;
    zx_status_t expected = transfer_status(w, m, page);

    assert_status(zx_vmo_write(v->handle, &value, page * PAGE, sizeof(value)), expected);
    if (expected != ZX_OK)
        return;
    own_page(w, m, page);
    v->value[page] = value;
}

static void do_read(struct world *w, int m)
{
    unsigned page = pick(w, VPAGES);
    uint64_t value = 0;
    zx_status_t expected = transfer_status(w, m, page);

    assert_status(zx_vmo_read(w->memory[m].handle, &value, page * PAGE, sizeof(value)), expected);
    if (expected == ZX_OK)
        assert_int_equal(value, shown(w, m, page));
}

// Pages that a range of bytes touches: whole ones, but for what is left out at both ends.
static void do_commit(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    const unsigned first = pick(w, VPAGES), count = pick(w, 5);
    const unsigned end = first + count < v->size ? first + count : v->size;
    const uint64_t inset = count > 0 ? pick(w, ZX_PAGE_SIZE) : 0;
    zx_status_t expected = first <= v->size ? ZX_OK : ZX_ERR_OUT_OF_RANGE;

    for (unsigned i = first; i < end && expected == ZX_OK; i++)
        expected = need(w, m, i);
    assert_status(
        zx_vmo_op_range(v->handle, ZX_VMO_OP_COMMIT, first * PAGE, count * PAGE - inset, NULL, 0),
        expected);
    for (unsigned i = first; i < end && expected == ZX_OK; i++)
        own_page(w, m, i);
}

static void do_decommit(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    const unsigned first = pick(w, VPAGES), count = pick(w, 5);
    const uint64_t inset = count > 0 ? pick(w, ZX_PAGE_SIZE) : 0;
    zx_status_t expected = ZX_OK;

    if (v->kind != PLAIN)
        expected = ZX_ERR_NOT_SUPPORTED;
    else if (first * PAGE + inset > v->size * PAGE)
        expected = ZX_ERR_OUT_OF_RANGE;
    else if (is_pinned(w, m, first, first + count))
        expected = ZX_ERR_BAD_STATE;
    assert_status(zx_vmo_op_range(v->handle, ZX_VMO_OP_DECOMMIT, first * PAGE + inset,
                                  count * PAGE - inset, NULL, 0),
                  expected);
    if (expected == ZX_OK)
        forget_pages(v, first, first + count);
}

static void do_cache_op(struct world *w, int m)
{
    const struct memory *v = &w->memory[m];
    const uint64_t offset = pick(w, VPAGES * ZX_PAGE_SIZE), size = pick(w, VPAGES * ZX_PAGE_SIZE);
    zx_status_t expected = size == 0                        ? ZX_ERR_INVALID_ARGS
                           : offset + size > v->size * PAGE ? ZX_ERR_OUT_OF_RANGE
                                                            : ZX_OK;

    assert_status(
        zx_vmo_op_range(v->handle, ZX_VMO_OP_CACHE_SYNC + pick(w, 4), offset, size, NULL, 0),
        expected);
}

static void do_set_size(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    unsigned size = pick(w, VPAGES + 1);
    zx_status_t expected = ZX_OK;

    if (!v->resizable)
        expected = ZX_ERR_UNAVAILABLE;
    else if (is_pinned(w, m, size, VPAGES))
        expected = ZX_ERR_BAD_STATE;
    assert_status(zx_vmo_set_size(v->handle, size * PAGE), expected);
    if (expected != ZX_OK)
        return;
    forget_pages(v, size, VPAGES);
    v->size = size;
}

static void do_set_policy(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    uint32_t policy = pick(w, ZX_CACHE_POLICY_MASK + 1);
    bool refused;

    retire(w);
    refused = is_mapped(w, m) || has_clone(w, m) || v->parent >= 0;
    for (unsigned i = 0; i < VPAGES; i++)
        refused = refused || v->own[i];
    assert_status(zx_vmo_set_cache_policy(v->handle, policy), refused ? ZX_ERR_BAD_STATE : ZX_OK);
    if (!refused)
        v->policy = policy;
}

static bool has_pager(const struct world *w, int m)
{
    while (w->memory[m].parent >= 0)
        m = w->memory[m].parent;
    return w->memory[m].kind == PAGED;
}

static void do_pin(struct world *w, int m)
{
    struct pinned *p = &w->pin[pick(w, PINS)];
    struct memory *v = &w->memory[m];
    const unsigned first = pick(w, VPAGES), count = 1 + pick(w, 3);
    zx_paddr_t addresses[3];
    zx_status_t expected = ZX_OK;

    if (!w->pins)
        return;
    if (p->pmt != 0) {
        assert_ok(zx_pmt_unpin(p->pmt));
        p->pmt = 0;
        return;
    }
    if (first + count > v->size)
        expected = ZX_ERR_OUT_OF_RANGE;
    else if (has_pager(w, m))
        expected = ZX_ERR_NOT_SUPPORTED;
    assert_status(zx_bti_pin(w->bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE, v->handle, first * PAGE,
                             count * PAGE, addresses, count, &p->pmt),
                  expected);
    if (expected != ZX_OK) {
        p->pmt = 0;
        return;
    }
    for (unsigned i = first; i < first + count; i++)
        own_page(w, m, i);
    *p = (struct pinned){.pmt = p->pmt, .memory = m, .first = first, .count = count};
}

static void do_detach(struct world *w, int m)
{
    struct memory *v = &w->memory[m];

    assert_status(zx_pager_detach_vmo(w->pager, v->handle),
                  v->kind == PAGED ? ZX_OK : ZX_ERR_INVALID_ARGS);
    v->detached = v->kind == PAGED;
}

static void do_close(struct world *w, int m)
{
    close_handle(w->memory[m].handle);
    w->memory[m].handle = 0;
}

// ---- mappings ------------------------------------------------------------------------------------

static void do_map(struct world *w, int m)
{
    static const unsigned prots[] = {0, READ, RW, RW};
    unsigned count = 1 + pick(w, 6), first = pick(w, WPAGES - count), page = pick(w, VPAGES);
    unsigned prot = prots[pick(w, countof(prots))];
    bool overwrite = pick(w, 2) != 0, is_free = true;
    uint32_t how = overwrite ? ZX_VM_SPECIFIC_OVERWRITE : ZX_VM_SPECIFIC;
    zx_vaddr_t at = 0;

    for (unsigned i = first; i < first + count; i++)
        is_free = is_free && w->window[i].memory < 0;
    if (!overwrite && pick(w, 2))
        how |= ZX_VM_MAP_RANGE;
    bool fits = overwrite || is_free;
    assert_status(zx_vmar_map(w->region, prot | how, first * PAGE, w->memory[m].handle, page * PAGE,
                              count * PAGE, &at),
                  fits ? ZX_OK : ZX_ERR_NO_MEMORY);
    if (!fits)
        return;
    assert_int_equal(at, w->base + first * PAGE);
    for (unsigned i = 0; i < count; i++) {
        w->window[first + i] = (struct place){.memory = m, .page = page + i, .prot = prot};
        if (how & ZX_VM_MAP_RANGE)
            (void)need(w, m, page + i); // what cannot be had is left to faults
    }
}

static void do_unmap(struct world *w)
{
    unsigned count = 1 + pick(w, 6), first = pick(w, WPAGES - count);

    assert_ok(zx_vmar_unmap(w->region, w->base + first * PAGE, count * PAGE));
    for (unsigned i = first; i < first + count; i++)
        w->window[i].memory = -1;
}

static void do_protect(struct world *w)
{
    unsigned count = 1 + pick(w, 4), first = pick(w, WPAGES - count);
    unsigned prot = (unsigned[]){0, READ, RW}[pick(w, 3)];
    bool covered = true;

    for (unsigned i = first; i < first + count; i++)
        covered = covered && w->window[i].memory >= 0;
    assert_status(zx_vmar_protect(w->region, prot, w->base + first * PAGE, count * PAGE),
                  covered ? ZX_OK : ZX_ERR_NOT_FOUND);
    for (unsigned i = first; covered && i < first + count; i++)
        w->window[i].prot = prot;
}

// ---- the choice ----------------------------------------------------------------------------------

void memory_step(struct world *w)
{
    static const struct {
        unsigned weight;
        void (*any)(struct world *w);
        void (*of_one)(struct world *w, int m); // that has a handle
    } ops[] = {
        {3, do_create, NULL},     {3, do_unmap, NULL},    {2, do_protect, NULL},
        {6, memory_store, NULL},  {3, NULL, do_map},      {2, NULL, do_clone},
        {3, NULL, do_write},      {2, NULL, do_read},     {2, NULL, do_commit},
        {2, NULL, do_decommit},   {1, NULL, do_cache_op}, {2, NULL, do_set_size},
        {2, NULL, do_set_policy}, {2, NULL, do_pin},      {1, NULL, do_close},
        {1, NULL, do_detach},
    };
    int m = (int)pick(w, VMOS);
    unsigned total = 0, i = 0;

    for (unsigned n = 0; n < countof(ops); n++)
        total += ops[n].weight;
    unsigned what = pick(w, total);
    while (what >= ops[i].weight)
        what -= ops[i++].weight;
    if (ops[i].any != NULL)
        ops[i].any(w);
    else if (w->memory[m].handle != 0)
        ops[i].of_one(w, m);
    else
        check_place(w, pick(w, WPAGES));
}
