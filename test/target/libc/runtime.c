// SPDX-License-Identifier: MIT
// Threads below the C library (spec 12 section 6, 34 section 4.3). The code that they run is in
// runtime_entries.c, built without stack protector: their thread pointer is 0.
// CALLS(zx_thread_create, zx_thread_start)
#include <check/check.h>

#include <runtime/thread.h>
#include <runtime/tls.h>
#include <string.h>
#include <threads.h>

#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#include "baseline.h"
#include "runtime_entries.h"

static char stack[64 << 10] __attribute__((aligned(16)));

static bool has_ended(zx_handle_t thread)
{
    return zx_object_wait_one(thread, ZX_THREAD_TERMINATED, ZX_TIME_INFINITE, NULL) == ZX_OK;
}

static zx_handle_t duplicate(zxr_thread_t *thread)
{
    zx_handle_t copy = ZX_HANDLE_INVALID;

    EXPECT_EQ(zx_handle_duplicate(zxr_thread_get_handle(thread), ZX_RIGHT_SAME_RIGHTS, &copy),
              ZX_OK);
    return copy;
}

TEST(a_thread_runs_on_the_stack_it_is_given_without_thread_pointer)
{
    struct baseline before = baseline_take(true);
    struct report report = {.value = 5};
    zxr_thread_t thread;
    char name[ZX_MAX_NAME_LEN] = "";

    EXPECT_EQ(sizeof(thread), 16);
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "raw", false, &thread), ZX_OK);
    EXPECT_EQ(
        zx_object_get_property(zxr_thread_get_handle(&thread), ZX_PROP_NAME, name, sizeof(name)),
        ZX_OK);
    EXPECT_STR(name, "raw");
    EXPECT_FALSE(zxr_thread_detached(&thread));
    ASSERT_EQ(zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_report, &report),
              ZX_OK);
    EXPECT_EQ(zxr_thread_join(&thread), ZX_OK);
    EXPECT_EQ(report.value, 6);
    EXPECT_TRUE(report.pointer == NULL);
    EXPECT_TRUE((uintptr_t)stack <= report.frame &&
                report.frame < (uintptr_t)stack + sizeof(stack));
    EXPECT_EQ(zxr_thread_join(&thread), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zxr_thread_detach(&thread), ZX_ERR_INVALID_ARGS);
    baseline_check(&before);
}

TEST(the_thread_pointer_can_be_read_and_set)
{
    struct report report = {0};
    zxr_thread_t thread;

    EXPECT_TRUE(zxr_tp_get() == __builtin_thread_pointer());
    ASSERT_EQ(zxr_thread_create(zx_process_self(), NULL, false, &thread), ZX_OK);
    ASSERT_EQ(
        zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_set_pointer, &report),
        ZX_OK);
    EXPECT_EQ(zxr_thread_join(&thread), ZX_OK);
    EXPECT_TRUE(report.pointer == &report);
}

TEST(detach_before_and_after_the_end)
{
    struct baseline before = baseline_take(true);
    struct report report = {0};
    zxr_thread_t thread;

    // Ended: the caller has to clean up.
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "ended", false, &thread), ZX_OK);
    zx_handle_t copy = duplicate(&thread);
    ASSERT_EQ(zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_report, &report),
              ZX_OK);
    EXPECT_TRUE(has_ended(copy));
    EXPECT_EQ(zx_handle_close(copy), ZX_OK);
    EXPECT_EQ(zxr_thread_detach(&thread), ZX_ERR_BAD_STATE);
    EXPECT_EQ(zxr_thread_join(&thread), ZX_ERR_INVALID_ARGS);

    // Not ended: it unmaps its own stack.
    struct unmapping u = {0};
    ASSERT_TRUE(unmapping_prepare(&u));
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "running", false, &u.thread), ZX_OK);
    copy = duplicate(&u.thread);
    ASSERT_EQ(zxr_thread_start(&u.thread, u.stack, u.size, entry_unmap, &u), ZX_OK);
    EXPECT_EQ(zxr_thread_detach(&u.thread), ZX_OK);
    EXPECT_TRUE(zxr_thread_detached(&u.thread));
    EXPECT_EQ(zxr_thread_detach(&u.thread), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zxr_thread_join(&u.thread), ZX_ERR_INVALID_ARGS);
    unmapping_let_go(&u);
    EXPECT_TRUE(has_ended(copy));
    EXPECT_EQ(zx_handle_close(copy), ZX_OK);
    EXPECT_FALSE(is_mapped(u.stack));

    // Detached from the start.
    ASSERT_TRUE(unmapping_prepare(&u));
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "detached", true, &u.thread), ZX_OK);
    EXPECT_TRUE(zxr_thread_detached(&u.thread));
    unmapping_let_go(&u);
    ASSERT_EQ(zxr_thread_start(&u.thread, u.stack, u.size, entry_unmap, &u), ZX_OK);
    baseline_check(&before);
    EXPECT_FALSE(is_mapped(u.stack));
}

TEST(a_joinable_thread_that_exits_by_itself_can_be_joined)
{
    struct baseline before = baseline_take(true);
    struct unmapping u = {0};

    ASSERT_TRUE(unmapping_prepare(&u));
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "", false, &u.thread), ZX_OK);
    ASSERT_EQ(zxr_thread_start(&u.thread, u.stack, u.size, entry_unmap, &u), ZX_OK);
    unmapping_let_go(&u);
    EXPECT_EQ(zxr_thread_join(&u.thread), ZX_OK);
    EXPECT_TRUE(is_mapped(u.stack));
    EXPECT_EQ(zx_vmar_unmap(zx_vmar_root_self(), u.stack, u.size), ZX_OK);
    baseline_check(&before);
}

TEST(failures_leave_nothing)
{
    struct baseline before = baseline_take(true);
    struct report report = {0};
    zxr_thread_t thread;
    zx_handle_t handle;

    EXPECT_EQ(zxr_thread_create(ZX_HANDLE_INVALID, "x", false, &thread), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zxr_thread_adopt(ZX_HANDLE_INVALID, &thread), ZX_ERR_BAD_HANDLE);
    // Never started.
    ASSERT_EQ(zxr_thread_create(zx_process_self(), "x", false, &thread), ZX_OK);
    EXPECT_EQ(zxr_thread_destroy(&thread), ZX_OK);
    EXPECT_EQ(zxr_thread_get_handle(&thread), ZX_HANDLE_INVALID);
    // Adopted.
    ASSERT_EQ(zx_thread_create(zx_process_self(), "x", 1, 0, &handle), ZX_OK);
    ASSERT_EQ(zxr_thread_adopt(handle, &thread), ZX_OK);
    ASSERT_EQ(zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_report, &report),
              ZX_OK);
    EXPECT_EQ(zxr_thread_join(&thread), ZX_OK);
    EXPECT_EQ(report.value, 1);
    // Without the right to be started.
    ASSERT_EQ(zx_thread_create(zx_process_self(), "x", 1, 0, &handle), ZX_OK);
    ASSERT_EQ(zx_handle_replace(handle, ZX_RIGHT_READ, &handle), ZX_OK);
    ASSERT_EQ(zxr_thread_adopt(handle, &thread), ZX_OK);
    EXPECT_EQ(zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_report, &report),
              ZX_ERR_ACCESS_DENIED);
    baseline_check(&before);
}

TEST(joins_that_meet_the_end)
{
    struct baseline before = baseline_take(true);
    struct report report = {0};
    zxr_thread_t thread;

    for (unsigned i = 0; i < 500; i++) {
        ASSERT_EQ(zxr_thread_create(zx_process_self(), "race", false, &thread), ZX_OK);
        ASSERT_EQ(zxr_thread_start(&thread, (uintptr_t)stack, sizeof(stack), entry_report, &report),
                  ZX_OK);
        for (volatile unsigned spin = 0; spin < (i % 32) * 64; spin++)
            ;
        ASSERT_EQ(zxr_thread_join(&thread), ZX_OK);
        memset(stack, 0xee, sizeof(stack)); // it is ours again
    }
    EXPECT_EQ(report.value, 500);
    baseline_check(&before);
}
