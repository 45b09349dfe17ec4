// SPDX-License-Identifier: MIT
// Sockets, FIFOs, event pairs: traffic against the close of either end.
// CALLS(zx_socket_create, zx_socket_write, zx_socket_read, zx_fifo_create, zx_fifo_write,
// zx_fifo_read) CALLS(zx_eventpair_create, zx_object_signal_peer)
#include "scenarios.h"

struct ends {
    zx_handle_t h[2];
    atomic_uint written, read;
};

static void socket_writer(void *arg)
{
    struct ends *e = arg;
    static const char bytes[3000];
    size_t actual;

    for (unsigned i = 0; i < 20; i++) {
        zx_status_t status = zx_socket_write(e->h[0], 0, bytes, 1 + host_random(sizeof(bytes)),
                                             &actual);
        if (status == ZX_OK)
            atomic_fetch_add(&e->written, (unsigned)actual);
        else
            assert_true(status == ZX_ERR_SHOULD_WAIT || status == ZX_ERR_PEER_CLOSED);
    }
    assert_ok(zx_handle_close(e->h[0]));
}

// Reads until the writer is gone and the rest is read.
static void socket_reader(void *arg)
{
    struct ends *e = arg;
    char bytes[1700];
    size_t actual;

    for (;;) {
        zx_status_t status = zx_socket_read(e->h[1], 0, bytes, sizeof(bytes), &actual);
        if (status == ZX_OK) {
            atomic_fetch_add(&e->read, (unsigned)actual);
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        assert_status(status, ZX_ERR_SHOULD_WAIT);
        assert_ok(zx_object_wait_one(e->h[1], ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED,
                                     ZX_TIME_INFINITE, NULL));
    }
}

static void socket_traffic(void *arg)
{
    struct ends e = { 0 };

    (void)arg;
    assert_ok(zx_socket_create(ZX_SOCKET_STREAM, &e.h[0], &e.h[1]));
    zx_handle_t writer = lab_thread(socket_writer, &e);
    zx_handle_t reader = lab_thread(socket_reader, &e);
    lab_thread_join(writer);
    lab_thread_join(reader);
    assert_int_equal(atomic_load(&e.written), atomic_load(&e.read));
    assert_ok(zx_handle_close(e.h[1]));
}

static void test_socket_keeps_every_byte_until_the_end(void **state)
{
    (void)state;
    lab_seeds(socket_traffic, 2, 200);
}

static void close_second(void *arg)
{
    assert_ok(zx_handle_close(((struct ends *)arg)->h[1]));
}

static void socket_peer_close(void *arg)
{
    struct ends e = { 0 };

    (void)arg;
    assert_ok(zx_socket_create(ZX_SOCKET_STREAM, &e.h[0], &e.h[1]));
    zx_handle_t writer = lab_thread(socket_writer, &e);
    zx_handle_t closer = lab_thread(close_second, &e);
    lab_thread_join(writer);
    lab_thread_join(closer);
}

static void test_socket_write_against_peer_close(void **state)
{
    (void)state;
    lab_seeds(socket_peer_close, 2, 200);
}

static void fifo_writer(void *arg)
{
    struct ends *e = arg;
    uint64_t next = 0;

    while (next < 40) {
        uint64_t items[3] = { next, next + 1, next + 2 };
        size_t actual = 0;
        zx_status_t status = zx_fifo_write(e->h[0], sizeof(uint64_t), items, MIN(40 - next, 3ul),
                                           &actual);
        if (status == ZX_OK)
            next += actual;
        else if (status == ZX_ERR_SHOULD_WAIT)
            assert_ok(zx_object_wait_one(e->h[0], ZX_FIFO_WRITABLE, ZX_TIME_INFINITE, NULL));
        else
            assert_ok(status);
    }
}

static void fifo_reader(void *arg)
{
    struct ends *e = arg;
    uint64_t expected = 0, items[5];

    while (expected < 40) {
        size_t actual = 0;
        zx_status_t status = zx_fifo_read(e->h[1], sizeof(uint64_t), items, 5, &actual);
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(zx_object_wait_one(e->h[1], ZX_FIFO_READABLE, ZX_TIME_INFINITE, NULL));
            continue;
        }
        assert_ok(status);
        for (size_t i = 0; i < actual; i++)
            assert_int_equal(items[i], expected++);
    }
}

static void fifo_traffic(void *arg)
{
    struct ends e = { 0 };

    (void)arg;
    assert_ok(zx_fifo_create(4, sizeof(uint64_t), 0, &e.h[0], &e.h[1]));
    zx_handle_t writer = lab_thread(fifo_writer, &e);
    zx_handle_t reader = lab_thread(fifo_reader, &e);
    lab_thread_join(writer);
    lab_thread_join(reader);
    assert_ok(zx_handle_close(e.h[0]));
    assert_ok(zx_handle_close(e.h[1]));
}

static void test_fifo_keeps_order(void **state)
{
    (void)state;
    lab_seeds(fifo_traffic, 2, 200);
}

static void signal_peer_thread(void *arg)
{
    zx_status_t status = zx_object_signal_peer(((struct ends *)arg)->h[0], 0, ZX_USER_SIGNAL_3);

    assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
}

static void eventpair_close(void *arg)
{
    struct ends e = { 0 };

    (void)arg;
    assert_ok(zx_eventpair_create(0, &e.h[0], &e.h[1]));
    zx_handle_t a = lab_thread(signal_peer_thread, &e);
    zx_handle_t b = lab_thread(close_second, &e);
    assert_ok(zx_object_wait_one(e.h[0], ZX_EVENTPAIR_PEER_CLOSED, ZX_TIME_INFINITE, NULL));
    lab_thread_join(a);
    lab_thread_join(b);
    assert_ok(zx_handle_close(e.h[0]));
}

static void test_eventpair_signal_against_close(void **state)
{
    (void)state;
    lab_seeds(eventpair_close, 3, 200);
}

const struct CMUnitTest stream_tests[] = {
    cmocka_unit_test(test_socket_keeps_every_byte_until_the_end),
    cmocka_unit_test(test_socket_write_against_peer_close),
    cmocka_unit_test(test_fifo_keeps_order),
    cmocka_unit_test(test_eventpair_signal_against_close),
};
const size_t stream_test_count = countof(stream_tests);
