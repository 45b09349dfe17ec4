// SPDX-License-Identifier: MIT
// An endpoint of a channel goes to another process while threads of the old owner are on their way into
// its calls: nothing of theirs takes effect once the new owner has begun (spec 11 section 1).
#include "object_test.h"

#define NEW_OWNERS 2u // what the new owner writes; the old one writes 1, or calls
#define MESSAGES   3u

struct move {
    zx_handle_t end, peer; // of the channel in question; `end` goes away
    zx_handle_t carrier;   // to the new owner
};

static zx_handle_t receive(zx_handle_t carrier)
{
    zx_handle_t h;
    uint32_t bytes, handles;

    await(carrier, ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(carrier, 0, NULL, &h, 0, 1, &bytes, &handles));
    assert_int_equal(handles, 1);
    return h;
}

static zx_status_t write_word(zx_handle_t end, uint32_t word)
{
    return zx_channel_write(end, 0, &word, sizeof(word), NULL, 0);
}

static zx_status_t read_word(zx_handle_t end, uint32_t *out)
{
    uint32_t bytes, handles;

    return zx_channel_read(end, 0, out, NULL, sizeof(*out), 0, &bytes, &handles);
}

static struct child move_begin(struct move *m, void (*new_owner)(zx_handle_t carrier))
{
    zx_handle_t ends[2], carrier[2];

    make_pair(ends);
    make_pair(carrier);
    *m = (struct move){.end = ends[0], .peer = ends[1], .carrier = carrier[0]};
    return start_child(lab.job, new_owner, carrier[1]);
}

static void move_end(struct move *m, struct child *c)
{
    await(c->process, ZX_PROCESS_TERMINATED);
    close_handle(m->peer);
    close_handle(m->carrier);
    close_child(c);
}

static void send_end(void *arg)
{
    struct move *m = arg;

    assert_ok(zx_channel_write(m->carrier, 0, NULL, 0, &m->end, 1));
}

// ---- writes and calls ---------------------------------------------------------------------------

static void write_through(zx_handle_t carrier)
{
    const zx_handle_t end = receive(carrier);

    for (unsigned i = 0; i < MESSAGES; i++)
        assert_ok(write_word(end, NEW_OWNERS));
    await(carrier, ZX_CHANNEL_PEER_CLOSED); // the end stays open until everything was looked at
}

static void write_until_gone(void *arg)
{
    const zx_handle_t end = ((struct move *)arg)->end;
    zx_status_t status;

    while ((status = write_word(end, 1)) == ZX_OK)
        sleep_ns(100);
    assert_status(status, ZX_ERR_BAD_HANDLE);
}

static void call_until_gone(void *arg)
{
    const zx_handle_t end = ((struct move *)arg)->end;
    uint32_t word = 1, bytes, handles;
    const zx_channel_call_args_t args = {.wr_bytes = &word, .wr_num_bytes = sizeof(word)};
    zx_status_t status;

    while ((status = zx_channel_call(end, 0, 0, &args, &bytes, &handles)) == ZX_ERR_TIMED_OUT)
        sleep_ns(100);
    assert_status(status, ZX_ERR_BAD_HANDLE);
}

static void drain(struct move *m)
{
    unsigned seen = 0;
    uint32_t word;

    while (seen < MESSAGES) {
        await(m->peer, ZX_CHANNEL_READABLE);
        assert_ok(read_word(m->peer, &word));
        assert_true(word == NEW_OWNERS || seen == 0);
        seen += word == NEW_OWNERS;
    }
    assert_status(read_word(m->peer, &word), ZX_ERR_SHOULD_WAIT);
}

static void race_message(void (*old_owner)(void *arg))
{
    struct move m;
    struct child c = move_begin(&m, write_through);

    RACE(&m, old_owner, send_end, old_owner);
    drain(&m);
    close_handle(m.carrier);
    m.carrier = ZX_HANDLE_INVALID;
    move_end(&m, &c);
}

// CALLS(zx_channel_write): a call that is overtaken by the transfer of its endpoint gives BAD_HANDLE.
SCENARIO_ON(race_write_against_transfer_to_another_process, 3, 400)
{
    race_message(write_until_gone);
}

// CALLS(zx_channel_call)
SCENARIO_ON(race_call_against_transfer_to_another_process, 3, 400)
{
    race_message(call_until_gone);
}

// ---- reads --------------------------------------------------------------------------------------

static void read_through(zx_handle_t carrier)
{
    const zx_handle_t end = receive(carrier);
    uint32_t word = 0;

    assert_ok(write_word(carrier, NEW_OWNERS)); // from here on all messages are ours
    await(end, ZX_CHANNEL_READABLE);
    assert_ok(read_word(end, &word));
    assert_int_equal(word, NEW_OWNERS);
}

static void read_until_gone(void *arg)
{
    const zx_handle_t end = ((struct move *)arg)->end;
    uint32_t word;
    zx_status_t status;

    while ((status = read_word(end, &word)) == ZX_ERR_SHOULD_WAIT)
        sleep_ns(100);
    assert_status(status, ZX_ERR_BAD_HANDLE);
}

static void send_end_then_message(void *arg)
{
    struct move *m = arg;
    uint32_t word;

    send_end(m);
    await(m->carrier, ZX_CHANNEL_READABLE);
    assert_ok(read_word(m->carrier, &word));
    assert_ok(write_word(m->peer, NEW_OWNERS));
}

// CALLS(zx_channel_read): the same
SCENARIO_ON(race_read_against_transfer_to_another_process, 3, 400)
{
    struct move m;
    struct child c = move_begin(&m, read_through);

    RACE(&m, read_until_gone, send_end_then_message, read_until_gone);
    move_end(&m, &c);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest race_transfer_tests[] = {
    T(race_write_against_transfer_to_another_process),
    T(race_call_against_transfer_to_another_process),
    T(race_read_against_transfer_to_another_process),
};
const size_t race_transfer_test_count = countof(race_transfer_tests);
