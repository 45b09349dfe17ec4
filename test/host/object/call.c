// SPDX-License-Identifier: MIT
// zx_channel_call: spec 11 section 1.
// CALLS(zx_channel_call, zx_channel_call_noretry)
#include "object_test.h"

struct msg {
    zx_txid_t txid;
    uint32_t value;
};

// A call with its arguments, on a thread of its own if need be.
struct call {
    zx_handle_t channel, thread;
    zx_time_t deadline;
    uint32_t options;
    struct msg request, reply;
    zx_handle_t wr_handles[2], rd_handles[2];
    zx_channel_call_args_t args;
    uint32_t actual_bytes, actual_handles;
    zx_status_t status;
};

static void call_init(struct call *c, zx_handle_t channel, uint32_t value)
{
    *c = (struct call){
        .channel = channel,
        .deadline = FOREVER,
        .request = {.txid = 0x1234, .value = value},
        .actual_bytes = 77,
        .actual_handles = 78,
    };
    c->args = (zx_channel_call_args_t){
        .wr_bytes = &c->request,
        .wr_num_bytes = sizeof(c->request),
        .rd_bytes = &c->reply,
        .rd_num_bytes = sizeof(c->reply),
        .wr_handles = c->wr_handles,
        .rd_handles = c->rd_handles,
    };
}

static zx_status_t call_now(struct call *c)
{
    return zx_channel_call(c->channel, c->options, c->deadline, &c->args, &c->actual_bytes,
                           &c->actual_handles);
}

static void call_main(void *arg)
{
    struct call *c = arg;

    c->status = call_now(c);
}

static void call_start(struct call *c)
{
    c->status = ZX_OK;
    c->thread = lab_thread(call_main, c);
    await_state_or_end(c->thread, ZX_THREAD_STATE_BLOCKED_CHANNEL);
    assert_ok(c->status); // has not failed at once
}

static struct msg receive(zx_handle_t channel)
{
    struct msg m;
    uint32_t bytes;

    await(channel, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(channel, 0, &m, NULL, sizeof(m), 0, &bytes, NULL));
    assert_int_equal(bytes, sizeof(m));
    return m;
}

static void reply(zx_handle_t channel, struct msg m, uint32_t value)
{
    m.value = value;
    assert_ok(zx_channel_write(channel, 0, &m, sizeof(m), NULL, 0));
}

SCENARIO_ON(call_gets_the_reply_with_its_txid, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 5);
    call_start(&c);
    struct msg m = receive(ends[1]);
    assert_int_equal(m.value, 5);
    assert_true((m.txid & 0x80000000u) != 0); // the kernel's
    assert_int_equal(c.request.txid, 0x1234); // in the queued copy only
    reply(ends[1], m, 6);
    lab_thread_join(c.thread);
    assert_ok(c.status);
    assert_int_equal(c.reply.value, 6);
    assert_int_equal(c.reply.txid, m.txid);
    assert_int_equal(c.actual_bytes, sizeof(struct msg));
    assert_int_equal(c.actual_handles, 0);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO_ON(reply_never_enters_the_queue, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 5);
    call_start(&c);
    struct msg m = receive(ends[1]);
    // Not replies: too short, and with another id.
    assert_ok(zx_channel_write(ends[1], 0, &m, 3, NULL, 0));
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    struct msg other = {m.txid + 1, 9};
    reply(ends[1], other, 9);
    assert_int_equal(thread_state(c.thread), ZX_THREAD_STATE_BLOCKED_CHANNEL);
    uint32_t bytes;
    assert_ok(zx_channel_read(ends[0], 0, &other, NULL, 8, 0, &bytes, NULL));
    assert_ok(zx_channel_read(ends[0], 0, &other, NULL, 8, 0, &bytes, NULL));
    reply(ends[1], m, 6);
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    lab_thread_join(c.thread);
    assert_ok(c.status);
    // The id means nothing after the call.
    reply(ends[1], m, 7);
    assert_int_equal(receive(ends[0]).value, 7);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO_ON(replies_may_come_in_any_order, 3, 10)
{
    zx_handle_t ends[2];
    struct call c[4];
    struct msg m[4];

    make_pair(ends);
    for (unsigned i = 0; i < 4; i++) {
        call_init(&c[i], ends[0], i);
        call_start(&c[i]);
        m[i] = receive(ends[1]);
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(m[i].txid, m[j].txid);
    }
    for (unsigned i = 4; i-- > 0;) {
        reply(ends[1], m[i], 10 + i);
        lab_thread_join(c[i].thread);
        assert_ok(c[i].status);
        assert_int_equal(c[i].reply.value, 10 + i);
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

// Calls that end by a kill, by a reply and by the close of the peer leave the others as they are.
SCENARIO_ON(many_calls_end_in_any_order, 2, 4)
{
    enum { COUNT = 16, STEP = 7 }; // no common factor
    zx_handle_t ends[2];
    struct call c[COUNT];
    struct msg m[COUNT];

    make_pair(ends);
    for (unsigned i = 0; i < COUNT; i++) {
        call_init(&c[i], ends[0], i);
        call_start(&c[i]);
        m[i] = receive(ends[1]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned at = i * STEP % COUNT;
        if (at % 4 == 3)
            continue;
        if (at % 4 == 2)
            assert_ok(zx_task_kill(c[at].thread));
        else
            reply(ends[1], m[at], 10 + at);
        lab_thread_join(c[at].thread);
        if (at % 4 != 2) {
            assert_ok(c[at].status);
            assert_int_equal(c[at].reply.value, 10 + at);
        }
    }
    close_handle(ends[1]);
    for (unsigned i = 3; i < COUNT; i += 4) {
        lab_thread_join(c[i].thread);
        assert_status(c[i].status, ZX_ERR_PEER_CLOSED);
    }
    close_handle(ends[0]);
}

SCENARIO(handles_travel_both_ways)
{
    zx_handle_t ends[2], e = make_event(), there;
    struct call c;
    struct msg m;
    uint32_t bytes, handles;

    make_pair(ends);
    call_init(&c, ends[0], 1);
    c.wr_handles[0] = duplicate_without(e, 0);
    c.args.wr_num_handles = 1;
    c.args.rd_num_handles = 2;
    call_start(&c);
    assert_false(alive(c.wr_handles[0]));
    assert_ok(zx_channel_read(ends[1], 0, &m, &there, sizeof(m), 1, &bytes, &handles));
    assert_int_equal(handles, 1);
    assert_ok(zx_channel_write(ends[1], 0, &m, sizeof(m), &there, 1));
    lab_thread_join(c.thread);
    assert_ok(c.status);
    assert_int_equal(c.actual_handles, 1);
    assert_int_equal(basic(c.rd_handles[0]).koid, basic(e).koid);
    close_handle(c.rd_handles[0]);
    close_handle(e);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(message_is_sent_though_the_deadline_is_past)
{
    const zx_time_t past[] = {0, 1, ZX_TIME_INFINITE_PAST};
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    for (unsigned i = 0; i < countof(past); i++) {
        call_init(&c, ends[0], i);
        c.deadline = past[i];
        assert_status(call_now(&c), ZX_ERR_TIMED_OUT);
        assert_int_equal(c.actual_bytes, 77);
        assert_int_equal(c.actual_handles, 78);
        assert_int_equal(receive(ends[1]).value, i);
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO_ON(late_reply_is_an_ordinary_message, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 3);
    c.deadline = zx_deadline_after(100000);
    assert_status(call_now(&c), ZX_ERR_TIMED_OUT);
    assert_true(zx_clock_get_monotonic() >= c.deadline);
    struct msg m = receive(ends[1]);
    reply(ends[1], m, 4);
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    assert_int_equal(receive(ends[0]).value, 4);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO_ON(peer_close_ends_the_call, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 3);
    call_start(&c);
    close_handle(ends[1]);
    lab_thread_join(c.thread);
    assert_status(c.status, ZX_ERR_PEER_CLOSED);
    assert_status(call_now(&c), ZX_ERR_PEER_CLOSED); // and the next one does not begin
    close_handle(ends[0]);
}

SCENARIO_ON(close_of_the_own_end_cancels_the_call, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 3);
    call_start(&c);
    close_handle(ends[0]);
    lab_thread_join(c.thread);
    assert_status(c.status, ZX_ERR_CANCELED);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED);
    close_handle(ends[1]);
}

SCENARIO(reply_that_does_not_fit_is_dropped)
{
    zx_handle_t ends[2], e = make_event();
    struct call c;

    make_pair(ends);
    for (unsigned round = 0; round < 2; round++) {
        call_init(&c, ends[0], 3);
        if (round == 0)
            c.args.rd_num_bytes = sizeof(struct msg) - 1;
        call_start(&c);
        struct msg m = receive(ends[1]);
        zx_handle_t h = duplicate_without(e, 0); // no room for handles in either round
        assert_ok(zx_channel_write(ends[1], 0, &m, sizeof(m), &h, round == 0 ? 0 : 1));
        if (round == 0)
            close_handle(h);
        lab_thread_join(c.thread);
        assert_status(c.status, ZX_ERR_BUFFER_TOO_SMALL);
        assert_int_equal(c.actual_bytes, 77);
        assert_int_equal(c.actual_handles, 78);
        assert_int_equal(handle_count(e), 1);
    }
    call_init(&c, ends[0], 8); // the channel stays usable
    call_start(&c);
    reply(ends[1], receive(ends[1]), 9);
    lab_thread_join(c.thread);
    assert_ok(c.status);
    close_handle(e);
    assert_ok(zx_handle_close_many(ends, 2));
}

// The call must fail with `expected` and have consumed its handle.
static void fails(struct call *c, zx_handle_t keep, zx_status_t expected)
{
    c->wr_handles[0] = duplicate_without(keep, 0);
    c->args.wr_num_handles = 1;
    assert_status(call_now(c), expected);
    assert_false(alive(c->wr_handles[0]));
    assert_int_equal(handle_count(keep), 1);
    assert_int_equal(c->actual_bytes, 77);
}

SCENARIO(call_consumes_its_handles_in_every_failure)
{
    static char big[65537];
    zx_handle_t ends[2], closed[2], weak[2], keep = make_event();
    struct call c;

    make_pair(ends);
    make_pair(closed);
    close_handle(closed[1]);
    call_init(&c, ends[0], 1);
    c.options = 1;
    fails(&c, keep, ZX_ERR_INVALID_ARGS);
    c.channel = 0; // options before the handle
    fails(&c, keep, ZX_ERR_INVALID_ARGS);
    call_init(&c, 0, 1);
    c.args.wr_num_bytes = 3;
    fails(&c, keep, ZX_ERR_INVALID_ARGS);
    call_init(&c, 0, 1);
    fails(&c, keep, ZX_ERR_BAD_HANDLE);
    const zx_rights_t needed[] = {ZX_RIGHT_READ, ZX_RIGHT_WRITE};
    for (unsigned i = 0; i < 2; i++) {
        make_pair(weak);
        weak[0] = replace_without(weak[0], needed[i]);
        call_init(&c, weak[0], 1);
        fails(&c, keep, ZX_ERR_ACCESS_DENIED);
        assert_ok(zx_handle_close_many(weak, 2));
    }
    call_init(&c, lab.job, 1);
    fails(&c, keep, ZX_ERR_WRONG_TYPE);
    call_init(&c, ends[0], 1);
    c.args.wr_bytes = big;
    c.args.wr_num_bytes = sizeof(big);
    fails(&c, keep, ZX_ERR_OUT_OF_RANGE);
    call_init(&c, ends[0], 1);
    c.args.wr_bytes = LAB_BAD_PTR;
    fails(&c, keep, ZX_ERR_INVALID_ARGS);
    call_init(&c, closed[0], 1);
    fails(&c, keep, ZX_ERR_PEER_CLOSED);
    call_init(&c, ends[0], 1);
    c.deadline = 0;
    c.wr_handles[0] = replace_without(duplicate_without(keep, 0), ZX_RIGHT_TRANSFER);
    c.args.wr_num_handles = 1;
    assert_status(call_now(&c), ZX_ERR_ACCESS_DENIED);
    assert_false(alive(c.wr_handles[0]));
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    const zx_handle_t all[] = {ends[0], ends[1], closed[0], keep};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(call_with_unreadable_arguments_consumes_nothing)
{
    zx_handle_t ends[2];
    uint32_t bytes, handles;

    make_pair(ends);
    assert_status(zx_channel_call(ends[0], 1, FOREVER, LAB_BAD_PTR, &bytes, &handles),
                  ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_call(0, 0, FOREVER, LAB_BAD_PTR, &bytes, &handles),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(reply_into_bad_pointers_is_lost)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 1);
    c.args.rd_bytes = LAB_BAD_PTR;
    call_start(&c);
    reply(ends[1], receive(ends[1]), 2);
    lab_thread_join(c.thread);
    assert_status(c.status, ZX_ERR_INVALID_ARGS);
    assert_int_equal(c.actual_bytes, sizeof(struct msg)); // written by then
    assert_int_equal(c.actual_handles, 0);
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(ends, 2));
}

// A killed caller's registration goes with it: a reply to it is an ordinary message.
SCENARIO_ON(kill_of_a_caller_withdraws_the_call, 2, 10)
{
    zx_handle_t ends[2];
    struct call c;

    make_pair(ends);
    call_init(&c, ends[0], 1);
    call_start(&c);
    struct msg m = receive(ends[1]);
    assert_ok(zx_task_kill(c.thread));
    lab_thread_join(c.thread);
    reply(ends[1], m, 2);
    assert_int_equal(receive(ends[0]).value, 2);
    assert_ok(zx_handle_close_many(ends, 2));
}

// The server gets the CPU also from a caller that does not wait: its wake-up was not a hand-over.
static atomic_bool served;

static void serve_once(void *arg)
{
    (void)receive(*(zx_handle_t *)arg);
    atomic_store(&served, true);
}

SCENARIO_ON(server_runs_after_a_call_that_did_not_block, 1, 20)
{
    zx_handle_t ends[2];
    struct call c;

    atomic_store(&served, false);
    make_pair(ends);
    zx_handle_t server = lab_thread(serve_once, &ends[1]);
    await_state(server, ZX_THREAD_STATE_BLOCKED_WAIT_ONE);
    call_init(&c, ends[0], 1);
    c.deadline = 0;
    assert_status(call_now(&c), ZX_ERR_TIMED_OUT);
    while (!atomic_load(&served))
        lab_pause(); // time slices let the server in
    lab_thread_join(server);
    assert_ok(zx_handle_close_many(ends, 2));
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest call_tests[] = {
    T(call_gets_the_reply_with_its_txid),
    T(reply_never_enters_the_queue),
    T(replies_may_come_in_any_order),
    T(many_calls_end_in_any_order),
    T(handles_travel_both_ways),
    T(message_is_sent_though_the_deadline_is_past),
    T(late_reply_is_an_ordinary_message),
    T(peer_close_ends_the_call),
    T(close_of_the_own_end_cancels_the_call),
    T(reply_that_does_not_fit_is_dropped),
    T(call_consumes_its_handles_in_every_failure),
    T(call_with_unreadable_arguments_consumes_nothing),
    T(reply_into_bad_pointers_is_lost),
    T(kill_of_a_caller_withdraws_the_call),
    T(server_runs_after_a_call_that_did_not_block),
};
const size_t call_test_count = countof(call_tests);
