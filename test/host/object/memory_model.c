// SPDX-License-Identifier: MIT
// Random sequences of VMO, clone and mapping calls against a simple model, by several threads at a time, each
// with memory of its own. Every access to mapped memory is one that a system call makes for the thread, so
// that a refused one is a status and not the end of the process.
#include "object_test.h"

#define VMOS     6
#define VPAGES   10u // most pages of a VMO
#define WPAGES   24u // pages of a thread's window of addresses
#define THREADS  4
#define STEPS    1000u
#define PAGE     ((uint64_t)ZX_PAGE_SIZE)
#define NO_PERM  0u
#define READ     ZX_VM_PERM_READ
#define RW       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

struct memory {
    zx_handle_t handle; // 0: closed
    bool kept;          // by the handle, a mapping or a clone
    bool resizable;
    int parent; // -1: none
    unsigned offset, size;
    bool own[VPAGES];
    uint64_t value[VPAGES]; // first word of an own page
};

struct place {
    int memory; // -1: nothing is mapped
    unsigned page, prot;
};

struct world {
    uint64_t seed;
    zx_handle_t region, scratch;
    zx_vaddr_t base;
    struct memory memory[VMOS];
    struct place window[WPAGES];
};

static unsigned pick(struct world *w, unsigned bound)
{
    w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(w->seed >> 33) % bound;
}

// ---- the model -----------------------------------------------------------------------------------

// Who has the page that `m` shows at *page: a VMO, and *page becomes its own number; -1: nobody, zeros.
static int owner_of(const struct world *w, int m, unsigned *page)
{
    for (unsigned at = *page;;) {
        const struct memory *v = &w->memory[m];
        if (at >= v->size)
            return -1;
        if (v->own[at]) {
            *page = at;
            return m;
        }
        if (v->parent < 0)
            return -1;
        at += v->offset;
        m = v->parent;
    }
}

static uint64_t shown(const struct world *w, int m, unsigned page)
{
    int owner = owner_of(w, m, &page);
    return owner < 0 ? 0 : w->memory[owner].value[page];
}

// `m` gets the page, and so do the clones between it and its owner.
static void own_page(struct world *w, int m, unsigned page)
{
    unsigned found = page;
    const int owner = owner_of(w, m, &found);
    const uint64_t value = shown(w, m, page);

    while (m != owner) {
        struct memory *v = &w->memory[m];
        v->own[page] = true;
        v->value[page] = value;
        if (owner < 0)
            return;
        page += v->offset;
        m = v->parent;
    }
}

static void forget_pages(struct memory *v, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end && i < VPAGES; i++)
        v->own[i] = false;
}

static bool is_kept(const struct world *w, int m)
{
    bool kept = w->memory[m].handle != 0;

    for (int c = 0; c < VMOS; c++)
        kept = kept || (w->memory[c].kept && w->memory[c].parent == m);
    for (unsigned i = 0; i < WPAGES; i++)
        kept = kept || w->window[i].memory == m;
    return kept;
}

// Slots of VMOs that nothing keeps are free again.
static void retire(struct world *w)
{
    for (unsigned round = 0; round < VMOS; round++) {
        for (int m = 0; m < VMOS; m++) {
            if (w->memory[m].kept && !is_kept(w, m))
                w->memory[m] = (struct memory){.parent = -1};
        }
    }
}

static int free_slot(struct world *w)
{
    retire(w);
    for (int m = 0; m < VMOS; m++) {
        if (!w->memory[m].kept)
            return m;
    }
    return -1;
}

// ---- operations ----------------------------------------------------------------------------------

static void do_create(struct world *w)
{
    int m = free_slot(w);
    if (m < 0)
        return;
    struct memory *v = &w->memory[m];
    v->size = pick(w, VPAGES + 1);
    v->resizable = pick(w, 3) != 0;
    v->kept = true;
    assert_ok(zx_vmo_create(v->size * PAGE, v->resizable ? 0 : ZX_VMO_NON_RESIZABLE, &v->handle));
}

static void do_clone(struct world *w, int p)
{
    int m = free_slot(w);
    if (m < 0)
        return;
    struct memory *v = &w->memory[m];
    v->size = pick(w, VPAGES + 1);
    v->offset = pick(w, 4);
    v->resizable = pick(w, 3) != 0;
    v->parent = p;
    v->kept = true;
    assert_ok(zx_vmo_clone(w->memory[p].handle,
                           ZX_VMO_CLONE_COPY_ON_WRITE |
                               (v->resizable ? 0 : ZX_VMO_CLONE_NON_RESIZEABLE),
                           v->offset * PAGE, v->size * PAGE, &v->handle));
}

static void do_write(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    unsigned page = pick(w, VPAGES);
    uint64_t value = w->seed;
    bool inside = page < v->size;

    assert_status(zx_vmo_write(v->handle, &value, page * PAGE, sizeof(value)),
                  inside ? ZX_OK : ZX_ERR_OUT_OF_RANGE);
    if (!inside)
        return;
    own_page(w, m, page);
    v->value[page] = value;
}

static void do_op(struct world *w, int m, uint32_t op)
{
    struct memory *v = &w->memory[m];
    unsigned first = pick(w, VPAGES), count = pick(w, 5);
    bool inside = first <= v->size;

    assert_status(zx_vmo_op_range(v->handle, op, first * PAGE, count * PAGE, NULL, 0),
                  inside ? ZX_OK : ZX_ERR_OUT_OF_RANGE);
    if (op == ZX_VMO_OP_DECOMMIT && inside)
        forget_pages(v, first, first + count);
    for (unsigned i = first; op == ZX_VMO_OP_COMMIT && i < first + count && i < v->size; i++)
        own_page(w, m, i);
}

static void do_set_size(struct world *w, int m)
{
    struct memory *v = &w->memory[m];
    unsigned size = pick(w, VPAGES + 1);

    assert_status(zx_vmo_set_size(v->handle, size * PAGE),
                  v->resizable ? ZX_OK : ZX_ERR_UNAVAILABLE);
    if (!v->resizable)
        return;
    forget_pages(v, size, VPAGES);
    v->size = size;
}

static void do_map(struct world *w, int m)
{
    static const unsigned prots[] = {NO_PERM, READ, RW, RW};
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
    for (unsigned i = 0; i < count; i++)
        w->window[first + i] = (struct place){.memory = m, .page = page + i, .prot = prot};
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
    unsigned prot = (unsigned[]){NO_PERM, READ, RW}[pick(w, 3)];
    bool covered = true;

    for (unsigned i = first; i < first + count; i++)
        covered = covered && w->window[i].memory >= 0;
    assert_status(zx_vmar_protect(w->region, prot, w->base + first * PAGE, count * PAGE),
                  covered ? ZX_OK : ZX_ERR_NOT_FOUND);
    for (unsigned i = first; covered && i < first + count; i++)
        w->window[i].prot = prot;
}

// A copy from or to a page that cannot be had for lack of memory ends like one from nowhere.
static zx_status_t touched(zx_status_t status)
{
    return status == ZX_ERR_INVALID_ARGS ? ZX_ERR_NO_MEMORY : status;
}

// Reads the window's page by a call that reads its buffer there.
static void check_place(struct world *w, unsigned i)
{
    const struct place *p = &w->window[i];
    bool there = p->memory >= 0 && (p->prot & READ) && p->page < w->memory[p->memory].size;
    uint64_t value = 0;

    zx_status_t status =
        zx_vmo_write(w->scratch, (const void *)(w->base + i * PAGE), 0, sizeof(value));
    assert_status(there ? touched(status) : status, there ? ZX_OK : ZX_ERR_INVALID_ARGS);
    assert_ok(zx_vmo_read(w->scratch, &value, 0, sizeof(value)));
    if (there)
        assert_int_equal(value, shown(w, p->memory, p->page));
}

// Writes to it by a call that writes its buffer there.
static void do_store(struct world *w)
{
    unsigned i = pick(w, WPAGES);
    const struct place *p = &w->window[i];
    uint64_t value = w->seed;
    bool there =
        p->memory >= 0 && (p->prot & RW) == RW && p->page < w->memory[p->memory].size;

    assert_ok(zx_vmo_write(w->scratch, &value, 0, sizeof(value)));
    zx_status_t status = zx_vmo_read(w->scratch, (void *)(w->base + i * PAGE), 0, sizeof(value));
    assert_status(there ? touched(status) : status, there ? ZX_OK : ZX_ERR_INVALID_ARGS);
    if (!there)
        return;
    own_page(w, p->memory, p->page);
    w->memory[p->memory].value[p->page] = value;
}

static void check_memory(const struct world *w, int m)
{
    const struct memory *v = &w->memory[m];
    zx_info_vmo_t info;
    unsigned owned = 0;

    for (unsigned i = 0; i < v->size; i++) {
        uint64_t value = 0;
        assert_ok(zx_vmo_read(v->handle, &value, i * PAGE, sizeof(value)));
        assert_int_equal(value, shown(w, m, i));
        owned += v->own[i];
    }
    assert_ok(zx_object_get_info(v->handle, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.size_bytes, v->size * PAGE);
    assert_int_equal(info.committed_bytes, owned * PAGE);
}

// ---- sequences -----------------------------------------------------------------------------------

static void step(struct world *w)
{
    int m = (int)pick(w, VMOS);
    unsigned what = pick(w, 20);

    if (what < 2)
        do_create(w);
    else if (what < 4)
        do_unmap(w);
    else if (what < 6)
        do_protect(w);
    else if (what < 10)
        do_store(w);
    else if (w->memory[m].handle == 0)
        check_place(w, pick(w, WPAGES));
    else if (what < 12)
        do_map(w, m);
    else if (what < 14)
        do_clone(w, m);
    else if (what < 16)
        do_write(w, m);
    else if (what == 16)
        do_op(w, m, ZX_VMO_OP_COMMIT);
    else if (what == 17)
        do_op(w, m, ZX_VMO_OP_DECOMMIT);
    else if (what == 18)
        do_set_size(w, m);
    else {
        close_handle(w->memory[m].handle);
        w->memory[m].handle = 0;
    }
}

static void check_all(struct world *w)
{
    for (unsigned i = 0; i < WPAGES; i++)
        check_place(w, i);
    for (int m = 0; m < VMOS; m++) {
        if (w->memory[m].handle != 0)
            check_memory(w, m);
    }
}

static void live(void *arg)
{
    struct world *w = arg;

    for (unsigned i = 0; i < STEPS; i++) {
        step(w);
        check_place(w, pick(w, WPAGES));
        if (i % 16 == 0)
            check_all(w);
    }
    check_all(w);
}

// CALLS(zx_vmo_create, zx_vmo_read, zx_vmo_write, zx_vmo_set_size, zx_vmo_op_range, zx_vmo_clone)
// CALLS(zx_vmar_allocate, zx_vmar_map, zx_vmar_unmap, zx_vmar_protect, zx_vmar_destroy)
SCENARIO_ON(random_memory_calls_match_a_model, 4, 3)
{
    static struct world worlds[THREADS];
    zx_handle_t threads[THREADS];

    for (unsigned t = 0; t < THREADS; t++) {
        struct world *w = &worlds[t];
        *w = (struct world){.seed = 7 * t + 1};
        for (int m = 0; m < VMOS; m++)
            w->memory[m].parent = -1;
        for (unsigned i = 0; i < WPAGES; i++)
            w->window[i].memory = -1;
        assert_ok(zx_vmar_allocate(lab.vmar,
                                   ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE |
                                       ZX_VM_CAN_MAP_SPECIFIC,
                                   0, WPAGES * PAGE, &w->region, &w->base));
        assert_ok(zx_vmo_create(PAGE, 0, &w->scratch));
        threads[t] = lab_thread(live, w);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        struct world *w = &worlds[t];
        lab_thread_join(threads[t]);
        assert_ok(zx_vmar_destroy(w->region));
        close_handle(w->region);
        close_handle(w->scratch);
        for (int m = 0; m < VMOS; m++)
            close_handle(w->memory[m].handle);
    }
}

const struct CMUnitTest memory_model_tests[] = {
    cmocka_unit_test(test_random_memory_calls_match_a_model),
};
const size_t memory_model_test_count = countof(memory_model_tests);
