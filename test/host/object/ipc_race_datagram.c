// SPDX-License-Identifier: MIT
// Races of readers for large datagrams: each is read once, whole, and in order for each reader.
// CALLS(zx_socket_write, zx_socket_read)
#include "object_test.h"

#define DATAGRAMS 10u
#define READERS   2u
#define SIZE(i)   (3000u + (i) * 1700u)

struct crowd {
    zx_handle_t a, b;
    atomic_uint readers;     // that have begun
    atomic_uint seen;        // bit i: datagram i was read
    zx_handle_t victim;      // to be killed
};

static uint8_t out[SIZE(DATAGRAMS)], in[READERS][SIZE(DATAGRAMS)];

static struct crowd crowd_make(void)
{
    struct crowd c = {0};

    assert_ok(zx_socket_create(ZX_SOCKET_DATAGRAM, &c.a, &c.b));
    return c;
}

static void write_large(void *arg)
{
    struct crowd *c = arg;

    for (unsigned i = 0; i < DATAGRAMS; i++) {
        memset(out, (int)i + 1, SIZE(i));
        assert_ok(zx_socket_write(c->a, 0, out, SIZE(i), NULL));
    }
    close_handle(c->a);
}

static void read_large(void *arg)
{
    struct crowd *c = arg;
    uint8_t *data = in[atomic_fetch_add(&c->readers, 1)];
    unsigned last = 0;
    size_t actual;

    for (;;) {
        zx_status_t status = zx_socket_read(c->b, 0, data, SIZE(DATAGRAMS), &actual);
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(zx_object_wait_one(c->b, ZX_SOCKET_READABLE | ZX_SOCKET_PEER_CLOSED, FOREVER,
                                         NULL));
            continue;
        }
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        assert_ok(status);
        unsigned number = data[0];
        assert_in_range(number, last + 1, DATAGRAMS);
        assert_int_equal(actual, SIZE(number - 1));
        for (size_t i = 0; i < actual; i++)
            assert_int_equal(data[i], number);
        assert_int_equal(atomic_fetch_or(&c->seen, 1u << number) & (1u << number), 0);
        last = number;
    }
}

static void read_nowhere(void *arg)
{
    struct crowd *c = arg;
    size_t actual;

    for (unsigned i = 0; i < 12; i++) {
        zx_status_t status = zx_socket_read(c->b, 0, LAB_BAD_PTR, 9000, &actual);
        assert_true(status == ZX_ERR_INVALID_ARGS || status == ZX_ERR_SHOULD_WAIT ||
                    status == ZX_ERR_PEER_CLOSED);
    }
}

SCENARIO_ON(race_two_readers_of_large_datagrams, 4, 200)
{
    struct crowd c = crowd_make();

    RACE(&c, write_large, read_large, read_large, read_nowhere);
    assert_int_equal(atomic_load(&c.seen), ((1u << DATAGRAMS) - 1) << 1);
    close_handle(c.b);
}

static void kill_victim(void *arg)
{
    assert_ok(zx_task_kill(((struct crowd *)arg)->victim));
}

// CALLS(zx_task_kill): at most the one that the killed reader has just taken is missing.
SCENARIO_ON(race_reader_of_large_datagrams_against_its_kill, 4, 200)
{
    struct crowd c = crowd_make();

    c.victim = lab_thread(read_large, &c);
    RACE(&c, write_large, read_large, kill_victim);
    lab_thread_join(c.victim);
    assert_in_range(__builtin_popcount(atomic_load(&c.seen)), DATAGRAMS - 1, DATAGRAMS);
    close_handle(c.b);
}

static void close_reader(void *arg)
{
    close_handle(((struct crowd *)arg)->b);
}

static void read_until_closed(void *arg)
{
    struct crowd *c = arg;
    uint8_t *data = in[atomic_fetch_add(&c->readers, 1)];
    zx_status_t status;
    size_t actual;

    do {
        status = zx_socket_read(c->b, 0, data, SIZE(DATAGRAMS), &actual);
        assert_true(status != ZX_OK || actual == SIZE(data[0] - 1u));
    } while (status == ZX_OK || status == ZX_ERR_SHOULD_WAIT);
    // The end may close while a read is under way.
    assert_true(status == ZX_ERR_BAD_HANDLE || status == ZX_ERR_PEER_CLOSED);
}

static void write_until_closed(void *arg)
{
    struct crowd *c = arg;

    for (unsigned i = 0; i < DATAGRAMS; i++) {
        memset(out, (int)i + 1, SIZE(i));
        zx_status_t status = zx_socket_write(c->a, 0, out, SIZE(i), NULL);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
    }
    close_handle(c->a);
}

// CALLS(zx_handle_close): a datagram that is being copied goes with its last reader.
SCENARIO_ON(race_readers_of_large_datagrams_against_close, 4, 200)
{
    struct crowd c = crowd_make();

    RACE(&c, write_until_closed, read_until_closed, read_until_closed, close_reader);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_datagram_tests[] = {
    T(race_two_readers_of_large_datagrams),
    T(race_reader_of_large_datagrams_against_its_kill),
    T(race_readers_of_large_datagrams_against_close),
};
const size_t ipc_race_datagram_test_count = countof(ipc_race_datagram_tests);
