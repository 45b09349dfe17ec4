// SPDX-License-Identifier: MIT
//
// Channels: messages, handles in them, signals, closing, and calls (spec 11 section 1).

#include <testing/testing.h>

#include <stdatomic.h>

#include <minilib/string.h>
#include <zircon/process.h>
#include <zircon/rights.h>

#define CHANNEL_RIGHTS 0x0000F00Eu

struct pair {
    zx_handle_t a, b;
};

static struct pair make_pair(void)
{
    struct pair pair = {0, 0};

    EXPECT_OK(zx_channel_create(0, &pair.a, &pair.b));
    return pair;
}

static void close_pair(struct pair pair)
{
    EXPECT_OK(zx_handle_close(pair.a));
    EXPECT_OK(zx_handle_close(pair.b));
}

static zx_handle_t make_event(void)
{
    zx_handle_t event = ZX_HANDLE_INVALID;

    EXPECT_OK(zx_event_create(0, &event));
    return event;
}

// Reads a message of bytes alone; the size, or a negative status.
static int64_t read_bytes(zx_handle_t channel, void *buffer, uint32_t size)
{
    uint32_t actual = 0, handles = 0;
    zx_status_t status = zx_channel_read(channel, 0, buffer, NULL, size, 0, &actual, &handles);

    return status == ZX_OK ? (int64_t)actual : status;
}

// CALLS(zx_channel_create)
TEST(new_channel_has_two_related_ends)
{
    struct pair pair = make_pair();
    zx_info_handle_basic_t a = test_basic_info(pair.a), b = test_basic_info(pair.b);
    zx_handle_t out[2] = {77, 78};

    EXPECT_EQ(a.type, ZX_OBJ_TYPE_CHANNEL);
    EXPECT_EQ(a.rights, CHANNEL_RIGHTS);
    EXPECT_EQ(a.related_koid, b.koid);
    EXPECT_EQ(b.related_koid, a.koid);
    EXPECT_EQ(test_signals(pair.a), ZX_CHANNEL_WRITABLE);
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_WRITABLE);
    EXPECT_EQ(zx_channel_create(1, &out[0], &out[1]), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(out[0], 77);
    EXPECT_EQ(zx_channel_create(0, &out[0], (zx_handle_t *)8), ZX_ERR_INVALID_ARGS);
    close_pair(pair);
}

// CALLS(zx_channel_write, zx_channel_read)
TEST(messages_arrive_whole_and_in_order)
{
    struct pair pair = make_pair();
    char buffer[16];

    EXPECT_OK(zx_channel_write(pair.a, 0, "first", 5, NULL, 0));
    EXPECT_OK(zx_channel_write(pair.a, 0, "", 0, NULL, 0));
    EXPECT_OK(zx_channel_write(pair.a, 0, "second", 6, NULL, 0));
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_READABLE | ZX_CHANNEL_WRITABLE);
    EXPECT_EQ(test_signals(pair.a), ZX_CHANNEL_WRITABLE);
    memset(buffer, '.', sizeof(buffer));
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), 5);
    EXPECT_EQ(memcmp(buffer, "first...", 8), 0); // the rest of the buffer is left alone
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), 0);
    EXPECT_EQ(read_bytes(pair.b, buffer, 6), 6);
    EXPECT_EQ(memcmp(buffer, "second", 6), 0);
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_WRITABLE);
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), ZX_ERR_SHOULD_WAIT);
    close_pair(pair);
}

// CALLS(zx_channel_read)
TEST(an_empty_message_fits_a_read_of_nothing)
{
    struct pair pair = make_pair();

    EXPECT_OK(zx_channel_write(pair.a, 0, NULL, 0, NULL, 0));
    EXPECT_OK(zx_channel_read(pair.b, 0, NULL, NULL, 0, 0, NULL, NULL));
    EXPECT_EQ(zx_channel_read(pair.b, 0, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    close_pair(pair);
}

// CALLS(zx_channel_read)
TEST(a_message_too_large_stays_unless_it_may_be_discarded)
{
    struct pair pair = make_pair();
    zx_handle_t event = make_event(), received;
    uint32_t bytes = 0, handles = 0;
    char buffer[8];

    EXPECT_OK(zx_channel_write(pair.a, 0, "1234", 4, &event, 1));
    EXPECT_EQ(zx_channel_read(pair.b, 0, buffer, &received, 3, 1, &bytes, &handles),
              ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(bytes, 4);
    EXPECT_EQ(handles, 1);
    EXPECT_EQ(zx_channel_read(pair.b, 0, buffer, NULL, 4, 0, NULL, NULL), ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(zx_channel_read(pair.b, 2, buffer, &received, 4, 1, NULL, NULL),
              ZX_ERR_NOT_SUPPORTED);
    EXPECT_TRUE((test_signals(pair.b) & ZX_CHANNEL_READABLE) != 0);
    EXPECT_EQ(
        zx_channel_read(pair.b, ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, &bytes, &handles),
        ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(bytes, 4);
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_WRITABLE);
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), ZX_ERR_SHOULD_WAIT);
    close_pair(pair);
}

// CALLS(zx_channel_write)
TEST(the_largest_message_passes_and_a_larger_one_does_not)
{
    static char out[ZX_CHANNEL_MAX_MSG_BYTES + 1], in[ZX_CHANNEL_MAX_MSG_BYTES];
    struct pair pair = make_pair();

    for (size_t i = 0; i < sizeof(out); i++) {
        out[i] = (char)(i * 7 + i / 256);
    }
    EXPECT_OK(zx_channel_write(pair.a, 0, out, ZX_CHANNEL_MAX_MSG_BYTES, NULL, 0));
    EXPECT_EQ(zx_channel_write(pair.a, 0, out, ZX_CHANNEL_MAX_MSG_BYTES + 1, NULL, 0),
              ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(read_bytes(pair.b, in, sizeof(in)), ZX_CHANNEL_MAX_MSG_BYTES);
    EXPECT_EQ(memcmp(in, out, sizeof(in)), 0);
    EXPECT_EQ(read_bytes(pair.b, in, sizeof(in)), ZX_ERR_SHOULD_WAIT);
    close_pair(pair);
}

// CALLS(zx_channel_write, zx_channel_read, zx_channel_read_etc)
TEST(handles_move_with_their_rights)
{
    struct pair pair = make_pair();
    zx_handle_t event = make_event();
    zx_handle_t weak = test_without_rights(event, ZX_RIGHT_SIGNAL);
    zx_handle_t sent[2] = {event, weak};
    zx_koid_t koid = test_basic_info(event).koid;
    zx_handle_info_t received[2] = {0};
    uint32_t bytes, handles = 0;

    ASSERT_OK(zx_channel_write(pair.a, 0, NULL, 0, sent, 2));
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(weak), ZX_ERR_BAD_HANDLE);
    ASSERT_OK(zx_channel_read_etc(pair.b, 0, NULL, received, 0, 2, &bytes, &handles));
    EXPECT_EQ(handles, 2);
    EXPECT_EQ(received[0].type, ZX_OBJ_TYPE_EVENT);
    EXPECT_EQ(received[0].rights, ZX_DEFAULT_EVENT_RIGHTS);
    EXPECT_EQ(received[1].rights, ZX_DEFAULT_EVENT_RIGHTS & ~ZX_RIGHT_SIGNAL);
    EXPECT_EQ(received[0].unused, 0);
    EXPECT_EQ(test_basic_info(received[0].handle).koid, koid);
    EXPECT_EQ(test_basic_info(received[1].handle).koid, koid);
    EXPECT_OK(zx_handle_close(received[0].handle));
    EXPECT_OK(zx_handle_close(received[1].handle));
    close_pair(pair);
}

// Writes an event's handle in a way that must fail with `expected`, and must consume it.
static void check_consumed(zx_handle_t channel, uint32_t options, uint32_t bytes,
                           zx_status_t expected)
{
    zx_handle_t event = make_event();

    EXPECT_EQ(zx_channel_write(channel, options, (const void *)8, bytes, &event, 1), expected);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
}

// CALLS(zx_channel_write)
TEST(a_failed_write_consumes_its_handles)
{
    struct pair pair = make_pair();
    zx_handle_t event = make_event();

    check_consumed(pair.a, 1, 0, ZX_ERR_INVALID_ARGS);
    check_consumed(0, 0, 0, ZX_ERR_BAD_HANDLE);
    check_consumed(event, 0, 0, ZX_ERR_ACCESS_DENIED);
    check_consumed(zx_process_self(), 0, 0, ZX_ERR_WRONG_TYPE);
    check_consumed(pair.a, 0, ZX_CHANNEL_MAX_MSG_BYTES + 1, ZX_ERR_OUT_OF_RANGE);
    check_consumed(pair.a, 0, 4, ZX_ERR_INVALID_ARGS); // bytes that cannot be read
    EXPECT_OK(zx_handle_close(pair.b));
    check_consumed(pair.a, 0, 0, ZX_ERR_PEER_CLOSED);
    EXPECT_OK(zx_handle_close(pair.a));
    EXPECT_OK(zx_handle_close(event));
}

// CALLS(zx_channel_write)
TEST(too_many_handles_are_all_consumed)
{
    static zx_handle_t many[200];
    struct pair pair = make_pair();

    for (size_t i = 0; i < 200; i++) {
        many[i] = make_event();
    }
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, many, 200), ZX_ERR_OUT_OF_RANGE);
    for (size_t i = 0; i < 200; i++) {
        EXPECT_EQ(zx_handle_close(many[i]), ZX_ERR_BAD_HANDLE);
    }
    for (size_t i = 0; i < 64; i++) {
        many[i] = make_event();
    }
    EXPECT_OK(zx_channel_write(pair.a, 0, NULL, 0, many, 64));
    static zx_handle_t received[64];
    uint32_t count = 0;

    EXPECT_OK(zx_channel_read(pair.b, 0, NULL, received, 0, 64, NULL, &count));
    EXPECT_EQ(count, 64);
    EXPECT_OK(zx_handle_close_many(received, 64));
    close_pair(pair);
}

// CALLS(zx_channel_write)
TEST(some_handles_cannot_be_sent)
{
    struct pair pair = make_pair();
    zx_handle_t event = make_event();
    zx_handle_t fixed = test_without_rights(event, ZX_RIGHT_TRANSFER);
    zx_handle_t twice[2] = {event, event};
    zx_handle_t zero = 0;

    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, &zero, 1), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, &fixed, 1), ZX_ERR_ACCESS_DENIED);
    EXPECT_EQ(zx_handle_close(fixed), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, twice, 2), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, &pair.a, 1), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(zx_handle_close(pair.a), ZX_ERR_BAD_HANDLE);
    EXPECT_TRUE((test_signals(pair.b) & ZX_CHANNEL_PEER_CLOSED) != 0);
    EXPECT_OK(zx_handle_close(pair.b));
}

// CALLS(zx_channel_write)
TEST(an_end_may_travel_through_its_own_channel)
{
    struct pair pair = make_pair();

    // The peer's handle goes to the peer: it sits in its own queue and both die together.
    EXPECT_OK(zx_channel_write(pair.a, 0, NULL, 0, &pair.b, 1));
    EXPECT_OK(zx_handle_close(pair.a));
}

// CALLS(zx_channel_read, zx_channel_write, zx_handle_close)
TEST(closing_one_end_is_seen_at_the_other)
{
    struct pair pair = make_pair();
    char buffer[8];

    EXPECT_OK(zx_object_signal(pair.b, 0, ZX_USER_SIGNAL_0));
    EXPECT_OK(zx_channel_write(pair.a, 0, "last", 4, NULL, 0));
    EXPECT_OK(zx_handle_close(pair.a));
    EXPECT_EQ(test_signals(pair.b),
              ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED | ZX_USER_SIGNAL_0);
    EXPECT_EQ(zx_channel_write(pair.b, 0, "x", 1, NULL, 0), ZX_ERR_PEER_CLOSED);
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), 4);
    EXPECT_EQ(read_bytes(pair.b, buffer, sizeof(buffer)), ZX_ERR_PEER_CLOSED);
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_PEER_CLOSED | ZX_USER_SIGNAL_0);
    EXPECT_OK(zx_handle_close(pair.b));
}

// CALLS(zx_channel_write, zx_handle_close)
TEST(handles_in_a_dead_message_are_closed)
{
    struct pair outer = make_pair(), inner = make_pair();

    EXPECT_OK(zx_channel_write(outer.a, 0, NULL, 0, &inner.a, 1));
    EXPECT_OK(zx_handle_close(outer.b)); // the end where the message waits
    EXPECT_OK(zx_object_wait_one(inner.b, ZX_CHANNEL_PEER_CLOSED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(outer.a));
    EXPECT_OK(zx_handle_close(inner.b));
}

// CALLS(zx_channel_write, zx_handle_close)
TEST(a_deep_nest_of_channels_dies_without_overflowing)
{
    struct pair last = make_pair();
    zx_handle_t innermost = last.b, carried = last.a;

    for (int i = 0; i < 1000; i++) {
        struct pair next = make_pair();

        ASSERT_OK(zx_channel_write(next.a, 0, NULL, 0, &carried, 1));
        ASSERT_OK(zx_handle_close(next.a));
        carried = next.b; // holds the message
    }
    EXPECT_OK(zx_handle_close(carried));
    EXPECT_OK(zx_object_wait_one(innermost, ZX_CHANNEL_PEER_CLOSED, test_patience(), NULL));
    EXPECT_OK(zx_handle_close(innermost));
}

// CALLS(zx_channel_read)
TEST(bad_pointers_of_a_read_are_reported)
{
    struct pair pair = make_pair();
    char buffer[8];
    uint32_t size;

    EXPECT_OK(zx_channel_write(pair.a, 0, "1234", 4, NULL, 0));
    EXPECT_EQ(zx_channel_read(pair.b, 0, (void *)8, NULL, 8, 0, &size, NULL), ZX_ERR_INVALID_ARGS);
    EXPECT_OK(zx_channel_write(pair.a, 0, "1234", 4, NULL, 0));
    EXPECT_EQ(zx_channel_read(pair.b, 0, buffer, NULL, 8, 0, (uint32_t *)8, NULL),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 4, NULL, 0), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_channel_write(pair.a, 0, NULL, 0, (zx_handle_t *)8, 1), ZX_ERR_INVALID_ARGS);
    close_pair(pair);
}

// ---- calls ----

struct message {
    zx_txid_t txid;
    char text[28];
};

// A thread that answers `count` messages with their own text in capitals, and gives back handles.
struct server {
    struct test_thread thread;
    zx_handle_t channel;
    int count;
    atomic_int failures;
    zx_txid_t last_txid;
};

static void serve(void *context)
{
    struct server *server = context;

    for (int i = 0; i < server->count; i++) {
        struct message message;
        zx_handle_t handles[4];
        uint32_t bytes, count;

        if (zx_object_wait_one(server->channel, ZX_CHANNEL_READABLE, test_patience(), NULL) !=
                ZX_OK ||
            zx_channel_read(server->channel, 0, &message, handles, sizeof(message), 4, &bytes,
                            &count) != ZX_OK) {
            server->failures++;
            return;
        }
        server->last_txid = message.txid;
        for (size_t c = 0; c < sizeof(message.text); c++) {
            message.text[c] -= message.text[c] >= 'a' && message.text[c] <= 'z' ? 32 : 0;
        }
        if (zx_channel_write(server->channel, 0, &message, bytes, handles, count) != ZX_OK) {
            server->failures++;
        }
    }
}

static void start_server(struct server *server, zx_handle_t channel, int count)
{
    *server = (struct server){.channel = channel, .count = count};
    EXPECT_OK(test_thread_start(&server->thread, serve, server));
}

// CALLS(zx_channel_call)
TEST(a_call_returns_its_reply)
{
    struct pair pair = make_pair();
    struct server server;
    struct message out = {7, "question"}, in = {0};
    zx_handle_t sent = make_event(), received = 0;
    zx_koid_t koid = test_basic_info(sent).koid;
    uint32_t bytes = 0, handles = 0;
    zx_channel_call_args_t args = {
        .wr_bytes = &out,
        .wr_num_bytes = sizeof(out),
        .wr_handles = &sent,
        .wr_num_handles = 1,
        .rd_bytes = &in,
        .rd_num_bytes = sizeof(in),
        .rd_handles = &received,
        .rd_num_handles = 1,
    };

    start_server(&server, pair.b, 1);
    EXPECT_OK(zx_channel_call(pair.a, 0, test_patience(), &args, &bytes, &handles));
    test_thread_join(&server.thread);
    EXPECT_EQ(server.failures, 0);
    EXPECT_EQ(bytes, sizeof(in));
    EXPECT_EQ(handles, 1);
    EXPECT_EQ(strcmp(in.text, "QUESTION"), 0);
    EXPECT_EQ(out.txid, 7); // the caller's buffer is not changed
    EXPECT_TRUE((in.txid & 0x80000000u) != 0);
    EXPECT_EQ(in.txid, server.last_txid);
    EXPECT_EQ(test_basic_info(received).koid, koid);
    EXPECT_EQ(zx_handle_close(sent), ZX_ERR_BAD_HANDLE);
    EXPECT_OK(zx_handle_close(received));
    EXPECT_EQ(test_signals(pair.a), ZX_CHANNEL_WRITABLE); // the reply was never in the queue
    close_pair(pair);
}

// CALLS(zx_channel_call)
TEST(a_call_with_bad_arguments_sends_nothing)
{
    struct pair pair = make_pair();
    struct message out = {0}, in;
    zx_handle_t event = make_event();
    uint32_t bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = &out,
        .wr_num_bytes = 3,
        .rd_bytes = &in,
        .rd_num_bytes = sizeof(in),
        .wr_handles = &event,
        .wr_num_handles = 1,
    };

    EXPECT_EQ(zx_channel_call(pair.a, 0, 0, &args, &bytes, &handles), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_handle_close(event), ZX_ERR_BAD_HANDLE); // consumed all the same
    args.wr_num_handles = 0;
    args.wr_num_bytes = sizeof(out);
    EXPECT_EQ(zx_channel_call(pair.a, 1, 0, &args, &bytes, &handles), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_channel_call(pair.a, 0, 0, (zx_channel_call_args_t *)8, &bytes, &handles),
              ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_channel_call(0, 0, 0, &args, &bytes, &handles), ZX_ERR_BAD_HANDLE);
    args.wr_num_bytes = ZX_CHANNEL_MAX_MSG_BYTES + 1;
    EXPECT_EQ(zx_channel_call(pair.a, 0, 0, &args, &bytes, &handles), ZX_ERR_OUT_OF_RANGE);
    EXPECT_EQ(test_signals(pair.b), ZX_CHANNEL_WRITABLE);
    close_pair(pair);
}

// CALLS(zx_channel_call)
TEST(a_call_that_times_out_was_sent_and_its_reply_is_a_message)
{
    struct pair pair = make_pair();
    struct message out = {0, "late"}, in, request;
    uint32_t bytes = 99, handles = 99;
    zx_channel_call_args_t args = {
        .wr_bytes = &out,
        .wr_num_bytes = sizeof(out),
        .rd_bytes = &in,
        .rd_num_bytes = sizeof(in),
    };

    EXPECT_EQ(zx_channel_call(pair.a, 0, 0, &args, &bytes, &handles), ZX_ERR_TIMED_OUT);
    zx_time_t deadline = zx_deadline_after(ZX_MSEC(2));

    EXPECT_EQ(zx_channel_call(pair.a, 0, deadline, &args, &bytes, &handles), ZX_ERR_TIMED_OUT);
    EXPECT_GE(zx_clock_get_monotonic(), deadline);
    EXPECT_EQ(bytes, 99);
    EXPECT_EQ(read_bytes(pair.b, &request, sizeof(request)), sizeof(request));
    EXPECT_EQ(read_bytes(pair.b, &request, sizeof(request)), sizeof(request));
    EXPECT_OK(zx_channel_write(pair.b, 0, &request, sizeof(request), NULL, 0));
    EXPECT_EQ(read_bytes(pair.a, &in, sizeof(in)), sizeof(in));
    EXPECT_EQ(in.txid, request.txid);
    close_pair(pair);
}

// CALLS(zx_channel_call)
TEST(a_reply_that_does_not_fit_is_dropped)
{
    struct pair pair = make_pair();
    struct server server;
    struct message out = {0, "x"}, in;
    uint32_t bytes = 99, handles = 99;
    zx_channel_call_args_t args = {
        .wr_bytes = &out,
        .wr_num_bytes = sizeof(out),
        .rd_bytes = &in,
        .rd_num_bytes = 4,
    };

    start_server(&server, pair.b, 2);
    EXPECT_EQ(zx_channel_call(pair.a, 0, test_patience(), &args, &bytes, &handles),
              ZX_ERR_BUFFER_TOO_SMALL);
    EXPECT_EQ(bytes, 99);
    args.rd_num_bytes = sizeof(in);
    EXPECT_OK(zx_channel_call(pair.a, 0, test_patience(), &args, &bytes, &handles));
    test_thread_join(&server.thread);
    close_pair(pair);
}

// A thread that makes one call with its own text.
struct caller {
    struct test_thread thread;
    zx_handle_t channel;
    struct message out, in;
    zx_status_t status;
};

static void call_once(void *context)
{
    struct caller *caller = context;
    uint32_t bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = &caller->out,
        .wr_num_bytes = sizeof(caller->out),
        .rd_bytes = &caller->in,
        .rd_num_bytes = sizeof(caller->in),
    };

    caller->status = zx_channel_call(caller->channel, 0, test_patience(), &args, &bytes, &handles);
}

static void start_caller(struct caller *caller, zx_handle_t channel, const char *text)
{
    *caller = (struct caller){.channel = channel, .status = 1};
    memcpy(caller->out.text, text, strlen(text));
    EXPECT_OK(test_thread_start(&caller->thread, call_once, caller));
    EXPECT_TRUE(test_thread_reaches(caller->thread.handle, ZX_THREAD_STATE_BLOCKED_CHANNEL));
}

// CALLS(zx_channel_call)
TEST(calls_are_answered_in_any_order_and_other_messages_queue)
{
    static const char *const texts[4] = {"one", "two", "three", "four"};
    static struct caller callers[4];
    struct pair pair = make_pair();
    struct message requests[4], plain = {5, "plain"}, got;

    for (size_t i = 0; i < 4; i++) {
        start_caller(&callers[i], pair.a, texts[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        ASSERT_EQ(read_bytes(pair.b, &requests[i], sizeof(requests[i])), sizeof(requests[i]));
        for (size_t j = 0; j < i; j++) {
            EXPECT_NE(requests[i].txid, requests[j].txid);
        }
    }
    EXPECT_OK(zx_channel_write(pair.b, 0, &plain, sizeof(plain), NULL, 0));
    for (size_t i = 4; i-- > 0;) {
        EXPECT_OK(zx_channel_write(pair.b, 0, &requests[i], sizeof(requests[i]), NULL, 0));
    }
    for (size_t i = 0; i < 4; i++) {
        test_thread_join(&callers[i].thread);
        EXPECT_OK(callers[i].status);
        EXPECT_EQ(strcmp(callers[i].in.text, texts[i]), 0);
    }
    EXPECT_EQ(read_bytes(pair.a, &got, sizeof(got)), sizeof(got));
    EXPECT_EQ(got.txid, 5);
    EXPECT_EQ(read_bytes(pair.a, &got, sizeof(got)), ZX_ERR_SHOULD_WAIT);
    close_pair(pair);
}

// CALLS(zx_channel_call)
TEST(a_call_ends_when_either_end_closes)
{
    struct caller caller;
    struct pair pair = make_pair();

    start_caller(&caller, pair.a, "x");
    EXPECT_OK(zx_handle_close(pair.b));
    test_thread_join(&caller.thread);
    EXPECT_EQ(caller.status, ZX_ERR_PEER_CLOSED);
    EXPECT_OK(zx_handle_close(pair.a));

    pair = make_pair();
    start_caller(&caller, pair.a, "x");
    EXPECT_OK(zx_handle_close(pair.a));
    test_thread_join(&caller.thread);
    EXPECT_EQ(caller.status, ZX_ERR_CANCELED);
    EXPECT_OK(zx_handle_close(pair.b));
}

// CALLS(zx_channel_call)
TEST(many_calls_back_and_forth)
{
    struct pair pair = make_pair();
    struct server server;
    uint32_t bytes, handles;
    unsigned wrong = 0;

    start_server(&server, pair.b, 3000);
    for (int i = 0; i < 3000; i++) {
        struct message out = {0}, in;
        zx_channel_call_args_t args = {
            .wr_bytes = &out,
            .wr_num_bytes = sizeof(out),
            .rd_bytes = &in,
            .rd_num_bytes = sizeof(in),
        };

        memcpy(out.text, &i, sizeof(i));
        out.text[0] &= 0x1f; // no letters
        zx_status_t status = zx_channel_call(pair.a, 0, test_patience(), &args, &bytes, &handles);

        wrong += status != ZX_OK || in.text[0] != out.text[0];
    }
    test_thread_join(&server.thread);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(server.failures, 0);
    close_pair(pair);
}

// The far side of the next test, in a process of its own.
CHILD(echo_forever)
{
    zx_handle_t channel = test_child_channel();
    struct message message;
    uint32_t bytes, handles;

    for (;;) {
        zx_signals_t seen = 0;

        (void)zx_object_wait_one(channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                 ZX_TIME_INFINITE, &seen);
        if ((seen & ZX_CHANNEL_READABLE) == 0) {
            return 5;
        }
        if (zx_channel_read(channel, 0, &message, NULL, sizeof(message), 0, &bytes, &handles) ==
            ZX_OK) {
            (void)zx_channel_write(channel, 0, &message, bytes, NULL, 0);
        }
    }
}

// CALLS(zx_channel_call, zx_task_kill)
TEST(a_call_to_another_process_is_answered_until_it_is_killed)
{
    struct test_child child;
    struct message out = {0, "over there"}, in = {0};
    uint32_t bytes, handles;
    zx_channel_call_args_t args = {
        .wr_bytes = &out,
        .wr_num_bytes = sizeof(out),
        .rd_bytes = &in,
        .rd_num_bytes = sizeof(in),
    };

    ASSERT_OK(test_child_start("echo_forever", &child));
    for (int i = 0; i < 100; i++) {
        EXPECT_OK(zx_channel_call(child.channel, 0, test_patience(), &args, &bytes, &handles));
    }
    EXPECT_EQ(strcmp(in.text, "over there"), 0);
    EXPECT_OK(zx_task_kill(child.process));
    EXPECT_OK(zx_object_wait_one(child.channel, ZX_CHANNEL_PEER_CLOSED, test_patience(), NULL));
    EXPECT_EQ(zx_channel_call(child.channel, 0, test_patience(), &args, &bytes, &handles),
              ZX_ERR_PEER_CLOSED);
    EXPECT_EQ(test_child_finish(&child), -1);
}
