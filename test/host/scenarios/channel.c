// SPDX-License-Identifier: MIT
// Channels: peer close against call and against read, handles in flight, many callers.
// CALLS(zx_channel_create, zx_channel_call, zx_channel_read, zx_channel_write, zx_handle_close)
#include "scenarios.h"

struct message {
    zx_txid_t txid;
    uint32_t value;
};

static void pair(zx_handle_t ends[2])
{
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
}

static zx_status_t call(zx_handle_t channel, uint32_t value, uint32_t *out, zx_time_t deadline)
{
    struct message request = { .value = value }, reply = { 0 };
    zx_channel_call_args_t args = {
        .wr_bytes = &request, .wr_num_bytes = sizeof(request),
        .rd_bytes = &reply,   .rd_num_bytes = sizeof(reply),
    };
    uint32_t bytes = 0, handles = 0;
    zx_status_t status = zx_channel_call(channel, 0, deadline, &args, &bytes, &handles);

    if (status == ZX_OK) {
        assert_int_equal(bytes, sizeof(reply));
        *out = reply.value;
    }
    return status;
}

// Answers `count` requests with value + 1, then returns; ends early when the peer is gone.
static void serve(zx_handle_t channel, unsigned count)
{
    while (count > 0) {
        struct message m;
        uint32_t bytes;
        zx_status_t status = zx_channel_read(channel, 0, &m, NULL, sizeof(m), 0, &bytes, NULL);
        if (status == ZX_ERR_SHOULD_WAIT) {
            status = zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                        ZX_TIME_INFINITE, NULL);
            if (status == ZX_OK)
                continue;
        }
        if (status != ZX_OK)
            return;
        m.value++;
        if (zx_channel_write(channel, 0, &m, sizeof(m), NULL, 0) != ZX_OK)
            return;
        count--;
    }
}

struct client {
    zx_handle_t channel;
    uint32_t value, answer;
    zx_time_t deadline;
    zx_status_t status;
};

static void client_thread(void *arg)
{
    struct client *c = arg;

    c->status = call(c->channel, c->value, &c->answer, c->deadline);
}

static void serve_one_and_close(void *arg)
{
    zx_handle_t channel = *(zx_handle_t *)arg;

    serve(channel, 1);
    assert_ok(zx_handle_close(channel));
}

// Three calls, one is answered, then the server goes away.
static void peer_close_against_call(void *arg)
{
    zx_handle_t ends[2], threads[4];
    struct client clients[3];
    unsigned answered = 0;

    (void)arg;
    pair(ends);
    threads[3] = lab_thread(serve_one_and_close, &ends[1]);
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = (struct client){ .channel = ends[0], .value = 10 * i,
                                      .deadline = ZX_TIME_INFINITE };
        threads[i] = lab_thread(client_thread, &clients[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    for (unsigned i = 0; i < 3; i++) {
        if (clients[i].status == ZX_OK) {
            answered++;
            assert_int_equal(clients[i].answer, 10 * i + 1);
        } else {
            assert_status(clients[i].status, ZX_ERR_PEER_CLOSED);
        }
    }
    assert_int_equal(answered, 1);
    assert_ok(zx_handle_close(ends[0]));
}

static void test_peer_close_against_call(void **state)
{
    (void)state;
    lab_seeds(peer_close_against_call, 3, 300);
}

// The caller's own end is closed under it.
static void close_against_call(void *arg)
{
    zx_handle_t ends[2];
    struct client c = { .deadline = ZX_TIME_INFINITE };

    (void)arg;
    pair(ends);
    c.channel = ends[0];
    zx_handle_t thread = lab_thread(client_thread, &c);
    lab_pause();
    assert_ok(zx_handle_close(ends[0]));
    lab_thread_join(thread);
    assert_true(c.status == ZX_ERR_CANCELED || c.status == ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_close(ends[1]));
}

static void test_close_against_call(void **state)
{
    (void)state;
    lab_seeds(close_against_call, 2, 300);
}

static void serve_one(void *arg)
{
    serve(*(zx_handle_t *)arg, 1);
}

static void reply_against_timeout(void *arg)
{
    zx_handle_t ends[2];
    struct client c = { .value = 5 };

    (void)arg;
    pair(ends);
    c.channel = ends[0];
    c.deadline = zx_deadline_after((zx_duration_t)host_random(200000));
    zx_handle_t server = lab_thread(serve_one, &ends[1]);
    zx_handle_t client = lab_thread(client_thread, &c);
    lab_thread_join(client);
    if (c.status == ZX_OK)
        assert_int_equal(c.answer, 6);
    else
        assert_status(c.status, ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(ends[0]));
    lab_thread_join(server);
    assert_ok(zx_handle_close(ends[1]));
}

static void test_reply_against_timeout(void **state)
{
    (void)state;
    lab_seeds(reply_against_timeout, 2, 300);
}

static void serve_many(void *arg)
{
    serve(*(zx_handle_t *)arg, 12);
}

static void many_calls(void *arg)
{
    struct client *c = arg;

    for (uint32_t i = 0; i < 4; i++) {
        uint32_t answer = 0;
        assert_ok(call(c->channel, c->value + i, &answer, ZX_TIME_INFINITE));
        assert_int_equal(answer, c->value + i + 1);
    }
}

// Each caller gets its own answer, with two servers on the same channel.
static void callers(void *arg)
{
    zx_handle_t ends[2], threads[3];
    struct client clients[3];

    (void)arg;
    pair(ends);
    zx_handle_t server = lab_thread(serve_many, &ends[1]);
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = (struct client){ .channel = ends[0], .value = 100 * i };
        threads[i] = lab_thread(many_calls, &clients[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
    lab_thread_join(server);
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
}

static void test_calls_get_their_own_answers(void **state)
{
    (void)state;
    lab_seeds(callers, 4, 150);
}

// A channel that holds a message that holds a channel ... all die with the outermost end.
static void nested_in_flight(void *arg)
{
    zx_handle_t outer[2], inner[2];

    (void)arg;
    pair(outer);
    for (unsigned depth = 0; depth < 50; depth++) {
        pair(inner);
        assert_ok(zx_channel_write(inner[0], 0, "x", 1, &outer[0], 1));
        assert_ok(zx_handle_close(outer[1]));
        outer[0] = inner[0];
        outer[1] = inner[1];
    }
    assert_ok(zx_handle_close(outer[0]));
    assert_ok(zx_handle_close(outer[1]));
}

static void test_nested_channels_die_together(void **state)
{
    (void)state;
    lab_seeds(nested_in_flight, 2, 30);
}

static void write_end(void *arg)
{
    zx_handle_t event, channel = *(zx_handle_t *)arg;

    for (unsigned i = 0; i < 8; i++) {
        assert_ok(zx_event_create(0, &event));
        zx_status_t status = zx_channel_write(channel, 0, &i, sizeof(i), &event, 1);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
    }
}

static void read_end(void *arg)
{
    zx_handle_t event, channel = *(zx_handle_t *)arg;
    uint32_t value, bytes, handles;

    for (unsigned i = 0; i < 4; i++) {
        zx_status_t status = zx_channel_read(channel, 0, &value, &event, sizeof(value), 1, &bytes,
                                             &handles);
        if (status == ZX_OK)
            assert_ok(zx_handle_close(event));
        else
            assert_true(status == ZX_ERR_SHOULD_WAIT);
    }
    assert_ok(zx_handle_close(channel));
}

// Messages with handles while the reader goes away: unread handles are closed, none is lost.
static void write_against_close(void *arg)
{
    zx_handle_t ends[2];

    (void)arg;
    pair(ends);
    zx_handle_t writer = lab_thread(write_end, &ends[0]);
    zx_handle_t reader = lab_thread(read_end, &ends[1]);
    lab_thread_join(writer);
    lab_thread_join(reader);
    assert_ok(zx_handle_close(ends[0]));
}

static void test_write_against_peer_close(void **state)
{
    (void)state;
    lab_seeds(write_against_close, 2, 300);
}

const struct CMUnitTest channel_tests[] = {
    cmocka_unit_test(test_peer_close_against_call),
    cmocka_unit_test(test_close_against_call),
    cmocka_unit_test(test_reply_against_timeout),
    cmocka_unit_test(test_calls_get_their_own_answers),
    cmocka_unit_test(test_nested_channels_die_together),
    cmocka_unit_test(test_write_against_peer_close),
};
const size_t channel_test_count = countof(channel_tests);
