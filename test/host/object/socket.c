// SPDX-License-Identifier: MIT
// Stream sockets: what goes through, which signals tell of it, and in which order errors are found
// (spec 11 section 2).
#include "object_test.h"

#define OWN_BITS (ZX_SOCKET_WRITABLE | ZX_SOCKET_CONTROL_WRITABLE | ZX_SOCKET_SHARE)

static uint8_t big[262145];

static size_t write_bytes(zx_handle_t s, const void *data, size_t size)
{
    size_t actual = 12345;

    assert_ok(zx_socket_write(s, 0, data, size, &actual));
    return actual;
}

static size_t read_bytes(zx_handle_t s, void *data, size_t size)
{
    size_t actual = 12345;

    assert_ok(zx_socket_read(s, 0, data, size, &actual));
    return actual;
}


// CALLS(zx_socket_create)
SCENARIO(socket_begins_writable_with_its_rights)
{
    zx_handle_t s[2], out0 = 77, out1 = 78;

    make_sockets(0, s);
    for (unsigned i = 0; i < 2; i++) {
        zx_info_handle_basic_t info = basic(s[i]);
        assert_int_equal(info.type, ZX_OBJ_TYPE_SOCKET);
        assert_int_equal(info.rights, 0xf0cf);
        assert_int_equal(info.related_koid, basic(s[1 - i]).koid);
        assert_int_equal(state_of(s[i]), ZX_SOCKET_WRITABLE);
    }
    assert_ok(zx_handle_close_many(s, 2));
    make_sockets(ZX_SOCKET_HAS_CONTROL | ZX_SOCKET_HAS_ACCEPT | ZX_SOCKET_DATAGRAM, s);
    assert_int_equal(state_of(s[0]), OWN_BITS);
    assert_int_equal(state_of(s[1]), OWN_BITS);
    for (uint32_t bit = 8; bit != 0; bit <<= 1)
        assert_status(zx_socket_create(bit, &out0, &out1), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out0, 77);
    assert_int_equal(out1, 78);
    assert_ok(zx_handle_close_many(s, 2));
}

// CALLS(zx_socket_write, zx_socket_read): pieces of all sizes, with an empty buffer in between now and then,
// come out in order and whole.
SCENARIO(stream_keeps_the_order_of_pieces_of_all_sizes)
{
    static const uint16_t sizes[] = {1, 64, 511, 512, 513, 3, 1100, 4000, 4001, 9000, 2, 512, 64, 700};
    zx_handle_t s[2];
    uint8_t piece[9000];
    uint32_t written = 0, read = 0;

    make_sockets(0, s);
    for (unsigned turn = 0; turn < 3 * countof(sizes); turn++) {
        size_t size = sizes[turn % countof(sizes)];
        for (size_t i = 0; i < size; i++)
            piece[i] = (uint8_t)((written + i) * 7 >> 3);
        // A write is short when only its first bytes found memory.
        for (size_t put = 0; put < size;)
            put += write_bytes(s[0], piece + put, size - put);
        written += (uint32_t)size;
        size_t want = turn % 4 == 3 ? written - read : sizes[(turn * 5 + 2) % countof(sizes)];
        want = want < written - read ? want : written - read;
        while (want > 0) {
            size_t got = read_bytes(s[1], piece, want < sizeof(piece) ? want : sizeof(piece));
            assert_int_equal(got, want < sizeof(piece) ? want : sizeof(piece));
            for (size_t i = 0; i < got; i++)
                assert_int_equal(piece[i], (uint8_t)((read + i) * 7 >> 3));
            read += (uint32_t)got;
            want -= got;
        }
        assert_int_equal((state_of(s[1]) & ZX_SOCKET_READABLE) != 0, written != read);
        if (written == read)
            assert_status(zx_socket_read(s[1], 0, piece, 1, NULL), ZX_ERR_SHOULD_WAIT);
    }
    assert_ok(zx_handle_close_many(s, 2));
}

// CALLS(zx_socket_write, zx_socket_read)
SCENARIO(stream_is_bytes_without_boundaries)
{
    zx_handle_t s[2];
    char text[16] = {0};

    make_sockets(0, s);
    assert_int_equal(write_bytes(s[0], "abc", 3), 3);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_READABLE);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(write_bytes(s[0], "defg", 4), 4);
    assert_int_equal(write_bytes(s[1], "other way", 9), 9);
    assert_int_equal(read_bytes(s[1], text, 5), 5);
    assert_memory_equal(text, "abcde", 5);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_READABLE);
    assert_int_equal(read_bytes(s[1], text, 16), 2);
    assert_memory_equal(text, "fgcde", 5); // what is behind them is untouched
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE);
    assert_int_equal(read_bytes(s[0], text, 16), 9);
    assert_memory_equal(text, "other way", 9);
    // Both results are optional.
    assert_ok(zx_socket_write(s[0], 0, "x", 1, NULL));
    assert_ok(zx_socket_read(s[1], 0, text, 1, NULL));
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(stream_write_is_short_when_the_buffer_fills)
{
    zx_handle_t s[2];
    zx_info_socket_t info;
    size_t actual = 77;
    char byte;

    make_sockets(0, s);
    // An empty socket takes this much at once; less can only mean that memory has run out.
    assert_ok(write_bytes(s[0], big, 8192) == 8192 ? ZX_OK : ZX_ERR_NO_MEMORY);
    size_t max = 8192 + fill_stream(s[0]);
    assert_true(max < sizeof(big));
    assert_ok(zx_object_get_info(s[1], ZX_INFO_SOCKET, &info, sizeof(info), NULL, NULL));
    assert_int_equal(info.rx_buf_max, max);
    assert_int_equal(info.rx_buf_size, max);
    assert_int_equal(info.rx_buf_available, max);
    assert_int_equal(state_of(s[0]), 0);
    assert_status(zx_socket_write(s[0], 0, big, 1, &actual), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(actual, 77);
    assert_int_equal(read_bytes(s[1], &byte, 1), 1);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_int_equal(write_bytes(s[0], big, 2), 1);
    assert_int_equal(state_of(s[0]), 0);
    // Each direction has a buffer of its own.
    assert_int_equal(fill_stream(s[1]), max);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(writing_nothing_changes_nothing)
{
    zx_handle_t s[2];
    size_t actual = 77;

    make_sockets(0, s);
    assert_ok(zx_socket_write(s[0], 0, NULL, 0, &actual));
    assert_int_equal(actual, 0);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE);
    fill_stream(s[0]);
    assert_int_equal(write_bytes(s[0], "x", 0), 0); // also on a full buffer
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_WRITE));
    assert_status(zx_socket_write(s[0], 0, NULL, 0, &actual), ZX_ERR_BAD_STATE);
    close_handle(s[1]);
    assert_status(zx_socket_write(s[0], 0, NULL, 0, &actual), ZX_ERR_PEER_CLOSED);
    assert_int_equal(actual, 0);
    close_handle(s[0]);
}

SCENARIO(reading_nothing_takes_nothing)
{
    zx_handle_t s[2];
    size_t actual = 77;
    char text[4];

    make_sockets(0, s);
    assert_status(zx_socket_read(s[1], 0, NULL, 0, &actual), ZX_ERR_SHOULD_WAIT);
    assert_int_equal(actual, 77);
    write_bytes(s[0], "ab", 2);
    assert_ok(zx_socket_read(s[1], 0, NULL, 0, &actual));
    assert_int_equal(actual, 0);
    assert_int_equal(read_bytes(s[1], text, 4), 2);
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_WRITE));
    assert_status(zx_socket_read(s[1], 0, NULL, 0, &actual), ZX_ERR_BAD_STATE);
    close_handle(s[0]);
    assert_status(zx_socket_read(s[1], 0, NULL, 0, &actual), ZX_ERR_PEER_CLOSED);
    close_handle(s[1]);
}

SCENARIO(socket_write_checks_in_order)
{
    zx_handle_t s[2], event = make_event();
    size_t actual = 77;

    make_sockets(0, s);
    zx_handle_t mute = duplicate_without(s[0], ZX_RIGHT_WRITE);
    assert_status(zx_socket_write(0, 2, NULL, 1, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_write(0, 2, "x", 1, &actual), ZX_ERR_BAD_HANDLE);
    assert_status(zx_socket_write(mute, 2, "x", 1, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_write(event, 2, "x", 1, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_write(lab.job, 2, "x", 1, &actual), ZX_ERR_WRONG_TYPE);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if (bit != ZX_SOCKET_CONTROL)
            assert_status(zx_socket_write(s[0], bit, "x", 1, &actual), ZX_ERR_INVALID_ARGS);
    }
    assert_status(zx_socket_write(s[0], 0, "x", 1ull << 32, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_write(s[0], 0, LAB_BAD_PTR, 1, &actual), ZX_ERR_INVALID_ARGS);
    assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE); // nothing has come
    // A disabled end comes before the size, a closed peer before both.
    assert_ok(zx_socket_shutdown(s[1], ZX_SOCKET_SHUTDOWN_READ));
    assert_status(zx_socket_write(s[0], 0, "x", 1ull << 32, &actual), ZX_ERR_BAD_STATE);
    close_handle(s[1]);
    assert_status(zx_socket_write(s[0], 0, "x", 1ull << 32, &actual), ZX_ERR_PEER_CLOSED);
    assert_status(zx_socket_write(s[0], 2, "x", 1, &actual), ZX_ERR_INVALID_ARGS);
    assert_int_equal(actual, 77); // only a write that worked tells how much
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], mute, event}, 3));
}

SCENARIO(socket_read_checks_in_order)
{
    zx_handle_t s[2], event = make_event();
    size_t actual = 77;
    char text[8];

    make_sockets(0, s);
    zx_handle_t blind = duplicate_without(s[1], ZX_RIGHT_READ);
    assert_status(zx_socket_read(0, 2, NULL, 1, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_read(0, 2, text, 8, &actual), ZX_ERR_BAD_HANDLE);
    assert_status(zx_socket_read(blind, 2, text, 8, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_read(event, 2, text, 8, &actual), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_read(lab.job, 2, text, 8, &actual), ZX_ERR_WRONG_TYPE);
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if (bit != ZX_SOCKET_CONTROL)
            assert_status(zx_socket_read(s[1], bit, text, 8, &actual), ZX_ERR_INVALID_ARGS);
    }
    assert_status(zx_socket_read(s[1], 0, text, 1ull << 32, &actual), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_read(s[1], 0, text, 8, &actual), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_socket_shutdown(s[1], ZX_SOCKET_SHUTDOWN_READ));
    assert_status(zx_socket_read(s[1], 0, text, 8, &actual), ZX_ERR_BAD_STATE);
    close_handle(s[0]);
    assert_status(zx_socket_read(s[1], 0, text, 8, &actual), ZX_ERR_PEER_CLOSED);
    assert_int_equal(actual, 77);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[1], blind, event}, 3));
}

// The reference reports OK with 0 bytes for the first; the contract's table has INVALID_ARGS.
SCENARIO(stream_read_into_a_bad_buffer_loses_nothing)
{
    zx_handle_t s[2];
    size_t actual = 77;
    char text[8];

    make_sockets(0, s);
    write_bytes(s[0], "kept", 4);
    assert_status(zx_socket_read(s[1], 0, LAB_BAD_PTR, 4, &actual), ZX_ERR_INVALID_ARGS);
    assert_int_equal(actual, 77);
    assert_int_equal(read_bytes(s[1], text, 8), 4);
    assert_memory_equal(text, "kept", 4);
    assert_ok(zx_handle_close_many(s, 2));
}

// CALLS(zx_socket_shutdown)
SCENARIO(shutdown_of_writing_disables_one_direction)
{
    zx_handle_t s[2];
    char text[8];

    make_sockets(ZX_SOCKET_HAS_CONTROL, s);
    write_bytes(s[0], "before", 6);
    assert_ok(zx_socket_shutdown(s[0], 0));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE | ZX_SOCKET_CONTROL_WRITABLE);
    for (unsigned i = 0; i < 2; i++) { // twice is as good as once
        assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_WRITE));
        assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITE_DISABLED | ZX_SOCKET_CONTROL_WRITABLE);
        assert_int_equal(state_of(s[1]), ZX_SOCKET_WRITABLE | ZX_SOCKET_READABLE |
                                             ZX_SOCKET_PEER_WRITE_DISABLED |
                                             ZX_SOCKET_CONTROL_WRITABLE);
    }
    assert_status(zx_socket_write(s[0], 0, "x", 1, NULL), ZX_ERR_BAD_STATE);
    assert_int_equal(read_bytes(s[1], text, 8), 6); // what came before stays readable
    assert_status(zx_socket_read(s[1], 0, text, 8, NULL), ZX_ERR_BAD_STATE);
    write_bytes(s[1], "back", 4);
    assert_int_equal(read_bytes(s[0], text, 8), 4);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(shutdown_of_reading_stops_the_peer)
{
    zx_handle_t s[2];
    char text[8];

    make_sockets(0, s);
    write_bytes(s[0], "before", 6);
    assert_ok(zx_socket_shutdown(s[1], ZX_SOCKET_SHUTDOWN_READ));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITE_DISABLED);
    assert_int_equal(state_of(s[1]),
                     ZX_SOCKET_WRITABLE | ZX_SOCKET_READABLE | ZX_SOCKET_PEER_WRITE_DISABLED);
    assert_status(zx_socket_write(s[0], 0, "x", 1, NULL), ZX_ERR_BAD_STATE);
    assert_int_equal(read_bytes(s[1], text, 8), 6);
    assert_status(zx_socket_read(s[1], 0, text, 8, NULL), ZX_ERR_BAD_STATE);
    // The other direction on top of it.
    assert_ok(zx_socket_shutdown(s[1], ZX_SOCKET_SHUTDOWN_READ | ZX_SOCKET_SHUTDOWN_WRITE));
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(state_of(s[i]), ZX_SOCKET_WRITE_DISABLED | ZX_SOCKET_PEER_WRITE_DISABLED);
    assert_ok(zx_handle_close_many(s, 2));
}

SCENARIO(shutdown_works_when_the_peer_is_gone)
{
    zx_handle_t s[2];

    make_sockets(0, s);
    close_handle(s[1]);
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_READ));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_PEER_WRITE_DISABLED);
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_WRITE));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_PEER_WRITE_DISABLED |
                                         ZX_SOCKET_WRITE_DISABLED);
    // A closed peer comes first all the same.
    assert_status(zx_socket_write(s[0], 0, "x", 1, NULL), ZX_ERR_PEER_CLOSED);
    close_handle(s[0]);
}

SCENARIO(shutdown_checks_bits_before_the_handle)
{
    zx_handle_t s[2], event = make_event();

    make_sockets(0, s);
    zx_handle_t mute = duplicate_without(s[0], ZX_RIGHT_WRITE);
    for (uint32_t bit = 4; bit != 0; bit <<= 1)
        assert_status(zx_socket_shutdown(0, bit), ZX_ERR_INVALID_ARGS);
    assert_status(zx_socket_shutdown(0, 0), ZX_ERR_BAD_HANDLE);
    // Also for the direction that this end reads from.
    assert_status(zx_socket_shutdown(mute, ZX_SOCKET_SHUTDOWN_READ), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_shutdown(event, 0), ZX_ERR_ACCESS_DENIED);
    assert_status(zx_socket_shutdown(lab.job, 0), ZX_ERR_WRONG_TYPE);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITABLE);
    assert_ok(zx_handle_close_many((zx_handle_t[]){s[0], s[1], mute, event}, 4));
}

SCENARIO(draining_a_full_buffer_makes_a_disabled_writer_writable)
{
    zx_handle_t s[2];
    char byte;

    make_sockets(0, s);
    fill_stream(s[0]);
    assert_ok(zx_socket_shutdown(s[0], ZX_SOCKET_SHUTDOWN_WRITE));
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITE_DISABLED);
    read_bytes(s[1], &byte, 1);
    assert_int_equal(state_of(s[0]), ZX_SOCKET_WRITE_DISABLED | ZX_SOCKET_WRITABLE);
    assert_ok(zx_handle_close_many(s, 2));
}

// CALLS(zx_handle_close)
SCENARIO(closing_a_socket_changes_two_bits_of_the_peer)
{
    const zx_signals_t kept = ZX_SOCKET_CONTROL_WRITABLE | ZX_SOCKET_SHARE | ZX_USER_SIGNAL_2 |
                              ZX_SOCKET_READABLE | ZX_SOCKET_CONTROL_READABLE;
    zx_handle_t s[2], copy;
    char text[8];

    make_sockets(ZX_SOCKET_HAS_CONTROL | ZX_SOCKET_HAS_ACCEPT, s);
    assert_ok(zx_handle_duplicate(s[0], ZX_RIGHT_SAME_RIGHTS, &copy));
    write_bytes(s[0], "late", 4);
    assert_ok(zx_socket_write(s[0], ZX_SOCKET_CONTROL, "c", 1, NULL));
    assert_ok(zx_object_signal(s[1], 0, ZX_USER_SIGNAL_2));
    close_handle(s[0]);
    assert_int_equal(state_of(s[1]), kept | ZX_SOCKET_WRITABLE); // there is another handle
    close_handle(copy);
    assert_int_equal(state_of(s[1]), kept | ZX_SOCKET_PEER_CLOSED);
    assert_int_equal(read_bytes(s[1], text, 8), 4);
    assert_status(zx_socket_read(s[1], 0, text, 8, NULL), ZX_ERR_PEER_CLOSED);
    assert_int_equal(state_of(s[1]), (kept | ZX_SOCKET_PEER_CLOSED) & ~ZX_SOCKET_READABLE);
    close_handle(s[1]);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest socket_tests[] = {
    T(socket_begins_writable_with_its_rights),
    T(stream_keeps_the_order_of_pieces_of_all_sizes),
    T(stream_is_bytes_without_boundaries),
    T(stream_write_is_short_when_the_buffer_fills),
    T(writing_nothing_changes_nothing),
    T(reading_nothing_takes_nothing),
    T(socket_write_checks_in_order),
    T(socket_read_checks_in_order),
    T(stream_read_into_a_bad_buffer_loses_nothing),
    T(shutdown_of_writing_disables_one_direction),
    T(shutdown_of_reading_stops_the_peer),
    T(shutdown_works_when_the_peer_is_gone),
    T(shutdown_checks_bits_before_the_handle),
    T(draining_a_full_buffer_makes_a_disabled_writer_writable),
    T(closing_a_socket_changes_two_bits_of_the_peer),
};
const size_t socket_test_count = countof(socket_tests);
