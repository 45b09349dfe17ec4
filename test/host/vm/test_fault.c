// SPDX-License-Identifier: MIT
// Faults: what is translated to what, and what an access gets.
#include "tests.h"

#include <hal/usercopy.h>
#include <hal/boot.h>
#include <host/machine.h>
#include <mem/page.h>
#include <sched/cpu.h>

static struct test_as t, t2;
static struct test_vmo vmo;

static struct vmar *const root = &t.root.r;

static zx_status_t probe(vaddr_t va, unsigned access)
{
    return host_user_probe(va, 1, access);
}

static void test_fault_results(void **state)
{
    (void)state;
    as_create(&t);
    vmo_new(&vmo, 1, 0);
    uint64_t faults = cpus[0].stats.page_faults;
    assert_int_equal(probe(USER_BASE, 0), ZX_ERR_NOT_FOUND);
    assert_true(cpus[0].stats.page_faults > faults);
    assert_int_equal(map_at(root, RO, 0, &vmo, 0, 2), ZX_OK);
    assert_int_equal(map_at(root, 0, 2, &vmo, 0, 1), ZX_OK);
    assert_int_equal(probe(USER_BASE, 0), ZX_OK);
    assert_int_equal(probe(USER_BASE, HAL_FAULT_WRITE), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(probe(USER_BASE, HAL_FAULT_EXEC), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(probe(USER_BASE + PAGES(1), 0), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(probe(USER_BASE + PAGES(2), 0), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(probe(USER_BASE + PAGES(3), 0), ZX_ERR_NOT_FOUND);
    as_activate(NULL);
    assert_int_equal(kernel_user_fault(USER_BASE, 0), ZX_ERR_NOT_FOUND); // a kernel thread
    as_destroy(&t);
    vmo_drop(&vmo);
}

static void test_fault_read_shows_zero_page(void **state)
{
    paddr_t first, second;
    unsigned prot;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 4, 0);
    vaddr_t va = map_any(root, RW, &vmo, 0, 4);
    assert_int_equal(at(va), 0);
    assert_int_equal(at(va + PAGES(1)), 0);
    assert_int_equal(committed(&vmo), 0);
    assert_int_equal(hal_aspace_query(&t.as->hal, va, &first, &prot), ZX_OK);
    assert_int_equal(prot & HAL_PROT_WRITE, 0);
    assert_int_equal(hal_aspace_query(&t.as->hal, va + PAGES(1), &second, &prot), ZX_OK);
    assert_int_equal(first, second);
    assert_true(poke(va, 5));
    assert_int_equal(committed(&vmo), 1);
    assert_int_equal(at(va + PAGES(1)), 0);
    as_destroy(&t);
    vmo_drop(&vmo);
}

// Three mappings in two address spaces: each sees what comes by another, by vmo_write, by COMMIT, and
// what goes by DECOMMIT.
static void test_fault_all_mappings_agree(void **state)
{
    (void)state;
    as_create(&t2);
    as_create(&t);
    vmo_new(&vmo, 2, 0);
    vaddr_t a = map_any(root, RW, &vmo, 0, 2), b = map_any(root, RW, &vmo, 1, 1);
    vaddr_t c = map_any(root, RO, &vmo, 0, 4), d = map_any(&t2.root.r, RW, &vmo, 0, 2);
    assert_int_equal(at(a + PAGES(1)), 0);
    assert_int_equal(at(b), 0);
    assert_int_equal(at(c + PAGES(1)), 0);
    as_activate(&t2);
    assert_int_equal(at(d + PAGES(1)), 0);
    assert_true(poke(d + PAGES(1), 1)); // by another
    as_activate(&t);
    assert_int_equal(at(a + PAGES(1)), 1);
    assert_int_equal(at(b), 1);
    assert_int_equal(at(c + PAGES(1)), 1);
    assert_int_equal(vmo_decommit(&vmo.v, PAGES(1), 1), ZX_OK);
    assert_int_equal(at(a + PAGES(1)), 0);
    assert_int_equal(at(b), 0);
    vmo_poke(&vmo, 1, 2); // by vmo_write
    assert_int_equal(at(b), 2);
    assert_int_equal(at(c + PAGES(1)), 2);
    assert_int_equal(at(a), 0);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(2)), ZX_OK); // by COMMIT
    assert_true(poke(a, 3));
    assert_int_equal(at(c), 3);
    as_activate(&t2);
    assert_int_equal(at(d), 3);
    assert_int_equal(at(d + PAGES(1)), 2);
    as_destroy(&t2);
    as_activate(&t);
    assert_int_equal(at(b), 2);
    as_destroy(&t);
    vmo_drop(&vmo);
}

static void test_fault_user_copy(void **state)
{
    uint64_t value = 0x55;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 4, 0);
    vaddr_t va = map_any(root, RW, &vmo, 0, 4);
    assert_int_equal(hal_copy_to_user(va + PAGE_SIZE - 4, &value, 8), ZX_OK);
    value = 0;
    assert_int_equal(hal_copy_from_user(&value, va + PAGE_SIZE - 4, 8), ZX_OK);
    assert_int_equal(value, 0x55);
    assert_int_equal(hal_copy_to_user(va + PAGES(4) - 4, &value, 8), ZX_ERR_INVALID_ARGS);
    user_faults_disable();
    assert_int_equal(hal_copy_to_user(va + PAGES(2), &value, 8), ZX_ERR_INVALID_ARGS);
    user_faults_enable();
    assert_int_equal(hal_user_fault_in(va + PAGES(2), PAGES(2), true), ZX_OK);
    assert_int_equal(committed(&vmo), 4);
    as_destroy(&t);
    vmo_drop(&vmo);
}

static unsigned translated(vaddr_t va, unsigned pages)
{
    unsigned count = 0, prot;
    paddr_t pa;

    for (unsigned i = 0; i < pages; i++)
        count += hal_aspace_query(&t.as->hal, va + PAGES(i), &pa, &prot) == ZX_OK;
    return count;
}

static void test_fault_physical(void **state)
{
    (void)state;
    as_create(&t);
    struct page *run = page_alloc_contiguous(600, 21, PAGE_STATE_OTHER, PAGE_ALLOC_ZERO);
    assert_non_null(run);
    paddr_t pa = page_to_paddr(run) + PAGES(20), seen;
    unsigned prot;
    vmo.freed = false;
    assert_int_equal(vmo_init_physical(&vmo.v, pa, PAGES(580), &test_vmo_ops), ZX_OK);
    assert_int_equal(vmo_set_cache_policy(&vmo.v, ZX_CACHE_POLICY_CACHED), ZX_OK);
    vaddr_t va = map_any(root, RW, &vmo, 0, 600);
    assert_int_equal((va - pa) % (2ul << 20), 0); // placed for blocks
    assert_true(poke(va + PAGES(3), 77));
    assert_int_equal(hal_aspace_query(&t.as->hal, va, &seen, &prot), ZX_OK); // its window
    assert_int_equal(seen, pa);
    assert_int_equal(at(va + PAGES(579)), 0);
    assert_false(poke(va + PAGES(580), 1)); // past the end
    assert_int_equal(*(uint64_t *)page_to_virt(&run[23]), 77);
    assert_int_equal(vmar_unmap(root, va + PAGES(1), PAGES(1)), ZX_OK);
    assert_int_equal(at(va + PAGES(3)), 77);
    assert_int_equal(vmar_protect(root, RO, va + PAGES(2), PAGES(2)), ZX_OK);
    assert_false(poke(va + PAGES(3), 1));
    assert_true(poke(va + PAGES(4), 1));
    vaddr_t vb = map_any(root, RO | ZX_VM_MAP_RANGE, &vmo, 3, 577);
    assert_int_equal(hal_aspace_query(&t.as->hal, vb + PAGES(576), &seen, &prot), ZX_OK);
    assert_int_equal(at(vb), 77);
    as_destroy(&t);
    vmo_drop(&vmo);
    page_free_contiguous(run, 600);
}

// A contiguous VMO is translated by windows that blocks can stand for, and a clone of it by pages.
static void test_fault_contiguous(void **state)
{
    struct test_vmo clone = {.has_children = -1};
    paddr_t pa, seen;
    unsigned prot;

    (void)state;
    as_create(&t);
    vmo = (struct test_vmo){.has_children = -1};
    assert_int_equal(vmo_init_contiguous(&vmo.v, PAGES(1100), 0, &test_vmo_ops), ZX_OK);
    assert_int_equal(vmo_lookup(&vmo.v, 0, &pa), ZX_OK);
    assert_int_equal(pa % (2ul << 20), 0);
    vaddr_t va = map_any(root, RW, &vmo, 0, 1200);
    assert_int_equal((va - pa) % (2ul << 20), 0);
    assert_true(poke(va + PAGES(700), 77));
    assert_int_equal(translated(va, 1200), 512);
    assert_int_equal(hal_aspace_query(&t.as->hal, va + PAGES(512), &seen, &prot), ZX_OK);
    assert_int_equal(seen, pa + PAGES(512));
    assert_true(poke(va + PAGES(1099), 78));
    assert_int_equal(translated(va, 1200), 512 + 76);
    assert_false(poke(va + PAGES(1100), 1)); // past the end
    assert_int_equal(vmo_peek(&vmo, 700), 77);
    assert_int_equal(vmar_protect(root, RO, va + PAGES(700), PAGES(1)), ZX_OK);
    assert_false(poke(va + PAGES(700), 1));
    assert_true(poke(va + PAGES(701), 79));
    assert_int_equal(vmar_unmap(root, va + PAGES(600), PAGES(10)), ZX_OK);
    assert_int_equal(at(va + PAGES(700)), 77);
    vaddr_t all = map_any(root, RO | ZX_VM_MAP_RANGE, &vmo, 1, 1099);
    assert_int_equal(translated(all, 1099), 1099);

    assert_int_equal(vmo_init_clone(&clone.v, &vmo.v, PAGES(700), PAGES(4), 0, &test_vmo_ops), ZX_OK);
    vaddr_t vc = map_any(root, RW, &clone, 0, 4);
    assert_int_equal(at(vc), 77);
    assert_int_equal(translated(vc, 4), 4);
    assert_true(poke(vc + PAGES(1), 5));
    assert_int_equal(vmo_peek(&vmo, 701), 79);
    as_destroy(&t);
    vmo_drop(&clone);
    vmo_drop(&vmo);
}

// Executable memory that reaches beyond RAM: only what is RAM has fetches to keep coherent.
static void test_fault_physical_exec_beyond_ram(void **state)
{
    const struct boot_range *bank = &boot_info.mem[0];

    (void)state;
    as_create(&t);
    vmo.freed = false;
    assert_int_equal(vmo_init_physical(&vmo.v, bank->base + bank->size - PAGES(2), PAGES(4),
                                       &test_vmo_ops),
                     ZX_OK);
    assert_int_equal(vmo_set_cache_policy(&vmo.v, ZX_CACHE_POLICY_UNCACHED_DEVICE), ZX_OK);
    size_t before = host_icache_syncs();
    assert_int_not_equal(map_any(root, RX | ZX_VM_MAP_RANGE, &vmo, 0, 4), 0);
    assert_int_equal(host_icache_syncs(), before + 2);
    as_destroy(&t);
    vmo_drop(&vmo);
}

// What a clone's mapping executes may be an ancestor's page: writes to that are made fetchable too.
static void test_fault_exec_of_ancestors_page(void **state)
{
    struct test_vmo clone[2] = {{.has_children = -1}, {.has_children = -1}};

    (void)state;
    for (unsigned by_protect = 0; by_protect < 2; by_protect++) {
        as_create(&t);
        vmo_new(&vmo, 1, 0);
        vmo_poke(&vmo, 0, 0xd65f03c0);
        for (unsigned i = 0; i < 2; i++) {
            clone[i] = (struct test_vmo){.has_children = -1};
            assert_int_equal(vmo_init_clone(&clone[i].v, i == 0 ? &vmo.v : &clone[0].v, 0,
                                            PAGES(1), 0, &test_vmo_ops),
                             ZX_OK);
        }
        size_t before = host_icache_syncs();
        vmo_poke(&vmo, 0, 0xd65f03c0);
        assert_int_equal(host_icache_syncs(), before); // nobody executes it yet
        vaddr_t va = map_any(root, by_protect ? RO : RX, &clone[1], 0, 1);
        if (by_protect)
            assert_int_equal(vmar_protect(root, RX, va, PAGES(1)), ZX_OK);
        assert_true(can_exec(va));
        before = host_icache_syncs();
        vmo_poke(&vmo, 0, 0xd503201f);
        assert_int_equal(host_icache_syncs(), before + 1);
        as_destroy(&t);
        vmo_drop(&clone[1]);
        vmo_drop(&clone[0]);
        vmo_drop(&vmo);
    }
}

// A fault brings the neighbours that are there, of code and of what ancestors have, too; code that nobody
// writes is made fetchable once, in whichever mapping.
static void test_fault_around_code_and_ancestors(void **state)
{
    struct test_vmo clone = {.has_children = -1}, far = {.has_children = -1};

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 64, VMO_RESIZABLE);
    for (unsigned i = 0; i < 32; i++)
        vmo_poke(&vmo, i, i + 1);
    assert_int_equal(vmo_init_clone(&clone.v, &vmo.v, 0, PAGES(24), VMO_RESIZABLE, &test_vmo_ops),
                     ZX_OK);
    vmo_poke(&clone, 5, 500);

    vaddr_t va = map_any(root, RX, &vmo, 0, 64);
    size_t before = host_icache_syncs();
    assert_true(can_exec(va + PAGES(3)));
    assert_int_equal(translated(va, 64), 16);
    assert_int_equal(host_icache_syncs(), before + 16);
    vaddr_t again = map_any(root, RX, &vmo, 0, 64);
    assert_true(can_exec(again));
    assert_int_equal(translated(again, 64), 16);
    assert_int_equal(host_icache_syncs(), before + 16);

    // Through the clone: all of the block but its own page, and nothing past its end.
    vaddr_t vc = map_any(root, RX, &clone, 0, 64);
    assert_true(can_exec(vc + PAGES(2)));
    assert_int_equal(translated(vc, 64), 15);
    assert_int_equal(translated(vc + PAGES(5), 1), 0);
    assert_int_equal(host_icache_syncs(), before + 16);
    assert_int_equal(at(vc + PAGES(5)), 500);
    assert_true(can_exec(vc + PAGES(16)));
    assert_int_equal(translated(vc, 64), 24);
    for (unsigned i = 0; i < 24; i++)
        assert_int_equal(at(vc + PAGES(i)), i == 5 ? 500 : i + 1);
    // What an ancestor gains, loses and replaces beside the page that was asked for shows at once.
    vmo_poke(&vmo, 17, 1700);
    assert_int_equal(at(vc + PAGES(17)), 1700);
    assert_int_equal(vmo_decommit(&vmo.v, PAGES(18), PAGES(1)), ZX_OK);
    assert_int_equal(at(vc + PAGES(18)), 0);
    vmo_poke(&clone, 19, 1900);
    assert_int_equal(at(vc + PAGES(19)), 1900);
    assert_int_equal(vmo_set_size(&clone.v, PAGES(20)), ZX_OK);
    assert_int_equal(translated(vc, 64), 20);
    assert_int_equal(at(vc + PAGES(19)), 1900);

    // Read-only data, by the clone of the clone.
    assert_int_equal(vmo_init_clone(&far.v, &clone.v, 0, PAGES(16), 0, &test_vmo_ops), ZX_OK);
    vaddr_t vf = map_any(root, RW, &far, 0, 16);
    assert_int_equal(at(vf + PAGES(5)), 500);
    assert_int_equal(translated(vf, 16), 16);
    assert_true(poke(vf + PAGES(7), 7)); // A4: not the ancestor's
    assert_int_equal(vmo_peek(&vmo, 7), 8);
    as_destroy(&t);
    vmo_drop(&far);
    vmo_drop(&clone);
    vmo_drop(&vmo);
}

// What programs can write is made fetchable page by page, when it is asked for and each time.
static void test_fault_code_that_is_written(void **state)
{
    struct test_vmo clone = {.has_children = -1};

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 16, 0);
    vaddr_t va = map_any(root, RW, &vmo, 0, 16);
    for (unsigned i = 0; i < 16; i++)
        assert_true(poke(va + PAGES(i), i));
    assert_int_equal(vmo_init_clone(&clone.v, &vmo.v, 0, PAGES(16), 0, &test_vmo_ops), ZX_OK);
    size_t before = host_icache_syncs();
    vaddr_t vx = map_any(root, RX, &vmo, 0, 16), vc = map_any(root, RX, &clone, 0, 16);
    assert_true(can_exec(vx) && can_exec(vc));
    assert_int_equal(translated(vx, 16) + translated(vc, 16), 2);
    assert_int_equal(host_icache_syncs(), before + 2);
    assert_int_equal(vmar_unmap(root, vx, PAGES(16)), ZX_OK);
    vx = map_any(root, RX, &vmo, 0, 16);
    assert_true(poke(va, 99));
    assert_true(can_exec(vx));
    assert_int_equal(host_icache_syncs(), before + 3);
    as_destroy(&t);
    vmo_drop(&clone);
    vmo_drop(&vmo);
}

static void test_fault_exec(void **state)
{
    (void)state;
    as_create(&t);
    vmo_new(&vmo, 2, 0);
    vaddr_t va = map_any(root, RW, &vmo, 0, 2);
    assert_true(poke(va, 0xd65f03c0));
    assert_false(can_exec(va));
    assert_int_equal(vmar_protect(root, RX, va, 1), ZX_OK);
    assert_true(can_exec(va));
    assert_false(poke(va, 0));
    vmo_poke(&vmo, 0, 0xd503201f); // a write into what somebody executes
    assert_true(can_exec(va));
    as_destroy(&t);
    vmo_drop(&vmo);
}

// No page comes to a program with what was in it before.
static void test_fault_pages_come_zeroed(void **state)
{
    (void)state;
    as_create(&t);
    for (unsigned round = 0; round < 3; round++) {
        vmo_new(&vmo, 64, 0);
        vaddr_t va = map_any(root, RW, &vmo, 0, 64);
        for (unsigned i = 0; i < 64; i++) {
            uint64_t tail;
            assert_true(poke(va + PAGES(i), i));
            assert_true(peek(va + PAGES(i) + PAGE_SIZE - 8, &tail));
            assert_int_equal(tail, 0);
            assert_true(poke(va + PAGES(i) + PAGE_SIZE - 8, ~0ull));
        }
        assert_int_equal(vmar_unmap(root, va, PAGES(64)), ZX_OK);
        vmo_drop(&vmo);
    }
    as_destroy(&t);
}

VM_GROUP(fault, VM_TEST(test_fault_results), VM_TEST(test_fault_read_shows_zero_page),
         VM_TEST(test_fault_all_mappings_agree), VM_TEST(test_fault_user_copy),
         VM_TEST(test_fault_physical), VM_TEST(test_fault_contiguous),
         VM_TEST(test_fault_physical_exec_beyond_ram),
         VM_TEST(test_fault_exec_of_ancestors_page), VM_TEST(test_fault_around_code_and_ancestors),
         VM_TEST(test_fault_code_that_is_written), VM_TEST(test_fault_exec),
         VM_TEST(test_fault_pages_come_zeroed));
