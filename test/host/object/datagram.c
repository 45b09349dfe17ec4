// SPDX-License-Identifier: MIT
// Datagram sockets, and the thresholds of both kinds (spec 11 section 2).
#include "object_test.h"

#define MAX_BYTES 257024u // of a socket's buffer (spec 11 section 2)

static uint8_t big[MAX_BYTES + 1], back[MAX_BYTES + 1];

static size_t read_one(zx_handle_t s, void *data, size_t size)
{
    size_t actual = 12345;

    assert_ok(zx_socket_read(s, 0, data, size, &actual));
    return actual;
}

static void write_one(zx_handle_t s, const void *data, size_t size)
{
    size_t actual = 12345;

    assert_ok(zx_socket_write(s, 0, data, size, &actual));
    assert_int_equal(actual, size);
}

static zx_info_socket_t info_of(zx_handle_t s)
{
    zx_info_socket_t info;

    assert_ok(zx_object_get_info(s, ZX_INFO_SOCKET, &info, sizeof(info), NULL, NULL));
    return info;
}

// CALLS(zx_socket_write, zx_socket_read)
SCENARIO(datagrams_keep_their_boundaries_and_order)
{
    zx_handle_t s[2];
    char text[16];

    make_sockets(ZX_SOCKET_DATAGRAM, s);
    write_one(s[0], "one", 3);
    write_one(s[0], "three", 5);
    write_one(s[0], "x", 1);
    assert_int_equal(info_of(s[1]).rx_buf_size, 9);
    assert_int_equal(info_of(s[1]).rx_buf_available, 3); // the first datagram
    assert_int_equal(info_of(s[0]).tx_buf_size, 9);
    assert_int_equal(read_one(s[1], text, 16), 3);
    assert_memory_equal(text, "one", 3);
    assert_int_equal(read_one(s[1], text, 16), 5);
    assert_memory_equal(text, "three", 5);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_READABLE);
    assert_int_equal(read_one(s[1], text, 16), 1);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE);
    assert_status(zx_socket_read(s[1], 0, text, 16, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(short_read_drops_the_rest_of_a_datagram_of_any_size)
{
    const size_t sizes[] = {2, 2008, 2009, 5000, 100000};
    zx_handle_t s[2];

    make_sockets(ZX_SOCKET_DATAGRAM, s);
    for (unsigned i = 0; i < countof(sizes); i++) {
        memset(big, (int)(i + 1), sizes[i]);
        write_one(s[0], big, sizes[i]);
    }
    write_one(s[0], "end", 3);
    for (unsigned i = 0; i < countof(sizes); i++) {
        assert_int_equal(read_one(s[1], back, 1), 1);
        assert_int_equal(back[0], i + 1);
    }
    assert_int_equal(read_one(s[1], back, 8), 3);
    assert_memory_equal(back, "end", 3);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(datagram_of_the_whole_buffer_arrives_whole)
{
    zx_handle_t s[2];

    make_sockets(ZX_SOCKET_DATAGRAM, s);
    for (size_t i = 0; i < MAX_BYTES; i++)
        big[i] = (uint8_t)(i * 13 + (i >> 9));
    write_one(s[0], big, MAX_BYTES);
    assert_int_equal(state_of(s[0]), 0); // exactly full
    memset(back, 0, sizeof(back));
    assert_int_equal(read_one(s[1], back, sizeof(back)), MAX_BYTES);
    assert_memory_equal(back, big, MAX_BYTES);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(datagram_is_written_whole_or_not_at_all)
{
    zx_handle_t s[2];
    size_t actual = 77;

    make_sockets(ZX_SOCKET_DATAGRAM, s);
    assert_status(zx_socket_write(s[0], 0, big, MAX_BYTES + 1, &actual), ZX_ERR_OUT_OF_RANGE);
    write_one(s[0], big, MAX_BYTES - 10);
    // It does not fit, though there is room for others.
    assert_status(zx_socket_write(s[0], 0, big, 11, &actual), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_status(zx_socket_write(s[0], 0, big, MAX_BYTES + 1, &actual), ZX_ERR_OUT_OF_RANGE);
    write_one(s[0], big, 10);
    assert_int_equal(state_of(s[0]), 0);
    assert_status(zx_socket_write(s[0], 0, big, MAX_BYTES + 1, &actual), ZX_ERR_SHOULD_WAIT);
    assert_status(zx_socket_write(s[0], 0, LAB_BAD_PTR, 1, &actual), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_socket_write(s[0], 0, NULL, 0, &actual));
    assert_int_equal(actual, 0);
    assert_int_equal(read_one(s[1], back, 1), 1);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(info_of(s[1]).rx_buf_size, 10); // no empty datagram before or behind it
    assert_int_equal(read_one(s[1], back, 100), 10);
    assert_status(zx_socket_read(s[1], 0, back, 1, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many(s, 2));
}

static void set(zx_handle_t s, uint32_t property, size_t value)
{
    size_t now = 12345;

    assert_ok(zx_object_set_property(s, property, &value, sizeof(value)));
    assert_ok(zx_object_get_property(s, property, &now, sizeof(now)));
    assert_int_equal(now, value);
}

static bool has(zx_handle_t s, zx_signals_t signal)
{
    return (state_of(s) & signal) != 0;
}

// CALLS(zx_object_set_property, zx_object_get_property)
SCENARIO(read_threshold_follows_what_is_readable)
{
    zx_handle_t s[2];
    size_t value = 77;

    make_sockets(0, s);
    assert_ok(zx_object_get_property(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, &value, sizeof(value)));
    assert_int_equal(value, 0);
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 10);
    write_one(s[0], big, 9);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    write_one(s[0], big, 1);
    assert_true(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    assert_false(has(s[0], ZX_SOCKET_READ_THRESHOLD));
    assert_int_equal(read_one(s[1], back, 1), 1);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    // Setting it looks at once, in both directions.
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 9);
    assert_true(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 11);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 1);
    assert_true(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 0);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    write_one(s[0], big, 100);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD)); // off
    set(s[1], ZX_PROP_SOCKET_RX_THRESHOLD, 50);
    close_handle(s[0]);
    assert_true(has(s[1], ZX_SOCKET_READ_THRESHOLD)); // keeps its value
    assert_int_equal(read_one(s[1], back, 60), 60);
    assert_false(has(s[1], ZX_SOCKET_READ_THRESHOLD));
    close_handle(s[1]);
}

SCENARIO(write_threshold_follows_the_room)
{
    zx_handle_t s[2];
    size_t value = 77;

    make_sockets(ZX_SOCKET_DATAGRAM, s);
    assert_ok(zx_object_get_property(s[0], ZX_PROP_SOCKET_TX_THRESHOLD, &value, sizeof(value)));
    assert_int_equal(value, 0);
    assert_false(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    set(s[0], ZX_PROP_SOCKET_TX_THRESHOLD, MAX_BYTES); // the whole buffer is a threshold
    assert_true(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    write_one(s[0], big, 1);
    assert_false(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    set(s[0], ZX_PROP_SOCKET_TX_THRESHOLD, MAX_BYTES - 1);
    assert_true(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    set(s[0], ZX_PROP_SOCKET_TX_THRESHOLD, MAX_BYTES);
    assert_false(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    assert_int_equal(read_one(s[1], back, 1), 1);
    assert_true(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    set(s[0], ZX_PROP_SOCKET_TX_THRESHOLD, 0);
    assert_false(has(s[0], ZX_SOCKET_WRITE_THRESHOLD));
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(thresholds_are_checked_and_belong_to_the_endpoint)
{
    zx_handle_t s[2], event = make_event();
    size_t value = MAX_BYTES + 1, seen = 77;
    const uint32_t both[] = {ZX_PROP_SOCKET_RX_THRESHOLD, ZX_PROP_SOCKET_TX_THRESHOLD};

    make_sockets(0, s);
    zx_handle_t copy = duplicate_without(s[0], 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_status(zx_object_set_property(s[0], both[i], &value, 8), ZX_ERR_INVALID_ARGS);
        assert_status(zx_object_set_property(s[0], both[i], &value, 7), ZX_ERR_BUFFER_TOO_SMALL);
        assert_status(zx_object_get_property(s[0], both[i], &seen, 7), ZX_ERR_BUFFER_TOO_SMALL);
        assert_status(zx_object_set_property(lab.job, both[i], &value, 8), ZX_ERR_WRONG_TYPE);
        assert_status(zx_object_get_property(lab.job, both[i], &seen, 8), ZX_ERR_WRONG_TYPE);
        assert_status(zx_object_get_property(event, both[i], &seen, 8), ZX_ERR_ACCESS_DENIED);
        assert_int_equal(seen, 77);
        set(s[0], both[i], 7 + i);
        assert_ok(zx_object_get_property(copy, both[i], &seen, 8));
        assert_int_equal(seen, 7 + i);
        assert_ok(zx_object_get_property(s[1], both[i], &seen, 8));
        assert_int_equal(seen, 0);
        seen = 77;
    }
    assert_true(has(copy, ZX_SOCKET_WRITE_THRESHOLD));
    close_handle(s[1]);
    assert_true(has(copy, ZX_SOCKET_WRITE_THRESHOLD)); // keeps its value
    // A peer that is gone comes before the value, and the old value can still be read.
    assert_status(zx_object_set_property(s[0], both[1], &value, 8), ZX_ERR_PEER_CLOSED);
    assert_status(zx_object_set_property(s[0], both[0], &value, 8), ZX_ERR_INVALID_ARGS);
    assert_ok(zx_object_get_property(s[0], both[1], &seen, 8));
    assert_int_equal(seen, 8);
    set(s[0], both[0], 1);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], copy, event}, 3));
}

// Sockets have the right and no name.
SCENARIO(name_of_a_socket_is_empty_and_stays_so)
{
    zx_handle_t s[2];
    char name[ZX_MAX_NAME_LEN], none[ZX_MAX_NAME_LEN] = {0};

    make_sockets(0, s);
    memset(name, 'x', sizeof(name));
    assert_status(zx_object_set_property(s[0], ZX_PROP_NAME, "n", 1), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_object_get_property(s[0], ZX_PROP_NAME, name, sizeof(name)));
    assert_memory_equal(name, none, sizeof(name));
    assert_ok(zx_handle_close_many(s, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest datagram_tests[] = {
    T(datagrams_keep_their_boundaries_and_order),
    T(short_read_drops_the_rest_of_a_datagram_of_any_size),
    T(datagram_of_the_whole_buffer_arrives_whole),
    T(datagram_is_written_whole_or_not_at_all),
    T(read_threshold_follows_what_is_readable),
    T(write_threshold_follows_the_room),
    T(thresholds_are_checked_and_belong_to_the_endpoint),
    T(name_of_a_socket_is_empty_and_stays_so),
};
const size_t datagram_test_count = countof(datagram_tests);
