// SPDX-License-Identifier: MIT
// Event pairs, and what all paired objects have in common (spec 11, its beginning and section 4).
#include "object_test.h"

#define ALL_SETTABLE (ZX_EVENT_SIGNALED | ZX_USER_SIGNAL_ALL)

static void make_eventpair(zx_handle_t ends[2])
{
    assert_ok(zx_eventpair_create(0, &ends[0], &ends[1]));
}

// One of each kind of pair.
#define KINDS 4u

static void make_kind(unsigned kind, zx_handle_t ends[2])
{
    switch (kind) {
    case 0: make_pair(ends); break;
    case 1: make_sockets(0, ends); break;
    case 2: make_eventpair(ends); break;
    default: assert_ok(zx_fifo_create(4, 4, 0, &ends[0], &ends[1])); break;
    }
}

// CALLS(zx_eventpair_create)
SCENARIO(eventpair_begins_clear_with_its_rights)
{
    zx_handle_t ends[2], out0 = 77, out1 = 78;

    make_eventpair(ends);
    for (unsigned i = 0; i < 2; i++) {
        zx_info_handle_basic_t info = basic(ends[i]);
        assert_int_equal(info.type, ZX_OBJ_TYPE_EVENTPAIR);
        assert_int_equal(info.rights, 0xf003);
        assert_int_equal(state_of(ends[i]), 0);
    }
    for (uint32_t bit = 1; bit != 0; bit <<= 1)
        assert_status(zx_eventpair_create(bit, &out0, &out1), ZX_ERR_NOT_SUPPORTED);
    assert_int_equal(out0, 77);
    assert_int_equal(out1, 78);
    assert_ok(zx_handle_close_many(ends, 2));
}

// CALLS(zx_object_signal, zx_object_signal_peer)
SCENARIO(each_side_of_an_eventpair_has_its_own_bits)
{
    zx_handle_t ends[2];

    make_eventpair(ends);
    assert_ok(zx_object_signal(ends[0], 0, ZX_EVENTPAIR_SIGNALED | ZX_USER_SIGNAL_1));
    assert_int_equal(state_of(ends[0]), ZX_EVENTPAIR_SIGNALED | ZX_USER_SIGNAL_1);
    assert_int_equal(state_of(ends[1]), 0);
    assert_ok(zx_object_signal_peer(ends[0], 0, ALL_SETTABLE));
    assert_int_equal(state_of(ends[1]), ALL_SETTABLE);
    assert_ok(zx_object_signal_peer(ends[0], ALL_SETTABLE, ZX_USER_SIGNAL_7));
    assert_int_equal(state_of(ends[1]), ZX_USER_SIGNAL_7);
    assert_int_equal(state_of(ends[0]), ZX_EVENTPAIR_SIGNALED | ZX_USER_SIGNAL_1);
    for (unsigned bit = 0; bit < 24; bit++) {
        if (bit == 3)
            continue;
        assert_status(zx_object_signal(ends[0], 0, 1u << bit), ZX_ERR_INVALID_ARGS);
        assert_status(zx_object_signal_peer(ends[0], 1u << bit, 0), ZX_ERR_INVALID_ARGS);
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

// CALLS(zx_channel_create, zx_socket_create, zx_fifo_create)
SCENARIO(ends_of_a_pair_are_two_objects_that_name_each_other)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        zx_handle_t ends[2];
        make_kind(kind, ends);
        zx_info_handle_basic_t a = basic(ends[0]), b = basic(ends[1]);
        assert_int_not_equal(a.koid, b.koid);
        assert_int_equal(a.related_koid, b.koid);
        assert_int_equal(b.related_koid, a.koid);
        assert_ok(zx_handle_close_many(ends, 2));
    }
}

// CALLS(zx_handle_close)
SCENARIO(peer_closed_is_set_once_and_for_all)
{
    const zx_signals_t writable = 1u << 1, closed = 1u << 2; // the same bits for all kinds

    for (unsigned kind = 0; kind < KINDS; kind++) {
        zx_handle_t ends[2];
        make_kind(kind, ends);
        assert_ok(zx_object_signal(ends[0], 0, ZX_USER_SIGNAL_0));
        assert_ok(zx_object_signal_peer(ends[1], 0, ZX_USER_SIGNAL_3));
        zx_signals_t before = state_of(ends[0]);
        assert_int_equal(before & closed, 0);
        close_handle(ends[1]);
        assert_int_equal(state_of(ends[0]), (before & ~writable) | closed);
        // Bits are judged before the peer; the peer is not there any more.
        assert_status(zx_object_signal_peer(ends[0], 0, writable), ZX_ERR_INVALID_ARGS);
        assert_status(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_0), ZX_ERR_PEER_CLOSED);
        assert_status(zx_object_signal(ends[0], closed, 0), ZX_ERR_INVALID_ARGS);
        assert_ok(zx_object_signal(ends[0], ZX_USER_SIGNAL_0, ZX_USER_SIGNAL_5));
        assert_int_equal(state_of(ends[0]) & (ZX_USER_SIGNAL_ALL | closed),
                         ZX_USER_SIGNAL_3 | ZX_USER_SIGNAL_5 | closed);
        close_handle(ends[0]);
    }
}

// CALLS(zx_channel_write, zx_channel_read)
SCENARIO(end_of_any_pair_in_a_message_is_not_closed)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        zx_handle_t ends[2], carrier[2], moved;
        uint32_t bytes, handles;
        make_kind(kind, ends);
        make_pair(carrier);
        zx_koid_t koid = basic(ends[1]).koid;
        assert_ok(zx_channel_write(carrier[0], 0, NULL, 0, &ends[1], 1));
        assert_ok(zx_object_signal_peer(ends[0], 0, ZX_USER_SIGNAL_4));
        assert_ok(zx_channel_read(carrier[1], 0, NULL, &moved, 0, 1, &bytes, &handles));
        assert_int_equal(basic(moved).koid, koid);
        assert_true(state_of(moved) & ZX_USER_SIGNAL_4);
        // Dropped in a message that nobody reads: closed.
        assert_ok(zx_channel_write(carrier[0], 0, NULL, 0, &moved, 1));
        assert_ok(zx_handle_close_many(carrier, 2));
        await(ends[0], 1u << 2);
        close_handle(ends[0]);
    }
}

// CALLS(zx_object_set_cookie, zx_object_get_cookie)
SCENARIO(cookies_of_an_eventpair_end_with_its_other_side)
{
    zx_handle_t ends[2], scope = make_event(), other = make_event();
    uint64_t cookie = 77;

    make_eventpair(ends);
    assert_ok(zx_object_set_cookie(ends[0], scope, 1));
    assert_ok(zx_object_set_cookie(ends[1], other, 2)); // each side its own, scope included
    assert_ok(zx_object_get_cookie(ends[0], scope, &cookie));
    assert_int_equal(cookie, 1);
    assert_ok(zx_object_get_cookie(ends[1], other, &cookie));
    assert_int_equal(cookie, 2);
    zx_handle_t copy = duplicate_without(ends[1], 0);
    close_handle(ends[1]);
    assert_ok(zx_object_get_cookie(ends[0], scope, &cookie));
    close_handle(copy);
    cookie = 77;
    for (unsigned i = 0; i < 2; i++) {
        zx_handle_t s = i == 0 ? scope : other;
        assert_status(zx_object_get_cookie(ends[0], s, &cookie), ZX_ERR_ACCESS_DENIED);
        assert_status(zx_object_set_cookie(ends[0], s, 3), ZX_ERR_ACCESS_DENIED);
    }
    assert_int_equal(cookie, 77);
    // Also one that never had a cookie cannot get one any more.
    close_handle(ends[0]);
    make_eventpair(ends);
    close_handle(ends[1]);
    assert_status(zx_object_set_cookie(ends[0], scope, 3), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){ends[0], scope, other}, 3));
}

// CALLS(zx_object_wait_one)
SCENARIO(event_stays_set_until_it_is_cleared)
{
    zx_handle_t e = make_event();
    struct waiter w[2];

    for (unsigned i = 0; i < 2; i++)
        waiter_start(&w[i], e, ZX_EVENT_SIGNALED, FOREVER);
    assert_ok(zx_object_signal(e, 0, ZX_EVENT_SIGNALED));
    for (unsigned i = 0; i < 2; i++) { // all who wait
        waiter_join(&w[i]);
        assert_ok(w[i].status);
        assert_int_equal(w[i].observed, ZX_EVENT_SIGNALED);
    }
    for (unsigned i = 0; i < 2; i++) // and all who come later
        assert_ok(zx_object_wait_one(e, ZX_EVENT_SIGNALED, 0, NULL));
    assert_ok(zx_object_signal(e, ZX_EVENT_SIGNALED, 0));
    assert_status(zx_object_wait_one(e, ZX_EVENT_SIGNALED, 0, NULL), ZX_ERR_TIMED_OUT);
    close_handle(e);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest eventpair_tests[] = {
    T(eventpair_begins_clear_with_its_rights),
    T(each_side_of_an_eventpair_has_its_own_bits),
    T(ends_of_a_pair_are_two_objects_that_name_each_other),
    T(peer_closed_is_set_once_and_for_all),
    T(end_of_any_pair_in_a_message_is_not_closed),
    T(cookies_of_an_eventpair_end_with_its_other_side),
    T(event_stays_set_until_it_is_cleared),
};
const size_t eventpair_test_count = countof(eventpair_tests);
