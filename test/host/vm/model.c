// SPDX-License-Identifier: MIT
// See model.h.
#include "model.h"

#include <hal/mmu.h>
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

// The VMO, v itself or an ancestor, whose page is shown; -1: nobody's, zeros. *page becomes its own.
static int owner_of(int v, unsigned *page)
{
    unsigned p = *page;

    for (;;) {
        const struct m_vmo *m = &model.vmo[v];
        if (p < m->size && m->own[p]) {
            *page = p;
            return v;
        }
        if (p >= m->size || m->parent < 0)
            return -1;
        p += m->offset;
        v = m->parent;
    }
}

uint64_t model_visible(int v, unsigned page)
{
    int owner = owner_of(v, &page);
    return owner < 0 ? 0 : model.vmo[owner].value[page];
}

unsigned model_owned(int v)
{
    unsigned count = 0;

    for (unsigned i = 0; i < M_VPAGES; i++)
        count += model.vmo[v].own[i];
    return count;
}

void model_commit_page(int v, unsigned page)
{
    unsigned p = page;
    int owner = owner_of(v, &p);
    uint64_t value = model_visible(v, page);

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

static bool is_mapped(int v)
{
    for (int s = 0; s < M_SPACES; s++)
        for (unsigned i = 0; i < M_PAGES; i++)
            if (model.space[s].page[i].mapped && model.space[s].page[i].vmo == v)
                return true;
    return false;
}

static bool vmo_kept(int v)
{
    if (model.vmo[v].handle)
        return true;
    for (int c = 0; c < M_VMOS; c++)
        if (model.vmo[c].used && model.vmo[c].parent == v)
            return true;
    return is_mapped(v);
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
            memset(m->own, 0, sizeof(m->own));
            m->used = false;
            m->parent = -1;
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
        if (model.vmo[v].used && model.vmo[v].handle)
            vmo_drop(&model.vmo[v].real);
    for (int v = 0; v < M_VMOS; v++)
        if (model.vmo[v].used)
            assert_true(model.vmo[v].real.freed);
}

// Who lives on as an ancestor alone may have been merged with another such one (V7): nobody can tell.
static bool is_dead(int v)
{
    return !model.vmo[v].handle && !is_mapped(v);
}

static void check_vmo(int v, const char *what)
{
    struct m_vmo *m = &model.vmo[v];
    struct vmo_stats stats;
    unsigned children = 0;

    assert_false(m->real.freed);
    vmo_get_stats(&m->real.v, &stats);
    for (int c = 0; c < M_VMOS; c++)
        children += model.vmo[c].used && model.vmo[c].parent == v;
    if (stats.size != PAGES(m->size) || stats.committed_pages != model_owned(v) ||
        stats.children != children)
        fail_msg("%s: vmo %d: size %lu, %lu pages, %u children; model %u, %u, %u", what, v,
                 stats.size, stats.committed_pages, stats.children, m->size, model_owned(v),
                 children);
    for (unsigned i = 0; i < m->size; i++) {
        uint64_t value = vmo_peek(&m->real, i);
        if (value != model_visible(v, i))
            fail_msg("%s: vmo %d page %u reads %lx; model %lx", what, v, i, value,
                     model_visible(v, i));
    }
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
    bool own = m->own[p->vpage];
    unsigned expected = own ? p->prot : p->prot & ~HAL_PROT_WRITE;
    if ((prot & 7u) != expected)
        fail_msg("%s: page %u has protection %x, model %x (own %d)", what, i, prot, expected, own);
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
    for (int s = 0; s < M_SPACES; s++)
        for (unsigned i = 0; i < M_PAGES; i++)
            check_translation(&model.space[s], i, what);
}
