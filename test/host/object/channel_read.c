// SPDX-License-Identifier: MIT
// Channels: where a read stores what, and what closing an end leaves to be read (spec 11 section 1).
#include "object_test.h"

// CALLS(zx_channel_read, zx_channel_read_etc)
SCENARIO(sizes_may_be_stored_over_the_capacities)
{
    zx_handle_t ends[2], sent = make_event();
    struct {
        uint32_t bytes, handles;
    } n = {1, 0};
    char text[8];
    zx_handle_t received;
    zx_handle_info_t info;

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, "abc", 3, &sent, 1));
    assert_status(
        zx_channel_read(ends[1], 0, text, &received, n.bytes, n.handles, &n.bytes, &n.handles),
        ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(n.bytes, 3); // as the next read wants them
    assert_int_equal(n.handles, 1);
    assert_ok(
        zx_channel_read(ends[1], 0, text, &received, n.bytes, n.handles, &n.bytes, &n.handles));
    assert_ok(zx_channel_write(ends[0], 0, "de", 2, &received, 1));
    assert_ok(zx_channel_read_etc(ends[1], 0, text, &info, 8, 8, &n.bytes, &n.handles));
    assert_int_equal(n.bytes, 2);
    assert_int_equal(n.handles, 1);
    assert_int_equal(info.type, ZX_OBJ_TYPE_EVENT);
    assert_ok(zx_handle_close_many((zx_handle_t[]){ends[0], ends[1], info.handle}, 3));
}

SCENARIO(each_size_is_optional)
{
    zx_handle_t ends[2];
    uint32_t size = 77;
    char text[4];

    make_pair(ends);
    for (unsigned i = 0; i < 3; i++)
        assert_ok(zx_channel_write(ends[0], 0, "abcd", 4, NULL, 0));
    assert_status(zx_channel_read(ends[1], 0, text, NULL, 3, 0, NULL, NULL),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_ok(zx_channel_read(ends[1], 0, text, NULL, 4, 0, NULL, NULL));
    assert_ok(zx_channel_read(ends[1], 0, text, NULL, 4, 0, &size, NULL));
    assert_int_equal(size, 4);
    assert_ok(zx_channel_read(ends[1], 0, text, NULL, 4, 0, NULL, &size));
    assert_int_equal(size, 0);
    // On other errors nothing is written.
    size = 77;
    assert_status(zx_channel_read(ends[1], 0, text, NULL, 4, 0, &size, &size), ZX_ERR_SHOULD_WAIT);
    close_handle(ends[0]);
    assert_status(zx_channel_read(ends[1], 0, text, NULL, 4, 0, &size, &size), ZX_ERR_PEER_CLOSED);
    assert_int_equal(size, 77);
    close_handle(ends[1]);
}

SCENARIO(handles_win_where_buffers_overlap)
{
    zx_handle_t ends[2], sent = make_event();
    union {
        uint32_t words[4];
        zx_handle_t handles[4];
    } both;

    make_pair(ends);
    zx_koid_t koid = basic(sent).koid;
    memset(&both, 0xee, sizeof(both));
    assert_ok(zx_channel_write(ends[0], 0, "0123456789ab", 12, &sent, 1));
    assert_ok(zx_channel_read(ends[1], 0, both.words, both.handles, 16, 4, NULL, NULL));
    assert_int_equal(basic(both.handles[0]).koid, koid);
    assert_memory_equal(&both.words[1], "456789ab", 8);
    assert_int_equal(both.words[3], 0xeeeeeeee); // beyond both: untouched
    assert_ok(zx_handle_close_many((zx_handle_t[]){ends[0], ends[1], both.handles[0]}, 3));
}

// CALLS(zx_handle_close)
SCENARIO(closing_an_end_drops_what_came_and_keeps_what_went)
{
    zx_handle_t ends[2], e = make_event(), received;
    zx_handle_t in = duplicate_without(e, 0), out = duplicate_without(e, 0);
    uint32_t handles;

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &out, 1));
    assert_ok(zx_channel_write(ends[0], 0, "second", 6, NULL, 0));
    assert_ok(zx_channel_write(ends[1], 0, NULL, 0, &in, 1));
    assert_int_equal(handle_count(e), 3);
    close_handle(ends[0]);
    while (handle_count(e) != 2) // it may take a little longer than the call
        sleep_ns(1000);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_channel_read(ends[1], 0, NULL, &received, 0, 1, NULL, &handles));
    assert_int_equal(handles, 1);
    // Dropping the last message ends READABLE as reading it does.
    assert_status(
        zx_channel_read(ends[1], ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, NULL, NULL),
        ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_PEER_CLOSED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){ends[1], received, e}, 3));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest channel_read_tests[] = {
    T(sizes_may_be_stored_over_the_capacities),
    T(each_size_is_optional),
    T(handles_win_where_buffers_overlap),
    T(closing_an_end_drops_what_came_and_keeps_what_went),
};
const size_t channel_read_test_count = countof(channel_read_tests);
