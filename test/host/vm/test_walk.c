// SPDX-License-Identifier: MIT
// What object info sees: the walk over an address space, usage sums, look-up (spec 22 sections 2.4
// to 2.7).
#include "tests.h"

#include <zircon/syscalls/object.h>

static struct test_as t, t2;
static struct test_vmar r1, r2;
static struct test_vmo vmo, shared;

static struct vmar *const root = &t.root.r;

static void expect(struct vm_walk *walk, uint32_t type, uint32_t depth, vaddr_t base, size_t size)
{
    struct vm_walk_entry e;

    assert_true(vm_aspace_walk(t.as, walk, &e));
    assert_int_equal(e.type, type);
    assert_int_equal(e.depth, depth);
    assert_int_equal(e.base, base);
    assert_int_equal(e.size, size);
    assert_int_equal(e.vmo != NULL, type == ZX_INFO_MAPS_TYPE_MAPPING);
    if (e.vmo != NULL)
        vmo_release(e.vmo);
}

static void test_walk_pre_order(void **state)
{
    static const uint32_t prots[] = {RO, RW, RX, RWX};
    const size_t user = USER_MAP_END - USER_BASE;
    struct vm_walk walk = {.begun = false};
    struct vm_walk_entry e;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 8, 0);
    assert_int_equal(map_at(root, RW, 100, &vmo, 0, 2), ZX_OK);
    assert_int_equal(region_new(root, &r1, 0, 20), ZX_OK); // begins where the root does
    assert_int_equal(region_new(&r1.r, &r2, 0, 8), ZX_OK); // and so does this
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(map_at(&r2.r, prots[i % 4], i, &vmo, i, 1), ZX_OK);
    assert_int_equal(map_at(&r1.r, RW, 9, &vmo, 1, 3), ZX_OK);
    vmo_poke(&vmo, 2, 1);

    expect(&walk, ZX_INFO_MAPS_TYPE_ASPACE, 0, USER_BASE, user);
    expect(&walk, ZX_INFO_MAPS_TYPE_VMAR, 1, USER_BASE, user);
    expect(&walk, ZX_INFO_MAPS_TYPE_VMAR, 2, USER_BASE, PAGES(20));
    expect(&walk, ZX_INFO_MAPS_TYPE_VMAR, 3, USER_BASE, PAGES(8));
    for (unsigned i = 0; i < 8; i++) {
        assert_true(vm_aspace_walk(t.as, &walk, &e));
        assert_int_equal(e.base, USER_BASE + PAGES(i));
        assert_int_equal(e.depth, 4);
        assert_int_equal(e.mmu_flags, prots[i % 4]);
        assert_int_equal(e.vmo_offset, PAGES(i));
        assert_int_equal(e.committed_pages, i == 2);
        assert_ptr_equal(e.vmo, &vmo.v);
        vmo_release(e.vmo);
    }
    expect(&walk, ZX_INFO_MAPS_TYPE_MAPPING, 3, USER_BASE + PAGES(9), PAGES(3));
    expect(&walk, ZX_INFO_MAPS_TYPE_MAPPING, 2, USER_BASE + PAGES(100), PAGES(2));
    assert_false(vm_aspace_walk(t.as, &walk, &e));
    assert_false(vm_aspace_walk(t.as, &walk, &e));
    region_drop(&r1);
    region_drop(&r2);
    as_destroy(&t);
    vmo_drop(&vmo);
}

// What the cursor stands on goes away; the walk goes on behind it.
static void test_walk_survives_changes(void **state)
{
    struct vm_walk walk = {.begun = false};
    struct vm_walk_entry e;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 1, 0);
    assert_int_equal(region_new(root, &r1, 0, 8), ZX_OK);
    assert_int_equal(map_at(&r1.r, RW, 1, &vmo, 0, 1), ZX_OK);
    assert_int_equal(map_at(&r1.r, RW, 3, &vmo, 0, 1), ZX_OK);
    assert_int_equal(map_at(root, RW, 10, &vmo, 0, 1), ZX_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(vm_aspace_walk(t.as, &walk, &e));
        if (e.vmo != NULL)
            vmo_release(e.vmo);
    }
    assert_int_equal(e.base, USER_BASE + PAGES(1));
    assert_int_equal(vmar_destroy(&r1.r), ZX_OK);
    expect(&walk, ZX_INFO_MAPS_TYPE_MAPPING, 2, USER_BASE + PAGES(10), PAGES(1));
    assert_false(vm_aspace_walk(t.as, &walk, &e));
    // A destroyed root: the address space alone.
    assert_int_equal(vmar_destroy(root), ZX_OK);
    walk = (struct vm_walk){.begun = false};
    assert_true(vm_aspace_walk(t.as, &walk, &e));
    assert_false(vm_aspace_walk(t.as, &walk, &e));
    region_drop(&r1);
    as_destroy(&t);
    vmo_drop(&vmo);
}

static void test_usage_sums(void **state)
{
    struct vm_usage usage;
    struct vmo_stats stats;

    (void)state;
    as_create(&t2);
    as_create(&t);
    vmo_new(&vmo, 4, 0);
    vmo_new(&shared, 4, 0);
    assert_int_equal(vmo_commit(&vmo.v, 0, PAGES(3)), ZX_OK);
    assert_int_equal(vmo_commit(&shared.v, 0, PAGES(4)), ZX_OK);
    assert_true(map_any(root, RW, &vmo, 0, 4) != 0);
    assert_true(map_any(root, RW, &vmo, 2, 2) != 0); // twice in one space is still private
    assert_true(map_any(root, RW, &shared, 1, 2) != 0);
    assert_true(map_any(&t2.root.r, RW, &shared, 0, 4) != 0);
    vm_aspace_usage(t.as, &usage);
    assert_int_equal(usage.mapped, PAGES(8));
    assert_int_equal(usage.private_bytes, PAGES(3 + 1));
    assert_int_equal(usage.shared, PAGES(2));
    assert_int_equal(usage.scaled_shared, PAGES(1));
    vmo_get_stats(&shared.v, &stats);
    assert_int_equal(stats.share_count, 2);
    assert_int_equal(stats.mappings, 2);
    assert_true(vm_aspace_table_pages(t.as) >= 1);
    as_destroy(&t2);
    as_destroy(&t);
    vmo_get_stats(&shared.v, &stats);
    assert_int_equal(stats.share_count, 1);
    assert_int_equal(stats.mappings, 0);
    vmo_drop(&vmo);
    vmo_drop(&shared);
}

static void test_find_clips_to_mapping(void **state)
{
    struct vmo *v;
    uint64_t offset;
    size_t len;

    (void)state;
    as_create(&t);
    vmo_new(&vmo, 4, 0);
    assert_int_equal(map_at(root, 0, 1, &vmo, 2, 2), ZX_OK);
    assert_int_equal(vm_aspace_find(t.as, USER_BASE, &v, &offset, &len), ZX_ERR_NOT_FOUND);
    assert_int_equal(vm_aspace_find(t.as, USER_BASE + PAGES(1) + 7, &v, &offset, &len), ZX_OK);
    assert_ptr_equal(v, &vmo.v);
    assert_int_equal(offset, PAGES(2) + 7);
    assert_int_equal(len, PAGES(2) - 7);
    vmo_release(v);
    as_destroy(&t);
    vmo_drop(&vmo);
}

VM_GROUP(walk, VM_TEST(test_walk_pre_order), VM_TEST(test_walk_survives_changes),
         VM_TEST(test_usage_sums), VM_TEST(test_find_clips_to_mapping));
