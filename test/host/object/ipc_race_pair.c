// SPDX-License-Identifier: MIT
// FIFOs and event pairs: every element exactly once, and signals to a peer that goes.
#include "object_test.h"

#include <zircon/syscalls/port.h>

#define ELEMENTS 12u
#define WRITERS  2u

struct pipe {
    zx_handle_t a, b, port;
    atomic_uint writer, open_writers;
    atomic_uint seen[WRITERS][ELEMENTS];
    atomic_uint count;
};

struct element {
    uint32_t writer, number, sum;
};

static struct pipe pipe_make(void)
{
    struct pipe p = {.open_writers = WRITERS};

    assert_ok(zx_fifo_create(4, sizeof(struct element), 0, &p.a, &p.b));
    return p;
}

static void write_elements(void *arg)
{
    struct pipe *p = arg;
    uint32_t me = atomic_fetch_add(&p->writer, 1);

    for (uint32_t i = 0; i < ELEMENTS;) {
        struct element e[3];
        size_t want = MIN(countof(e), ELEMENTS - i), moved = 0;
        for (uint32_t k = 0; k < want; k++)
            e[k] = (struct element){me, i + k, me * 100 + i + k};
        zx_status_t status = zx_fifo_write(p->a, sizeof(e[0]), e, want, &moved);
        if (status == ZX_ERR_SHOULD_WAIT) {
            await(p->a, ZX_FIFO_WRITABLE);
            continue;
        }
        assert_ok(status);
        assert_in_range(moved, 1, want);
        i += (uint32_t)moved;
    }
    if (atomic_fetch_sub(&p->open_writers, 1) == 1)
        close_handle(p->a);
}

static void read_elements(void *arg)
{
    struct pipe *p = arg;
    uint32_t next[WRITERS] = {0};

    for (;;) {
        struct element e[3];
        size_t moved = 0;
        zx_status_t status = zx_fifo_read(p->b, sizeof(e[0]), e, 3, &moved);
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(
                zx_object_wait_one(p->b, ZX_FIFO_READABLE | ZX_FIFO_PEER_CLOSED, FOREVER, NULL));
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        assert_ok(status);
        for (size_t k = 0; k < moved; k++) {
            assert_true(e[k].writer < WRITERS && e[k].number < ELEMENTS);
            assert_int_equal(e[k].sum, e[k].writer * 100 + e[k].number);
            assert_true(e[k].number >= next[e[k].writer]); // in the writer's order
            next[e[k].writer] = e[k].number + 1;
            assert_int_equal(atomic_fetch_add(&p->seen[e[k].writer][e[k].number], 1), 0);
            atomic_fetch_add(&p->count, 1);
        }
    }
}

static void read_badly(void *arg)
{
    struct pipe *p = arg;

    for (unsigned i = 0; i < 8; i++) {
        zx_status_t status = zx_fifo_read(p->b, sizeof(struct element), LAB_BAD_PTR, 4, NULL);
        assert_true(status == ZX_ERR_INVALID_ARGS || status == ZX_ERR_SHOULD_WAIT ||
                    status == ZX_ERR_PEER_CLOSED);
    }
}

static void write_badly(void *arg)
{
    struct pipe *p = arg;

    for (unsigned i = 0; i < 8; i++) {
        zx_status_t status = zx_fifo_write(p->a, sizeof(struct element), LAB_BAD_PTR, 4, NULL);
        assert_true(status == ZX_ERR_INVALID_ARGS || status == ZX_ERR_SHOULD_WAIT ||
                    status == ZX_ERR_BAD_HANDLE);
    }
}

// CALLS(zx_fifo_read, zx_fifo_write)
SCENARIO_ON(race_fifo_two_writers_two_readers, 4, 200)
{
    struct pipe p = pipe_make();

    RACE(&p, write_elements, read_elements, write_elements, read_elements);
    assert_int_equal(atomic_load(&p.count), WRITERS * ELEMENTS);
    close_handle(p.b);
}

SCENARIO_ON(race_fifo_against_bad_buffers, 4, 200)
{
    struct pipe p = pipe_make();

    RACE(&p, write_elements, read_badly, read_elements, write_badly, write_elements);
    assert_int_equal(atomic_load(&p.count), WRITERS * ELEMENTS);
    close_handle(p.b);
}

static void write_until_closed(void *arg)
{
    struct pipe *p = arg;
    struct element e = {0};

    for (unsigned i = 0; i < 20; i++) {
        zx_status_t status = zx_fifo_write(p->a, sizeof(e), &e, 1, NULL);
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        if (status == ZX_ERR_SHOULD_WAIT)
            assert_ok(
                zx_object_wait_one(p->a, ZX_FIFO_WRITABLE | ZX_FIFO_PEER_CLOSED, FOREVER, NULL));
        else
            assert_ok(status);
    }
}

static void read_a_few_and_close(void *arg)
{
    struct pipe *p = arg;
    struct element e;

    for (unsigned i = 0; i < 5; i++)
        (void)zx_fifo_read(p->b, sizeof(e), &e, 1, NULL);
    close_handle(p->b);
}

SCENARIO_ON(race_fifo_against_close_of_the_reader, 3, 200)
{
    struct pipe p = pipe_make();

    RACE(&p, write_until_closed, read_a_few_and_close);
    assert_int_equal(state_of(p.a), ZX_FIFO_PEER_CLOSED);
    close_handle(p.a);
}

// --- Event pairs -------------------------------------------------------------------------------

static void signal_b(void *arg)
{
    struct pipe *p = arg;

    for (unsigned i = 0; i < 4; i++) {
        zx_status_t status = zx_object_signal_peer(p->a, 0, ZX_EVENTPAIR_SIGNALED);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_HANDLE);
        status = zx_object_signal_peer(p->a, ZX_EVENTPAIR_SIGNALED, ZX_USER_SIGNAL_1);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_HANDLE);
    }
}

static void close_a(void *arg)
{
    close_handle(((struct pipe *)arg)->a);
}

static void close_b(void *arg)
{
    close_handle(((struct pipe *)arg)->b);
}

static void wait_b(void *arg)
{
    zx_signals_t seen;

    assert_ok(
        zx_object_wait_one(((struct pipe *)arg)->b, ZX_EVENTPAIR_PEER_CLOSED, FOREVER, &seen));
    assert_true(seen & ZX_EVENTPAIR_PEER_CLOSED);
}

// CALLS(zx_object_signal_peer, zx_eventpair_create)
SCENARIO_ON(race_signal_peer_against_close_of_the_peer, 3, 300)
{
    struct pipe p = {0};

    assert_ok(zx_eventpair_create(0, &p.a, &p.b));
    RACE(&p, signal_b, close_b, signal_b);
    assert_int_equal(state_of(p.a), ZX_EVENTPAIR_PEER_CLOSED);
    assert_status(zx_object_signal_peer(p.a, 0, ZX_EVENTPAIR_SIGNALED), ZX_ERR_PEER_CLOSED);
    close_handle(p.a);
}

SCENARIO_ON(race_signal_peer_against_own_close, 3, 300)
{
    struct pipe p = {0};

    assert_ok(zx_eventpair_create(0, &p.a, &p.b));
    RACE(&p, signal_b, close_a, wait_b, wait_b);
    assert_true(state_of(p.b) & ZX_EVENTPAIR_PEER_CLOSED);
    close_handle(p.b);
}

SCENARIO_ON(race_both_ends_close, 3, 300)
{
    struct pipe p = {0};

    assert_ok(zx_eventpair_create(0, &p.a, &p.b));
    RACE(&p, close_a, signal_b, close_b);
}

static void set_cookie(void *arg)
{
    struct pipe *p = arg;
    uint64_t got;

    zx_status_t status = zx_object_set_cookie(p->b, p->port, 42);
    assert_true(status == ZX_OK || status == ZX_ERR_ACCESS_DENIED);
    status = zx_object_get_cookie(p->b, p->port, &got);
    assert_true(status == ZX_OK || status == ZX_ERR_ACCESS_DENIED);
}

// CALLS(zx_object_set_cookie, zx_object_get_cookie): once the peer is gone the cookie is lost.
SCENARIO_ON(race_cookie_against_close_of_the_peer, 3, 200)
{
    struct pipe p = {.port = make_event()};
    uint64_t got;

    assert_ok(zx_eventpair_create(0, &p.a, &p.b));
    RACE(&p, set_cookie, close_a);
    assert_status(zx_object_get_cookie(p.b, p.port, &got), ZX_ERR_ACCESS_DENIED);
    assert_ok(zx_handle_close_many((zx_handle_t[]){p.b, p.port}, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_pair_tests[] = {
    T(race_fifo_two_writers_two_readers),     T(race_fifo_against_bad_buffers),
    T(race_fifo_against_close_of_the_reader), T(race_signal_peer_against_close_of_the_peer),
    T(race_signal_peer_against_own_close),    T(race_both_ends_close),
    T(race_cookie_against_close_of_the_peer),
};
const size_t ipc_race_pair_test_count = countof(ipc_race_pair_tests);
