// SPDX-License-Identifier: MIT
//
// The calls of the vDSO by which a thread ends that has something to leave behind: a word and a handle, or
// its stack and a handle (spec 12 section 2, spec 23).

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/pages.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define PAGE ((size_t)ZX_PAGE_SIZE)

static atomic_int word;
static zx_handle_t left_behind;

static void end_by_word(void *context)
{
    (void)context;
    zx_futex_wake_handle_close_thread_exit((zx_futex_t *)&word, UINT32_MAX, 5, left_behind);
}

static bool is_alive(zx_handle_t handle)
{
    return zx_object_get_info(handle, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL) == ZX_OK;
}

// CALLS(zx_futex_wake_handle_close_thread_exit)
TEST(the_word_is_stored_its_waiter_woken_and_the_handle_closed)
{
    struct test_thread thread;

    word = 0;
    ASSERT_OK(zx_event_create(0, &left_behind));
    ASSERT_OK(test_thread_start(&thread, end_by_word, NULL));
    while (word == 0) {
        const zx_status_t status =
            zx_futex_wait((const zx_futex_t *)&word, 0, ZX_HANDLE_INVALID, test_patience());
        EXPECT_TRUE(status == ZX_OK || status == ZX_ERR_BAD_STATE);
    }
    EXPECT_EQ(word, 5);
    test_thread_join(&thread);
    EXPECT_FALSE(is_alive(left_behind));
}

// The word is stored and the handle closed before the trap, which nobody handles.
CHILD(close_a_dead_handle)
{
    zx_handle_t event;

    if (zx_event_create(0, &event) != ZX_OK || zx_handle_close(event) != ZX_OK) {
        return 1;
    }
    zx_futex_wake_handle_close_thread_exit((zx_futex_t *)&word, 1, 5, event);
}

CHILD(close_a_live_handle)
{
    zx_handle_t event;

    if (zx_event_create(0, &event) != ZX_OK) {
        return 1;
    }
    zx_futex_wake_handle_close_thread_exit((zx_futex_t *)&word, 1, 5, event);
}

// CALLS(zx_futex_wake_handle_close_thread_exit): a step that fails ends in a trap; else the last thread's end
// is that of the process.
TEST(an_end_by_a_word_whose_handle_is_dead_traps)
{
    EXPECT_EQ(test_child_run("close_a_live_handle"), 0);
    EXPECT_EQ(test_child_run("close_a_dead_handle"), -1);
}

static zx_vaddr_t mapping;

static void end_by_mapping(void *context)
{
    (void)context;
    (void)zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), mapping, PAGE, left_behind);
}

// CALLS(zx_vmar_unmap_handle_close_thread_exit)
TEST(the_mapping_goes_and_the_handle_is_closed)
{
    struct test_thread thread;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_vaddr_t again = 0;
    zx_info_vmar_t root = {0};

    ASSERT_OK(zx_event_create(0, &left_behind));
    ASSERT_OK(zx_vmo_create(PAGE, 0, &vmo));
    ASSERT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ, 0, vmo, 0, PAGE, &mapping));
    ASSERT_OK(test_thread_start(&thread, end_by_mapping, NULL));
    test_thread_join(&thread);
    EXPECT_FALSE(is_alive(left_behind));
    EXPECT_OK(zx_object_get_info(zx_vmar_root_self(), ZX_INFO_VMAR, &root, sizeof(root), NULL,
                                 NULL));
    EXPECT_OK(zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_SPECIFIC,
                          mapping - root.base, vmo, 0, PAGE, &again)); // the place is free
    EXPECT_EQ(again, mapping);
    EXPECT_OK(zx_vmar_unmap(zx_vmar_root_self(), again, PAGE));
    EXPECT_OK(zx_handle_close(vmo));
}

// CALLS(zx_vmar_unmap_handle_close_thread_exit)
TEST(a_mapping_that_cannot_go_is_reported_and_nothing_else_happens)
{
    ASSERT_OK(zx_event_create(0, &left_behind));
    EXPECT_EQ(zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), 1, PAGE, left_behind),
              ZX_ERR_INVALID_ARGS);
    EXPECT_TRUE(is_alive(left_behind));
    EXPECT_OK(zx_handle_close(left_behind));
}

CHILD(unmap_with_a_dead_handle)
{
    zx_handle_t event;
    char *pages = pages_allocate(PAGE);

    if (pages == NULL || zx_event_create(0, &event) != ZX_OK || zx_handle_close(event) != ZX_OK) {
        return 1;
    }
    (void)zx_vmar_unmap_handle_close_thread_exit(zx_vmar_root_self(), (zx_vaddr_t)pages, PAGE,
                                                 event);
    return 2;
}

// CALLS(zx_vmar_unmap_handle_close_thread_exit)
TEST(an_end_by_a_mapping_whose_handle_is_dead_traps)
{
    EXPECT_EQ(test_child_run("unmap_with_a_dead_handle"), -1);
}
