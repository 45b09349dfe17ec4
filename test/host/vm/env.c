// SPDX-License-Identifier: MIT
// See env.h. The tests run outside a run of the machine, on its bare CPU, with a struct thread of
// their own as the current one.
#include "env.h"

#include <account/account.h>
#include <debug/log.h>
#include <hal/boot.h>
#include <hal/mmu.h>
#include <host/machine.h>
#include <mem/alloc_fail.h>
#include <mem/kmalloc.h>
#include <mem/page.h>
#include <sched/cpu.h>

static struct thread test_thread;
static bool ready;
static uint64_t outstanding, vmo_pages, mmu_pages;

static void vmo_freed(struct vmo *v)
{
    struct test_vmo *t = container_of(v, struct test_vmo, v);
    assert_false(t->freed);
    t->freed = true;
}

static void vmo_children(struct vmo *v, bool any)
{
    struct test_vmo *t = container_of(v, struct test_vmo, v);
    assert_int_not_equal(t->has_children, any);
    t->has_children = any;
}

const struct vmo_ops test_vmo_ops = {.free = vmo_freed, .children = vmo_children};

static void vmar_freed(struct vmar *r)
{
    struct test_vmar *t = container_of(r, struct test_vmar, r);
    assert_false(t->freed);
    t->freed = true;
}

const struct vmar_ops test_vmar_ops = {.free = vmar_freed};

static void take_stock(uint64_t *out_objects, uint64_t *out_vmo, uint64_t *out_mmu)
{
    struct page_stats stats;

    page_stats_get(&stats);
    *out_objects = mem_outstanding();
    *out_vmo = stats.pages[PAGE_STATE_VMO];
    *out_mmu = stats.pages[PAGE_STATE_MMU];
}

int env_setup(void **state)
{
    (void)state;
    if (!ready) {
        atomic_init(&test_thread.cpu, &cpus[0]);
        hal_cpu_adopt_boot_thread(&test_thread.hal);
        if (pages_init(&boot_info) != ZX_OK || vm_init() != ZX_OK)
            return -1;
        ready = true;
    }
    take_stock(&outstanding, &vmo_pages, &mmu_pages);
    return 0;
}

int env_teardown(void **state)
{
    uint64_t objects, vmo, mmu;

    (void)state;
    alloc_fail_set(0, false);
    take_stock(&objects, &vmo, &mmu);
    if (objects != outstanding || vmo != vmo_pages || mmu != mmu_pages ||
        host_usage().aspaces != 0 || host_usage().mappings != 0) {
        print_error("leak: objects %lu -> %lu, VMO pages %lu -> %lu, table pages %lu -> %lu, "
                    "%zu aspaces, %zu mappings\n",
                    outstanding, objects, vmo_pages, vmo, mmu_pages, mmu, host_usage().aspaces,
                    host_usage().mappings);
        return -1;
    }
    return 0;
}

void as_create_random(struct test_as *t, uint64_t (*rnd)(void))
{
    t->root.freed = false;
    assert_int_equal(account_create(&account_root, NULL, NULL, &t->account), ZX_OK);
    assert_int_equal(vm_aspace_create(&t->root.r, &test_vmar_ops, rnd, t->account, &t->as), ZX_OK);
}

void as_create(struct test_as *t)
{
    as_create_random(t, NULL);
    as_activate(t);
}

void as_activate(struct test_as *t)
{
    struct hal_aspace *hal = t != NULL ? &t->as->hal : NULL;

    test_thread.aspace = hal;
    hal_irq_disable();
    hal_aspace_activate(hal);
    hal_irq_enable();
}

uint64_t as_charged(const struct test_as *t)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(t->account, usage);
    return usage[ACCOUNT_KMEM].used;
}

void as_destroy(struct test_as *t)
{
    as_activate(NULL);
    vm_aspace_teardown(t->as);
    vm_aspace_teardown(t->as); // does nothing
    assert_int_equal(as_charged(t), 0);
    account_disown(t->account); // and nobody asks for it any more
    vm_aspace_release(t->as);
    vmar_release(&t->root.r);
    assert_true(t->root.freed);
}

void vmo_new(struct test_vmo *t, uint64_t pages, unsigned flags)
{
    t->freed = false;
    t->has_children = -1;
    assert_int_equal(vmo_init_anonymous(&t->v, PAGES(pages), flags, &test_vmo_ops), ZX_OK);
}

void vmo_drop(struct test_vmo *t)
{
    vmo_release(&t->v);
}

zx_status_t region_new(struct vmar *parent, struct test_vmar *t, uint64_t page, uint64_t pages)
{
    vaddr_t base;

    t->freed = false;
    zx_status_t status = vmar_allocate(parent, SPECIFIC | CAN_ALL, PAGES(page), PAGES(pages), &t->r,
                                       &test_vmar_ops, &base);
    if (status == ZX_OK)
        assert_int_equal(base, vmar_base(parent) + PAGES(page));
    return status;
}

void region_drop(struct test_vmar *t)
{
    vmar_release(&t->r);
}

zx_status_t map_at(struct vmar *r, uint32_t options, uint64_t page, struct test_vmo *t,
                   uint64_t vmo_page, uint64_t pages)
{
    vaddr_t base = 0;

    if (!(options & OVERWRITE))
        options |= SPECIFIC;
    zx_status_t status =
        vmar_map(r, options, PAGES(page), &t->v, PAGES(vmo_page), PAGES(pages), RWX, &base);
    if (status == ZX_OK)
        assert_int_equal(base, vmar_base(r) + PAGES(page));
    else
        assert_int_equal(base, 0);
    return status;
}

vaddr_t map_any(struct vmar *r, uint32_t options, struct test_vmo *t, uint64_t vmo_page,
                uint64_t pages)
{
    vaddr_t base = 0;

    if (vmar_map(r, options, 0, &t->v, PAGES(vmo_page), PAGES(pages), RWX, &base) != ZX_OK)
        return 0;
    assert_true(base >= vmar_base(r) && base % PAGE_SIZE == 0);
    assert_true(base - vmar_base(r) + PAGES(pages) <= vmar_size(r));
    return base;
}

bool poke(vaddr_t va, uint64_t value)
{
    if (host_user_probe(va, sizeof(value), HAL_FAULT_WRITE) != ZX_OK)
        return false;
    host_user_write(va, &value, sizeof(value));
    return true;
}

bool peek(vaddr_t va, uint64_t *out)
{
    if (host_user_probe(va, sizeof(*out), 0) != ZX_OK)
        return false;
    host_user_read(out, va, sizeof(*out));
    return true;
}

bool can_exec(vaddr_t va)
{
    return host_user_probe(va, 4, HAL_FAULT_EXEC) == ZX_OK;
}

uint64_t at(vaddr_t va)
{
    uint64_t value = 0;

    assert_true(peek(va, &value));
    return value;
}

uint64_t vmo_peek(struct test_vmo *t, uint64_t page)
{
    uint64_t value = ~0ull;

    assert_int_equal(vmo_read(&t->v, &value, PAGES(page), sizeof(value)), ZX_OK);
    return value;
}

void vmo_poke(struct test_vmo *t, uint64_t page, uint64_t value)
{
    assert_int_equal(vmo_write(&t->v, &value, PAGES(page), sizeof(value)), ZX_OK);
}

uint64_t committed(struct test_vmo *t)
{
    struct vmo_stats stats;

    vmo_get_stats(&t->v, &stats);
    return stats.committed_pages;
}

// ---- what upper layers define for the platform -----------------------------------------------------

void kernel_user_boundary(void)
{
}

void kernel_user_exception(const struct hal_exception *e)
{
    fail_msg("user exception: %s at %#lx", e->what, e->far);
}
