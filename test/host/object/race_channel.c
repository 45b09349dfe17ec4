// SPDX-License-Identifier: MIT
// Channels: messages, calls, ends and handles against each other.
#include "object_test.h"

struct msg {
    zx_txid_t txid;
    uint32_t value;
};

struct line {
    zx_handle_t ends[2];
    zx_handle_t caller; // its thread
    zx_time_t deadline;
    zx_status_t status;
    uint32_t value;
    atomic_uint next, wrote, read, dropped;
    atomic_bool passed, replied;
    zx_handle_t event;
};

static void caller(void *arg)
{
    struct line *l = arg;
    struct msg request = {.value = 5}, reply = {0};
    uint32_t bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = &request,
        .wr_num_bytes = sizeof(request),
        .rd_bytes = &reply,
        .rd_num_bytes = sizeof(reply),
    };

    l->status = zx_channel_call(l->ends[0], 0, l->deadline, &args, &bytes, &handles);
    l->value = reply.value;
    atomic_store(&l->passed, true);
}

// Answers one request, if it comes before the other end closes.
static void server(void *arg)
{
    struct line *l = arg;
    struct msg m;
    uint32_t bytes;

    if (zx_object_wait_one(l->ends[1], ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, FOREVER,
                           NULL) != ZX_OK)
        return;
    if (zx_channel_read(l->ends[1], 0, &m, NULL, sizeof(m), 0, &bytes, NULL) != ZX_OK)
        return;
    m.value = 6;
    atomic_store(&l->replied, zx_channel_write(l->ends[1], 0, &m, sizeof(m), NULL, 0) == ZX_OK);
}

static void kill_caller(void *arg)
{
    assert_ok(zx_task_kill(((struct line *)arg)->caller));
}

static void close_caller_end(void *arg)
{
    close_handle(((struct line *)arg)->ends[0]);
}

static void close_server_end(void *arg)
{
    close_handle(((struct line *)arg)->ends[1]);
}

// The reply is in one place: with the caller, or in the queue as an ordinary message.
static void check_reply(struct line *l)
{
    struct msg m = {0};
    uint32_t bytes;
    zx_status_t status = zx_channel_read(l->ends[0], 0, &m, NULL, sizeof(m), 0, &bytes, NULL);

    assert_true(status == ZX_OK || status == ZX_ERR_SHOULD_WAIT);
    if (!atomic_load(&l->passed))
        return; // killed: it may have gone with the caller
    if (l->status == ZX_OK) {
        assert_int_equal(l->value, 6);
        assert_status(status, ZX_ERR_SHOULD_WAIT);
    } else {
        assert_status(l->status, ZX_ERR_TIMED_OUT);
        assert_int_equal(status == ZX_OK, atomic_load(&l->replied));
    }
}

// CALLS(zx_channel_call)
SCENARIO_ON(race_reply_timeout, 3, 300)
{
    struct line l = {0};

    make_pair(l.ends);
    l.deadline = zx_deadline_after((zx_duration_t)host_random(300000));
    RACE(&l, caller, server);
    check_reply(&l);
    assert_ok(zx_handle_close_many(l.ends, 2));
}

// CALLS(zx_task_kill)
SCENARIO_ON(race_reply_timeout_kill, 3, 400)
{
    struct line l = {0};

    make_pair(l.ends);
    l.deadline = zx_deadline_after((zx_duration_t)host_random(300000));
    l.caller = lab_thread(caller, &l);
    zx_handle_t s = lab_thread(server, &l);
    RACE(&l, kill_caller);
    lab_thread_join(l.caller);
    // Killed before it wrote, nobody would wake the server.
    assert_ok(zx_channel_write(l.ends[0], 0, &(struct msg){1, 1}, sizeof(struct msg), NULL, 0));
    lab_thread_join(s);
    if (atomic_load(&l.passed) && l.status == ZX_OK)
        assert_int_equal(l.value, 6);
    assert_ok(zx_handle_close_many(l.ends, 2));
}

SCENARIO_ON(race_reply_peer_close, 3, 300)
{
    struct line l = {.deadline = FOREVER};

    make_pair(l.ends);
    RACE(&l, caller, server, close_server_end);
    if (l.status == ZX_OK)
        assert_int_equal(l.value, 6);
    else
        assert_status(l.status, ZX_ERR_PEER_CLOSED);
    // A write that was under way when its end closed may still succeed, but too late for the call.
    assert_true(l.status != ZX_OK || atomic_load(&l.replied));
    close_handle(l.ends[0]);
}

SCENARIO_ON(race_reply_close_of_both_ends, 4, 300)
{
    struct line l = {.deadline = FOREVER};

    make_pair(l.ends);
    RACE(&l, caller, server, close_caller_end, close_server_end);
    switch (l.status) {
    case ZX_OK: assert_int_equal(l.value, 6); break;
    case ZX_ERR_PEER_CLOSED:
    case ZX_ERR_CANCELED:
    case ZX_ERR_BAD_HANDLE: break;
    default: assert_status(l.status, ZX_OK);
    }
}

SCENARIO_ON(race_call_timeout_kill_peer_close, 4, 300)
{
    struct line l = {0};

    make_pair(l.ends);
    l.deadline = zx_deadline_after((zx_duration_t)host_random(200000));
    l.caller = lab_thread(caller, &l);
    RACE(&l, server, kill_caller, close_server_end);
    lab_thread_join(l.caller);
    close_handle(l.ends[0]);
}

// ---- messages ---------------------------------------------------------------------------------

static void writer(void *arg)
{
    struct line *l = arg;

    for (unsigned i = 0; i < 12; i++) {
        uint32_t value = atomic_fetch_add(&l->next, 1);
        zx_handle_t h = duplicate_without(l->event, 0);
        zx_status_t status = zx_channel_write(l->ends[0], 0, &value, 4, &h, 1);
        if (status == ZX_OK)
            atomic_fetch_add(&l->wrote, 1);
        else
            assert_status(status, ZX_ERR_PEER_CLOSED);
    }
}

static void reader(void *arg)
{
    struct line *l = arg;
    uint32_t value, bytes, handles;
    zx_handle_t h;

    for (unsigned i = 0; i < 12; i++) {
        uint32_t options = host_random(3) == 0 ? ZX_CHANNEL_READ_MAY_DISCARD : 0;
        uint32_t room = host_random(3) == 0 ? 3 : 4; // too small at times
        zx_status_t status =
            zx_channel_read(l->ends[1], options, &value, &h, room, 1, &bytes, &handles);
        if (status == ZX_OK) {
            atomic_fetch_add(&l->read, 1);
            assert_int_equal(bytes, 4);
            close_handle(h);
        } else if (status == ZX_ERR_BUFFER_TOO_SMALL) {
            assert_int_equal(room, 3);
            if (options != 0)
                atomic_fetch_add(&l->dropped, 1);
        } else {
            assert_true(status == ZX_ERR_SHOULD_WAIT || status == ZX_ERR_BAD_HANDLE);
        }
    }
}

// CALLS(zx_channel_write, zx_channel_read)
SCENARIO_ON(race_no_message_is_lost_or_doubled, 4, 200)
{
    struct line l = {.event = make_event()};
    uint32_t value, bytes, handles, left = 0;
    zx_handle_t h;

    make_pair(l.ends);
    RACE(&l, writer, reader, reader, writer);
    zx_signals_t state = state_of(l.ends[1]);
    while (zx_channel_read(l.ends[1], 0, &value, &h, 4, 1, &bytes, &handles) == ZX_OK) {
        close_handle(h);
        left++;
    }
    assert_int_equal((state & ZX_CHANNEL_READABLE) != 0, left != 0);
    assert_int_equal(atomic_load(&l.wrote), 24);
    assert_int_equal(atomic_load(&l.read) + atomic_load(&l.dropped) + left, 24);
    assert_int_equal(handle_count(l.event), 1);
    assert_ok(zx_handle_close_many(l.ends, 2));
    close_handle(l.event);
}

SCENARIO_ON(race_write_read_close_of_the_reader, 4, 200)
{
    struct line l = {.event = make_event()};

    make_pair(l.ends);
    RACE(&l, writer, reader, close_server_end, writer);
    while (handle_count(l.event) != 1) // a write that was under way may end its handles last
        sleep_ns(1000);
    assert_int_equal(state_of(l.ends[0]), ZX_CHANNEL_PEER_CLOSED);
    close_handle(l.ends[0]);
    close_handle(l.event);
}

static void signal_peer(void *arg)
{
    struct line *l = arg;

    for (unsigned i = 0; i < 5; i++) {
        zx_status_t status = zx_object_signal_peer(l->ends[0], 0, ZX_USER_SIGNAL_0 << i);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_BAD_HANDLE);
    }
}

// CALLS(zx_object_signal_peer)
SCENARIO_ON(race_signal_peer_close_of_both, 4, 200)
{
    struct line l = {0};

    make_pair(l.ends);
    RACE(&l, signal_peer, close_server_end, close_caller_end, signal_peer);
}

static void wait_for_peer_close(void *arg)
{
    struct line *l = arg;
    zx_signals_t seen;
    zx_status_t status = zx_object_wait_one(l->ends[0], ZX_CHANNEL_PEER_CLOSED, FOREVER, &seen);

    assert_ok(status);
    assert_true((seen & ZX_CHANNEL_PEER_CLOSED) != 0);
}

static void send_server_end(void *arg)
{
    struct line *l = arg;
    zx_handle_t carrier[2], h = l->ends[1];

    make_pair(carrier);
    assert_ok(zx_channel_write(carrier[0], 0, NULL, 0, &h, 1));
    close_handle(carrier[1 - (unsigned)host_random(2)]);
    // One of them is closed already; the message dies with its own.
    (void)zx_handle_close_many(carrier, 2);
}

// The last handle dies in transit: the peer hears of it.
SCENARIO_ON(race_end_dies_in_transit, 3, 200)
{
    struct line l = {0};

    make_pair(l.ends);
    RACE(&l, wait_for_peer_close, send_server_end, wait_for_peer_close);
    close_handle(l.ends[0]);
}

// ---- many callers and servers -----------------------------------------------------------------

#define CALLS_EACH 5u

static void busy_server(void *arg)
{
    struct line *l = arg;
    struct msg m;
    uint32_t bytes;

    for (;;) {
        zx_status_t status = zx_channel_read(l->ends[1], 0, &m, NULL, sizeof(m), 0, &bytes, NULL);
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        if (status == ZX_ERR_SHOULD_WAIT) {
            assert_ok(zx_object_wait_one(l->ends[1], ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                         FOREVER, NULL));
            continue;
        }
        assert_ok(status);
        m.value = m.value * 2 + 1;
        status = zx_channel_write(l->ends[1], 0, &m, sizeof(m), NULL, 0);
        assert_true(status == ZX_OK || status == ZX_ERR_PEER_CLOSED);
    }
}

static void busy_caller(void *arg)
{
    struct line *l = arg;

    for (uint32_t i = 0; i < CALLS_EACH; i++) {
        uint32_t bytes, handles, value = atomic_fetch_add(&l->next, 1);
        struct msg request = {.value = value}, reply = {0};
        zx_channel_call_args_t args = {
            .wr_bytes = &request,
            .wr_num_bytes = sizeof(request),
            .rd_bytes = &reply,
            .rd_num_bytes = sizeof(reply),
        };
        assert_ok(zx_channel_call(l->ends[0], 0, FOREVER, &args, &bytes, &handles));
        assert_int_equal(reply.value, value * 2 + 1);
    }
    if (atomic_fetch_add(&l->wrote, 1) == 2)
        close_handle(l->ends[0]); // the last caller sends the servers home
}

SCENARIO_ON(race_callers_and_servers, 4, 150)
{
    struct line l = {0};

    make_pair(l.ends);
    RACE(&l, busy_server, busy_caller, busy_caller, busy_server, busy_caller);
    close_handle(l.ends[1]);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest race_channel_tests[] = {
    T(race_reply_timeout),
    T(race_reply_timeout_kill),
    T(race_reply_peer_close),
    T(race_reply_close_of_both_ends),
    T(race_call_timeout_kill_peer_close),
    T(race_no_message_is_lost_or_doubled),
    T(race_write_read_close_of_the_reader),
    T(race_signal_peer_close_of_both),
    T(race_end_dies_in_transit),
    T(race_callers_and_servers),
};
const size_t race_channel_test_count = countof(race_channel_tests);
