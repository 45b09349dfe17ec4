// SPDX-License-Identifier: MIT
//
// Programs that take all memory there is. They get ZX_ERR_NO_MEMORY, or end where they touch what cannot be
// given; nobody else comes to harm, and when they are gone their memory is back.

#include <testing/testing.h>

#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/syscalls/object.h>

#define PAGE   ((uint64_t)ZX_PAGE_SIZE)
#define PLENTY (1ull << 40) // bytes, more than any machine has

static bool ok_or_no_memory(zx_status_t status)
{
    return status == ZX_OK || status == ZX_ERR_NO_MEMORY;
}

// Commits in large pieces, then in smaller ones, to the last page; then asks for other things.
CHILD(commits_everything)
{
    uint64_t offset = 0;
    zx_handle_t vmo, ends[2], event;
    zx_vaddr_t at;

    if (zx_vmo_create(PLENTY, 0, &vmo) != ZX_OK) {
        return 1;
    }
    if (zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, PLENTY, NULL, 0) != ZX_ERR_NO_MEMORY) {
        return 2;
    }
    for (uint64_t piece = 16ull << 20; piece >= PAGE;) {
        zx_status_t status = zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, offset, piece, NULL, 0);
        if (status == ZX_OK) {
            offset += piece;
        } else if (status == ZX_ERR_NO_MEMORY) {
            piece /= 2;
        } else {
            return 3;
        }
    }
    for (int i = 0; i < 100; i++) {
        if (!ok_or_no_memory(zx_channel_create(0, &ends[0], &ends[1])) ||
            !ok_or_no_memory(zx_event_create(0, &event)) ||
            !ok_or_no_memory(zx_vmo_write(vmo, &offset, offset + (uint64_t)i * PAGE, 8)) ||
            !ok_or_no_memory(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_MAP_RANGE, 0,
                                         vmo, 0, 512 * PAGE, &at))) {
            return 4;
        }
    }
    return offset > 0 ? 0 : 5;
}

CHILD(touches_everything)
{
    zx_handle_t vmo;
    zx_vaddr_t base;

    if (zx_vmo_create(PLENTY, 0, &vmo) != ZX_OK ||
        zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, PLENTY,
                    &base) != ZX_OK) {
        return 1;
    }
    for (uint64_t offset = 0; offset < PLENTY; offset += PAGE) {
        *(volatile uint64_t *)(base + offset) = offset; // ends here, some time
    }
    return 2;
}

CHILD(needs_a_little)
{
    zx_handle_t vmo;
    uint64_t value = 7;

    if (zx_vmo_create(64 * PAGE, 0, &vmo) != ZX_OK ||
        zx_vmo_op_range(vmo, ZX_VMO_OP_COMMIT, 0, 64 * PAGE, NULL, 0) != ZX_OK ||
        zx_vmo_write(vmo, &value, 0, sizeof(value)) != ZX_OK) {
        return 1;
    }
    return 42;
}

static zx_info_kmem_stats_t memory_now(void)
{
    zx_info_kmem_stats_t info = {0};

    EXPECT_OK(zx_object_get_info(test_root_resource(), ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL,
                                 NULL));
    return info;
}

// Waits until VMOs have no more than they had, but for a few pages that this process may have touched
// meanwhile: what a process had goes after its end has been told.
static void await_memory(const zx_info_kmem_stats_t *before)
{
    const size_t limit = before->vmo_bytes + 16 * PAGE;
    zx_time_t deadline = test_patience();

    while (memory_now().vmo_bytes > limit && zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    }
    EXPECT_LE(memory_now().vmo_bytes, limit);
}

// CALLS(zx_vmo_op_range, zx_vmo_write, zx_vmar_map)
TEST(who_takes_all_memory_harms_nobody_else)
{
    if (test_root_resource() == ZX_HANDLE_INVALID) {
        test_skip("no root resource");
        return;
    }
    EXPECT_EQ(test_child_run("needs_a_little"), 42); // what starting one leaves behind is there now
    zx_info_kmem_stats_t before = memory_now();
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(test_child_run("commits_everything"), 0);
        await_memory(&before);
        EXPECT_EQ(test_child_run("needs_a_little"), 42);
        EXPECT_EQ(test_child_run("touches_everything"), -1);
        await_memory(&before);
        EXPECT_EQ(test_child_run("needs_a_little"), 42);
    }
}
