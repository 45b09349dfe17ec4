// SPDX-License-Identifier: MIT
// Random sequences of memory calls against a simple model, by several threads at a time, each with memory and a
// pager of its own. Every access to mapped memory is one that a system call makes for the thread, so that a refused
// one is a status and not the end of the process.
#include "memory_model.h"

#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/port.h>

#define THREADS 4
#define STEPS   1000u

unsigned pick(struct world *w, unsigned bound)
{
    w->seed = w->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(w->seed >> 33) % bound;
}

// ---- the model -----------------------------------------------------------------------------------

// Who has the page that `m` shows at *page: a VMO, and *page becomes its own number; -1: nobody. Then it shows
// zeros, or if *paged what the pager of the VMO *paged has yet to give there.
static int owner_of(const struct world *w, int m, unsigned *page, int *paged)
{
    *paged = -1;
    for (unsigned at = *page;;) {
        const struct memory *v = &w->memory[m];
        *page = at;
        if (at >= v->size)
            return -1;
        if (v->own[at])
            return m;
        if (v->parent < 0) {
            *paged = v->kind == PAGED ? m : -1;
            return -1;
        }
        at += v->offset;
        m = v->parent;
    }
}

uint64_t shown(const struct world *w, int m, unsigned page)
{
    int paged, owner = owner_of(w, m, &page, &paged);
    return owner < 0 ? 0 : w->memory[owner].value[page];
}

bool absent(const struct world *w, int m, unsigned page)
{
    int paged;
    (void)owner_of(w, m, &page, &paged);
    return paged >= 0;
}

zx_status_t need(struct world *w, int m, unsigned page)
{
    int paged;
    (void)owner_of(w, m, &page, &paged);
    if (paged < 0)
        return ZX_OK;
    struct memory *v = &w->memory[paged];
    if (v->detached)
        return ZX_ERR_BAD_STATE;
    v->own[page] = true;
    v->value[page] = v->content + page;
    return ZX_OK;
}

void own_page(struct world *w, int m, unsigned page)
{
    unsigned found = page;
    int paged;
    const int owner = owner_of(w, m, &found, &paged);
    const uint64_t value = shown(w, m, page);

    assert_int_equal(paged, -1);
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

void forget_pages(struct memory *v, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end && i < VPAGES; i++)
        v->own[i] = false;
}

bool is_mapped(const struct world *w, int m)
{
    for (unsigned i = 0; i < WPAGES; i++) {
        if (w->window[i].memory == m)
            return true;
    }
    return false;
}

bool has_clone(const struct world *w, int m)
{
    for (int c = 0; c < VMOS; c++) {
        if (w->memory[c].kept && w->memory[c].parent == m)
            return true;
    }
    return false;
}

bool is_pinned(const struct world *w, int m, unsigned first, unsigned end)
{
    for (unsigned i = 0; i < PINS; i++) {
        const struct pinned *p = &w->pin[i];
        if (p->pmt != 0 && p->memory == m && p->first < end && first < p->first + p->count)
            return true;
    }
    return false;
}

zx_status_t transfer_status(struct world *w, int m, unsigned page)
{
    if (w->memory[m].policy != ZX_CACHE_POLICY_CACHED)
        return ZX_ERR_BAD_STATE;
    return page < w->memory[m].size ? need(w, m, page) : ZX_ERR_OUT_OF_RANGE;
}

void retire(struct world *w)
{
    for (unsigned round = 0; round < VMOS; round++) {
        for (int m = 0; m < VMOS; m++) {
            struct memory *v = &w->memory[m];
            if (!v->kept || v->handle != 0 || is_mapped(w, m) || has_clone(w, m) ||
                is_pinned(w, m, 0, VPAGES))
                continue;
            close_handle(v->served);
            *v = (struct memory){.parent = -1};
        }
    }
}

int free_slot(struct world *w)
{
    retire(w);
    for (int m = 0; m < VMOS; m++) {
        if (!w->memory[m].kept)
            return m;
    }
    return -1;
}

// ---- checks --------------------------------------------------------------------------------------

// A copy from or to a page that cannot be had for lack of memory ends like one from nowhere.
static zx_status_t touched(zx_status_t status)
{
    return status == ZX_ERR_INVALID_ARGS ? ZX_ERR_NO_MEMORY : status;
}

// Accesses the window's page i by a call whose buffer it is, and which `status` came of: reads it, or writes it.
static bool access_came_to(struct world *w, unsigned i, unsigned prot, zx_status_t status)
{
    const struct place *p = &w->window[i];
    bool there = p->memory >= 0 && (p->prot & prot) == prot &&
                 p->page < w->memory[p->memory].size && need(w, p->memory, p->page) == ZX_OK;

    assert_status(there ? touched(status) : status, there ? ZX_OK : ZX_ERR_INVALID_ARGS);
    return there;
}

void check_place(struct world *w, unsigned i)
{
    const struct place *p = &w->window[i];
    uint64_t value = 0;

    if (access_came_to(
            w, i, READ,
            zx_vmo_write(w->scratch, (const void *)(w->base + i * PAGE), 0, sizeof(value)))) {
        assert_ok(zx_vmo_read(w->scratch, &value, 0, sizeof(value)));
        assert_int_equal(value, shown(w, p->memory, p->page));
    }
}

void memory_store(struct world *w)
{
    unsigned i = pick(w, WPAGES);
    const struct place *p = &w->window[i];
    uint64_t value = w->seed;

    assert_ok(zx_vmo_write(w->scratch, &value, 0, sizeof(value)));
    if (!access_came_to(w, i, RW,
                        zx_vmo_read(w->scratch, (void *)(w->base + i * PAGE), 0, sizeof(value))))
        return;
    own_page(w, p->memory, p->page);
    w->memory[p->memory].value[p->page] = value;
}

static void check_memory(struct world *w, int m)
{
    const struct memory *v = &w->memory[m];
    zx_info_vmo_t info;
    unsigned owned = 0;

    for (unsigned i = 0; i < v->size; i++) {
        uint64_t value = 0;
        owned += v->own[i];
        if (absent(w, m, i))
            continue; // and stays so
        zx_status_t expected = transfer_status(w, m, i);
        assert_status(zx_vmo_read(v->handle, &value, i * PAGE, sizeof(value)), expected);
        if (expected == ZX_OK)
            assert_int_equal(value, shown(w, m, i));
    }
    assert_ok(zx_object_get_info(v->handle, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.size_bytes, v->size * PAGE);
    assert_int_equal(info.committed_bytes, owned * PAGE);
    assert_int_equal(state_of(v->handle), has_clone(w, m) ? 0 : ZX_VMO_ZERO_CHILDREN);
}

static void check_all(struct world *w)
{
    retire(w);
    for (unsigned i = 0; i < WPAGES; i++) {
        const struct place *p = &w->window[i];
        if (p->memory < 0 || !absent(w, p->memory, p->page))
            check_place(w, i);
    }
    for (int m = 0; m < VMOS; m++) {
        if (w->memory[m].handle != 0)
            check_memory(w, m);
    }
}

// ---- the pager -----------------------------------------------------------------------------------

// Gives what is asked for, until it is told to end. While it looks at a row of the world, whoever owns that waits
// for the pages.
static void serve(void *arg)
{
    const struct world *w = arg;
    zx_port_packet_t p;

    for (;;) {
        assert_ok(zx_port_wait(w->port, FOREVER, &p));
        if (p.type == ZX_PKT_TYPE_USER)
            return;
        assert_int_equal(p.type, ZX_PKT_TYPE_PAGE_REQUEST);
        if (p.page_request.command == ZX_PAGER_VMO_COMPLETE)
            continue;
        const struct memory *v = &w->memory[p.key];
        const uint64_t count = p.page_request.length / PAGE;
        zx_handle_t aux;
        assert_ok(zx_vmo_create(p.page_request.length, 0, &aux));
        for (uint64_t i = 0; i < count; i++) {
            uint64_t value = v->content + p.page_request.offset / PAGE + i;
            assert_ok(zx_vmo_write(aux, &value, i * PAGE, sizeof(value)));
        }
        assert_ok(zx_pager_supply_pages(w->pager, v->served, p.page_request.offset,
                                        p.page_request.length, aux, 0));
        close_handle(aux);
    }
}

// ---- sequences -----------------------------------------------------------------------------------

static void live(void *arg)
{
    struct world *w = arg;
    const zx_port_packet_t end = {.type = ZX_PKT_TYPE_USER};

    for (unsigned i = 0; i < STEPS; i++) {
        memory_step(w);
        check_place(w, pick(w, WPAGES));
        if (i % 16 == 0)
            check_all(w);
    }
    check_all(w);
    assert_ok(zx_port_queue(w->port, &end));
}

static void begin_world(struct world *w, uint64_t seed, bool pins)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu;

    *w = (struct world){.seed = seed, .pins = pins};
    for (int m = 0; m < VMOS; m++)
        w->memory[m].parent = -1;
    for (unsigned i = 0; i < WPAGES; i++)
        w->window[i].memory = -1;
    assert_ok(zx_vmar_allocate(lab.vmar,
                               ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_SPECIFIC, 0,
                               WPAGES * PAGE, &w->region, &w->base));
    assert_ok(zx_vmo_create(PAGE, 0, &w->scratch));
    assert_ok(zx_iommu_create(lab.resource, ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
    assert_ok(zx_bti_create(iommu, 0, seed, &w->bti));
    close_handle(iommu);
    assert_ok(zx_pager_create(0, &w->pager));
    assert_ok(zx_port_create(0, &w->port));
    w->server = lab_thread(serve, w);
}

static void end_world(struct world *w)
{
    lab_thread_join(w->server);
    assert_ok(zx_vmar_destroy(w->region));
    for (unsigned i = 0; i < PINS; i++) {
        if (w->pin[i].pmt != 0)
            assert_ok(zx_pmt_unpin(w->pin[i].pmt));
    }
    for (int m = 0; m < VMOS; m++) {
        close_handle(w->memory[m].handle);
        close_handle(w->memory[m].served);
    }
    close_handle(w->region);
    close_handle(w->scratch);
    close_handle(w->bti);
    close_handle(w->pager);
    close_handle(w->port);
}

static void all_at_once(void *arg)
{
    const bool *pins = arg;
    static struct world worlds[THREADS];
    zx_handle_t threads[THREADS];

    for (unsigned t = 0; t < THREADS; t++) {
        begin_world(&worlds[t], 7 * t + 1, *pins);
        threads[t] = lab_thread(live, &worlds[t]);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        lab_thread_join(threads[t]);
        end_world(&worlds[t]);
    }
}

static void run_model(const char *name, bool pins)
{
    struct lab_config c = lab_config_make(name, all_at_once);

    c.arg = &pins;
    c.cpus = THREADS;
    c.leaks_in_sweeps = pins;
    lab_seeds_config(&c, 3);
}

// CALLS(zx_vmo_create, zx_vmo_read, zx_vmo_write, zx_vmo_set_size, zx_vmo_op_range, zx_vmo_clone)
// CALLS(zx_vmo_create_contiguous, zx_vmo_set_cache_policy)
// CALLS(zx_vmar_allocate, zx_vmar_map, zx_vmar_unmap, zx_vmar_protect, zx_vmar_destroy)
// CALLS(zx_pager_create, zx_pager_create_vmo, zx_pager_supply_pages, zx_pager_detach_vmo)
static void test_random_memory_calls_match_a_model(void **state)
{
    (void)state;
    run_model("test_random_memory_calls_match_a_model", false);
}

// CALLS(zx_bti_pin, zx_pmt_unpin): the same while devices hold some of the pages.
static void test_random_memory_calls_with_pins_match_a_model(void **state)
{
    (void)state;
    run_model("test_random_memory_calls_with_pins_match_a_model", true);
}

const struct CMUnitTest memory_model_tests[] = {
    cmocka_unit_test(test_random_memory_calls_match_a_model),
    cmocka_unit_test(test_random_memory_calls_with_pins_match_a_model),
};
const size_t memory_model_test_count = countof(memory_model_tests);
