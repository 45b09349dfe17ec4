// SPDX-License-Identifier: MIT
//
// Memory for devices: hundreds of MiB that are one range of physical addresses, zeroed, and stay where they are.

#include <testing/testing.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls/iommu.h>
#include <zircon/syscalls/object.h>

#define PAGE  ((uint64_t)ZX_PAGE_SIZE)
#define BLOCK (2ull << 20) // of a large translation
#define SIZE  (192ull << 20)
#define RW    (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE)
#define DMA   (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE)

static zx_handle_t make_bti(void)
{
    const zx_iommu_desc_dummy_t desc = {0};
    zx_handle_t iommu = 0, bti = 0;

    EXPECT_OK(zx_iommu_create(test_root_resource(), ZX_IOMMU_TYPE_DUMMY, &desc, sizeof(desc), &iommu));
    EXPECT_OK(zx_bti_create(iommu, 0, 1, &bti));
    zx_handle_close(iommu);
    return bti;
}

static volatile uint64_t *map(zx_handle_t vmo, uint64_t size)
{
    zx_vaddr_t at = 0;

    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), RW, 0, vmo, 0, size, &at));
    return (volatile uint64_t *)at;
}

static void unmap(volatile uint64_t *at, uint64_t size)
{
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)at, size));
}

// What the kernel hands out next was in use a moment ago, in one run, which it stays by that.
static void dirty_memory(zx_handle_t bti)
{
    zx_handle_t vmo;

    ASSERT_OK(zx_vmo_create_contiguous(bti, SIZE, 0, &vmo));
    volatile uint64_t *at = map(vmo, SIZE);
    for (uint64_t offset = 0; offset < SIZE; offset += PAGE) {
        at[offset / 8] = ~offset;
    }
    unmap(at, SIZE);
    zx_handle_close(vmo);
}

// The pages of [0, SIZE) are one behind the other from `base` on: what is written here is there, and the other
// way round.
static void expect_one_run(volatile uint64_t *here, zx_paddr_t base)
{
    zx_handle_t physical;

    ASSERT_OK(zx_vmo_create_physical(test_root_resource(), base, SIZE, &physical));
    ASSERT_OK(zx_vmo_set_cache_policy(physical, ZX_CACHE_POLICY_CACHED));
    volatile uint64_t *there = map(physical, SIZE);
    zx_handle_close(physical);
    for (uint64_t offset = 0; offset < SIZE; offset += PAGE) {
        here[offset / 8] = offset + 1;
    }
    uint64_t wrong = 0;
    for (uint64_t offset = 0; offset < SIZE; offset += PAGE) {
        wrong += there[offset / 8] != offset + 1;
        there[offset / 8 + 511] = offset + 2;
    }
    for (uint64_t offset = 0; offset < SIZE; offset += PAGE) {
        wrong += here[offset / 8 + 511] != offset + 2;
    }
    EXPECT_EQ(wrong, 0u);
    unmap(there, SIZE);
}

static void expect_fixed(zx_handle_t vmo)
{
    zx_info_vmo_t info = {0};

    EXPECT_EQ(zx_vmo_op_range(vmo, ZX_VMO_OP_DECOMMIT, 0, PAGE, NULL, 0), ZX_ERR_NOT_SUPPORTED);
    EXPECT_OK(zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, SIZE, NULL, 0));
    EXPECT_EQ(zx_vmo_set_size(vmo, SIZE), ZX_ERR_UNAVAILABLE);
    EXPECT_OK(zx_object_get_info(vmo, ZX_INFO_VMO, &info, sizeof(info), NULL, NULL));
    EXPECT_EQ(info.size_bytes, SIZE);
    EXPECT_EQ(info.committed_bytes, SIZE);
}

// CALLS(zx_vmo_create_contiguous, zx_bti_pin, zx_pmt_unpin)
TEST(hundreds_of_mib_are_one_range_for_a_device)
{
    if (test_root_resource() == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    zx_handle_t bti = make_bti(), vmo, pmt;
    zx_paddr_t base = 0, some[4] = {0};
    zx_vaddr_t fixed;

    dirty_memory(bti);
    ASSERT_OK(zx_vmo_create_contiguous(bti, SIZE, 22, &vmo));
    ASSERT_OK(zx_bti_pin(bti, DMA | ZX_BTI_CONTIGUOUS, vmo, 0, SIZE, &base, 1, &pmt));
    EXPECT_EQ(base % (1u << 22), 0u);
    EXPECT_OK(zx_pmt_unpin(pmt));
    ASSERT_OK(zx_bti_pin(bti, DMA, vmo, SIZE - 4 * PAGE, 4 * PAGE, some, 4, &pmt));
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(some[i], base + SIZE - (4 - i) * PAGE);
    }
    EXPECT_OK(zx_pmt_unpin(pmt));

    volatile uint64_t *at = map(vmo, SIZE);
    uint64_t old = 0;
    for (uint64_t offset = 0; offset < SIZE; offset += PAGE) {
        old += at[offset / 8] != 0;
    }
    EXPECT_EQ(old, 0u);
    expect_one_run(at, base);
    expect_fixed(vmo);
    // Blocks are broken where protection changes in the middle of them.
    fixed = (zx_vaddr_t)at + BLOCK + 3 * PAGE;
    EXPECT_OK(zx_vmar_protect(zx_vmar_root_self(), ZX_VM_PERM_READ, fixed, PAGE));
    at[(BLOCK + 2 * PAGE) / 8] = 5;
    at[(BLOCK + 4 * PAGE) / 8] = 6;
    EXPECT_EQ(*(volatile uint64_t *)fixed, BLOCK + 3 * PAGE + 1);
    EXPECT_EQ(at[(SIZE - PAGE) / 8], SIZE - PAGE + 1);
    unmap(at, SIZE);
    zx_handle_close(vmo);
    // It is all free again, and comes again.
    ASSERT_OK(zx_vmo_create_contiguous(bti, SIZE, 0, &vmo));
    zx_handle_close(vmo);
    zx_handle_close(bti);
}
