// SPDX-License-Identifier: MIT
// See model.h.
#include "model.h"

#include <hal/mmu.h>
#include <mem/alloc_fail.h>
#include <mem/page.h>
#include <string.h>

struct model model;

// ---- VMOs ----------------------------------------------------------------------------------------

int model_free_vmo(void)
{
    for (int v = 0; v < M_VMOS; v++)
        if (!model.vmo[v].used)
            return v;
    return -1;
}

// The VMO, v itself or an ancestor, whose page is shown; -1: nobody's. *page becomes its own number, or where it
// would be in the last VMO that was looked at. *absent: nobody's yet, and a pager's to give; else zeros.
static int owner_of(int v, unsigned *page, bool *absent)
{
    unsigned p = *page;

    *absent = false;
    for (;;) {
        const struct m_vmo *m = &model.vmo[v];
        *page = p;
        if (p >= m->size)
            return -1;
        if (m->own[p] || m->kind == M_PHYSICAL)
            return v;
        if (m->parent < 0) {
            *absent = m->kind == M_PAGER;
            return -1;
        }
        p += m->offset;
        v = m->parent;
    }
}

static int root_of(int v)
{
    while (model.vmo[v].parent >= 0)
        v = model.vmo[v].parent;
    return v;
}

static uint64_t *value_at(int v, unsigned page)
{
    return model.vmo[v].kind == M_PHYSICAL ? &model.device[PAGES(page) / sizeof(uint64_t)]
                                           : &model.vmo[v].value[page];
}

uint64_t model_visible(int v, unsigned page)
{
    bool absent;
    int owner = owner_of(v, &page, &absent);
    return owner < 0 ? 0 : *value_at(owner, page);
}

bool model_has(int v, unsigned page)
{
    const struct m_vmo *m = &model.vmo[v];
    return page < m->size && (m->own[page] || m->kind == M_PHYSICAL);
}

bool model_absent(int v, unsigned page)
{
    bool absent;
    (void)owner_of(v, &page, &absent);
    return absent;
}

zx_status_t model_need(int v, unsigned page)
{
    bool absent;

    (void)owner_of(v, &page, &absent);
    if (!absent)
        return ZX_OK;
    struct m_vmo *root = &model.vmo[root_of(v)];
    root->wanted[page] = !root->detached;
    return root->detached ? ZX_ERR_BAD_STATE : ZX_OK;
}

void model_want_nothing(void)
{
    for (int v = 0; v < M_VMOS; v++)
        memset(model.vmo[v].wanted, 0, sizeof(model.vmo[v].wanted));
}

void model_store(int v, unsigned page, uint64_t value)
{
    *value_at(v, page) = value;
}

bool model_pinned(int v, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end && i < M_VPAGES; i++)
        if (model.vmo[v].pins[i] > 0)
            return true;
    return false;
}

unsigned model_owned(int v)
{
    unsigned count = 0;

    for (unsigned i = 0; i < M_VPAGES; i++)
        count += model.vmo[v].own[i];
    return count;
}

unsigned model_children(int v)
{
    unsigned children = 0;

    for (int c = 0; c < M_VMOS; c++)
        children += model.vmo[c].used && model.vmo[c].parent == v;
    return children;
}

void model_commit_page(int v, unsigned page)
{
    unsigned p = page;
    bool absent;
    int owner = owner_of(v, &p, &absent);
    uint64_t value = model_visible(v, page);

    assert_false(absent);

    // Every clone between the owner and v gets a copy; without an owner, v alone.
    for (int at = v; at != owner; at = model.vmo[at].parent) {
        struct m_vmo *m = &model.vmo[at];
        m->own[page] = true;
        m->value[page] = value;
        page += m->offset;
        if (owner < 0)
            break;
    }
}

void model_drop_pages(int v, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end && i < M_VPAGES; i++)
        model.vmo[v].own[i] = false;
}

bool model_is_mapped(int v)
{
    for (int s = 0; s < M_SPACES; s++)
        for (unsigned i = 0; i < M_PAGES; i++)
            if (model.space[s].page[i].mapped && model.space[s].page[i].vmo == v)
                return true;
    return false;
}

static bool vmo_kept(int v)
{
    if (model.vmo[v].handle || model_pinned(v, 0, M_VPAGES))
        return true;
    for (int c = 0; c < M_VMOS; c++)
        if (model.vmo[c].used && model.vmo[c].parent == v)
            return true;
    return model_is_mapped(v);
}

void model_retire(void)
{
    for (bool again = true; again;) {
        again = false;
        for (int v = 0; v < M_VMOS; v++) {
            struct m_vmo *m = &model.vmo[v];
            if (!m->used || vmo_kept(v))
                continue;
            assert_true(m->real.freed);
            assert_true(m->kind != M_PAGER || m->source.freed);
            *m = (struct m_vmo){.parent = -1};
            again = true;
        }
    }
    for (int s = 0; s < M_SPACES; s++) {
        for (int r = 1; r < M_REGIONS; r++) {
            struct m_region *g = &model.space[s].region[r];
            if (!g->used || g->alive || g->handle)
                continue;
            assert_true(g->real.freed);
            g->used = false;
        }
    }
}

void model_fail(uint64_t k)
{
    model.fail_at = k;
    model.fail_base = alloc_fail_count();
    alloc_fail_set(k, false);
}

// ---- regions -------------------------------------------------------------------------------------

int model_free_region(const struct m_space *s)
{
    for (int r = 1; r < M_REGIONS; r++)
        if (!s->region[r].used)
            return r;
    return -1;
}

int model_child_at(const struct m_space *s, int r, unsigned page)
{
    int inner = s->page[page].region;

    if (inner == r)
        return -1;
    while (s->region[inner].parent != r)
        inner = s->region[inner].parent;
    return inner;
}

bool model_range_free(const struct m_space *s, int r, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        if (s->page[i].region != r || s->page[i].mapped)
            return false;
    return true;
}

bool model_has_gap(const struct m_space *s, int r, unsigned count)
{
    const struct m_region *g = &s->region[r];

    for (unsigned i = g->base; i + count <= g->base + g->len; i++)
        if (model_range_free(s, r, i, count))
            return true;
    return false;
}

zx_status_t model_unmap_status(const struct m_space *s, int r, unsigned first, unsigned count)
{
    const struct m_region *g = &s->region[r];

    if (!g->alive)
        return ZX_ERR_BAD_STATE;
    if (first < g->base || first + count > g->base + g->len)
        return ZX_ERR_INVALID_ARGS;
    for (unsigned i = first; i < first + count; i++) {
        int c = model_child_at(s, r, i);
        if (c >= 0 &&
            (s->region[c].base < first || s->region[c].base + s->region[c].len > first + count))
            return ZX_ERR_INVALID_ARGS;
    }
    return ZX_OK;
}

void model_destroy(struct m_space *s, int r)
{
    struct m_region *g = &s->region[r];

    g->alive = false;
    for (int c = 1; c < M_REGIONS; c++)
        if (s->region[c].alive && s->region[c].parent == r)
            model_destroy(s, c);
    for (unsigned i = g->base; i < g->base + g->len; i++)
        s->page[i] = (struct m_page){.region = g->parent};
}

void model_unmap(struct m_space *s, int r, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        int c = model_child_at(s, r, i);
        if (c >= 0)
            model_destroy(s, c);
        s->page[i] = (struct m_page){.region = r};
    }
}

zx_status_t model_protect_status(const struct m_space *s, int r, unsigned prot, unsigned first,
                                 unsigned count)
{
    const struct m_region *g = &s->region[r];
    bool gap = false;

    if (!g->alive)
        return ZX_ERR_BAD_STATE;
    if (first < g->base || first + count > g->base + g->len)
        return ZX_ERR_INVALID_ARGS;
    for (unsigned i = first; i < first + count; i++) {
        if (model_child_at(s, r, i) >= 0)
            return ZX_ERR_INVALID_ARGS;
        if (!s->page[i].mapped) {
            if (i == first)
                return ZX_ERR_NOT_FOUND;
            gap = true; // decided by the child behind it
            continue;
        }
        if (gap)
            return ZX_ERR_NOT_FOUND;
        if (prot & ~s->page[i].ceiling)
            return ZX_ERR_ACCESS_DENIED;
    }
    return gap ? ZX_ERR_NOT_FOUND : ZX_OK;
}

// ---- start, finish, comparison ---------------------------------------------------------------------

void model_start(uint64_t (*random)(void))
{
    memset(&model, 0, sizeof(model));
    struct page *device = page_alloc_contiguous(M_VPAGES, PAGE_SHIFT, PAGE_STATE_OTHER, PAGE_ALLOC_ZERO);
    assert_non_null(device);
    model.device = page_to_virt(device);
    for (int v = 0; v < M_VMOS; v++)
        model.vmo[v].parent = -1;
    for (int i = 0; i < M_SPACES; i++) {
        struct m_space *s = &model.space[i];
        as_create_random(&s->real, random);
        struct m_region *g = &s->region[0];
        assert_int_equal(region_new(&s->real.root.r, &g->real, 512 - 7, M_PAGES), ZX_OK);
        *g = (struct m_region){.real = g->real,
                               .used = true,
                               .alive = true,
                               .handle = true,
                               .parent = -1,
                               .base = 0,
                               .len = M_PAGES};
    }
}

void model_finish(void)
{
    for (int i = 0; i < M_SPACES; i++) {
        for (int r = 0; r < M_REGIONS; r++)
            if (model.space[i].region[r].used && model.space[i].region[r].handle)
                region_drop(&model.space[i].region[r].real);
        as_destroy(&model.space[i].real);
        for (int r = 0; r < M_REGIONS; r++)
            if (model.space[i].region[r].used)
                assert_true(model.space[i].region[r].real.freed);
    }
    for (int v = 0; v < M_VMOS; v++)
        for (unsigned i = 0; i < M_VPAGES; i++)
            for (; model.vmo[v].pins[i] > 0; model.vmo[v].pins[i]--) {
                vmo_unpin(&model.vmo[v].real.v, PAGES(i), PAGE_SIZE);
                vmo_release(&model.vmo[v].real.v);
            }
    for (int v = 0; v < M_VMOS; v++)
        if (model.vmo[v].used && model.vmo[v].handle)
            vmo_drop(&model.vmo[v].real);
    for (int v = 0; v < M_VMOS; v++)
        if (model.vmo[v].used)
            assert_true(model.vmo[v].real.freed);
    page_free_contiguous(page_from_virt(model.device), M_VPAGES);
}

// Who lives on as an ancestor alone may have been merged with another such one (V7): nobody can tell.
static bool is_dead(int v)
{
    return !model.vmo[v].handle && !model_is_mapped(v) && !model_pinned(v, 0, M_VPAGES);
}

// Page `i` of m reads as the model has it. What a pager has yet to give is left so.
static void check_content(int v, unsigned i, const char *what)
{
    struct m_vmo *m = &model.vmo[v];
    const bool absent = model_absent(v, i);
    zx_status_t expected = ZX_OK;
    uint64_t value = 0;

    if (m->kind == M_PHYSICAL)
        expected = ZX_ERR_NOT_SUPPORTED;
    else if (m->policy != ZX_CACHE_POLICY_CACHED ||
             (absent && model.vmo[root_of(v)].detached))
        expected = ZX_ERR_BAD_STATE;
    else if (absent)
        return;
    zx_status_t status = vmo_read(&m->real.v, &value, PAGES(i), sizeof(value));
    if (status != expected || (status == ZX_OK && value != model_visible(v, i)))
        fail_msg("%s: vmo %d page %u reads %lx, status %d; model %lx, %d", what, v, i, value, status,
                 model_visible(v, i), expected);
}

static void check_vmo(int v, const char *what)
{
    struct m_vmo *m = &model.vmo[v];
    struct vmo_stats stats;
    const unsigned children = model_children(v);

    assert_false(m->real.freed);
    vmo_get_stats(&m->real.v, &stats);
    if (stats.size != PAGES(m->size) || stats.committed_pages != model_owned(v) ||
        stats.children != children || stats.cache_policy != m->policy)
        fail_msg("%s: vmo %d: size %lu, %lu pages, %u children, policy %u; model %u, %u, %u, %u", what,
                 v, stats.size, stats.committed_pages, stats.children, stats.cache_policy, m->size,
                 model_owned(v), children, m->policy);
    for (unsigned i = 0; i < m->size; i++)
        check_content(v, i, what);
}

static unsigned memory_of(unsigned policy)
{
    static const unsigned memory[] = {[ZX_CACHE_POLICY_CACHED] = HAL_MEM_CACHED,
                                      [ZX_CACHE_POLICY_UNCACHED] = HAL_MEM_UNCACHED,
                                      [ZX_CACHE_POLICY_UNCACHED_DEVICE] = HAL_MEM_DEVICE,
                                      [ZX_CACHE_POLICY_WRITE_COMBINING] = HAL_MEM_WRITE_COMBINE};
    return memory[policy];
}

// A translation must show what the model shows, with the right protection; A4.
static void check_translation(struct m_space *s, unsigned i, const char *what)
{
    const struct m_page *p = &s->page[i];
    vaddr_t va = vmar_base(&s->region[0].real.r) + PAGES(i);
    paddr_t pa, own_pa;
    unsigned prot;

    if (hal_aspace_query(&s->real.as->hal, va, &pa, &prot) != ZX_OK)
        return;
    if (!p->mapped || !(p->prot & HAL_PROT_READ) || p->vpage >= model.vmo[p->vmo].size)
        fail_msg("%s: page %u is translated but must not be", what, i);
    struct m_vmo *m = &model.vmo[p->vmo];
    bool own = model_has(p->vmo, p->vpage);
    unsigned expected = own ? p->prot : p->prot & ~HAL_PROT_WRITE;
    if ((prot & 7u) != expected)
        fail_msg("%s: page %u has protection %x, model %x (own %d)", what, i, prot, expected, own);
    if ((prot & HAL_MEM_MASK) != memory_of(m->policy))
        fail_msg("%s: page %u is translated as %x, its policy is %u", what, i, prot, m->policy);
    if (model_absent(p->vmo, p->vpage))
        fail_msg("%s: page %u is translated before its pager has given it", what, i);
    if (own) {
        assert_int_equal(vmo_lookup(&m->real.v, PAGES(p->vpage), &own_pa), ZX_OK);
        if (pa != own_pa)
            fail_msg("%s: page %u shows another page than its VMO's", what, i);
    }
    uint64_t value = *(uint64_t *)hal_phys_to_virt(pa);
    if (value != model_visible(p->vmo, p->vpage))
        fail_msg("%s: page %u shows %lx, model %lx", what, i, value,
                 model_visible(p->vmo, p->vpage));
}

void model_check(const char *what)
{
    model_retire();
    for (int v = 0; v < M_VMOS; v++)
        if (model.vmo[v].used && !is_dead(v))
            check_vmo(v, what);
        else if (model.vmo[v].used)
            model.merged += model.vmo[v].real.freed;
    for (int s = 0; s < M_SPACES; s++) {
        const struct test_as *as = &model.space[s].real;
        assert_int_equal(as_charged(as), PAGES(vm_aspace_table_pages(as->as)));
        for (unsigned i = 0; i < M_PAGES; i++)
            check_translation(&model.space[s], i, what);
    }
}
