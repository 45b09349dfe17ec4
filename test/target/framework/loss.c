// SPDX-License-Identifier: MIT
//
// What should have come back: test_no_loss() and test_await_nothing_used() of testing/testing.h. What
// caches need is what the most at a time have needed; a leak grows every time.

#include <testing/testing.h>

#include <minilib/console.h>

// Free memory as the kernel counts it, or 0 without a root resource.
static uint64_t free_memory(void)
{
    zx_info_kmem_stats_t info;

    if (test_root_resource() == ZX_HANDLE_INVALID ||
        zx_object_get_info(test_root_resource(), ZX_INFO_KMEM_STATS, &info, sizeof(info), NULL,
                           NULL) != ZX_OK) {
        return 0;
    }
    return info.free_bytes;
}

// Waits until what `round` freed on other threads is back. Bytes that are missing then.
static uint64_t missing_since(uint64_t before)
{
    const uint64_t tolerance = 256 * 1024; // caches of objects, one set for each CPU
    zx_time_t deadline = test_patience();
    uint64_t now;

    while ((now = free_memory()) + tolerance < before && zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    }
    return now + tolerance < before ? before - now : 0;
}

void test_no_loss(void (*round)(void), int rounds)
{
    uint64_t missing = 1;

    for (int i = 0; i < rounds / 4; i++) {
        round();
    }
    for (int again = 0; again < 5 && missing != 0; again++) {
        uint64_t before = free_memory();

        for (int i = 0; i < rounds; i++) {
            round();
        }
        missing = missing_since(before);
        console_printf("# free memory: %lu KiB, missing %lu KiB\n", before / 1024,
                       missing / 1024);
    }
    EXPECT_EQ(missing, 0);
}

zx_job_usage_t test_job_usage(zx_handle_t job, enum test_job_kind kind)
{
    union {
        zx_info_job_limits_t info;
        zx_job_usage_t kinds[TEST_JOB_KINDS];
    } all = {0};

    EXPECT_OK(zx_object_get_info(job, ZX_INFO_JOB_LIMITS, &all.info, sizeof(all.info), NULL, NULL));
    return all.kinds[kind];
}

void test_await_nothing_used(zx_handle_t job)
{
    zx_time_t deadline = test_patience();

    for (enum test_job_kind kind = 0; kind < TEST_JOB_KINDS; kind++) {
        while (test_job_usage(job, kind).used != 0 && zx_clock_get_monotonic() < deadline) {
            (void)zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
        }
        EXPECT_EQ(test_job_usage(job, kind).used, 0);
    }
}
