// SPDX-License-Identifier: MIT
//
// Sizes at which anything that is not logarithmic, or lives on the kernel's stack, shows; and what memory held for
// somebody else is never seen.

#include <testing/testing.h>

#include <zircon/limits.h>
#include <zircon/process.h>

#define PAGE     ((uint64_t)ZX_PAGE_SIZE)
#define MAPPINGS 100000u
#define STRIDE   5u // pages: four mapped, one free
#define CHAIN    1000u
#define SPARSE   (1ull << 47) // bytes
#define MUCH     (32ull << 20)
#define RW       (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)

static uint64_t value_at(zx_handle_t vmo, uint64_t offset)
{
    uint64_t value = ~0ull;

    EXPECT_OK(zx_vmo_read(vmo, &value, offset, sizeof(value)));
    return value;
}

static void set_at(zx_handle_t vmo, uint64_t offset, uint64_t value)
{
    EXPECT_OK(zx_vmo_write(vmo, &value, offset, sizeof(value)));
}

// ---- mappings --------------------------------------------------------------------------------

static zx_handle_t region, scratch;
static zx_vaddr_t base;

// Which pages of mapping `n` are there, a bit for each, by what the kernel reads from them.
static unsigned pages_of(unsigned n)
{
    unsigned mask = 0;

    for (unsigned page = 0; page < STRIDE; page++) {
        const void *at = (const void *)(base + (n * STRIDE + page) * PAGE);
        if (zx_vmo_write(scratch, at, 0, 8) == ZX_OK && value_at(scratch, 0) == page + 1) {
            mask |= 1u << page;
        }
    }
    return mask;
}

static void unmap(unsigned n, unsigned page, unsigned pages)
{
    EXPECT_OK(zx_vmar_unmap(region, base + (n * STRIDE + page) * PAGE, pages * PAGE));
}

// Every way in which a range can lie to a mapping: beside it, its head, tail, middle, all of it, over the gap into
// the next, over several.
static void cut_in_every_relation(unsigned n)
{
    unmap(n, 4, 1);
    EXPECT_EQ(pages_of(n), 0xfu);
    unmap(n, 0, 1);
    EXPECT_EQ(pages_of(n), 0xeu);
    unmap(n + 1, 3, 1);
    EXPECT_EQ(pages_of(n + 1), 0x7u);
    unmap(n + 2, 1, 2);
    EXPECT_EQ(pages_of(n + 2), 0x9u);
    unmap(n + 3, 0, 4);
    EXPECT_EQ(pages_of(n + 3), 0u);
    unmap(n + 4, 2, 4);
    EXPECT_EQ(pages_of(n + 4), 0x3u);
    EXPECT_EQ(pages_of(n + 5), 0xeu);
    unmap(n + 6, 3, 2 * STRIDE);
    EXPECT_EQ(pages_of(n + 6), 0x7u);
    EXPECT_EQ(pages_of(n + 7), 0u);
    EXPECT_EQ(pages_of(n + 8), 0x8u);
    EXPECT_EQ(pages_of(n + 9), 0xfu);
}

// CALLS(zx_vmar_map, zx_vmar_unmap, zx_vmar_destroy)
TEST(a_hundred_thousand_mappings_are_cut_in_every_relation)
{
    const uint64_t size = (uint64_t)MAPPINGS * STRIDE * PAGE;
    zx_handle_t vmo;
    unsigned failed = 0;

    ASSERT_OK(zx_vmo_create(4 * PAGE, 0, &vmo));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &scratch));
    for (uint64_t page = 0; page < 4; page++) {
        set_at(vmo, page * PAGE, page + 1);
    }
    ASSERT_OK(zx_vmar_allocate(zx_vmar_root_self(),
                               ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_SPECIFIC, 0, size, &region, &base));
    for (unsigned n = 0; n < MAPPINGS; n++) {
        zx_vaddr_t at;
        failed += zx_vmar_map(region, ZX_VM_PERM_READ | ZX_VM_SPECIFIC, n * STRIDE * PAGE, vmo, 0,
                              4 * PAGE, &at) != ZX_OK;
    }
    EXPECT_EQ(failed, 0u);
    cut_in_every_relation(0);
    cut_in_every_relation(MAPPINGS / 2);
    cut_in_every_relation(MAPPINGS - 10);
    EXPECT_EQ(pages_of(MAPPINGS / 4), 0xfu);
    unmap(MAPPINGS / 4, 0, MAPPINGS / 2 * STRIDE);
    EXPECT_EQ(pages_of(MAPPINGS / 4), 0u);
    EXPECT_EQ(pages_of(MAPPINGS / 4 - 1), 0xfu);
    EXPECT_EQ(pages_of(MAPPINGS / 4 * 3), 0xfu);
    EXPECT_OK(zx_vmar_destroy(region));
    EXPECT_EQ(pages_of(MAPPINGS - 1), 0u);
    zx_handle_close(region);
    zx_handle_close(scratch);
    zx_handle_close(vmo);
}

// ---- chains and holes --------------------------------------------------------------------------

static zx_handle_t chain[CHAIN];

static void make_chain(void)
{
    ASSERT_OK(zx_vmo_create(2 * PAGE, 0, &chain[0]));
    set_at(chain[0], PAGE, 42);
    for (unsigned i = 1; i < CHAIN; i++) {
        ASSERT_OK(zx_vmo_clone(chain[i - 1], ZX_VMO_CLONE_COPY_ON_WRITE, 0, 2 * PAGE, &chain[i]));
    }
}

// CALLS(zx_vmo_clone)
TEST(a_thousand_levels_of_clones)
{
    const unsigned last = CHAIN - 1, half = last / 2;
    zx_vaddr_t at;

    make_chain();
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, chain[last], 0, 2 * PAGE, &at));
    volatile uint64_t *seen = (volatile uint64_t *)at;
    EXPECT_EQ(seen[PAGE / 8], 42u);
    EXPECT_EQ(seen[0], 0u);
    set_at(chain[0], 0, 7);
    EXPECT_EQ(seen[0], 7u);
    set_at(chain[half], 0, 8);
    EXPECT_EQ(seen[0], 8u);
    EXPECT_EQ(value_at(chain[half - 1], 0), 7u);
    for (unsigned order = 0; order < 3; order++) {
        for (unsigned i = 0; i < last; i++) { // from either end, or from the middle outwards
            const unsigned out = i % 2 != 0 ? half - 1 - i / 2 : half + i / 2;
            EXPECT_OK(zx_handle_close(chain[order == 0 ? i : order == 1 ? last - 1 - i : out]));
        }
        EXPECT_EQ(seen[PAGE / 8], 42u);
        EXPECT_EQ(value_at(chain[last], PAGE), 42u);
        seen[PAGE / 8] = 43;
        EXPECT_EQ(value_at(chain[last], PAGE), 43u);
        EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, 2 * PAGE));
        EXPECT_OK(zx_handle_close(chain[last]));
        if (order < 2) {
            make_chain();
            ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, chain[last], 0, 2 * PAGE, &at));
            seen = (volatile uint64_t *)at;
        }
    }
}

// CALLS(zx_vmo_create, zx_vmo_op_range, zx_vmo_set_size, zx_vmo_clone)
TEST(what_lies_far_apart_in_a_huge_vmo)
{
    static const uint64_t page[] = {0, 1, 63, 64, 1ull << 20, SPARSE / PAGE / 2, SPARSE / PAGE - 1};
    const unsigned count = sizeof(page) / sizeof(page[0]);
    zx_handle_t vmo, clone;

    ASSERT_OK(zx_vmo_create(SPARSE, 0, &vmo));
    for (unsigned i = 0; i < count; i++) {
        set_at(vmo, page[i] * PAGE, i + 1);
    }
    ASSERT_OK(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, SPARSE, &clone));
    for (unsigned i = 0; i < count; i += 2) {
        set_at(clone, page[i] * PAGE, 100 + i);
    }
    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, SPARSE, NULL, 0), ZX_ERR_NO_MEMORY);
    EXPECT_EQ(zx_vmo_op_range(clone, ZX_VMO_OP_COMMIT, 0, SPARSE, NULL, 0), ZX_ERR_NO_MEMORY);
    EXPECT_OK(zx_vmo_op_range(clone, ZX_VMO_OP_CACHE_CLEAN, 0, SPARSE, NULL, 0));
    for (unsigned i = 0; i < count; i++) {
        EXPECT_EQ(value_at(clone, page[i] * PAGE), i % 2 == 0 ? 100 + i : i + 1);
    }
    EXPECT_OK(zx_vmo_op_range(clone, ZX_VMO_OP_DECOMMIT, 0, SPARSE, NULL, 0));
    EXPECT_EQ(value_at(clone, SPARSE - PAGE), count);
    EXPECT_OK(zx_vmo_set_size(vmo, 2 * PAGE));
    EXPECT_EQ(value_at(clone, SPARSE - PAGE), 0u);
    EXPECT_OK(zx_vmo_set_size(vmo, SPARSE));
    EXPECT_EQ(value_at(clone, SPARSE - PAGE), 0u);
    EXPECT_EQ(value_at(vmo, PAGE), 2u);
    zx_handle_close(clone);
    zx_handle_close(vmo);
}

// ---- secrets -----------------------------------------------------------------------------------

#define SECRET 0x5ec2e75ec2e75ec2ull

// Leaves as much memory full of a secret as is looked at below, and more.
CHILD(leaves_a_secret)
{
    zx_handle_t vmo;
    zx_vaddr_t at;

    if (zx_vmo_create(2 * MUCH, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), RW, 0, vmo, 0, 2 * MUCH, &at) != ZX_OK) {
        return 1;
    }
    for (uint64_t offset = 0; offset < 2 * MUCH; offset += 64) {
        *(volatile uint64_t *)(at + offset) = SECRET;
    }
    return 0;
}

static uint64_t count_old(zx_vaddr_t at, uint64_t size)
{
    uint64_t old = 0;

    for (uint64_t offset = 0; offset < size; offset += 64) {
        old += *(volatile uint64_t *)(at + offset) != 0;
    }
    return old;
}

// Pages come by a fault, by COMMIT, by a write of a part of them, or as copies for a clone.
// CALLS(zx_vmo_op_range, zx_vmo_write, zx_vmo_clone, zx_vmo_set_size)
TEST(new_memory_never_shows_what_others_left)
{
    for (unsigned way = 0; way < 3; way++) {
        zx_handle_t vmo, clone;
        zx_vaddr_t at;
        EXPECT_EQ(test_child_run("leaves_a_secret"), 0);
        ASSERT_OK(zx_vmo_create(MUCH, 0, &vmo));
        ASSERT_OK(zx_vmo_clone(vmo, ZX_VMO_CLONE_COPY_ON_WRITE, 0, MUCH, &clone));
        const zx_handle_t shown = way < 2 ? vmo : clone;
        ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, shown, 0, MUCH, &at));
        for (uint64_t offset = 0; offset < MUCH; offset += PAGE) {
            if (way == 0) {
                *(volatile uint64_t *)(at + offset + 8) = 1;
            } else {
                EXPECT_OK(zx_vmo_write(shown, &way, offset + 8, 1));
            }
        }
        EXPECT_EQ(count_old(at, MUCH), 0u);
        EXPECT_OK(zx_vmo_op_range(shown, ZX_VMO_OP_DECOMMIT, 0, MUCH, NULL, 0));
        EXPECT_OK(zx_vmo_op_range(shown, ZX_VMO_OP_COMMIT, 0, MUCH, NULL, 0));
        EXPECT_EQ(count_old(at, MUCH), 0u);
        EXPECT_OK(zx_vmo_set_size(shown, 0));
        EXPECT_OK(zx_vmo_set_size(shown, MUCH));
        EXPECT_EQ(count_old(at, MUCH), 0u);
        EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), at, MUCH));
        zx_handle_close(clone);
        zx_handle_close(vmo);
    }
}
