// SPDX-License-Identifier: MIT
// Channels without calls: spec 11 section 1, row by row of its tables.
#include "object_test.h"

#define MAX_BYTES   65536u
#define MAX_HANDLES 64u

static char big[MAX_BYTES + 1], back[MAX_BYTES + 1];

static void fill(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 7 + i / 256);
}

// CALLS(zx_channel_create)
SCENARIO(channel_begins_writable_with_its_rights)
{
    zx_handle_t ends[2], out0 = 77, out1 = 78;

    make_pair(ends);
    zx_info_handle_basic_t a = basic(ends[0]), b = basic(ends[1]);
    assert_int_equal(a.rights, 0xf00e);
    assert_int_equal(b.rights, 0xf00e);
    assert_int_equal(a.related_koid, b.koid);
    assert_int_equal(b.related_koid, a.koid);
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    assert_status(zx_channel_create(1, &out0, &out1), ZX_ERR_INVALID_ARGS);
    assert_int_equal(out0, 77);
    assert_int_equal(out1, 78);
    assert_ok(zx_handle_close_many(ends, 2));
}

// CALLS(zx_channel_write)
SCENARIO(channel_stays_writable_however_long_its_queue)
{
    zx_handle_t ends[2];

    make_pair(ends);
    for (unsigned i = 0; i < 1000; i++)
        assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), NULL, 0));
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    assert_ok(zx_handle_close_many(ends, 2));
}

// CALLS(zx_channel_write, zx_channel_read)
SCENARIO(messages_arrive_in_order_and_whole)
{
    zx_handle_t ends[2];
    uint32_t bytes, handles, value;

    make_pair(ends);
    for (uint32_t i = 0; i < 100; i++)
        assert_ok(zx_channel_write(ends[0], 0, &i, sizeof(i), NULL, 0));
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE); // never full
    for (uint32_t i = 0; i < 100; i++) {
        assert_ok(zx_channel_read(ends[1], 0, &value, NULL, 100, 0, &bytes, &handles));
        assert_int_equal(value, i);
        assert_int_equal(bytes, 4);
        assert_int_equal(handles, 0);
    }
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(empty_message_is_delivered)
{
    zx_handle_t ends[2];
    uint32_t bytes = 9, handles = 9;

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, NULL, 0));
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(ends[1], 0, NULL, NULL, 0, 0, &bytes, &handles));
    assert_int_equal(bytes + handles, 0);
    assert_status(zx_channel_read(ends[1], 0, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(messages_of_all_sizes_keep_their_bytes)
{
    const uint32_t sizes[] = {1, 3, 64, 4000, 4095, 4096, 4097, 8192, 40000, MAX_BYTES};
    zx_handle_t ends[2];
    uint32_t bytes;

    fill(big, MAX_BYTES);
    make_pair(ends);
    for (unsigned i = 0; i < countof(sizes); i++) {
        memset(back, 0, sizeof(back));
        assert_ok(zx_channel_write(ends[0], 0, big, sizes[i], NULL, 0));
        assert_ok(zx_channel_read(ends[1], 0, back, NULL, MAX_BYTES, 0, &bytes, NULL));
        assert_int_equal(bytes, sizes[i]);
        assert_memory_equal(big, back, sizes[i]);
        for (uint32_t b = sizes[i]; b < sizeof(back); b++)
            assert_int_equal(back[b], 0); // untouched beyond the message
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(both_ends_may_be_one_process_and_directions_do_not_mix)
{
    zx_handle_t ends[2];
    char text[4];
    uint32_t bytes;

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, "one", 4, NULL, 0));
    assert_ok(zx_channel_write(ends[1], 0, "two", 4, NULL, 0));
    assert_ok(zx_channel_read(ends[0], 0, text, NULL, 4, 0, &bytes, NULL));
    assert_string_equal(text, "two");
    assert_ok(zx_channel_read(ends[1], 0, text, NULL, 4, 0, &bytes, NULL));
    assert_string_equal(text, "one");
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(handles_move_with_their_rights)
{
    zx_handle_t ends[2], h[2] = {make_event(), make_event()}, there[2] = {0, 0};
    zx_info_handle_basic_t before = basic(h[1]);
    uint32_t bytes, handles;

    h[0] = replace_without(h[0], ZX_RIGHT_SIGNAL);
    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, "ab", 2, h, 2));
    assert_false(alive(h[0]) || alive(h[1])); // gone from the sender at once
    char text[2];
    assert_ok(zx_channel_read(ends[1], 0, text, there, 2, 2, &bytes, &handles));
    assert_int_equal(handles, 2);
    assert_int_equal(basic(there[0]).rights, ZX_DEFAULT_EVENT_RIGHTS & ~ZX_RIGHT_SIGNAL);
    assert_int_equal(basic(there[1]).koid, before.koid);
    assert_int_equal(basic(there[1]).rights, before.rights);
    assert_ok(zx_handle_close_many(there, 2));
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(handles_in_transit_count)
{
    zx_handle_t ends[2], e = make_event(), copy = duplicate_without(e, 0);

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &copy, 1));
    assert_int_equal(handle_count(e), 2);
    close_handle(ends[1]); // and die with the message
    assert_int_equal(handle_count(e), 1);
    close_handle(ends[0]);
    close_handle(e);
}

// CALLS(zx_channel_read_etc)
SCENARIO(read_etc_tells_type_and_rights)
{
    zx_handle_t ends[2], h[MAX_HANDLES];
    zx_handle_info_t infos[MAX_HANDLES];
    uint32_t bytes, handles;

    make_pair(ends);
    for (unsigned i = 0; i < MAX_HANDLES; i++)
        h[i] = make_event();
    h[1] = replace_without(h[1], ZX_RIGHT_WAIT);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, h, MAX_HANDLES));
    memset(infos, 0xff, sizeof(infos));
    assert_ok(zx_channel_read_etc(ends[1], 0, NULL, infos, 0, MAX_HANDLES, &bytes, &handles));
    assert_int_equal(handles, MAX_HANDLES);
    for (unsigned i = 0; i < MAX_HANDLES; i++) {
        assert_int_equal(infos[i].type, ZX_OBJ_TYPE_EVENT);
        assert_int_equal(infos[i].rights, i == 1 ? ZX_DEFAULT_EVENT_RIGHTS & ~ZX_RIGHT_WAIT
                                                 : ZX_DEFAULT_EVENT_RIGHTS);
        assert_int_equal(infos[i].unused, 0);
        close_handle(infos[i].handle);
    }
    assert_ok(zx_handle_close_many(ends, 2));
}

// One row of the write table: what is wrong, and the status. The payload must be gone afterwards.
static void write_fails(zx_handle_t ch, uint32_t options, const void *bytes, uint32_t num_bytes,
                        zx_handle_t *h, uint32_t count, zx_status_t expected)
{
    assert_status(zx_channel_write(ch, options, bytes, num_bytes, h, count), expected);
    for (uint32_t i = 0; i < count; i++)
        assert_false(alive(h[i]));
}

SCENARIO(write_consumes_its_handles_in_every_failure)
{
    static zx_handle_t crowd[2000];
    zx_handle_t ends[2], closed[2], weak[2], h[3], keep = make_event();

    make_pair(ends);
    make_pair(weak);
    make_pair(closed);
    close_handle(closed[1]);
    weak[0] = replace_without(weak[0], ZX_RIGHT_WRITE);
#define COPIES(n)                               \
    do {                                        \
        for (unsigned i_ = 0; i_ < (n); i_++)   \
            h[i_] = duplicate_without(keep, 0); \
    } while (0)
    COPIES(2);
    write_fails(ends[0], 1, "x", 1, h, 2, ZX_ERR_INVALID_ARGS);
    COPIES(2);
    write_fails(0, 0, "x", 1, h, 2, ZX_ERR_BAD_HANDLE);
    COPIES(2);
    write_fails(weak[0], 0, "x", 1, h, 2, ZX_ERR_ACCESS_DENIED);
    COPIES(2); // a job's default rights have WRITE
    write_fails(lab.job, 0, "x", 1, h, 2, ZX_ERR_WRONG_TYPE);
    COPIES(2);
    write_fails(ends[0], 0, big, MAX_BYTES + 1, h, 2, ZX_ERR_OUT_OF_RANGE);
    COPIES(2);
    write_fails(ends[0], 0, LAB_BAD_PTR, 1, h, 2, ZX_ERR_INVALID_ARGS);
    COPIES(2);
    write_fails(closed[0], 0, "x", 1, h, 2, ZX_ERR_PEER_CLOSED);
    // A zero, a dead and a repeated entry.
    COPIES(2);
    h[2] = 0;
    write_fails(ends[0], 0, "x", 1, h, 3, ZX_ERR_BAD_HANDLE);
    COPIES(2);
    h[2] = h[0];
    write_fails(ends[0], 0, "x", 1, h, 3, ZX_ERR_BAD_HANDLE);
    COPIES(3);
    h[1] = replace_without(h[1], ZX_RIGHT_TRANSFER);
    write_fails(ends[0], 0, "x", 1, h, 3, ZX_ERR_ACCESS_DENIED);
    COPIES(2); // the first failing entry decides
    h[0] = replace_without(h[0], ZX_RIGHT_TRANSFER);
    h[2] = 0;
    write_fails(ends[0], 0, "x", 1, h, 3, ZX_ERR_ACCESS_DENIED);
    COPIES(3);
    close_handle(h[0]); // now dead
    h[1] = replace_without(h[1], ZX_RIGHT_TRANSFER);
    write_fails(ends[0], 0, "x", 1, h, 3, ZX_ERR_BAD_HANDLE);
    for (unsigned i = 0; i < countof(crowd); i++)
        crowd[i] = duplicate_without(keep, 0);
    write_fails(ends[0], 0, NULL, 0, crowd, countof(crowd), ZX_ERR_OUT_OF_RANGE);
    for (unsigned i = 0; i < 65; i++)
        crowd[i] = duplicate_without(keep, 0);
    write_fails(ends[0], 0, NULL, 0, crowd, 65, ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(handle_count(keep), 1);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE); // nothing was sent
    const zx_handle_t all[] = {ends[0], ends[1], weak[0], weak[1], closed[0], keep};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(write_checks_options_before_the_handle_and_sizes_after)
{
    zx_handle_t ends[2];

    make_pair(ends);
    assert_status(zx_channel_write(0, 1, NULL, 0, NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_write(0, 0, NULL, MAX_BYTES + 1, NULL, 0), ZX_ERR_BAD_HANDLE);
    assert_status(zx_channel_write(ends[0], 0, LAB_BAD_PTR, MAX_BYTES + 1, NULL, 0),
                  ZX_ERR_OUT_OF_RANGE);
    close_handle(ends[1]); // the bytes are looked at before the peer
    assert_status(zx_channel_write(ends[0], 0, LAB_BAD_PTR, 1, NULL, 0), ZX_ERR_INVALID_ARGS);
    assert_status(zx_channel_write(ends[0], 0, NULL, 0, LAB_BAD_PTR, 1), ZX_ERR_INVALID_ARGS);
    close_handle(ends[0]);
}

SCENARIO(endpoint_cannot_be_sent_through_itself)
{
    zx_handle_t ends[2], h;

    make_pair(ends);
    h = ends[0];
    assert_status(zx_channel_write(ends[0], 0, NULL, 0, &h, 1), ZX_ERR_NOT_SUPPORTED);
    assert_false(alive(ends[0])); // consumed all the same
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_PEER_CLOSED);
    close_handle(ends[1]);
}

// An end in its own queue keeps itself alive: nobody can reach it any more, and the reference
// leaves it at that too.
static void send_the_peer(void *arg)
{
    zx_handle_t ends[2];

    (void)arg;
    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, NULL, 0, &ends[1], 1));
    assert_int_equal(state_of(ends[0]), ZX_CHANNEL_WRITABLE);
    assert_status(zx_channel_read(ends[0], 0, NULL, NULL, 0, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    close_handle(ends[0]);
}

static void test_peer_can_be_sent_through_the_channel(void **state)
{
    struct lab_config c = lab_config_make(__func__, send_the_peer);

    (void)state;
    c.leaks_allowed = true;
    lab_run(&c);
}

SCENARIO(read_checks_handle_then_options_then_queue)
{
    zx_handle_t ends[2], weak[2];
    uint32_t bytes = 77, handles = 78;
    char text[8];

    make_pair(ends);
    make_pair(weak);
    weak[0] = replace_without(weak[0], ZX_RIGHT_READ);
    assert_status(zx_channel_read(0, 8, text, NULL, 8, 0, &bytes, &handles), ZX_ERR_BAD_HANDLE);
    assert_status(zx_channel_read(weak[0], 8, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_ACCESS_DENIED);
    assert_status(zx_channel_read(lab.job, 8, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_WRONG_TYPE);
    assert_status(zx_channel_read(ends[0], 2, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_channel_read(ends[0], ~0u, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_NOT_SUPPORTED);
    assert_status(zx_channel_read(ends[0], 0, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_SHOULD_WAIT);
    assert_status(zx_channel_read(ends[0], 0, LAB_BAD_PTR, NULL, 8, 0, LAB_BAD_PTR, LAB_BAD_PTR),
                  ZX_ERR_SHOULD_WAIT);
    close_handle(ends[1]);
    assert_status(zx_channel_read(ends[0], 0, text, NULL, 8, 0, &bytes, &handles),
                  ZX_ERR_PEER_CLOSED);
    assert_int_equal(bytes, 77);
    assert_int_equal(handles, 78);
    const zx_handle_t all[] = {weak[0], weak[1], ends[0]};
    assert_ok(zx_handle_close_many(all, countof(all)));
}

SCENARIO(message_that_does_not_fit_stays_and_tells_its_size)
{
    zx_handle_t ends[2], h[2] = {make_event(), make_event()}, there[2];
    uint32_t bytes = 0, handles = 0;
    char text[8] = "";

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, "four", 4, h, 2));
    assert_status(zx_channel_read(ends[1], 0, text, there, 3, 2, &bytes, &handles),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(bytes, 4);
    assert_int_equal(handles, 2);
    bytes = handles = 0;
    assert_status(zx_channel_read(ends[1], 0, text, there, 4, 1, &bytes, &handles),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(bytes, 4);
    assert_int_equal(handles, 2);
    assert_status(zx_channel_read(ends[1], 0, NULL, NULL, 0, 0, NULL, NULL),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(text[0], 0);
    // The counts may be the variables that the sizes came from.
    bytes = 4;
    handles = 2;
    assert_ok(zx_channel_read(ends[1], 0, text, there, bytes, handles, &bytes, &handles));
    assert_memory_equal(text, "four", 4);
    assert_ok(zx_handle_close_many(there, 2));
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(may_discard_drops_what_does_not_fit)
{
    zx_handle_t ends[2], e = make_event(), h = duplicate_without(e, 0);
    uint32_t bytes = 0, handles = 0;
    char text[8];

    make_pair(ends);
    assert_ok(zx_channel_write(ends[0], 0, "first", 5, &h, 1));
    assert_ok(zx_channel_write(ends[0], 0, "next", 4, NULL, 0));
    assert_status(
        zx_channel_read(ends[1], ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, &bytes, &handles),
        ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(bytes, 5);
    assert_int_equal(handles, 1);
    assert_int_equal(handle_count(e), 1); // closed with it
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE | ZX_CHANNEL_READABLE);
    // What fits is read, with or without the option.
    assert_ok(
        zx_channel_read(ends[1], ZX_CHANNEL_READ_MAY_DISCARD, text, NULL, 8, 0, &bytes, NULL));
    assert_int_equal(bytes, 4);
    assert_ok(zx_channel_write(ends[0], 0, "last", 4, NULL, 0));
    assert_status(
        zx_channel_read(ends[1], ZX_CHANNEL_READ_MAY_DISCARD, NULL, NULL, 0, 0, NULL, NULL),
        ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
    close_handle(e);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(read_into_bad_pointers_loses_the_message)
{
    zx_handle_t ends[2], e = make_event(), h, there;
    uint32_t bytes, handles;
    char text[8];

    make_pair(ends);
    for (unsigned bad = 0; bad < 4; bad++) {
        h = duplicate_without(e, 0);
        assert_ok(zx_channel_write(ends[0], 0, "lost", 4, &h, 1));
        bytes = handles = 77;
        assert_status(zx_channel_read(ends[1], 0, bad == 0 ? LAB_BAD_PTR : text,
                                      bad == 3 ? LAB_BAD_PTR : &there, 8, 1,
                                      bad == 1 ? LAB_BAD_PTR : &bytes,
                                      bad == 2 ? LAB_BAD_PTR : &handles),
                      ZX_ERR_INVALID_ARGS);
        if (bad == 0) { // the sizes were written by then
            assert_int_equal(bytes, 4);
            assert_int_equal(handles, 1);
        }
        assert_int_equal(state_of(ends[1]), ZX_CHANNEL_WRITABLE);
        assert_int_equal(handle_count(e), 1);
    }
    close_handle(e);
    assert_ok(zx_handle_close_many(ends, 2));
}

SCENARIO(peer_close_changes_two_bits_and_keeps_the_others)
{
    zx_handle_t ends[2];
    uint32_t bytes;
    char text[8];

    make_pair(ends);
    assert_ok(zx_object_signal(ends[1], 0, ZX_USER_SIGNAL_3));
    assert_ok(zx_channel_write(ends[0], 0, "rest", 4, NULL, 0));
    assert_ok(zx_channel_write(ends[1], 0, "dies", 4, NULL, 0));
    close_handle(ends[0]);
    assert_int_equal(state_of(ends[1]),
                     ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED | ZX_USER_SIGNAL_3);
    assert_status(zx_channel_write(ends[1], 0, "x", 1, NULL, 0), ZX_ERR_PEER_CLOSED);
    // What the closed end had sent is still there.
    assert_ok(zx_channel_read(ends[1], 0, text, NULL, 8, 0, &bytes, NULL));
    assert_memory_equal(text, "rest", 4);
    assert_int_equal(state_of(ends[1]), ZX_CHANNEL_PEER_CLOSED | ZX_USER_SIGNAL_3);
    assert_status(zx_channel_read(ends[1], 0, text, NULL, 8, 0, &bytes, NULL), ZX_ERR_PEER_CLOSED);
    assert_int_not_equal(basic(ends[1]).related_koid, 0); // survives the peer
    close_handle(ends[1]);
}

SCENARIO(end_in_transit_is_not_closed)
{
    zx_handle_t outer[2], inner[2];

    make_pair(outer);
    make_pair(inner);
    assert_ok(zx_channel_write(outer[0], 0, NULL, 0, &inner[0], 1));
    assert_int_equal(state_of(inner[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_channel_write(inner[1], 0, "x", 1, NULL, 0));
    close_handle(outer[1]); // the message dies and with it that end
    assert_int_equal(state_of(inner[1]), ZX_CHANNEL_PEER_CLOSED);
    close_handle(outer[0]);
    close_handle(inner[1]);
}

// Each channel lies in the queue of the next; the outermost takes all with it.
static void nest(unsigned depth)
{
    zx_handle_t outer[2], next[2], witness[2];

    make_pair(witness);
    make_pair(outer);
    assert_ok(zx_channel_write(outer[0], 0, NULL, 0, &witness[0], 1));
    for (unsigned i = 0; i < depth; i++) {
        make_pair(next);
        const zx_handle_t both[2] = {outer[0], outer[1]};
        assert_ok(zx_channel_write(next[0], 0, NULL, 0, both, 2));
        outer[0] = next[0];
        outer[1] = next[1];
    }
    assert_int_equal(state_of(witness[1]), ZX_CHANNEL_WRITABLE);
    assert_ok(zx_handle_close_many(outer, 2));
    await(witness[1], ZX_CHANNEL_PEER_CLOSED);
    close_handle(witness[1]);
}

SCENARIO(channels_nested_200_deep_die_together)
{
    nest(200);
}

static void nest_100000(void *arg)
{
    (void)arg;
    nest(100000);
}

static void test_channels_nested_100000_deep_need_no_deep_stack(void **state)
{
    struct lab_config c = lab_config_make(__func__, nest_100000);

    (void)state;
    c.ram_bytes = 256u << 20;
    c.max_steps = 0;
    lab_run(&c);
}

// The deepest chain dies in the exit of its process.
static void child_nests(zx_handle_t bootstrap)
{
    zx_handle_t outer[2], next[2];

    (void)bootstrap;
    make_pair(outer);
    for (unsigned i = 0; i < 300; i++) {
        make_pair(next);
        assert_ok(zx_channel_write(next[0], 0, NULL, 0, outer, 2));
        outer[0] = next[0];
        outer[1] = next[1];
    }
}

SCENARIO(nested_channels_die_with_their_process)
{
    struct child c = start_child(lab.job, child_nests, 0);

    await(c.process, ZX_PROCESS_TERMINATED);
    close_child(&c);
}

// Concurrent readers get distinct messages.
struct reader {
    zx_handle_t channel;
    atomic_uint *seen;
};

#define SHARED_MESSAGES 200u

static void read_all(void *arg)
{
    struct reader *r = arg;
    uint32_t value, bytes;
    zx_status_t status;

    for (;;) {
        status = zx_channel_read(r->channel, 0, &value, NULL, 4, 0, &bytes, NULL);
        if (status == ZX_ERR_PEER_CLOSED)
            return;
        if (status == ZX_OK) {
            assert_in_range(value, 0, SHARED_MESSAGES - 1);
            atomic_fetch_add(&r->seen[value], 1);
            continue;
        }
        assert_status(status, ZX_ERR_SHOULD_WAIT);
        assert_ok(zx_object_wait_one(r->channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                                     FOREVER, NULL));
    }
}

SCENARIO_ON(concurrent_readers_get_distinct_messages, 4, 10)
{
    static atomic_uint seen[SHARED_MESSAGES];
    zx_handle_t ends[2], threads[4];

    make_pair(ends);
    struct reader r = {ends[1], seen};
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(read_all, &r);
    for (uint32_t i = 0; i < SHARED_MESSAGES; i++)
        assert_ok(zx_channel_write(ends[0], 0, &i, 4, NULL, 0));
    close_handle(ends[0]);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    for (unsigned i = 0; i < SHARED_MESSAGES; i++)
        assert_int_equal(atomic_load(&seen[i]), 1);
    close_handle(ends[1]);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest channel_tests[] = {
    T(channel_begins_writable_with_its_rights),
    T(channel_stays_writable_however_long_its_queue),
    T(messages_arrive_in_order_and_whole),
    T(empty_message_is_delivered),
    T(messages_of_all_sizes_keep_their_bytes),
    T(both_ends_may_be_one_process_and_directions_do_not_mix),
    T(handles_move_with_their_rights),
    T(handles_in_transit_count),
    T(read_etc_tells_type_and_rights),
    T(write_consumes_its_handles_in_every_failure),
    T(write_checks_options_before_the_handle_and_sizes_after),
    T(endpoint_cannot_be_sent_through_itself),
    T(peer_can_be_sent_through_the_channel),
    T(read_checks_handle_then_options_then_queue),
    T(message_that_does_not_fit_stays_and_tells_its_size),
    T(may_discard_drops_what_does_not_fit),
    T(read_into_bad_pointers_loses_the_message),
    T(peer_close_changes_two_bits_and_keeps_the_others),
    T(end_in_transit_is_not_closed),
    T(channels_nested_200_deep_die_together),
    T(channels_nested_100000_deep_need_no_deep_stack),
    lab_only_unit_test(test_nested_channels_die_with_their_process),
    T(concurrent_readers_get_distinct_messages),
};
const size_t channel_test_count = countof(channel_tests);
