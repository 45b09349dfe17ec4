// SPDX-License-Identifier: MIT
//
// Regions and mappings, edge by edge: spec 23 section 15 as far as test/target/memory.c has it not.

#include <testing/testing.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define PAGE ((uint64_t)ZX_PAGE_SIZE)
#define RW   (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define RWX  (RW | ZX_VM_PERM_EXECUTE)
#define CAN_RWX  (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define CAN_ALL  (CAN_RWX | ZX_VM_CAN_MAP_SPECIFIC)
#define SPECIFIC ZX_VM_SPECIFIC

// A region of 16 pages with `vmo` (of 4 pages, filled with page numbers from 1 on) at page 2, and an empty
// sub-region of 4 pages at page 8.
struct place {
    zx_handle_t region, sub, vmo;
    zx_vaddr_t base;
};

static struct place make_place(void)
{
    struct place p = {0};
    zx_vaddr_t at;

    EXPECT_OK(zx_vmo_create(4 * PAGE, 0, &p.vmo));
    for (uint64_t page = 0; page < 4; page++) {
        uint64_t value = page + 1;
        EXPECT_OK(zx_vmo_write(p.vmo, &value, page * PAGE, sizeof(value)));
    }
    EXPECT_OK(zx_vmar_allocate(zx_vmar_root_self(), CAN_ALL, 0, 16 * PAGE, &p.region, &p.base));
    EXPECT_OK(zx_vmar_map(p.region, RW | SPECIFIC, 2 * PAGE, p.vmo, 0, 4 * PAGE, &at));
    EXPECT_OK(zx_vmar_allocate(p.region, CAN_ALL | SPECIFIC, 8 * PAGE, 4 * PAGE, &p.sub, &at));
    return p;
}

static void drop_place(struct place *p)
{
    zx_vmar_destroy(p->region);
    zx_handle_t all[] = {p->region, p->sub, p->vmo};
    EXPECT_OK(zx_handle_close_many(all, 3));
}

static uint64_t word(const struct place *p, uint64_t page)
{
    return *(volatile uint64_t *)(p->base + page * PAGE);
}

static void expect_untouched(const struct place *p)
{
    for (uint64_t page = 0; page < 4; page++) {
        EXPECT_EQ(word(p, 2 + page), page + 1);
    }
}

// CALLS(zx_vmar_map)
TEST(the_root_region_is_all_of_user_space)
{
    zx_info_vmar_t root;
    zx_handle_t vmo;
    zx_vaddr_t at;

    ASSERT_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL, NULL));
    EXPECT_EQ(root.base, 0x0000000001000000u);
    EXPECT_EQ(root.len, 0x0000fffffe000000u);
    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    const uint64_t ends[] = {0, root.len - PAGE};
    for (unsigned i = 0; i < 2; i++) { // to the first and the last page
        ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW | SPECIFIC, ends[i], vmo, 0, PAGE, &at));
        EXPECT_EQ(at, root.base + ends[i]);
        *(volatile uint64_t *)at = i + 1;
        EXPECT_EQ(*(volatile uint64_t *)at, i + 1);
        EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, PAGE));
    }
    EXPECT_EQ(zx_vmar_map(zx_vmar_root_self(), RW | SPECIFIC, root.len, vmo, 0, PAGE, &at), ZX_ERR_INVALID_ARGS);
    zx_handle_close(vmo);
}

// CALLS(zx_vmar_map, zx_vmar_allocate)
TEST(what_is_taken_is_not_given_twice)
{
    static const struct {
        uint64_t page, pages;
    } taken[] = {{2, 4}, {0, 3}, {5, 2}, {3, 1}, {1, 6}, {8, 4}, {7, 2}, {11, 2}, {9, 1}, {6, 8}};
    struct place p = make_place();
    zx_handle_t sub = 77;
    zx_vaddr_t at = 78;

    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        const uint64_t offset = taken[i].page * PAGE, size = taken[i].pages * PAGE;
        EXPECT_EQ(zx_vmar_map(p.region, RW | SPECIFIC, offset, p.vmo, 0, size, &at), ZX_ERR_NO_MEMORY);
        EXPECT_EQ(zx_vmar_allocate(p.region, CAN_ALL | SPECIFIC, offset, size, &sub, &at), ZX_ERR_NO_MEMORY);
        const bool meets_sub = taken[i].page + taken[i].pages > 8;
        if (meets_sub) {
            EXPECT_EQ(zx_vmar_map(p.region, RW | ZX_VM_SPECIFIC_OVERWRITE, offset, p.vmo, 0, size, &at),
                      ZX_ERR_INVALID_ARGS);
        }
    }
    EXPECT_EQ(sub, 77u);
    EXPECT_EQ(at, 78u);
    expect_untouched(&p);
    EXPECT_EQ(zx_vmar_map(p.region, RW | SPECIFIC, 16 * PAGE, p.vmo, 0, PAGE, &at), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_map(p.region, RW | SPECIFIC, 15 * PAGE, p.vmo, 0, 2 * PAGE, &at), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_map(p.region, RW, 0, p.vmo, 0, 17 * PAGE, &at), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_map(p.region, RW, 0, p.vmo, 0, 5 * PAGE, &at), ZX_ERR_NO_MEMORY); // no gap of five
    EXPECT_OK(zx_vmar_map(p.region, RW, 0, p.vmo, 0, 4 * PAGE, &at));
    EXPECT_EQ(at, p.base + 12 * PAGE); // the one of four
    EXPECT_EQ(zx_vmar_map(p.region, RW, 0, p.vmo, 0 - PAGE, PAGE, &at), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_vmar_map(p.region, RW, 0, p.vmo, 0 - 2 * PAGE, PAGE, &at));
    drop_place(&p);
}

// CALLS(zx_vmar_unmap, zx_vmar_protect)
TEST(ranges_that_meet_a_region)
{
    struct place p = make_place();

    // Part of it, or all but a page of it: refused, and nothing has changed.
    EXPECT_EQ(zx_vmar_unmap(p.region, p.base, 11 * PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_unmap(p.region, p.base + 9 * PAGE, 7 * PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_unmap(p.region, p.base + 9 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_unmap(p.region, p.base, 17 * PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_protect(p.region, ZX_VM_PERM_READ, p.base + 8 * PAGE, PAGE), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_vmar_protect(p.region, ZX_VM_PERM_READ, p.base + 2 * PAGE, 5 * PAGE), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(zx_vmar_protect(p.region, ZX_VM_PERM_READ, p.base + PAGE, 2 * PAGE), ZX_ERR_NOT_FOUND);
    expect_untouched(&p);
    *(volatile uint64_t *)(p.base + 2 * PAGE) = 1; // writable still
    EXPECT_OK(zx_vmar_unmap(p.region, p.base, 2 * PAGE)); // a gap
    // All of it, from the middle of the mapping before: half of that goes too.
    EXPECT_OK(zx_vmar_unmap(p.region, p.base + 4 * PAGE, 12 * PAGE));
    EXPECT_EQ(word(&p, 2), 1u);
    EXPECT_EQ(word(&p, 3), 2u);
    EXPECT_EQ(zx_vmar_unmap(p.sub, p.base + 8 * PAGE, PAGE), ZX_ERR_BAD_STATE);
    drop_place(&p);
}

// CALLS(zx_vmar_destroy, zx_vmar_allocate, zx_vmar_map, zx_vmar_unmap, zx_vmar_protect)
TEST(a_destroyed_region_is_good_for_nothing)
{
    struct place p = make_place();
    zx_handle_t sub;
    zx_vaddr_t at;

    EXPECT_OK(zx_vmar_destroy(p.region));
    const zx_handle_t dead[] = {p.region, p.sub};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_EQ(zx_vmar_destroy(dead[i]), ZX_ERR_BAD_STATE);
        EXPECT_EQ(zx_vmar_allocate(dead[i], CAN_ALL, 0, PAGE, &sub, &at), ZX_ERR_BAD_STATE);
        EXPECT_EQ(zx_vmar_map(dead[i], RW, 0, p.vmo, 0, PAGE, &at), ZX_ERR_BAD_STATE);
        EXPECT_EQ(zx_vmar_unmap(dead[i], p.base + 8 * PAGE, PAGE), ZX_ERR_BAD_STATE);
        EXPECT_EQ(zx_vmar_protect(dead[i], RW, p.base + 8 * PAGE, PAGE), ZX_ERR_BAD_STATE);
        EXPECT_EQ(zx_vmar_unmap(dead[i], p.base + 1, PAGE), ZX_ERR_INVALID_ARGS);
        EXPECT_EQ(zx_vmar_allocate(dead[i], CAN_ALL, 0, PAGE - 1, &sub, &at), ZX_ERR_INVALID_ARGS);
    }
    uint64_t value;
    EXPECT_EQ(zx_vmo_write(p.vmo, (void *)(p.base + 2 * PAGE), 0, 8), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_vmo_read(p.vmo, &value, PAGE, 8));
    EXPECT_EQ(value, 2u);
    drop_place(&p);
}

// What a handle does not allow cannot be had through it, not even later.
// CALLS(zx_vmar_map, zx_vmar_protect, zx_vmar_allocate)
TEST(rights_of_handles_are_ceilings)
{
    static const struct {
        zx_rights_t rights;
        zx_vm_option_t prot;
    } kinds[] = {
        {ZX_RIGHT_READ, ZX_VM_PERM_READ},
        {ZX_RIGHT_READ | ZX_RIGHT_WRITE, RW},
        {ZX_RIGHT_READ | ZX_RIGHT_EXECUTE, ZX_VM_PERM_READ | ZX_VM_PERM_EXECUTE},
    };
    struct place p = make_place();

    for (unsigned i = 0; i < 6; i++) {
        const bool weak_vmo = i >= 3;
        const zx_vm_option_t prot = kinds[i % 3].prot;
        zx_handle_t weak, sub = 0;
        zx_vaddr_t at;
        ASSERT_OK(zx_handle_duplicate(weak_vmo ? p.vmo : p.region,
                                      kinds[i % 3].rights | (weak_vmo ? ZX_RIGHT_MAP : 0), &weak));
        const zx_handle_t vmar = weak_vmo ? p.region : weak, vmo = weak_vmo ? weak : p.vmo;
        EXPECT_EQ(zx_vmar_map(vmar, RWX, 0, vmo, 0, PAGE, &at), ZX_ERR_ACCESS_DENIED);
        ASSERT_OK(zx_vmar_map(vmar, prot, 0, vmo, 0, PAGE, &at));
        if (!weak_vmo) {
            EXPECT_EQ(zx_vmar_allocate(weak, CAN_RWX, 0, PAGE, &sub, &at), ZX_ERR_ACCESS_DENIED);
        }
        EXPECT_OK(zx_handle_close(weak));
        EXPECT_EQ(zx_vmar_protect(p.region, RWX, at, PAGE), ZX_ERR_ACCESS_DENIED);
        EXPECT_OK(zx_vmar_protect(p.region, 0, at, PAGE));
        EXPECT_EQ(zx_vmar_protect(p.region, RWX, at, PAGE), ZX_ERR_ACCESS_DENIED);
        EXPECT_OK(zx_vmar_protect(p.region, prot, at, PAGE));
        EXPECT_OK(zx_vmar_unmap(p.region, at, PAGE));
    }
    drop_place(&p);
}

// CALLS(zx_vmar_allocate, zx_vmar_map)
TEST(a_region_hands_on_no_more_than_it_may)
{
    static const zx_vm_option_t bits[] = {ZX_VM_CAN_MAP_READ, ZX_VM_CAN_MAP_WRITE, ZX_VM_CAN_MAP_EXECUTE};
    struct place p = make_place();
    zx_handle_t weak, sub;
    zx_vaddr_t at;

    for (unsigned i = 0; i < 3; i++) {
        ASSERT_OK(zx_vmar_allocate(p.sub, CAN_ALL & ~bits[i], 0, 4 * PAGE, &weak, &at));
        EXPECT_EQ(zx_vmar_allocate(weak, CAN_RWX, 0, PAGE, &sub, &at), ZX_ERR_ACCESS_DENIED);
        EXPECT_EQ(zx_vmar_map(weak, RWX, 0, p.vmo, 0, PAGE, &at), ZX_ERR_ACCESS_DENIED);
        // The permissions' bits follow each other as those of the regions do.
        const zx_vm_option_t rest = RWX & ~(1u << i);
        EXPECT_EQ(zx_vmar_map(weak, rest, 0, p.vmo, 0, PAGE, &at),
                  i == 0 ? ZX_ERR_INVALID_ARGS : ZX_OK);
        EXPECT_OK(zx_vmar_allocate(weak, CAN_RWX & ~bits[i], 0, PAGE, &sub, &at));
        zx_handle_close(sub);
        EXPECT_OK(zx_vmar_destroy(weak));
        zx_handle_close(weak);
    }
    ASSERT_OK(zx_vmar_allocate(p.sub, CAN_RWX, 0, 4 * PAGE, &weak, &at));
    EXPECT_EQ(zx_vmar_map(weak, RW | SPECIFIC, 0, p.vmo, 0, PAGE, &at), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_vmar_map(weak, RW | ZX_VM_SPECIFIC_OVERWRITE, 0, p.vmo, 0, PAGE, &at), ZX_ERR_ACCESS_DENIED);
    EXPECT_OK(zx_vmar_allocate(weak, CAN_ALL, 0, PAGE, &sub, &at)); // SPECIFIC may be granted
    zx_handle_close(sub);
    zx_handle_close(weak);
    drop_place(&p);
}

// CALLS(zx_vmo_clone, zx_vmar_unmap)
TEST(a_mapped_clone_lives_without_a_handle)
{
    struct place p = make_place();
    zx_signals_t seen = 0;
    zx_handle_t clone;
    zx_vaddr_t at;

    ASSERT_OK(zx_vmo_clone(p.vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, 4 * PAGE, &clone));
    ASSERT_OK(zx_vmar_map(p.region, RW, 0, clone, 0, 4 * PAGE, &at));
    zx_handle_close(clone);
    zx_object_wait_one(p.vmo, 0, 0, &seen);
    EXPECT_EQ(seen & ZX_VMO_ZERO_CHILDREN, 0u);
    EXPECT_EQ(*(volatile uint64_t *)(at + PAGE), 2u);
    EXPECT_OK(zx_vmar_unmap(p.region, at, 4 * PAGE));
    zx_object_wait_one(p.vmo, 0, 0, &seen);
    EXPECT_EQ(seen & ZX_VMO_ZERO_CHILDREN, ZX_VMO_ZERO_CHILDREN);
    drop_place(&p);
}

#define GIB (1ull << 30)

// CALLS(zx_vmar_protect, zx_vmar_unmap)
TEST(a_large_mapping_is_changed_from_the_middle_of_a_block)
{
    const uint64_t cut = GIB / 2 + 7 * PAGE;
    zx_handle_t vmo;
    zx_vaddr_t at;

    ASSERT_OK(zx_vmo_create(GIB, 0, &vmo));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, vmo, 0, GIB, &at));
    const uint64_t touched[] = {0, cut - PAGE, cut, GIB - PAGE};
    for (unsigned i = 0; i < 4; i++) {
        *(volatile uint64_t *)(at + touched[i]) = i;
    }
    EXPECT_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, at + cut, GIB - cut));
    for (unsigned i = 0; i < 4; i++) { // the kernel writes for us, or cannot
        EXPECT_EQ(zx_vmo_read(vmo, (void *)(at + touched[i]), touched[i], 8), i < 2 ? ZX_OK : ZX_ERR_INVALID_ARGS);
        EXPECT_EQ(*(volatile uint64_t *)(at + touched[i]), i);
    }
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at + cut, GIB - cut));
        EXPECT_EQ(zx_vmo_write(vmo, (void *)(at + cut), 0, 8), ZX_ERR_INVALID_ARGS);
        EXPECT_OK(zx_vmo_write(vmo, (void *)(at + cut - PAGE), 0, 8));
    }
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, GIB));
    zx_handle_close(vmo);
}
