// SPDX-License-Identifier: MIT
// Random sequences of everything against the model, with page tables compared after each step; the
// same with every allocation of each operation made to fail once.
#include "tests.h"

#include "random.h"

#include <hal/mmu.h>
#include <mem/alloc_fail.h>
#include <stdlib.h>

static uint64_t seed;
static unsigned merged; // VMOs that were merged with another
static unsigned asked;  // pages that pagers were asked for

bool sweep;
unsigned failed_calls;

uint64_t next_random(void)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return seed ^ (seed >> 31);
}

unsigned pick(unsigned bound)
{
    return (unsigned)(next_random() % bound);
}

static unsigned pick_prot(void)
{
    static const unsigned prots[] = {0, RO, RW, RW, RX, RWX};
    return prots[pick(countof(prots))];
}

int pick_vmo(void)
{
    int v = (int)pick(M_VMOS);
    return model.vmo[v].used && model.vmo[v].handle ? v : -1;
}

static int pick_region(struct m_space *s)
{
    int r = (int)pick(M_REGIONS);
    return s->region[r].used && s->region[r].handle ? r : 0;
}

struct m_space *pick_space(void)
{
    return &model.space[pick(M_SPACES)];
}

vaddr_t model_address(const struct m_space *s, unsigned page)
{
    return vmar_base(&s->region[0].real.r) + PAGES(page);
}

// ---- regions -------------------------------------------------------------------------------------

static zx_status_t map_status(const struct m_space *s, int r, uint32_t options, unsigned offset,
                              unsigned count)
{
    const struct m_region *g = &s->region[r];

    if (!g->alive)
        return ZX_ERR_BAD_STATE;
    if (offset >= g->len || count > g->len - offset)
        return ZX_ERR_INVALID_ARGS;
    unsigned first = g->base + offset;
    if (options & OVERWRITE) {
        for (unsigned i = first; i < first + count; i++)
            if (s->page[i].region != r)
                return ZX_ERR_INVALID_ARGS;
        return ZX_OK;
    }
    if (options & SPECIFIC)
        return model_range_free(s, r, first, count) ? ZX_OK : ZX_ERR_NO_MEMORY;
    return model_has_gap(s, r, count) ? ZX_OK : ZX_ERR_NO_MEMORY;
}

// MAP_RANGE has translated what the VMO has, and a pager what it could give.
static void expect_populated(const struct m_space *s, int v, unsigned vpage, unsigned count,
                             unsigned prot, vaddr_t base)
{
    paddr_t pa;
    unsigned seen;

    for (unsigned i = 0; i < count && (prot & HAL_PROT_READ); i++) {
        if (model_has(v, vpage + i))
            assert_int_equal(hal_aspace_query(&s->real.as->hal, base + PAGES(i), &pa, &seen), ZX_OK);
        assert_true(!model_absent(v, vpage + i) || model_need(v, vpage + i) == ZX_ERR_BAD_STATE);
    }
}

static void do_map(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s), v = pick_vmo();
    if (v < 0)
        return;
    unsigned count = 1 + pick(8), vpage = pick(M_VPAGES), prot = pick_prot();
    unsigned ceiling = prot | pick(8);
    uint32_t options = prot | (uint32_t[]){0, SPECIFIC, OVERWRITE, SPECIFIC}[pick(4)];
    unsigned offset = options & (SPECIFIC | OVERWRITE) ? pick(M_PAGES) : 0;
    zx_status_t expected = map_status(s, r, options, offset, count), status = ZX_OK;
    vaddr_t base = 0;

    if (!(options & OVERWRITE) && pick(3) == 0)
        options |= ZX_VM_MAP_RANGE;
    for (unsigned i = vpage; (options & ZX_VM_MAP_RANGE) && i < vpage + count; i++)
        (void)model_need(v, i); // what cannot be had is left to faults
    WITH_FAILURES(status, "map",
                  vmar_map(&s->region[r].real.r, options, PAGES(offset), &model.vmo[v].real.v,
                           PAGES(vpage), PAGES(count), ceiling, &base));
    assert_int_equal(status, expected);
    if (status != ZX_OK)
        return;
    if ((options & ZX_VM_MAP_RANGE) && !sweep)
        expect_populated(s, v, vpage, count, prot, base);
    unsigned first = (unsigned)((base - model_address(s, 0)) >> PAGE_SHIFT);
    if (options & (SPECIFIC | OVERWRITE))
        assert_int_equal(first, s->region[r].base + offset);
    else
        assert_true(model_range_free(s, r, first, count));
    for (unsigned i = 0; i < count; i++)
        s->page[first + i] = (struct m_page){.region = r,
                                             .mapped = true,
                                             .vmo = v,
                                             .vpage = vpage + i,
                                             .prot = prot,
                                             .ceiling = ceiling};
}

static void do_unmap(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s);
    unsigned first = pick(M_PAGES), count = 1 + pick(10);
    zx_status_t expected = model_unmap_status(s, r, first, count), status = ZX_OK;

    WITH_FAILURES(status, "unmap",
                  vmar_unmap(&s->region[r].real.r, model_address(s, first),
                             PAGES(count) - pick(4096)));
    assert_int_equal(status, expected);
    if (status == ZX_OK)
        model_unmap(s, r, first, count);
}

static void do_protect(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s);
    unsigned first = pick(M_PAGES), count = 1 + pick(5), prot = pick_prot();
    zx_status_t expected = model_protect_status(s, r, prot, first, count), status = ZX_OK;

    WITH_FAILURES(status, "protect",
                  vmar_protect(&s->region[r].real.r, prot, model_address(s, first), PAGES(count)));
    assert_int_equal(status, expected);
    for (unsigned i = first; status == ZX_OK && i < first + count; i++)
        s->page[i].prot = prot;
}

static void do_allocate(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s), c = model_free_region(s);
    if (c < 0)
        return;
    struct m_region *child = &s->region[c];
    unsigned count = 1 + pick(12);
    uint32_t options = pick(2) ? SPECIFIC : 0;
    unsigned offset = options ? pick(M_PAGES) : 0;
    zx_status_t expected = map_status(s, r, options, offset, count), status = ZX_OK;
    vaddr_t base = 0;

    child->real.freed = false;
    WITH_FAILURES(status, "allocate",
                  vmar_allocate(&s->region[r].real.r, options | CAN_ALL, PAGES(offset),
                                PAGES(count), &child->real.r, &test_vmar_ops, &base));
    assert_int_equal(status, expected);
    if (status != ZX_OK)
        return;
    child->used = child->alive = child->handle = true;
    child->parent = r;
    child->base = (unsigned)((base - model_address(s, 0)) >> PAGE_SHIFT);
    child->len = count;
    assert_true(model_range_free(s, r, child->base, count));
    for (unsigned i = child->base; i < child->base + count; i++)
        s->page[i].region = c;
}

static void do_destroy(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s);
    if (r == 0)
        return;
    struct m_region *g = &s->region[r];
    assert_int_equal(vmar_destroy(&g->real.r), g->alive ? ZX_OK : ZX_ERR_BAD_STATE);
    if (g->alive)
        model_destroy(s, r);
}

static void do_drop_region(void)
{
    struct m_space *s = pick_space();
    int r = pick_region(s);
    if (r == 0)
        return;
    s->region[r].handle = false;
    region_drop(&s->region[r].real);
}

// ---- accesses ------------------------------------------------------------------------------------

zx_status_t access_status(const struct m_page *p, unsigned need)
{
    if (!p->mapped)
        return ZX_ERR_NOT_FOUND;
    if (need & ~p->prot)
        return ZX_ERR_ACCESS_DENIED;
    return p->vpage < model.vmo[p->vmo].size ? model_need(p->vmo, p->vpage) : ZX_ERR_OUT_OF_RANGE;
}

static void do_access(void)
{
    struct m_space *s = pick_space();
    unsigned page = pick(M_PAGES);
    const struct m_page *p = &s->page[page];
    unsigned access = (unsigned[]){0, HAL_FAULT_WRITE, HAL_FAULT_WRITE, HAL_FAULT_EXEC}[pick(4)];
    bool write = access == HAL_FAULT_WRITE;
    zx_status_t expected = access_status(p, HAL_PROT_READ | access << 1), status = ZX_OK;
    uint64_t value = next_random(), seen = 0;
    vaddr_t va = model_address(s, page);

    as_activate(&s->real);
    // A fault that finds no memory for tables may have committed the page already, unwritten.
    WITH_FAILURES(status, "access", ({
                      zx_status_t st = host_user_probe(va, 8, access);
                      paddr_t pa;
                      if (st == ZX_ERR_NO_MEMORY && write && !model_has(p->vmo, p->vpage) &&
                          vmo_lookup(&model.vmo[p->vmo].real.v, PAGES(p->vpage), &pa) == ZX_OK)
                          model_commit_page(p->vmo, p->vpage);
                      st;
                  }));
    assert_int_equal(status, expected);
    if (status == ZX_OK && write) {
        host_user_write(va, &value, sizeof(value));
        if (!model_has(p->vmo, p->vpage))
            model_commit_page(p->vmo, p->vpage);
        model_store(p->vmo, p->vpage, value);
    } else if (status == ZX_OK) {
        host_user_read(&seen, va, sizeof(seen));
        assert_int_equal(seen, model_visible(p->vmo, p->vpage));
    }
    as_activate(NULL);
}

// ---- sequences -----------------------------------------------------------------------------------

static void step(void)
{
    static const struct {
        void (*fn)(void);
        unsigned weight;
        const char *name;
    } ops[] = {
        {do_map, 8, "map"},           {do_unmap, 4, "unmap"},
        {do_protect, 5, "protect"},   {do_allocate, 2, "allocate"},
        {do_destroy, 1, "destroy"},   {do_drop_region, 1, "drop region"},
        {do_create, 2, "create"},     {do_clone, 3, "clone"},
        {do_drop_vmo, 2, "drop vmo"}, {do_write, 5, "write"},
        {do_commit, 2, "commit"},     {do_decommit, 3, "decommit"},
        {do_set_size, 3, "set size"}, {do_access, 20, "access"},
        {do_read, 2, "read"},         {do_copy, 4, "copy"},
        {do_cache_op, 1, "cache op"}, {do_set_policy, 2, "set cache policy"},
        {do_pin, 2, "pin"},           {do_unpin, 2, "unpin"},
        {do_supply, 1, "supply"},     {do_detach, 1, "detach"},
    };
    unsigned total = 0;

    for (unsigned i = 0; i < countof(ops); i++)
        total += ops[i].weight;
    unsigned n = pick(total), i = 0;
    while (n >= ops[i].weight)
        n -= ops[i++].weight;
    model_want_nothing();
    ops[i].fn();
    model_check(ops[i].name);
}

static void run(uint64_t first_seed, unsigned seeds, unsigned steps)
{
    for (unsigned n = 0; n < seeds; n++) {
        seed = first_seed + n;
        model_start(n % 2 ? next_random : NULL);
        for (unsigned i = 0; i < steps; i++)
            step();
        merged += model.merged;
        asked += model.asked;
        model_finish();
    }
}

// VM_SEEDS=N runs N seeds of each kind from VM_SEED on.
static unsigned number(const char *name, unsigned normal)
{
    const char *text = getenv(name);
    return text != NULL ? (unsigned)strtoul(text, NULL, 0) : normal;
}

static void test_random_sequences_match_model(void **state)
{
    (void)state;
    sweep = false;
    merged = asked = 0;
    run(number("VM_SEED", 1), number("VM_SEEDS", 40), 1500);
    assert_true(merged > 0 && asked > 0);
}

static void test_random_sequences_with_every_allocation_failing(void **state)
{
    (void)state;
    sweep = true;
    failed_calls = 0;
    run(number("VM_SEED", 1) + 1000000, number("VM_SEEDS", 40) / 2, 1000);
    assert_true(failed_calls > 100);
}

VM_GROUP(random, VM_TEST(test_random_sequences_match_model),
         VM_TEST(test_random_sequences_with_every_allocation_failing));
