// SPDX-License-Identifier: MIT
//
// Handles, rights, koids, object_get_info and names (spec 10 sections 1, 2 and 4; spec 22).

#include <testing/testing.h>

#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define EVENT_RIGHTS 0x0000D003u

static zx_handle_t make_event(void)
{
    zx_handle_t event = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_event_create(0, &event));
    return event;
}

// CALLS(zx_handle_close)
TEST(close_of_no_handle_succeeds_and_of_a_dead_one_fails)
{
    zx_handle_t event = make_event();

    EXPECT_OK(zx_handle_close(ZX_HANDLE_INVALID));
    EXPECT_OK(zx_handle_close(event));
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(0x7fffffff), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(0x80000001), ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_handle_close_many)
TEST(close_many_closes_the_good_ones_among_bad_ones)
{
    zx_handle_t a = make_event(), b = make_event(), c = make_event();
    zx_handle_t zeros[2] = {0, 0};
    zx_handle_t mixed[5] = {a, 0, b, a, c};

    EXPECT_OK(zx_handle_close_many(NULL, 0));
    EXPECT_OK(zx_handle_close_many(zeros, 2));
    EXPECT_EQ(zx_handle_close_many(mixed, 5), ZX_ERR_BAD_HANDLE); // a comes twice
    EXPECT_EQ(zx_handle_close(a), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(b), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(c), ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_handle_close_many)
TEST(close_many_takes_more_than_one_chunk)
{
    static zx_handle_t many[200];

    for (size_t i = 0; i < 200; i++) {
        many[i] = make_event();
    }
    EXPECT_OK(zx_handle_close_many(many, 200));
    for (size_t i = 0; i < 200; i++) {
        EXPECT_EQ(zx_handle_close(many[i]), ZX_ERR_BAD_HANDLE);
    }
}

// CALLS(zx_handle_duplicate)
TEST(duplicate_gives_the_same_object_with_equal_or_fewer_rights)
{
    zx_handle_t event = make_event(), same = 0, fewer = 0, none = 0;

    ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &same));
    ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_WAIT, &fewer));
    ASSERT_OK(zx_handle_duplicate(event, 0, &none));
    zx_koid_t koid = test_basic_info(event).koid;

    EXPECT_EQ(test_basic_info(same).koid, koid);
    EXPECT_EQ(test_basic_info(fewer).koid, koid);
    EXPECT_EQ(test_basic_info(same).rights, EVENT_RIGHTS);
    EXPECT_EQ(test_basic_info(fewer).rights, ZX_RIGHT_WAIT);
    EXPECT_EQ(test_basic_info(none).rights, 0);
    // The object lives on when the first handle goes.
    EXPECT_OK(zx_handle_close(event));
    EXPECT_OK(zx_object_signal(same, 0, ZX_USER_SIGNAL_0));
    EXPECT_EQ(test_signals(fewer), ZX_USER_SIGNAL_0);
    zx_handle_t rest[] = {same, fewer, none};

    EXPECT_OK(zx_handle_close_many(rest, 3));
}

// CALLS(zx_handle_duplicate)
TEST(duplicate_cannot_add_rights_and_needs_one)
{
    zx_handle_t event = make_event(), out = 77;
    zx_handle_t no_duplicate = test_without_rights(event, ZX_RIGHT_DUPLICATE);

    EXPECT_EQ(zx_handle_duplicate(0, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_duplicate(no_duplicate, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_handle_duplicate(no_duplicate, ZX_RIGHT_READ, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_handle_duplicate(event, EVENT_RIGHTS | ZX_RIGHT_READ, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS | ZX_RIGHT_WAIT, &out),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, (zx_handle_t *)8),
              ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(no_duplicate));
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_handle_replace)
TEST(replace_consumes_its_source_also_when_it_fails)
{
    zx_handle_t event = make_event(), old = event;

    ASSERT_OK(zx_handle_replace(event, ZX_RIGHT_WAIT | ZX_RIGHT_TRANSFER, &event));
    EXPECT_NE(event, old);
    EXPECT_EQ(zx_handle_close(old), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(test_basic_info(event).rights, ZX_RIGHT_WAIT | ZX_RIGHT_TRANSFER);
    zx_handle_t out = 77;

    EXPECT_EQ(zx_handle_replace(event, ZX_RIGHT_WAIT | ZX_RIGHT_READ, &out), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out, 77);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_replace(event, ZX_RIGHT_SAME_RIGHTS, &out), ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_handle_duplicate, zx_handle_close)
TEST(handle_values_are_odd_positive_and_slow_to_return)
{
    static zx_handle_t seen[2048];
    zx_handle_t event = make_event();

    for (size_t i = 0; i < 2048; i++) {
        zx_handle_t value;

        ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &value));
        ASSERT_OK(zx_handle_close(value));
        ASSERT_TRUE((value & 1) != 0 && (value & 0x80000000) == 0);
        seen[i] = value;
    }
    // In rows of one value each: sorting is not worth it for so few.
    for (size_t i = 0; i < 2048; i++) {
        for (size_t j = i + 1; j < 2048; j++) {
            if (seen[i] == seen[j]) {
                test_fail(__FILE__, __LINE__, "value 0x%x came twice", seen[i]);
                return;
            }
        }
    }
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_get_info)
TEST(basic_info_of_an_event)
{
    zx_handle_t first = make_event(), second = make_event();
    zx_info_handle_basic_t a = test_basic_info(first), b = test_basic_info(second);

    EXPECT_GE(a.koid, 1024);
    EXPECT_GT(b.koid, a.koid);
    EXPECT_EQ(a.type, ZX_OBJ_TYPE_EVENT);
    EXPECT_EQ(a.rights, EVENT_RIGHTS);
    EXPECT_EQ(a.related_koid, 0);
    EXPECT_EQ(a.props, ZX_OBJ_PROP_WAITABLE);
    EXPECT_OK(zx_handle_close(first));
    EXPECT_OK(zx_handle_close(second));
}

// CALLS(zx_object_get_info)
TEST(basic_info_of_own_tasks_names_their_parents)
{
    zx_info_handle_basic_t process = test_basic_info(zx_process_self());
    zx_info_handle_basic_t thread = test_basic_info(zx_thread_self());

    EXPECT_EQ(process.type, ZX_OBJ_TYPE_PROCESS);
    EXPECT_EQ(process.related_koid, test_basic_info(zx_job_default()).koid);
    EXPECT_EQ(thread.type, ZX_OBJ_TYPE_THREAD);
    EXPECT_EQ(thread.related_koid, process.koid);
    EXPECT_EQ(test_basic_info(zx_vmar_root_self()).type, ZX_OBJ_TYPE_VMAR);
    EXPECT_EQ(test_basic_info(zx_vmar_root_self()).props, ZX_OBJ_PROP_NONE);
}

// CALLS(zx_object_get_info)
TEST(handle_valid_tells_and_nothing_else)
{
    zx_handle_t event = make_event();
    size_t actual = 55, avail = 56;

    EXPECT_OK(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, NULL, 0, &actual, &avail));
    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL), ZX_ERR_BAD_HANDLE);
    EXPECT_OK(zx_handle_close(event));
    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_HANDLE_VALID, NULL, 0, NULL, NULL),
              ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(actual, 55);
    EXPECT_EQ(avail, 56);
}

// CALLS(zx_object_get_info)
TEST(info_in_a_short_buffer_gives_counts_only)
{
    zx_handle_t event = make_event();
    zx_info_handle_basic_t info = {.koid = 3};
    size_t actual = 9, avail = 9;

    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, 4, &actual, &avail),
              ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(actual, 0);
    EXPECT_EQ(avail, 1);
    EXPECT_EQ(info.koid, 3);
    EXPECT_OK(
        zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), &actual, &avail));
    EXPECT_EQ(actual, 1);
    EXPECT_EQ(avail, 1);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_get_info)
TEST(info_with_bad_pointers_or_topics_is_refused)
{
    zx_handle_t event = make_event();
    zx_info_handle_basic_t info;
    size_t *bad = (size_t *)1;

    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, bad, sizeof(info), NULL, NULL),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), bad, NULL),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, bad),
              ZX_ERR_INVALID_ARGS);
    // The topic is looked at before the handle.
    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_NONE, &info, sizeof(info), NULL, NULL),
              ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, 5, &info, sizeof(info), NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, 1000, &info, sizeof(info), NULL, NULL), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_object_get_info(0, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
              ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_object_get_info(event, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL),
              ZX_ERR_WRONG_TYPE);
    EXPECT_OK(zx_handle_close(event));
}

static uint32_t handle_count(zx_handle_t handle)
{
    zx_info_handle_count_t info = {0};

    EXPECT_OK(zx_object_get_info(handle, ZX_INFO_HANDLE_COUNT, &info, sizeof(info), NULL, NULL));
    return info.handle_count;
}

// CALLS(zx_object_get_info)
TEST(handle_count_follows_duplicates_and_messages)
{
    zx_handle_t event = make_event(), copy, ends[2];

    EXPECT_EQ(handle_count(event), 1);
    ASSERT_OK(zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &copy));
    EXPECT_EQ(handle_count(event), 2);
    ASSERT_OK(zx_channel_create(0, &ends[0], &ends[1]));
    ASSERT_OK(zx_channel_write(ends[0], 0, NULL, 0, &copy, 1));
    EXPECT_EQ(handle_count(event), 2); // in the message
    EXPECT_OK(zx_handle_close_many(ends, 2));
    zx_time_t deadline = test_patience();

    // Handles in a dead message may go a little later.
    while (handle_count(event) != 1 && zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    }
    EXPECT_EQ(handle_count(event), 1);
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_object_get_property, zx_object_set_property)
TEST(names_are_cut_padded_and_shared)
{
    char name[ZX_MAX_NAME_LEN], expected[ZX_MAX_NAME_LEN] = {0};
    zx_handle_t vmo, copy;

    ASSERT_OK(zx_vmo_create(0, 0, &vmo));
    ASSERT_OK(zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &copy));
    memset(name, 'x', sizeof(name));
    ASSERT_OK(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(memcmp(name, expected, sizeof(name)), 0); // a new one has none

    ASSERT_OK(zx_object_set_property(vmo, ZX_PROP_NAME, "abc\0def", 8));
    memcpy(expected, "abc", 3);
    ASSERT_OK(zx_object_get_property(copy, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(memcmp(name, expected, sizeof(name)), 0);

    char long_name[64];

    memset(long_name, 'n', sizeof(long_name));
    memset(expected, 'n', ZX_MAX_NAME_LEN - 1);
    ASSERT_OK(zx_object_set_property(copy, ZX_PROP_NAME, long_name, sizeof(long_name)));
    ASSERT_OK(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(memcmp(name, expected, sizeof(name)), 0);

    ASSERT_OK(zx_object_set_property(vmo, ZX_PROP_NAME, long_name, 0));
    ASSERT_OK(zx_object_get_property(vmo, ZX_PROP_NAME, name, sizeof(name)));
    EXPECT_EQ(name[0], 0);
    EXPECT_OK(zx_handle_close(vmo));
    EXPECT_OK(zx_handle_close(copy));
}

// CALLS(zx_object_get_property, zx_object_set_property)
TEST(property_errors_come_in_their_order)
{
    char name[ZX_MAX_NAME_LEN];
    zx_handle_t vmo;

    ASSERT_OK(zx_vmo_create(0, 0, &vmo));
    zx_handle_t bare = test_without_rights(vmo, ZX_RIGHTS_PROPERTY);

    EXPECT_EQ(zx_object_get_property(0, ZX_PROP_NAME, NULL, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_property(0, ZX_PROP_NAME, name, sizeof(name)), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_object_get_property(bare, ZX_PROP_NAME, name, sizeof(name)), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_set_property(bare, ZX_PROP_NAME, name, 1), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_object_get_property(vmo, ZX_PROP_NAME, name, 31), ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(zx_object_get_property(vmo, ZX_PROP_NAME, (void *)8, 32), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_get_property(vmo, 9999, name, sizeof(name)), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_object_set_property(vmo, 9999, name, sizeof(name)), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_handle_close(vmo));
    EXPECT_OK(zx_handle_close(bare));
}

// CALLS(zx_object_get_property)
TEST(vdso_base_property_points_at_the_vdso)
{
    uintptr_t base = 0;

    ASSERT_OK(zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                     sizeof(base)));
    ASSERT_TRUE(base != 0 && base % 4096 == 0);
    EXPECT_EQ(memcmp((const void *)base,
                     "\x7f"
                     "ELF",
                     4),
              0);
    EXPECT_EQ(zx_object_set_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                     sizeof(base)),
              ZX_ERR_INVALID_ARGS);
}

// CALLS(zx_channel_read, zx_task_kill, zx_job_create)
TEST(a_missing_right_is_reported_before_a_wrong_type)
{
    zx_handle_t event = make_event(), out;
    uint32_t size;

    EXPECT_EQ(zx_task_kill(event), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_job_create(event, 0, &out), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_channel_read(event, 0, NULL, NULL, 0, 0, &size, NULL), ZX_ERR_ACCESS_DENIED);
    // A process has READ, but is no channel.
    EXPECT_EQ(zx_channel_read(zx_process_self(), 0, NULL, NULL, 0, 0, &size, NULL),
              ZX_ERR_WRONG_TYPE);
    EXPECT_OK(zx_handle_close(event));
}
