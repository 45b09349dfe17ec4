// SPDX-License-Identifier: MIT
// What calls on VMOs, VMARs and other processes' memory cost (cost.h).
#include "cost.h"

#define RW   (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define PAGE 4096u

static zx_handle_t vmo, other;
static zx_vaddr_t at;
static char bytes[64];

static void make(void)
{
    assert_ok(zx_vmo_create(4 * PAGE, 0, &vmo));
}

// Its first page is committed.
static void make_filled(void)
{
    make();
    assert_ok(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)));
}

static void cost_vmo_create(void)
{
    MEASURE(zx_vmo_create(PAGE, 0, &vmo));
    close_handle(vmo);
}

static void cost_vmo_create_physical(void)
{
    MEASURE(zx_vmo_create_physical(lab.resource, 0x40000000, PAGE, &vmo));
    close_handle(vmo);
}

static void cost_vmo_read(void)
{
    make_filled();
    MEASURE(zx_vmo_read(vmo, bytes, 0, sizeof(bytes)));
    close_handle(vmo);
}

static void cost_vmo_write(void)
{
    make_filled();
    MEASURE(zx_vmo_write(vmo, bytes, 0, sizeof(bytes)));
    close_handle(vmo);
}

static void cost_vmo_get_size(void)
{
    uint64_t size;

    make();
    MEASURE(zx_vmo_get_size(vmo, &size));
    close_handle(vmo);
}

static void cost_vmo_set_size(void)
{
    make_filled();
    MEASURE(zx_vmo_set_size(vmo, 0));
    close_handle(vmo);
}

static void cost_vmo_op_range(void)
{
    make_filled();
    MEASURE(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, PAGE, PAGE, NULL, 0));
    close_handle(vmo);
}

static void cost_vmo_clone(void)
{
    make();
    MEASURE(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, PAGE, &other));
    close_handle(other);
    close_handle(vmo);
}

static void cost_vmo_set_cache_policy(void)
{
    make();
    MEASURE(zx_vmo_set_cache_policy(vmo, ZX_CACHE_POLICY_UNCACHED));
    close_handle(vmo);
}

static void cost_vmo_replace_as_executable(void)
{
    make();
    MEASURE(zx_vmo_replace_as_executable(vmo, 0, &vmo));
    close_handle(vmo);
}

// --- Pagers ------------------------------------------------------------------------------------

static void cost_pager_create(void)
{
    MEASURE(zx_pager_create(0, &other));
    close_handle(other);
}

static zx_handle_t port;

static void make_pager(void)
{
    assert_ok(zx_port_create(0, &port));
    assert_ok(zx_pager_create(0, &other));
}

static void close_pager(void)
{
    const zx_handle_t all[] = {vmo, other, port};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

static void cost_pager_create_vmo(void)
{
    make_pager();
    MEASURE(zx_pager_create_vmo(other, port, 1, PAGE, 0, &vmo));
    close_pager();
}

static void cost_pager_detach_vmo(void)
{
    make_pager();
    assert_ok(zx_pager_create_vmo(other, port, 1, PAGE, 0, &vmo));
    MEASURE(zx_pager_detach_vmo(other, vmo));
    close_pager();
}

static void cost_pager_supply_pages(void)
{
    zx_handle_t aux;

    make_pager();
    assert_ok(zx_pager_create_vmo(other, port, 1, PAGE, 0, &vmo));
    assert_ok(zx_vmo_create(PAGE, 0, &aux));
    assert_ok(zx_vmo_write(aux, bytes, 0, sizeof(bytes)));
    MEASURE(zx_pager_supply_pages(other, vmo, 0, PAGE, aux, 0));
    close_handle(aux);
    close_pager();
}

// --- VMARs -------------------------------------------------------------------------------------

static void cost_vmar_allocate(void)
{
    MEASURE(zx_vmar_allocate(lab.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &other, &at));
    assert_ok(zx_vmar_destroy(other));
    close_handle(other);
}

static void cost_vmar_allocate_old(void)
{
    MEASURE(zx_vmar_allocate_old(lab.vmar, 0, PAGE, ZX_VM_CAN_MAP_READ, &other, &at));
    assert_ok(zx_vmar_destroy(other));
    close_handle(other);
}

static void cost_vmar_destroy(void)
{
    assert_ok(zx_vmar_allocate(lab.vmar, ZX_VM_CAN_MAP_READ, 0, PAGE, &other, &at));
    MEASURE(zx_vmar_destroy(other));
    close_handle(other);
}

static void map(void)
{
    make_filled();
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, PAGE, &at));
}

static void unmap(void)
{
    assert_ok(zx_vmar_unmap(lab.vmar, at, PAGE));
    close_handle(vmo);
}

static void cost_vmar_map(void)
{
    make_filled();
    MEASURE(zx_vmar_map(lab.vmar, RW, 0, vmo, 0, PAGE, &at));
    unmap();
}

static void cost_vmar_map_old(void)
{
    make_filled();
    MEASURE(zx_vmar_map_old(lab.vmar, 0, vmo, 0, PAGE, RW, &at));
    unmap();
}

static void cost_vmar_unmap(void)
{
    map();
    MEASURE(zx_vmar_unmap(lab.vmar, at, PAGE));
    close_handle(vmo);
}

static void cost_vmar_protect(void)
{
    map();
    MEASURE(zx_vmar_protect(lab.vmar, ZX_VM_PERM_READ, at, PAGE));
    unmap();
}

static void cost_vmar_protect_old(void)
{
    map();
    MEASURE(zx_vmar_protect_old(lab.vmar, at, PAGE, ZX_VM_PERM_READ));
    unmap();
}

// --- Through a process -------------------------------------------------------------------------

static void cost_process_read_memory(void)
{
    size_t actual;

    map();
    MEASURE(zx_process_read_memory(lab.process, at, bytes, sizeof(bytes), &actual));
    unmap();
}

static void cost_process_write_memory(void)
{
    size_t actual;

    map();
    MEASURE(zx_process_write_memory(lab.process, at, bytes, sizeof(bytes), &actual));
    unmap();
}

const struct cost_case cost_memory_cases[] = {
    CASE(vmo_create),
    CASE(vmo_create_physical),
    CASE(vmo_read),
    CASE(vmo_write),
    CASE(vmo_get_size),
    CASE(vmo_set_size),
    CASE(vmo_op_range),
    CASE(vmo_clone),
    CASE(vmo_set_cache_policy),
    CASE(vmo_replace_as_executable),
    CASE(pager_create),
    CASE(pager_create_vmo),
    CASE(pager_detach_vmo),
    CASE(pager_supply_pages),
    CASE(vmar_allocate),
    CASE(vmar_allocate_old),
    CASE(vmar_destroy),
    CASE(vmar_map),
    CASE(vmar_map_old),
    CASE(vmar_unmap),
    CASE(vmar_protect),
    CASE(vmar_protect_old),
    CASE(process_read_memory),
    CASE(process_write_memory),
};
const size_t cost_memory_count = countof(cost_memory_cases);
