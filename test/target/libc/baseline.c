// SPDX-License-Identifier: MIT
// See baseline.h.
#include "baseline.h"

#include <check/check.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

// What the kernel may keep in caches of each CPU.
#define KERNEL_SLACK (256u << 10)
#define ROUNDS       8u

static uint64_t thread_count(void)
{
    size_t actual = 0, available = 0;

    (void)zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_THREADS, NULL, 0, &actual,
                             &available);
    return available;
}

static uint64_t kernel_bytes(void)
{
    zx_info_kmem_stats_t stats;

    if (zx_object_get_info(check_root_resource(), ZX_INFO_KMEM_STATS, &stats, sizeof(stats), NULL,
                           NULL) != ZX_OK)
        return 0;
    return stats.total_heap_bytes - stats.free_heap_bytes + stats.vmo_bytes +
           stats.mmu_overhead_bytes + stats.ipc_bytes;
}

struct baseline baseline_take(bool alone)
{
    struct baseline b = {0};
    zx_info_task_stats_t stats = {0};

    // A detached thread is gone some time after its last instruction.
    for (unsigned i = 0; alone && i < 5000 && thread_count() > 1; i++)
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    b.threads = thread_count();
    b.handles = check_handle_count();
    b.kernel = kernel_bytes();
    if (zx_object_get_info(zx_process_self(), ZX_INFO_TASK_STATS, &stats, sizeof(stats), NULL,
                           NULL) == ZX_OK)
        b.mapped = stats.mem_mapped_bytes;
    return b;
}

static void check_own(const struct baseline *before, const struct baseline *after)
{
    EXPECT_EQ(after->threads, before->threads);
    EXPECT_EQ(after->handles, before->handles);
    EXPECT_TRUE(after->mapped != 0);
    EXPECT_EQ(after->mapped, before->mapped);
}

// Bytes that the kernel has more than before, once the rest had time to go: what ended threads were made
// of goes when the kernel gets to it.
static uint64_t kernel_growth(const struct baseline *before)
{
    uint64_t now = kernel_bytes();

    EXPECT_TRUE(now != 0);
    for (unsigned i = 0; i < 1000 && now > before->kernel + KERNEL_SLACK; i++) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
        now = kernel_bytes();
    }
    return now > before->kernel + KERNEL_SLACK ? now - before->kernel : 0;
}

void baseline_check(const struct baseline *before)
{
    struct baseline after = baseline_take(true);
    uint64_t growth = kernel_growth(before);

    check_own(before, &after);
    if (growth != 0)
        check_fail(__FILE__, __LINE__, "the kernel has %llu bytes more than before",
                   (unsigned long long)growth);
}

void baseline_check_rounds(void (*round)(void))
{
    uint64_t growth = 0;

    round();
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct baseline before = baseline_take(true);
        round();
        struct baseline after = baseline_take(true);
        check_own(&before, &after);
        growth = kernel_growth(&before);
        if (growth == 0)
            return;
    }
    check_fail(__FILE__, __LINE__, "the kernel has %llu bytes more after each round",
               (unsigned long long)growth);
}

bool wait_until_futex(zx_handle_t thread)
{
    zx_info_thread_t info;

    for (unsigned i = 0; i < 10000; i++) {
        if (zx_object_get_info(thread, ZX_INFO_THREAD, &info, sizeof(info), NULL, NULL) != ZX_OK)
            return false;
        if (info.state == ZX_THREAD_STATE_BLOCKED_FUTEX)
            return true;
        if (info.state == ZX_THREAD_STATE_DEAD)
            return false;
        zx_nanosleep(zx_deadline_after(ZX_USEC(200)));
    }
    return false;
}

bool is_mapped(uintptr_t address)
{
    char byte;
    size_t actual = 0;

    return zx_process_read_memory(zx_process_self(), address, &byte, 1, &actual) == ZX_OK;
}
