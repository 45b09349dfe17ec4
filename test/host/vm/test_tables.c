// SPDX-License-Identifier: MIT
// Page tables: who pays for them, and what happens when he may not have more (A7). That each step of the
// random sequences leaves so much charged as there are tables is in model.c.
#include "tests.h"

#include <account/account.h>
#include <mem/alloc_fail.h>

#define GIB    (1ul << 30)
#define PLACES 6u

static struct test_as t;
static struct test_vmo vmo;

static struct vmar *const root = &t.root.r;

// Where place n is: alone in its tables of the last two levels.
static vaddr_t place(unsigned n)
{
    return (n + 1) * GIB;
}

static void map_places(void)
{
    as_create(&t);
    vmo_new(&vmo, 1, 0);
    for (unsigned n = 0; n < PLACES; n++)
        assert_int_equal(
            map_at(root, RW | SPECIFIC, (place(n) - USER_BASE) >> PAGE_SHIFT, &vmo, 0, 1), ZX_OK);
}

static void drop_places(void)
{
    as_destroy(&t);
    vmo_drop(&vmo);
}

static zx_status_t touch(unsigned n)
{
    return host_user_probe(place(n), 1, HAL_FAULT_WRITE);
}

static uint64_t tables(void)
{
    assert_int_equal(as_charged(&t), PAGES(vm_aspace_table_pages(t.as)));
    return vm_aspace_table_pages(t.as);
}

// No more than this many tables.
static void limit_tables(uint64_t count)
{
    uint64_t limits[ACCOUNT_KINDS];

    for (unsigned kind = 0; kind < ACCOUNT_KINDS; kind++)
        limits[kind] = ACCOUNT_KEEP_LIMIT;
    limits[ACCOUNT_KMEM] = PAGES(count);
    assert_int_equal(account_set_limits(t.account, limits), ZX_OK);
}

static uint64_t refusals(void)
{
    struct account_usage usage[ACCOUNT_KINDS];

    account_usage(t.account, usage);
    return usage[ACCOUNT_KMEM].refused;
}

static void test_tables_are_charged_as_they_come_and_go(void **state)
{
    (void)state;
    map_places();
    assert_int_equal(tables(), 1); // mapping alone takes none
    assert_int_equal(touch(0), ZX_OK);
    assert_int_equal(tables(), 4); // one of each level
    for (unsigned n = 1; n < PLACES; n++) {
        assert_int_equal(touch(n), ZX_OK);
        assert_int_equal(tables(), 4 + 2 * n);
    }
    for (unsigned n = PLACES; n-- > 1;) {
        assert_int_equal(vmar_unmap(root, place(n), PAGE_SIZE), ZX_OK);
        assert_int_equal(tables(), 2 + 2 * n);
    }
    drop_places();
}

static void test_tables_refused_at_the_limit_leave_nothing_half_done(void **state)
{
    (void)state;
    map_places();
    assert_int_equal(touch(0), ZX_OK);
    // Room for the upper one of the two that each place takes.
    for (unsigned n = 1; n < PLACES; n++) {
        limit_tables(2 * n + 3);
        assert_int_equal(touch(n), ZX_ERR_NO_MEMORY);
        assert_int_equal(refusals(), n);
        assert_int_equal(tables(), 2 * n + 2);
        assert_true(poke(place(n - 1), n)); // what is there goes on
        limit_tables(2 * n + 4);
        assert_int_equal(touch(n), ZX_OK);
        assert_int_equal(tables(), 2 * n + 4);
    }
    // What one place gives back, another may have.
    assert_int_equal(vmar_unmap(root, place(1), PAGE_SIZE), ZX_OK);
    assert_int_equal(map_at(root, RW | SPECIFIC, (20 * GIB - USER_BASE) >> PAGE_SHIFT, &vmo, 0, 1),
                     ZX_OK);
    assert_true(poke(20 * GIB, 1));
    assert_int_equal(tables(), 2 * PLACES + 2);
    drop_places();
}

// A mapping that is to be translated at once is there without: what is missing comes by faults, or not.
static void test_tables_refused_to_map_range_are_missed_by_faults_only(void **state)
{
    (void)state;
    map_places();
    assert_true(poke(place(0), 1));
    limit_tables(4);
    assert_int_equal(map_at(root, RW | SPECIFIC | ZX_VM_MAP_RANGE,
                            (20 * GIB - USER_BASE) >> PAGE_SHIFT, &vmo, 0, 1),
                     ZX_OK);
    assert_int_equal(tables(), 4);
    assert_int_equal(host_user_probe(20 * GIB, 1, 0), ZX_ERR_NO_MEMORY);
    limit_tables(6);
    assert_int_equal(at(20 * GIB), 1);
    drop_places();
}

// Under the least limits there is no address space: each refusal is an error, and nothing stays charged.
static void test_tables_limit_is_met_before_there_is_an_address_space(void **state)
{
    (void)state;
    t.root.freed = false;
    assert_int_equal(account_create(&account_root, NULL, NULL, &t.account), ZX_OK);
    limit_tables(0);
    assert_int_equal(vm_aspace_create(&t.root.r, &test_vmar_ops, NULL, t.account, &t.as),
                     ZX_ERR_NO_MEMORY);
    assert_int_equal(as_charged(&t), 0);
    limit_tables(1);
    assert_int_equal(vm_aspace_create(&t.root.r, &test_vmar_ops, NULL, t.account, &t.as), ZX_OK);
    as_destroy(&t);
}

// No memory for each of the tables in turn.
static void test_tables_without_memory_are_not_charged(void **state)
{
    (void)state;
    map_places();
    vmo_poke(&vmo, 0, 7);
    for (uint64_t missing = 1; missing <= 3; missing++) {
        alloc_fail_set(missing, false);
        assert_int_equal(touch(0), ZX_ERR_NO_MEMORY);
        alloc_fail_set(0, false);
        assert_int_equal(tables(), 1);
    }
    assert_int_equal(at(place(0)), 7);
    assert_int_equal(tables(), 4);
    drop_places();
}

VM_GROUP(tables, VM_TEST(test_tables_are_charged_as_they_come_and_go),
         VM_TEST(test_tables_refused_at_the_limit_leave_nothing_half_done),
         VM_TEST(test_tables_refused_to_map_range_are_missed_by_faults_only),
         VM_TEST(test_tables_limit_is_met_before_there_is_an_address_space),
         VM_TEST(test_tables_without_memory_are_not_charged), );
