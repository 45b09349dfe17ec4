// SPDX-License-Identifier: MIT
// Random steps on VMOs of every kind: plain, contiguous, physical, pager-backed, and clones.
#include "random.h"

#include <mem/alloc_fail.h>
#include <mem/page.h>

// ---- pagers --------------------------------------------------------------------------------------

// Marks what has come to the pager-backed v.
static void model_arrived(int v, unsigned first, unsigned count, const uint64_t *value)
{
    struct m_vmo *m = &model.vmo[v];

    for (unsigned i = first; i < first + count; i++) {
        if (m->own[i])
            continue;
        m->own[i] = true;
        m->value[i] = value[i - first];
    }
}

static void supply_run(struct m_vmo *m, unsigned first, unsigned count)
{
    uint64_t value[M_VPAGES];

    for (unsigned i = 0; i < count; i++)
        value[i] = m->content + first + i;
    assert_int_equal(source_supply(&m->source, first, value, count), ZX_OK);
    model_arrived((int)(m - model.vmo), first, count, value);
}

// A request: of pages that this step needs and nobody has. They come in one piece or in two, the later first;
// never for want of memory, as this is not the caller's.
static void model_asked(struct test_source *s, uint64_t first, uint64_t count)
{
    struct m_vmo *m = container_of(s, struct m_vmo, source);
    const uint64_t fail_at = alloc_fail_hit() ? 0 : model.fail_at;
    const uint64_t used = alloc_fail_count() - model.fail_base;

    if (fail_at > 0)
        alloc_fail_set(0, false);
    assert_true(count > 0 && first + count <= m->size);
    for (uint64_t i = first; i < first + count; i++)
        assert_true(m->wanted[i] && !m->own[i]);
    model.asked += (unsigned)count;
    const unsigned half = pick((unsigned)count);
    supply_run(m, (unsigned)first + half, (unsigned)count - half);
    if (half > 0)
        supply_run(m, (unsigned)first, half);
    if (fail_at > 0)
        model_fail(fail_at - used);
}

// Pages that nobody has asked for, out of an aux VMO that has them or not.
void do_supply(void)
{
    int v = pick_vmo();
    if (v < 0 || model.vmo[v].kind != M_PAGER)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned first = pick(M_VPAGES), count = 1 + pick(4), missing = pick(6);
    uint64_t value[4];
    struct test_vmo aux;
    zx_status_t expected = ZX_OK, status = ZX_OK;

    vmo_new(&aux, count, 0);
    for (unsigned i = 0; i < count; i++) {
        value[i] = next_random();
        if (i != missing)
            vmo_poke(&aux, i, value[i]);
    }
    if (first + count > m->size)
        expected = ZX_ERR_OUT_OF_RANGE;
    else if (m->detached || missing < count)
        expected = ZX_ERR_BAD_STATE;
    WITH_FAILURES(status, "supply",
                  vmo_supply_pages(&m->real.v, PAGES(first), PAGES(count), &aux.v, 0));
    assert_int_equal(status, expected);
    if (status == ZX_OK)
        model_arrived(v, first, count, value);
    assert_int_equal(committed(&aux), status == ZX_OK ? 0 : count - (missing < count));
    vmo_drop(&aux);
}

void do_detach(void)
{
    int v = pick_vmo();
    if (v < 0 || model.vmo[v].kind != M_PAGER)
        return;
    vmo_source_detach(&model.vmo[v].real.v);
    model.vmo[v].detached = true;
    assert_true(model.vmo[v].source.completed);
}

// ---- coming and going ----------------------------------------------------------------------------

static void create_contiguous(struct m_vmo *m)
{
    zx_status_t status = ZX_OK;

    m->size += m->size == 0;
    WITH_FAILURES(status, "create contiguous",
                  vmo_init_contiguous(&m->real.v, PAGES(m->size), 0, &test_vmo_ops));
    assert_int_equal(status, ZX_OK);
    m->resizable = false;
    for (unsigned i = 0; i < m->size; i++)
        m->own[i] = true;
}

static void create_physical(struct m_vmo *m)
{
    m->size += m->size == 0;
    m->resizable = false;
    m->policy = ZX_CACHE_POLICY_UNCACHED;
    assert_int_equal(vmo_init_physical(&m->real.v, page_to_paddr(page_from_virt(model.device)),
                                       PAGES(m->size), &test_vmo_ops),
                     ZX_OK);
}

void do_create(void)
{
    static const enum m_kind kinds[] = {M_PLAIN,  M_PLAIN,      M_PLAIN,   M_PAGER,
                                        M_PAGER, M_CONTIGUOUS, M_PHYSICAL};
    int v = model_free_vmo();
    if (v < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    *m = (struct m_vmo){.parent = -1, .kind = kinds[pick(countof(kinds))]};
    m->size = pick(M_VPAGES + 1);
    m->resizable = pick(3) != 0;
    m->real.has_children = -1;
    switch (m->kind) {
    case M_PLAIN: vmo_new(&m->real, m->size, m->resizable ? VMO_RESIZABLE : 0); break;
    case M_PAGER:
        m->source.asked = model_asked;
        m->content = next_random() & ~0xffull;
        source_vmo_new(&m->source, &m->real, m->size, m->resizable ? VMO_RESIZABLE : 0);
        break;
    case M_CONTIGUOUS: create_contiguous(m); break;
    case M_PHYSICAL: create_physical(m); break;
    }
    m->used = m->handle = true;
}

void do_clone(void)
{
    int v = model_free_vmo(), p = pick_vmo();
    if (v < 0 || p < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    const struct m_vmo *parent = &model.vmo[p];
    unsigned size = pick(M_VPAGES + 1), offset = pick(4);
    bool resizable = pick(3) != 0;
    zx_status_t expected = parent->kind == M_PHYSICAL                  ? ZX_ERR_NOT_SUPPORTED
                           : parent->policy != ZX_CACHE_POLICY_CACHED ? ZX_ERR_BAD_STATE
                                                                      : ZX_OK;

    *m = (struct m_vmo){.parent = -1, .real.has_children = -1};
    assert_int_equal(vmo_init_clone(&m->real.v, &model.vmo[p].real.v, PAGES(offset), PAGES(size),
                                    resizable ? VMO_RESIZABLE : 0, &test_vmo_ops),
                     expected);
    if (expected != ZX_OK)
        return;
    m->kind = M_PLAIN;
    m->size = size;
    m->offset = offset;
    m->resizable = resizable;
    m->parent = p;
    m->used = m->handle = true;
}

void do_drop_vmo(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    model.vmo[v].handle = false;
    vmo_drop(&model.vmo[v].real);
}

// ---- data ----------------------------------------------------------------------------------------

// What reading or writing a word of a page comes to.
static zx_status_t transfer_status(int v, unsigned page)
{
    const struct m_vmo *m = &model.vmo[v];

    if (m->kind == M_PHYSICAL)
        return ZX_ERR_NOT_SUPPORTED;
    if (m->policy != ZX_CACHE_POLICY_CACHED)
        return ZX_ERR_BAD_STATE;
    if (page >= m->size)
        return ZX_ERR_OUT_OF_RANGE;
    return model_need(v, page);
}

void do_read(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    unsigned page = pick(M_VPAGES);
    zx_status_t expected = transfer_status(v, page), status = ZX_OK;
    uint64_t value = 0;

    WITH_FAILURES(status, "read",
                  vmo_read(&model.vmo[v].real.v, &value, PAGES(page), sizeof(value)));
    assert_int_equal(status, expected);
    if (status == ZX_OK)
        assert_int_equal(value, model_visible(v, page));
}

void do_write(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    unsigned page = pick(M_VPAGES);
    uint64_t value = next_random();
    zx_status_t expected = transfer_status(v, page), status = ZX_OK;

    WITH_FAILURES(status, "write",
                  vmo_write(&model.vmo[v].real.v, &value, PAGES(page), sizeof(value)));
    assert_int_equal(status, expected);
    if (status != ZX_OK)
        return;
    if (!model_has(v, page))
        model_commit_page(v, page);
    model_store(v, page, value);
}

// Between a VMO and a buffer that is mapped memory, maybe the same VMO's, maybe the same page.
void do_copy(void)
{
    struct m_space *s = pick_space();
    int v = pick_vmo();
    if (v < 0)
        return;
    const unsigned page = pick(M_VPAGES), at = pick(M_PAGES);
    const struct m_page *p = &s->page[at];
    const bool write = pick(2) != 0; // into v
    struct vmo *real = &model.vmo[v].real.v;
    const vaddr_t va = model_address(s, at);
    zx_status_t expected = transfer_status(v, page);
    zx_status_t buffer = access_status(p, write ? HAL_PROT_READ : HAL_PROT_READ | HAL_PROT_WRITE);

    as_activate(&s->real);
    zx_status_t status = write ? vmo_write_user(real, va, PAGES(page), sizeof(uint64_t))
                               : vmo_read_user(real, va, PAGES(page), sizeof(uint64_t));
    as_activate(NULL);
    if (expected != ZX_OK) {
        assert_int_equal(status, expected);
        return;
    }
    if (write && !model_has(v, page))
        model_commit_page(v, page); // even for a buffer that is not there
    assert_int_equal(status, buffer == ZX_OK ? ZX_OK : ZX_ERR_INVALID_ARGS);
    if (status != ZX_OK)
        return;
    const uint64_t value = write ? model_visible(p->vmo, p->vpage) : model_visible(v, page);
    if (!write && !model_has(p->vmo, p->vpage))
        model_commit_page(p->vmo, p->vpage);
    if (write)
        model_store(v, page, value);
    else
        model_store(p->vmo, p->vpage, value);
}

// ---- ranges --------------------------------------------------------------------------------------

// COMMIT of pages [first, end).
static zx_status_t commit_status(int v, unsigned first, unsigned end)
{
    const struct m_vmo *m = &model.vmo[v];
    zx_status_t status = ZX_OK;

    if (m->kind == M_PHYSICAL)
        return ZX_ERR_NOT_SUPPORTED;
    if (first > m->size)
        return ZX_ERR_OUT_OF_RANGE;
    for (unsigned i = first; i < MIN(end, m->size) && status == ZX_OK; i++)
        status = model_need(v, i);
    return status;
}

void do_commit(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned first = pick(M_VPAGES), count = pick(6), inset = count > 0 ? pick(PAGE_SIZE) : 0;
    zx_status_t expected = commit_status(v, first, first + count), status = ZX_OK;

    // A range that begins or ends within a page has all of it.
    WITH_FAILURES(status, "commit",
                  vmo_commit(&m->real.v, PAGES(first), PAGES(count) - inset));
    assert_int_equal(status, expected);
    for (unsigned i = first; status == ZX_OK && i < MIN(first + count, m->size); i++)
        if (!m->own[i])
            model_commit_page(v, i);
}

void do_decommit(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned first = pick(M_VPAGES), count = pick(6), inset = count > 0 ? pick(PAGE_SIZE) : 0;
    zx_status_t expected = ZX_OK;

    if (m->kind != M_PLAIN)
        expected = ZX_ERR_NOT_SUPPORTED;
    else if (first > m->size || (first == m->size && inset > 0))
        expected = ZX_ERR_OUT_OF_RANGE;
    else if (model_pinned(v, first, MIN(first + count, m->size)))
        expected = ZX_ERR_BAD_STATE;
    assert_int_equal(vmo_decommit(&m->real.v, PAGES(first) + inset, PAGES(count) - inset), expected);
    if (expected == ZX_OK)
        model_drop_pages(v, first, first + count);
}

void do_cache_op(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    const struct m_vmo *m = &model.vmo[v];
    uint64_t offset = pick(PAGES(M_VPAGES)), len = pick(PAGES(M_VPAGES));
    zx_status_t expected = ZX_OK;

    if (m->kind == M_PHYSICAL)
        expected = ZX_ERR_NOT_SUPPORTED;
    else if (len == 0)
        expected = ZX_ERR_INVALID_ARGS;
    else if (offset + len > PAGES(m->size))
        expected = ZX_ERR_OUT_OF_RANGE;
    assert_int_equal(vmo_cache_op(&model.vmo[v].real.v, ZX_VMO_OP_CACHE_SYNC + pick(4), offset, len),
                     expected);
}

void do_set_size(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned size = pick(M_VPAGES + 1);
    zx_status_t expected = ZX_OK;

    if (m->kind == M_PHYSICAL)
        expected = ZX_ERR_NOT_SUPPORTED;
    else if (!m->resizable)
        expected = ZX_ERR_UNAVAILABLE;
    else if (model_pinned(v, size, M_VPAGES))
        expected = ZX_ERR_BAD_STATE;
    assert_int_equal(vmo_set_size(&m->real.v, PAGES(size)), expected);
    if (expected != ZX_OK)
        return;
    model_drop_pages(v, size, M_VPAGES);
    m->size = size;
}

// ---- cache policies and pins ---------------------------------------------------------------------

void do_set_policy(void)
{
    int v = pick_vmo();
    if (v < 0)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned policy = pick(ZX_CACHE_POLICY_MASK + 1);
    bool refused = model_owned(v) > 0 || model_is_mapped(v) || model_children(v) > 0 ||
                   m->parent >= 0;

    if (m->kind == M_PHYSICAL)
        refused = policy != m->policy && model_is_mapped(v);
    assert_int_equal(vmo_set_cache_policy(&m->real.v, policy), refused ? ZX_ERR_BAD_STATE : ZX_OK);
    if (!refused)
        m->policy = policy;
}

void do_pin(void)
{
    int v = pick_vmo();
    if (v < 0 || model.vmo[v].kind == M_PHYSICAL)
        return;
    struct m_vmo *m = &model.vmo[v];
    unsigned first = pick(M_VPAGES), count = 1 + pick(3);
    zx_status_t expected = first + count > m->size ? ZX_ERR_OUT_OF_RANGE : ZX_OK;

    for (unsigned i = first; expected == ZX_OK && i < first + count; i++)
        expected = m->own[i] ? ZX_OK : ZX_ERR_BAD_STATE;
    if (model_pinned(v, first, first + count))
        return; // once is enough, for there are not many steps between two
    assert_int_equal(vmo_pin(&m->real.v, PAGES(first), PAGES(count)), expected);
    for (unsigned i = first; expected == ZX_OK && i < first + count; i++) {
        m->pins[i]++;
        vmo_acquire(&m->real.v);
    }
}

// Of any VMO, also of one that only its pins keep.
void do_unpin(void)
{
    struct m_vmo *m = &model.vmo[pick(M_VMOS)];

    for (unsigned i = 0; i < M_VPAGES; i++) {
        if (m->pins[i] == 0)
            continue;
        m->pins[i]--;
        vmo_unpin(&m->real.v, PAGES(i), PAGE_SIZE);
        vmo_release(&m->real.v);
    }
}
