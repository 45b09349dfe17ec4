// SPDX-License-Identifier: MIT
// Rows: VMOs, mappings, page faults.
#include "bench.h"

#include <zircon/process.h>

#define PAGE 4096ul
#define MAP_RW (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static zx_handle_t vmo;
static zx_vaddr_t base;
static size_t mapped;
static uint8_t buffer[PAGE];

static void vmo_make(uint32_t pages)
{
    bench_check(zx_vmo_create(pages * PAGE, 0, &vmo), "vmo_create");
    mapped = 0;
}

static void vmo_make_one(uint32_t count)
{
    (void)count;
    vmo_make(1);
    bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, PAGE, NULL, 0), "commit");
}

static void map_all(uint32_t pages)
{
    mapped = pages * PAGE;
    bench_check(zx_vmar_map(zx_vmar_root_self(), MAP_RW, 0, vmo, 0, mapped, &base), "vmar_map");
}

static void fault_setup(uint32_t pages)
{
    vmo_make(pages);
    map_all(pages);
}

static void committed_setup(uint32_t pages)
{
    vmo_make(pages);
    bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, pages * PAGE, NULL, 0), "commit");
    map_all(pages);
}

// A clone of committed memory: each touch copies a page.
static zx_handle_t parent;

static void cow_setup(uint32_t pages)
{
    bench_check(zx_vmo_create(pages * PAGE, 0, &parent), "vmo_create");
    bench_check(zx_vmo_op_range(parent, ZX_VMO_OP_COMMIT, 0, pages * PAGE, NULL, 0), "commit");
    bench_check(zx_vmo_clone(parent, ZX_VMO_CLONE_COPY_ON_WRITE, 0, pages * PAGE, &vmo), "vmo_clone");
    map_all(pages);
}

// Committed pages so far apart that a fault finds no neighbours to translate with it.
#define APART 16u

static void lonely_setup(uint32_t count)
{
    vmo_make(count * APART);
    for (uint32_t i = 0; i < count; i++)
        bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, i * APART * PAGE, PAGE, NULL, 0),
                    "commit");
    map_all(count * APART);
}

// A page stays mapped beside the measured one, so that the tables live.
static zx_vaddr_t neighbour;

static void map_setup(uint32_t count)
{
    vmo_make_one(count);
    bench_check(zx_vmar_map(zx_vmar_root_self(), MAP_RW, 0, vmo, 0, PAGE, &neighbour), "vmar_map");
    *(volatile uint8_t *)neighbour = 1;
}

static void map_teardown(void)
{
    bench_check(zx_vmar_unmap(zx_vmar_root_self(), neighbour, PAGE), "vmar_unmap");
    bench_check(zx_handle_close(vmo), "handle_close");
}

static void teardown(void)
{
    if (mapped != 0)
        bench_check(zx_vmar_unmap(zx_vmar_root_self(), base, mapped), "vmar_unmap");
    bench_check(zx_handle_close(vmo), "handle_close");
}

static void cow_teardown(void)
{
    teardown();
    bench_check(zx_handle_close(parent), "handle_close");
}

static void run_create_close(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_t v;
        zx_vmo_create(PAGE, 0, &v);
        zx_handle_close(v);
    }
}

static void run_read(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        zx_vmo_read(vmo, buffer, 0, PAGE);
}

static void run_touch(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        *(volatile uint8_t *)(base + i * PAGE) = 1;
}

static void run_touch_apart(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        *(volatile uint8_t *)(base + i * APART * PAGE) = 1;
}

static void run_commit(uint32_t count)
{
    bench_check(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, count * PAGE, NULL, 0), "commit");
}

static void run_map(uint32_t count)
{
    zx_handle_t vmar = zx_vmar_root_self();
    for (uint32_t i = 0; i < count; i++) {
        zx_vaddr_t at;
        zx_vmar_map(vmar, MAP_RW, 0, vmo, 0, PAGE, &at);
        *(volatile uint8_t *)at = 1;
        zx_vmar_unmap(vmar, at, PAGE);
    }
}

const struct bench_row bench_memory[] = {
    { "vmo_create_close", 1000, 1, NULL, run_create_close, NULL },
    { "vmo_read_4k", 1000, 1, vmo_make_one, run_read, teardown },
    { "page_fault_zero", 500, 1, fault_setup, run_touch, teardown },
    { "page_fault_committed", 500, 1, committed_setup, run_touch, teardown },
    { "page_fault_lonely", 500, 1, lonely_setup, run_touch_apart, teardown },
    { "page_fault_cow", 500, 1, cow_setup, run_touch, cow_teardown },
    { "vmo_commit_page", 500, 1, vmo_make, run_commit, teardown },
    { "map_touch_unmap", 500, 1, map_setup, run_map, map_teardown },
    { 0 },
};
