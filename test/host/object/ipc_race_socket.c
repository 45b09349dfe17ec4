// SPDX-License-Identifier: MIT
// Sockets: bytes in order and none lost, whatever is closed or shut down meanwhile; datagrams against
// bad buffers; sockets that are shared while an end goes.
#include "object_test.h"

struct line {
    zx_handle_t a, b;              // the ends
    zx_handle_t guest, guest_peer; // what is shared
    zx_handle_t accepted;
    unsigned chunk;  // bytes a write at most
    unsigned rounds; // writes
    size_t written, read;
    zx_status_t shared;
};

static struct line line_make(uint32_t options)
{
    struct line l = {.chunk = 300, .rounds = 8};

    assert_ok(zx_socket_create(options, &l.a, &l.b));
    return l;
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + (at >> 8));
}

#define CHUNK_MAX 150000u

static void write_bytes(struct line *l)
{
    static uint8_t data[CHUNK_MAX];

    for (unsigned i = 0; i < l->rounds; i++) {
        size_t len = 1 + (size_t)host_random(l->chunk), actual = 0;
        for (size_t k = 0; k < len; k++)
            data[k] = pattern(l->written + k);
        zx_status_t status = zx_socket_write(l->a, 0, data, len, &actual);
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(zx_object_wait_one(
                l->a, ZX_SOCKET_WRITABLE | ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_WRITE_DISABLED,
                FOREVER, NULL));
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_STATE)
            return;
        assert_ok(status);
        assert_in_range(actual, 1, len);
        l->written += actual;
    }
}

static void write_and_close(void *arg)
{
    struct line *l = arg;

    write_bytes(l);
    close_handle(l->a);
}

static void write_and_shut_down(void *arg)
{
    struct line *l = arg;

    write_bytes(l);
    assert_ok(zx_socket_shutdown(l->a, ZX_SOCKET_SHUTDOWN_WRITE));
}

static void write_only(void *arg)
{
    write_bytes(arg);
}

static void read_all(void *arg)
{
    struct line *l = arg;
    static uint8_t data[CHUNK_MAX];

    for (;;) {
        size_t actual = 0;
        zx_status_t status =
            zx_socket_read(l->b, 0, data, 1 + (size_t)host_random(l->chunk), &actual);
        if (status == ZX_ERR_SHOULD_WAIT) {
            status = zx_object_wait_one(
                l->b, ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED | ZX_SOCKET_PEER_WRITE_DISABLED,
                FOREVER, NULL);
            assert_ok(status);
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_STATE)
            return;
        assert_ok(status);
        for (size_t k = 0; k < actual; k++)
            assert_int_equal(data[k], pattern(l->read + k));
        l->read += actual;
    }
}

static void close_ends(struct line *l)
{
    if (alive(l->a))
        close_handle(l->a);
    if (alive(l->b))
        close_handle(l->b);
}

static void all_arrived(struct line *l)
{
    assert_int_equal(l->read, l->written);
    close_ends(l);
}

// CALLS(zx_socket_write, zx_socket_read)
SCENARIO_ON(race_stream_against_close_of_the_writer, 3, 200)
{
    struct line l = line_make(ZX_SOCKET_STREAM);

    RACE(&l, write_and_close, read_all);
    all_arrived(&l);
}

// CALLS(zx_socket_shutdown)
SCENARIO_ON(race_stream_against_shutdown, 3, 200)
{
    struct line l = line_make(ZX_SOCKET_STREAM);

    RACE(&l, read_all, write_and_shut_down);
    all_arrived(&l);
}

// Full buffers and waits for room.
SCENARIO_ON(race_stream_that_fills_up, 3, 20)
{
    struct line l = line_make(ZX_SOCKET_STREAM);

    l.chunk = CHUNK_MAX;
    RACE(&l, write_and_close, read_all);
    all_arrived(&l);
}

static void shut_reading(void *arg)
{
    sleep_ns((zx_duration_t)host_random(10000));
    assert_ok(zx_socket_shutdown(((struct line *)arg)->b, ZX_SOCKET_SHUTDOWN_READ));
}

// What was accepted before the reader's shutdown is still there.
SCENARIO_ON(race_stream_against_shutdown_of_the_reader, 3, 200)
{
    struct line l = line_make(ZX_SOCKET_STREAM);

    RACE(&l, write_only, read_all, shut_reading);
    all_arrived(&l);
}

static void close_reader(void *arg)
{
    sleep_ns((zx_duration_t)host_random(10000));
    close_handle(((struct line *)arg)->b);
}

SCENARIO_ON(race_stream_against_close_of_the_reader, 3, 200)
{
    struct line l = line_make(ZX_SOCKET_STREAM);

    RACE(&l, write_only, close_reader);
    close_ends(&l);
}

// --- Datagrams ---------------------------------------------------------------------------------

#define DATAGRAMS 10u

static void write_datagrams(void *arg)
{
    struct line *l = arg;
    uint32_t data[32];
    size_t actual;

    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        size_t words = 1 + (size_t)host_random(32);
        for (size_t k = 0; k < words; k++)
            data[k] = i;
        assert_ok(zx_socket_write(l->a, 0, data, 4 * words, &actual));
        assert_int_equal(actual, 4 * words);
        l->written++;
    }
    close_handle(l->a);
}

static void read_datagrams(void *arg)
{
    struct line *l = arg;
    uint32_t data[32];
    size_t actual;

    for (;;) {
        zx_status_t status = zx_socket_read(l->b, 0, data, sizeof(data), &actual);
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(zx_object_wait_one(l->b, ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED, FOREVER,
                                         NULL));
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED)
            break;
        assert_ok(status);
        assert_true(actual >= 4 && actual % 4 == 0);
        for (size_t k = 0; k < actual / 4; k++)
            assert_int_equal(data[k], l->read);
        l->read++;
    }
}

static void read_badly(void *arg)
{
    struct line *l = arg;
    size_t actual;

    for (unsigned i = 0; i < 12; i++) {
        zx_status_t status = i % 3 == 2 ? zx_socket_read(l->b, 0, NULL, 0, &actual)
                                        : zx_socket_read(l->b, 0, LAB_BAD_PTR, 500, &actual);
        assert_true(status == (i % 3 == 2 ? ZX_OK : ZX_ERR_INVALID_ARGS) ||
                    status == ZX_ERR_SHOULD_WAIT || status == ZX_ERR_PEER_CLOSED);
    }
}

// A read that fails, or that reads nothing, takes nothing: nobody else may miss the datagram meanwhile.
SCENARIO_ON(race_datagrams_against_bad_buffers, 3, 400)
{
    struct line l = line_make(ZX_SOCKET_DATAGRAM);

    RACE(&l, write_datagrams, read_badly, read_datagrams, read_badly);
    assert_int_equal(l.read, DATAGRAMS);
    close_ends(&l);
}

// With a datagram and nothing else: it is there, whoever else looks at it.
static void read_the_one(void *arg)
{
    struct line *l = arg;
    uint32_t data[4];
    size_t actual;

    assert_ok(zx_socket_read(l->b, 0, data, sizeof(data), &actual));
    assert_int_equal(actual, 8);
}

SCENARIO_ON(race_the_last_datagram_against_a_bad_read, 3, 300)
{
    struct line l = line_make(ZX_SOCKET_DATAGRAM);

    assert_ok(zx_socket_write(l.a, 0, "abcdefg", 8, NULL));
    close_handle(l.a);
    RACE(&l, read_badly, read_the_one);
    assert_int_equal(state_of(l.b) & ZX_SOCKET_READABLE, 0);
    close_ends(&l);
}

SCENARIO_ON(race_bad_datagram_reads_against_close, 3, 300)
{
    struct line l = line_make(ZX_SOCKET_DATAGRAM);

    for (unsigned i = 0; i < 3; i++)
        assert_ok(zx_socket_write(l.a, 0, "abcdefg", 8, NULL));
    zx_handle_t other = duplicate_without(l.b, 0);
    struct line second = {.b = other};
    zx_handle_t t = lab_thread(close_reader, &second);
    RACE(&l, read_badly, read_badly);
    lab_thread_join(t);
    close_ends(&l);
}

// --- Control messages --------------------------------------------------------------------------

static void write_control(void *arg)
{
    struct line *l = arg;

    for (unsigned i = 0; i < 6;) {
        uint8_t m[2] = {(uint8_t)i, (uint8_t)~i};
        zx_status_t status = zx_socket_write(l->a, ZX_SOCKET_CONTROL, m, 2, NULL);
        if (status == ZX_ERR_SHOULD_WAIT) {
            await(l->a, ZX_SOCKET_CONTROL_WRITABLE);
            continue;
        }
        assert_ok(status);
        i++;
    }
    close_handle(l->a);
}

static void read_control(void *arg)
{
    struct line *l = arg;
    uint8_t m[4];
    size_t actual;

    for (unsigned i = 0; i < 6;) {
        if (zx_socket_read(l->b, ZX_SOCKET_CONTROL, LAB_BAD_PTR, 4, NULL) == ZX_ERR_SHOULD_WAIT) {
            await(l->b, ZX_SOCKET_CONTROL_READABLE);
            continue;
        }
        assert_ok(zx_socket_read(l->b, ZX_SOCKET_CONTROL, m, 4, &actual));
        assert_int_equal(actual, 2);
        assert_int_equal(m[0], i);
        assert_int_equal(m[1], (uint8_t)~i);
        i++;
    }
}

SCENARIO_ON(race_control_messages_to_and_fro, 3, 200)
{
    struct line l = line_make(ZX_SOCKET_HAS_CONTROL);

    RACE(&l, write_control, read_control);
    close_ends(&l);
}

// --- Sharing -----------------------------------------------------------------------------------

static void share_it(void *arg)
{
    struct line *l = arg;

    l->shared = zx_socket_share(l->a, l->guest);
    assert_true(l->shared == ZX_OK || l->shared == ZX_ERR_PEER_CLOSED ||
                l->shared == ZX_ERR_BAD_HANDLE);
    assert_false(alive(l->guest));
}

static void accept_it(void *arg)
{
    struct line *l = arg;
    zx_handle_t h = ZX_HANDLE_INVALID;

    for (unsigned i = 0; i < 4 && h == ZX_HANDLE_INVALID; i++) {
        zx_status_t status = zx_socket_accept(l->b, &h);
        assert_true(status == ZX_OK || status == ZX_ERR_SHOULD_WAIT || status == ZX_ERR_BAD_HANDLE);
        if (status != ZX_OK)
            sleep_ns((zx_duration_t)host_random(2000));
    }
    if (h != ZX_HANDLE_INVALID)
        l->accepted = h;
}

static void close_sharer(void *arg)
{
    sleep_ns((zx_duration_t)host_random(4000));
    close_handle(((struct line *)arg)->a);
}

static void close_acceptor(void *arg)
{
    sleep_ns((zx_duration_t)host_random(4000));
    close_handle(((struct line *)arg)->b);
}

static struct line sharing(void)
{
    struct line l = line_make(ZX_SOCKET_HAS_ACCEPT);

    assert_ok(zx_socket_create(0, &l.guest, &l.guest_peer));
    return l;
}

// The guest is alive as long as somebody has it, and dies with what holds it.
static void check_guest(struct line *l, bool lives)
{
    assert_int_equal(!(state_of(l->guest_peer) & ZX_SOCKET_PEER_CLOSED), lives);
    if (l->accepted != ZX_HANDLE_INVALID) {
        assert_ok(zx_socket_write(l->accepted, 0, "x", 1, NULL));
        assert_true(state_of(l->guest_peer) & ZX_SOCKET_READABLE);
        assert_int_equal(handle_count(l->accepted), 1);
        close_handle(l->accepted);
    }
    close_ends(l);
    await(l->guest_peer, ZX_SOCKET_PEER_CLOSED);
    close_handle(l->guest_peer);
}

// CALLS(zx_socket_share, zx_socket_accept)
SCENARIO_ON(race_share_accept_close_of_the_sharer, 3, 300)
{
    struct line l = sharing();

    RACE(&l, share_it, accept_it, close_sharer);
    if (l.shared == ZX_OK && l.accepted == ZX_HANDLE_INVALID)
        assert_ok(zx_socket_accept(l.b, &l.accepted)); // shared before the close: still there
    check_guest(&l, l.shared == ZX_OK);
}

SCENARIO_ON(race_share_accept_close_of_the_acceptor, 3, 300)
{
    struct line l = sharing();

    RACE(&l, share_it, accept_it, close_acceptor);
    if (l.accepted == ZX_HANDLE_INVALID && l.shared == ZX_OK)
        await(l.guest_peer, ZX_SOCKET_PEER_CLOSED);
    check_guest(&l, l.accepted != ZX_HANDLE_INVALID);
}

SCENARIO_ON(race_share_accept_close_of_both, 4, 300)
{
    struct line l = sharing();

    RACE(&l, share_it, close_sharer, accept_it, close_acceptor);
    if (l.accepted == ZX_HANDLE_INVALID)
        await(l.guest_peer, ZX_SOCKET_PEER_CLOSED);
    check_guest(&l, l.accepted != ZX_HANDLE_INVALID);
}

static void close_other_guest_handle(void *arg)
{
    close_handle(((struct line *)arg)->guest);
}

// The accepted handle keeps the socket although all its other handles go at that very moment.
SCENARIO_ON(race_accept_against_close_of_another_handle, 3, 300)
{
    struct line l = sharing();
    zx_handle_t other = duplicate_without(l.guest, 0);

    assert_ok(zx_socket_share(l.a, other));
    RACE(&l, accept_it, close_other_guest_handle);
    assert_true(l.accepted != ZX_HANDLE_INVALID);
    check_guest(&l, true);
}

static void accept_once(void *arg)
{
    struct line *l = arg;
    zx_handle_t h;
    zx_status_t status = zx_socket_accept(l->b, &h);

    assert_true(status == ZX_OK || status == ZX_ERR_SHOULD_WAIT);
    if (status == ZX_OK) {
        assert_int_equal(l->accepted, ZX_HANDLE_INVALID);
        l->accepted = h;
    }
}

SCENARIO_ON(race_two_accept_one_socket, 3, 200)
{
    struct line l = sharing();

    share_it(&l);
    RACE(&l, accept_once, accept_once, accept_once);
    check_guest(&l, true);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_socket_tests[] = {
    T(race_stream_against_close_of_the_writer),
    T(race_stream_against_shutdown),
    T(race_stream_that_fills_up),
    T(race_stream_against_shutdown_of_the_reader),
    T(race_stream_against_close_of_the_reader),
    T(race_datagrams_against_bad_buffers),
    T(race_the_last_datagram_against_a_bad_read),
    T(race_bad_datagram_reads_against_close),
    T(race_control_messages_to_and_fro),
    T(race_share_accept_close_of_the_sharer),
    T(race_share_accept_close_of_the_acceptor),
    T(race_share_accept_close_of_both),
    T(race_accept_against_close_of_another_handle),
    T(race_two_accept_one_socket),
};
const size_t ipc_race_socket_test_count = countof(ipc_race_socket_tests);
