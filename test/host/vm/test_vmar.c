// SPDX-License-Identifier: MIT
// Regions and mappings: allocate, map, unmap, destroy (spec 23 sections 8 to 11 and 15).
#include "tests.h"

static struct test_as t;
static struct test_vmar r1, r2, r3;
static struct test_vmo vmo, vmo2;
static vaddr_t out;

static zx_status_t allocate(struct vmar *parent, uint32_t options, uint64_t offset, uint64_t size)
{
    r3.freed = false;
    return vmar_allocate(parent, options, offset, size, &r3.r, &test_vmar_ops, &out);
}

static zx_status_t map(struct vmar *r, uint32_t options, uint64_t offset, uint64_t vmo_offset,
                       uint64_t len)
{
    return vmar_map(r, options, offset, &vmo.v, vmo_offset, len, RWX, &out);
}

static void start(void)
{
    as_create(&t);
    vmo_new(&vmo, 16, 0);
}

static void finish(void)
{
    as_destroy(&t);
    vmo_drop(&vmo);
    assert_true(vmo.freed);
}

// True if [page, page+count) of r is mapped readable, page by page.
static void expect_mapped(struct vmar *r, uint64_t page, uint64_t count, bool mapped)
{
    for (uint64_t i = page; i < page + count; i++) {
        uint64_t value;
        assert_int_equal(peek(vmar_base(r) + PAGES(i), &value), mapped);
    }
}

static void test_vmar_allocate_checks_in_order(void **state)
{
    (void)state;
    start();
    assert_int_equal(region_new(&t.root.r, &r1, 16, 8), ZX_OK);
    struct vmar *r = &r1.r;
    assert_int_equal(allocate(r, CAN_ALL, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, CAN_ALL, 4096, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, SPECIFIC, PAGES(8), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, SPECIFIC, PAGES(7), PAGES(2)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, 0, 0, PAGES(9)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, SPECIFIC, 1, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(allocate(r, 0, 0, PAGES(8)), ZX_OK); // whole size: at the base
    assert_int_equal(out, vmar_base(r));
    assert_int_equal(allocate(r, 0, 0, PAGES(1)), ZX_ERR_NO_MEMORY);
    assert_int_equal(allocate(r, SPECIFIC, PAGES(3), PAGES(1)), ZX_ERR_NO_MEMORY);
    vmar_release(&r3.r);
    region_drop(&r1);
    finish();
}

static void test_vmar_allocate_permissions(void **state)
{
    (void)state;
    start();
    assert_int_equal(allocate(&t.root.r, CAN_RWX, 0, PAGES(8)), ZX_OK);
    assert_int_equal(vmar_map(&r3.r, RW | SPECIFIC, 0, &vmo.v, 0, 4096, RWX, &out),
                     ZX_ERR_ACCESS_DENIED); // no CAN_MAP_SPECIFIC
    assert_int_equal(vmar_map(&r3.r, RW | OVERWRITE, 0, &vmo.v, 0, 4096, RWX, &out),
                     ZX_ERR_ACCESS_DENIED);
    r1.freed = false;
    assert_int_equal(vmar_allocate(&r3.r, SPECIFIC, 0, 4096, &r1.r, &test_vmar_ops, &out),
                     ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_allocate(&r3.r, ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0, PAGES(2),
                                   &r1.r, &test_vmar_ops, &out),
                     ZX_OK); // CAN_MAP_SPECIFIC may be granted
    r2.freed = false;
    assert_int_equal(
        vmar_allocate(&r1.r, ZX_VM_CAN_MAP_WRITE, 0, 4096, &r2.r, &test_vmar_ops, &out),
        ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmar_allocate(&r1.r, ZX_VM_CAN_MAP_READ | SPECIFIC, PAGES(1), 4096, &r2.r,
                                   &test_vmar_ops, &out),
                     ZX_OK);
    vmar_release(&r3.r);
    vmar_release(&r1.r);
    vmar_release(&r2.r);
    finish();
    assert_true(r1.freed && r2.freed && r3.freed);
}

static void test_vmar_map_checks_in_order(void **state)
{
    (void)state;
    start();
    assert_int_equal(region_new(&t.root.r, &r1, 16, 8), ZX_OK);
    struct vmar *r = &r1.r;
    assert_int_equal(map(r, RW, 0, 1, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | ZX_VM_MAP_RANGE, 0, 1, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW, 0, -PAGE_SIZE, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW, 0, -2 * PAGE_SIZE, 4096), ZX_OK);
    assert_int_equal(vmar_unmap(r, out, 1), ZX_OK);
    assert_int_equal(map(r, RW, 0, 0, 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW, 0, 0, UINT64_MAX), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW, 4096, 0, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | SPECIFIC, PAGES(8), 0, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | SPECIFIC, PAGES(7), 0, 4097), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | SPECIFIC, UINT64_MAX, 0, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | SPECIFIC, 1, 0, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW, 0, 0, PAGES(9)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(map(r, RW | SPECIFIC, 0, 0, PAGES(4) - 1), ZX_OK); // rounds up
    expect_mapped(r, 0, 4, true);
    assert_int_equal(map_at(r, RW, 3, &vmo, 0, 1), ZX_ERR_NO_MEMORY);
    assert_int_equal(map_at(r, RW, 3, &vmo, 0, 5), ZX_ERR_NO_MEMORY);
    assert_int_equal(region_new(r, &r2, 4, 2), ZX_OK);
    assert_int_equal(map_at(r, RW, 5, &vmo, 0, 2), ZX_ERR_NO_MEMORY);
    assert_int_equal(map(r, RW, 0, 0, PAGES(3)), ZX_ERR_NO_MEMORY);
    assert_int_equal(map(r, RW, 0, 0, PAGES(2)), ZX_OK);
    assert_int_equal(out, vmar_base(r) + PAGES(6));
    region_drop(&r2);
    region_drop(&r1);
    finish();
}

static void test_vmar_map_beyond_the_end(void **state)
{
    (void)state;
    start();
    vmo_new(&vmo2, 1, VMO_RESIZABLE);
    vaddr_t va = map_any(&t.root.r, RW, &vmo2, 0, 3);
    vaddr_t vb = map_any(&t.root.r, RW, &vmo2, 2, 1);
    assert_true(poke(va, 1));
    assert_false(poke(va + PAGES(1), 1));
    assert_false(poke(vb, 1));
    assert_int_equal(vmo_set_size(&vmo2.v, PAGES(3)), ZX_OK);
    assert_true(poke(vb, 5));
    assert_int_equal(at(va + PAGES(2)), 5);
    assert_int_equal(vmo_set_size(&vmo2.v, 0), ZX_OK);
    assert_false(poke(va, 1));
    assert_false(poke(vb, 1));
    vmo_drop(&vmo2);
    finish();
}

static void test_vmar_map_range_populates(void **state)
{
    struct vmo_stats stats;

    (void)state;
    start();
    for (unsigned i = 0; i < 16; i += 3)
        vmo_poke(&vmo, i, i + 100);
    vaddr_t va = map_any(&t.root.r, RW | ZX_VM_MAP_RANGE, &vmo, 2, 20);
    for (unsigned i = 2; i < 22; i++) {
        paddr_t pa, expected;
        unsigned prot;
        zx_status_t want = i < 16 && i % 3 == 0 ? ZX_OK : ZX_ERR_NOT_FOUND;
        assert_int_equal(hal_aspace_query(&t.as->hal, va + PAGES(i - 2), &pa, &prot), want);
        if (want != ZX_OK)
            continue;
        assert_int_equal(vmo_lookup(&vmo.v, PAGES(i), &expected), ZX_OK);
        assert_int_equal(pa, expected);
        assert_int_equal(at(va + PAGES(i - 2)), i + 100);
    }
    vmo_get_stats(&vmo.v, &stats);
    assert_int_equal(stats.committed_pages, 6);
    assert_int_equal(stats.mappings, 1);
    finish();
}

static void test_vmar_unmap_checks_in_order(void **state)
{
    (void)state;
    start();
    assert_int_equal(region_new(&t.root.r, &r1, 16, 8), ZX_OK);
    struct vmar *r = &r1.r;
    vaddr_t base = vmar_base(r);
    assert_int_equal(vmar_unmap(r, base + 1, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base, 0), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base, UINT64_MAX), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base - 4096, 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base + PAGES(8), 4096), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base + PAGES(7), PAGES(2)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base, PAGES(8)), ZX_OK); // nothing there
    region_drop(&r1);
    finish();
}

static void test_vmar_unmap_pieces(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 16; i++)
        vmo_poke(&vmo, i, i);
    for (uint64_t lo = 0; lo < 4; lo++) {
        for (uint64_t hi = lo + 1; hi <= 4; hi++) {
            assert_int_equal(region_new(&t.root.r, &r1, 16, 4), ZX_OK);
            assert_int_equal(map_at(&r1.r, RW, 0, &vmo, 3, 4), ZX_OK);
            expect_mapped(&r1.r, 0, 4, true);
            assert_int_equal(vmar_unmap(&r1.r, vmar_base(&r1.r) + PAGES(lo), PAGES(hi - lo) - 5),
                             ZX_OK);
            for (uint64_t i = 0; i < 4; i++) {
                uint64_t value;
                bool mapped = peek(vmar_base(&r1.r) + PAGES(i), &value);
                assert_int_equal(mapped, i < lo || i >= hi);
                if (mapped)
                    assert_int_equal(value, i + 3); // the pieces show what they showed
            }
            assert_int_equal(map_at(&r1.r, RW, lo, &vmo, 0, hi - lo), ZX_OK); // free again
            assert_int_equal(vmar_destroy(&r1.r), ZX_OK);
            region_drop(&r1);
            assert_true(r1.freed);
        }
    }
    finish();
}

static void test_vmar_unmap_spanning(void **state)
{
    (void)state;
    start();
    struct vmar *r = &t.root.r;
    vaddr_t base = vmar_base(r);
    assert_int_equal(map_at(r, RW, 0, &vmo, 0, 2), ZX_OK);
    assert_int_equal(region_new(r, &r1, 2, 2), ZX_OK);
    assert_int_equal(map_at(&r1.r, RW, 1, &vmo, 0, 1), ZX_OK);
    assert_int_equal(map_at(r, RW, 5, &vmo, 0, 2), ZX_OK);
    // All but the last, all but the first page of the region.
    assert_int_equal(vmar_unmap(r, base + PAGES(1), PAGES(2)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base + PAGES(3), PAGES(4)), ZX_ERR_INVALID_ARGS);
    assert_int_equal(vmar_unmap(r, base + PAGES(3), PAGES(1)), ZX_ERR_INVALID_ARGS);
    expect_mapped(r, 0, 2, true);
    expect_mapped(r, 3, 1, true);
    expect_mapped(r, 5, 2, true);
    assert_int_equal(vmar_unmap(r, base + PAGES(1), PAGES(5)), ZX_OK);
    expect_mapped(r, 0, 1, true);
    expect_mapped(r, 1, 5, false);
    expect_mapped(r, 6, 1, true);
    assert_int_equal(vmar_unmap(&r1.r, vmar_base(&r1.r), 4096), ZX_ERR_BAD_STATE);
    region_drop(&r1);
    assert_true(r1.freed);
    // Beginning in a gap.
    assert_int_equal(vmar_unmap(r, base + PAGES(3), PAGES(6)), ZX_OK);
    expect_mapped(r, 6, 1, false);
    finish();
}

static void test_vmar_overwrite(void **state)
{
    (void)state;
    start();
    vmo_new(&vmo2, 4, 0);
    struct vmar *r = &t.root.r;
    for (unsigned i = 0; i < 4; i++) {
        vmo_poke(&vmo, i, i + 10);
        vmo_poke(&vmo2, i, i + 20);
    }
    assert_int_equal(map_at(r, RW | OVERWRITE, 0, &vmo, 0, 4), ZX_OK); // free: as SPECIFIC
    expect_mapped(r, 0, 4, true);
    assert_int_equal(map_at(r, RW | OVERWRITE, 1, &vmo2, 1, 2), ZX_OK); // the middle
    assert_int_equal(at(vmar_base(r)), 10);
    assert_int_equal(at(vmar_base(r) + PAGES(1)), 21);
    assert_int_equal(at(vmar_base(r) + PAGES(2)), 22);
    assert_int_equal(at(vmar_base(r) + PAGES(3)), 13);
    assert_int_equal(region_new(r, &r1, 4, 1), ZX_OK);
    assert_int_equal(map_at(r, RW | OVERWRITE, 3, &vmo2, 0, 2), ZX_ERR_INVALID_ARGS);
    assert_int_equal(at(vmar_base(r) + PAGES(3)), 13);
    assert_int_equal(map_at(r, RO | OVERWRITE, 0, &vmo2, 0, 4), ZX_OK); // all three pieces
    assert_int_equal(at(vmar_base(r)), 20);
    assert_false(poke(vmar_base(r), 1));
    region_drop(&r1);
    vmo_drop(&vmo2);
    finish();
    assert_true(vmo2.freed);
}

static void test_vmar_destroy_tree(void **state)
{
    (void)state;
    start();
    assert_int_equal(region_new(&t.root.r, &r1, 4, 8), ZX_OK);
    assert_int_equal(map_at(&r1.r, RW, 0, &vmo, 0, 2), ZX_OK);
    assert_int_equal(region_new(&r1.r, &r2, 3, 4), ZX_OK);
    assert_int_equal(map_at(&r2.r, RW, 1, &vmo, 4, 2), ZX_OK);
    vaddr_t base = vmar_base(&r1.r);
    assert_true(poke(base, 1) && poke(base + PAGES(4), 2));
    assert_int_equal(vmar_destroy(&r1.r), ZX_OK);
    assert_false(poke(base, 1) || poke(base + PAGES(4), 2));
    for (unsigned i = 0; i < 2; i++) {
        struct vmar *dead = i == 0 ? &r1.r : &r2.r;
        assert_int_equal(vmar_destroy(dead), ZX_ERR_BAD_STATE);
        assert_int_equal(allocate(dead, 0, 0, 4096), ZX_ERR_BAD_STATE);
        assert_int_equal(vmar_unmap(dead, vmar_base(dead), 4096), ZX_ERR_BAD_STATE);
        assert_int_equal(vmar_protect(dead, RO, vmar_base(dead), 4096), ZX_ERR_BAD_STATE);
        assert_int_equal(map(dead, RW, 0, 0, 4096), ZX_ERR_BAD_STATE);
    }
    assert_int_equal(vmar_size(&r1.r), PAGES(8)); // still readable
    vmo_new(&vmo2, 1, 0);
    assert_int_equal(map_at(&t.root.r, RW, 4, &vmo2, 0, 1), ZX_OK);
    assert_int_equal(at(base), 0); // only the new VMO
    vmo_drop(&vmo2);
    region_drop(&r1);
    region_drop(&r2);
    assert_true(r1.freed && r2.freed);
    finish();
}

static void test_vmar_destroy_root(void **state)
{
    (void)state;
    start();
    vaddr_t va = map_any(&t.root.r, RW, &vmo, 0, 1);
    assert_int_equal(vmar_destroy(&t.root.r), ZX_OK);
    assert_false(poke(va, 1));
    assert_int_equal(allocate(&t.root.r, 0, 0, 4096), ZX_ERR_BAD_STATE);
    finish();
}

#define DEPTH 300

static void test_vmar_deep_nesting(void **state)
{
    static struct test_vmar deep[DEPTH];

    (void)state;
    start();
    for (unsigned i = 0; i < DEPTH; i++)
        assert_int_equal(region_new(i ? &deep[i - 1].r : &t.root.r, &deep[i], 0, DEPTH - i), ZX_OK);
    assert_int_equal(map_at(&deep[DEPTH - 1].r, RW, 0, &vmo, 0, 1), ZX_OK);
    assert_true(poke(USER_BASE, 3));
    assert_int_equal(vmar_destroy(&deep[5].r), ZX_OK);
    assert_false(poke(USER_BASE, 3));
    for (unsigned i = 0; i < DEPTH; i++)
        region_drop(&deep[i]);
    finish();
    for (unsigned i = 0; i < DEPTH; i++)
        assert_true(deep[i].freed);
}

// Mappings hold the VMO, not the handle.
static void test_vmar_mapping_keeps_vmo(void **state)
{
    (void)state;
    start();
    vmo_new(&vmo2, 1, 0);
    vaddr_t va = map_any(&t.root.r, RW, &vmo2, 0, 1);
    vmo_drop(&vmo2);
    assert_false(vmo2.freed);
    assert_true(poke(va, 6));
    assert_int_equal(at(va), 6);
    assert_int_equal(vmar_unmap(&t.root.r, va, 1), ZX_OK);
    assert_true(vmo2.freed);
    finish();
}

// 1 GiB, mostly empty; from an address that is not 2 MiB aligned; twice.
static void test_vmar_unmap_large_sparse(void **state)
{
    const uint64_t pages = (1ul << 30) / PAGE_SIZE;

    (void)state;
    start();
    vmo_new(&vmo2, pages, 0);
    assert_int_equal(map_at(&t.root.r, RW, 0, &vmo2, 0, pages), ZX_OK);
    const uint64_t touched[] = {0, 2, 3, 700, pages - 1};
    for (unsigned i = 0; i < countof(touched); i++)
        assert_true(poke(USER_BASE + PAGES(touched[i]), i));
    assert_int_equal(vmar_unmap(&t.root.r, USER_BASE + PAGES(3), PAGES(pages - 3)), ZX_OK);
    for (unsigned i = 0; i < countof(touched); i++)
        assert_int_equal(poke(USER_BASE + PAGES(touched[i]), i), touched[i] < 3);
    assert_int_equal(vmar_unmap(&t.root.r, USER_BASE + PAGES(3), PAGES(pages - 3)), ZX_OK);
    vmo_drop(&vmo2);
    finish();
}

VM_GROUP(vmar, VM_TEST(test_vmar_allocate_checks_in_order), VM_TEST(test_vmar_allocate_permissions),
         VM_TEST(test_vmar_map_checks_in_order), VM_TEST(test_vmar_map_beyond_the_end),
         VM_TEST(test_vmar_map_range_populates), VM_TEST(test_vmar_unmap_checks_in_order),
         VM_TEST(test_vmar_unmap_pieces), VM_TEST(test_vmar_unmap_spanning),
         VM_TEST(test_vmar_overwrite), VM_TEST(test_vmar_destroy_tree),
         VM_TEST(test_vmar_destroy_root), VM_TEST(test_vmar_deep_nesting),
         VM_TEST(test_vmar_mapping_keeps_vmo), VM_TEST(test_vmar_unmap_large_sparse));
