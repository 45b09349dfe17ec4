// SPDX-License-Identifier: MIT
// Calls that take something for good and write it to memory that a pager serves (spec 23 section 14.1):
// whatever becomes of the page, what there was to take is taken once or not at all.
#include "pager_test.h"

#include <zircon/syscalls/log.h>

// A call that takes something, and what it takes it from.
struct taking {
    const char *name;
    void (*make)(zx_handle_t h[3]); // something is there to be taken
    zx_status_t (*take)(zx_handle_t h[3], void *to, void *beside);
    zx_status_t detached;           // what it gives when its memory cannot come
};

// `beside` is good memory in every run, for what else the call writes.
static zx_status_t take_packet(zx_handle_t h[3], void *to, void *beside)
{
    (void)beside;
    return zx_port_wait(h[0], FOREVER, to);
}

static void make_packet(zx_handle_t h[3])
{
    zx_port_packet_t packet = {.key = 5};

    assert_ok(zx_port_create(0, &h[0]));
    assert_ok(zx_port_queue(h[0], &packet));
}

static void make_message(zx_handle_t h[3])
{
    zx_handle_t event = make_event();

    make_pair(h);
    assert_ok(zx_channel_write(h[1], 0, "hello", 5, &event, 1));
}

static zx_status_t received(zx_status_t status, zx_handle_t event)
{
    if (status == ZX_OK)
        close_handle(event);
    return status;
}

static zx_status_t take_bytes(zx_handle_t h[3], void *to, void *beside)
{
    zx_handle_t *event = beside;

    return received(zx_channel_read(h[0], 0, to, event, 64, 1, NULL, NULL), *event);
}

static zx_status_t take_bytes_size(zx_handle_t h[3], void *to, void *beside)
{
    zx_handle_t *event = beside;
    char bytes[64];

    return received(zx_channel_read(h[0], 0, bytes, event, 64, 1, to, NULL), *event);
}

static zx_status_t take_handles_count(zx_handle_t h[3], void *to, void *beside)
{
    zx_handle_t *event = beside;
    char bytes[64];

    return received(zx_channel_read(h[0], 0, bytes, event, 64, 1, NULL, to), *event);
}

// The handles' values go to `to`: closed by what names them in the table, which only the one who reads
// good memory can. So the kernel's count of handles tells whether one was lost.
static zx_status_t take_handles(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_channel_read(h[0], 0, beside, to, 64, 1, NULL, NULL);
    zx_handle_t event = 0;

    if (status == ZX_OK) {
        host_user_read(&event, (vaddr_t)to, sizeof(event));
        close_handle(event);
    }
    return status;
}

static zx_status_t take_handles_etc(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_channel_read_etc(h[0], 0, beside, to, 64, 1, NULL, NULL);
    zx_handle_info_t info = {0};

    if (status == ZX_OK) {
        host_user_read(&info, (vaddr_t)to, sizeof(info));
        close_handle(info.handle);
    }
    return status;
}

static void make_elements(zx_handle_t h[3])
{
    uint64_t elements[2] = {1, 2};

    assert_ok(zx_fifo_create(2, 8, 0, &h[0], &h[1]));
    assert_ok(zx_fifo_write(h[1], 8, elements, 2, NULL));
}

static zx_status_t take_elements(zx_handle_t h[3], void *to, void *beside)
{
    return zx_fifo_read(h[0], 8, to, 2, beside);
}

static zx_status_t take_elements_count(zx_handle_t h[3], void *to, void *beside)
{
    return zx_fifo_read(h[0], 8, beside, 2, to);
}

static zx_status_t give_elements_count(zx_handle_t h[3], void *to, void *beside)
{
    return zx_fifo_write(h[0], 8, beside, 2, to);
}

static void make_stream(zx_handle_t h[3])
{
    make_sockets(ZX_SOCKET_STREAM | ZX_SOCKET_HAS_CONTROL, h);
    assert_ok(zx_socket_write(h[1], 0, "12345678", 8, NULL));
    assert_ok(zx_socket_write(h[1], ZX_SOCKET_CONTROL, "control", 8, NULL));
}

static void make_datagram(zx_handle_t h[3])
{
    make_sockets(ZX_SOCKET_DATAGRAM, h);
    assert_ok(zx_socket_write(h[1], 0, "12345678", 8, NULL));
}

static zx_status_t take_data(zx_handle_t h[3], void *to, void *beside)
{
    return zx_socket_read(h[0], 0, to, 8, beside);
}

static zx_status_t take_data_count(zx_handle_t h[3], void *to, void *beside)
{
    return zx_socket_read(h[0], 0, beside, 8, to);
}

static zx_status_t take_control(zx_handle_t h[3], void *to, void *beside)
{
    return zx_socket_read(h[0], ZX_SOCKET_CONTROL, to, 8, beside);
}

static zx_status_t take_control_count(zx_handle_t h[3], void *to, void *beside)
{
    return zx_socket_read(h[0], ZX_SOCKET_CONTROL, beside, 8, to);
}

static zx_status_t give_data_count(zx_handle_t h[3], void *to, void *beside)
{
    return zx_socket_write(h[0], 0, beside, 8, to);
}

static void make_shared(zx_handle_t h[3])
{
    zx_handle_t guest[2];

    make_sockets(ZX_SOCKET_HAS_ACCEPT, h);
    make_sockets(0, guest);
    assert_ok(zx_socket_share(h[1], guest[0]));
    h[2] = guest[1];
}

static zx_status_t take_shared(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_socket_accept(h[0], to);
    zx_handle_t guest = 0;

    (void)beside;
    if (status == ZX_OK) {
        host_user_read(&guest, (vaddr_t)to, sizeof(guest));
        close_handle(guest);
    }
    return status;
}

static void make_replaceable(zx_handle_t h[3])
{
    h[0] = make_event();
}

static zx_status_t take_replaced(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_handle_replace(h[0], ZX_RIGHT_SAME_RIGHTS, to);

    (void)beside;
    if (status == ZX_OK)
        host_user_read(&h[0], (vaddr_t)to, sizeof(h[0]));
    return status;
}

// The reader begins with what is in the log now: reads that up to the last record.
static void make_record(zx_handle_t h[3])
{
    char record[ZX_LOG_RECORD_MAX];

    assert_ok(zx_debuglog_create(0, ZX_LOG_FLAG_READABLE, &h[0]));
    while (zx_debuglog_read(h[0], 0, record, sizeof(record)) > 0)
        continue;
    assert_ok(zx_debuglog_create(0, 0, &h[1]));
    assert_ok(zx_debuglog_write(h[1], 0, "one", 3));
}

static zx_status_t take_record(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_debuglog_read(h[0], 0, to, ZX_LOG_RECORD_MAX);

    (void)beside;
    return status > 0 ? ZX_OK : status;
}

static void make_interrupt(zx_handle_t h[3])
{
    assert_ok(zx_interrupt_create(lab.resource, 0, ZX_INTERRUPT_VIRTUAL, &h[0]));
    assert_ok(zx_interrupt_trigger(h[0], 0, 1));
}

static zx_status_t take_interrupt(zx_handle_t h[3], void *to, void *beside)
{
    (void)beside;
    return zx_interrupt_wait(h[0], to);
}

static void make_character(zx_handle_t h[3])
{
    (void)h;
    host_console_input("x", 1);
}

static zx_status_t take_character(zx_handle_t h[3], void *to, void *beside)
{
    size_t *size = beside;

    (void)h;
    *size = 1;
    return zx_debug_read(lab.resource, to, size);
}

static void make_vmo(zx_handle_t h[3])
{
    assert_ok(zx_vmo_create(PAGE, 0, &h[0]));
}

static zx_status_t take_executable(zx_handle_t h[3], void *to, void *beside)
{
    zx_status_t status = zx_vmo_replace_as_executable(h[0], ZX_HANDLE_INVALID, to);

    (void)beside;
    if (status == ZX_OK)
        host_user_read(&h[0], (vaddr_t)to, sizeof(h[0]));
    return status;
}

static const struct taking takings[] = {
    {"an interrupt", make_interrupt, take_interrupt, ZX_ERR_BAD_STATE},
    {"a packet", make_packet, take_packet, ZX_ERR_BAD_STATE},
    {"a message's bytes", make_message, take_bytes, ZX_ERR_BAD_STATE},
    {"a message's size", make_message, take_bytes_size, ZX_ERR_BAD_STATE},
    {"a message's count of handles", make_message, take_handles_count, ZX_ERR_BAD_STATE},
    {"a message's handles", make_message, take_handles, ZX_ERR_BAD_STATE},
    {"a message's handles, told of", make_message, take_handles_etc, ZX_ERR_BAD_STATE},
    {"elements", make_elements, take_elements, ZX_ERR_INVALID_ARGS},
    {"elements' count", make_elements, take_elements_count, ZX_ERR_BAD_STATE},
    {"a stream's bytes", make_stream, take_data, ZX_ERR_INVALID_ARGS},
    {"their count", make_stream, take_data_count, ZX_ERR_BAD_STATE},
    {"a control message", make_stream, take_control, ZX_ERR_INVALID_ARGS},
    {"its size", make_stream, take_control_count, ZX_ERR_BAD_STATE},
    {"a datagram", make_datagram, take_data, ZX_ERR_INVALID_ARGS},
    {"its size", make_datagram, take_data_count, ZX_ERR_BAD_STATE},
    {"a shared socket", make_shared, take_shared, ZX_ERR_BAD_STATE},
    {"a replaced handle", make_replaceable, take_replaced, ZX_ERR_BAD_STATE},
    {"a log record", make_record, take_record, ZX_ERR_BAD_STATE},
    {"a character", make_character, take_character, ZX_ERR_BAD_STATE},
    {"a VMO made executable", make_vmo, take_executable, ZX_ERR_BAD_STATE},
};

static uint64_t plain[PAGE / sizeof(uint64_t)], plain_beside[8];

// A thread that takes something into memory that has to come from a pager.
struct taker {
    const struct taking *what;
    zx_handle_t h[3], thread;
    zx_vaddr_t to;
    uint64_t beside[8];
    zx_status_t status;
};

static void taker_main(void *arg)
{
    struct taker *t = arg;

    t->status = t->what->take(t->h, (void *)t->to, t->beside);
}

// Starts it; its memory is asked for when this returns, but has not come.
static void taker_start(struct taker *t, const struct taking *what, const struct served *s)
{
    uint64_t first, count;

    *t = (struct taker){.what = what, .status = ZX_ERR_NEXT};
    what->make(t->h);
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, s->vmo, 0, PAGE, &t->to));
    t->thread = lab_thread(taker_main, t);
    expect_request(s, &first, &count);
}

static void taker_end(struct taker *t)
{
    assert_ok(zx_vmar_unmap(lab.vmar, t->to, PAGE));
    for (unsigned i = 0; i < 3; i++) {
        if (t->h[i] != 0)
            close_handle(t->h[i]);
    }
}

// Everything is still there for somebody with memory of its own.
static void expect_nothing_taken(struct taker *t)
{
    if (t->what->take(t->h, plain, plain_beside) != ZX_OK)
        fail_msg("%s: lost", t->what->name);
}

// CALLS(zx_port_wait, zx_channel_read, zx_channel_read_etc, zx_fifo_read, zx_socket_read, zx_socket_accept,
// zx_handle_replace, zx_debuglog_read, zx_interrupt_wait, zx_debug_read, zx_vmo_replace_as_executable,
// zx_pager_detach_vmo)
SCENARIO(what_was_to_be_taken_survives_the_pager)
{
    for (unsigned i = 0; i < countof(takings); i++) {
        struct served s = serve_pages(1);
        struct taker t;

        taker_start(&t, &takings[i], &s);
        assert_ok(zx_pager_detach_vmo(s.pager, s.vmo));
        lab_thread_join(t.thread);
        assert_status(t.status, takings[i].detached);
        expect_nothing_taken(&t);
        taker_end(&t);
        served_close(&s);
    }
}

// CALLS(zx_port_wait, zx_channel_read, zx_channel_read_etc, zx_fifo_read, zx_socket_read, zx_socket_accept,
// zx_handle_replace, zx_debuglog_read, zx_debug_read, zx_vmo_replace_as_executable, zx_task_kill)
SCENARIO(what_was_to_be_taken_survives_the_taker)
{
    for (unsigned i = 0; i < countof(takings); i++) {
        struct served s = serve_pages(1);
        struct taker t;

        taker_start(&t, &takings[i], &s);
        assert_ok(zx_task_kill(t.thread));
        lab_thread_join(t.thread);
        assert_status(t.status, ZX_ERR_NEXT); // it never came back
        expect_nothing_taken(&t);
        taker_end(&t);
        served_close(&s);
    }
}

// What a write will say that it has written needs a place before anything is.
// CALLS(zx_fifo_write, zx_socket_write)
SCENARIO(nothing_is_written_before_its_count_has_a_place)
{
    struct served s = serve_pages(1), other = serve_pages(1);
    struct taking fifo = {"elements", make_elements, give_elements_count, 0};
    struct taking stream = {"bytes", make_stream, give_data_count, 0};
    struct taker t, u;
    uint64_t element;

    taker_start(&t, &fifo, &s);
    taker_start(&u, &stream, &other);
    assert_status(zx_fifo_read(t.h[1], 8, &element, 1, NULL), ZX_ERR_SHOULD_WAIT);
    assert_status(zx_socket_read(u.h[1], 0, &element, 8, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(supply(&s, 0, 1));
    assert_ok(supply(&other, 0, 1));
    lab_thread_join(t.thread);
    lab_thread_join(u.thread);
    assert_ok(zx_fifo_read(t.h[1], 8, &element, 1, NULL));
    assert_ok(zx_socket_read(u.h[1], 0, &element, 8, NULL));
    taker_end(&t);
    taker_end(&u);
    served_close(&s);
    served_close(&other);
}

// Once the page has come the call ends as any other does.
SCENARIO(what_is_taken_arrives_with_the_page)
{
    for (unsigned i = 0; i < countof(takings); i++) {
        struct served s = serve_pages(1);
        struct taker t;

        taker_start(&t, &takings[i], &s);
        assert_ok(supply(&s, 0, 1));
        lab_thread_join(t.thread);
        assert_ok(t.status);
        taker_end(&t);
        served_close(&s);
    }
}

struct reader {
    zx_vaddr_t to;
    zx_status_t status;
};

static void read_without_end(void *arg)
{
    struct reader *r = arg;
    size_t size = SIZE_MAX;

    r->status = zx_debug_read(lab.resource, (void *)r->to, &size);
}

static void await_byte(zx_vaddr_t at, char byte)
{
    char now = 0;

    while (now != byte) {
        sleep_ns(1000);
        host_user_read(&now, at, 1);
    }
}

// Where memory comes from a pager each character's place is looked for when it is its turn, so that the
// length that was asked for costs nothing, and a kill ends the call as ever.
// CALLS(zx_debug_read, zx_task_kill)
SCENARIO(a_read_of_any_length_takes_what_comes_and_can_be_killed)
{
    struct served s = serve_pages(1);
    struct reader r = {.status = ZX_ERR_NEXT};

    assert_ok(zx_vmar_map(lab.vmar, RW, 0, s.vmo, 0, PAGE, &r.to));
    assert_ok(supply(&s, 0, 1));
    zx_handle_t thread = lab_thread(read_without_end, &r);

    host_console_input("ab", 2);
    await_byte(r.to, 'a');
    await_byte(r.to + 1, 'b');
    assert_ok(zx_task_kill(thread));
    lab_thread_join(thread);
    assert_status(r.status, ZX_ERR_NEXT); // it never came back
    assert_ok(zx_vmar_unmap(lab.vmar, r.to, PAGE));
    served_close(&s);
}

// A message that has come to the front meanwhile, and is longer, waits for its own pages; one that does
// not fit is discarded as ever. Pages behind what the message needs are not asked for.
// CALLS(zx_channel_read)
SCENARIO(a_message_waits_for_the_pages_that_it_needs)
{
    struct served s = serve_pages(3);
    zx_vaddr_t va = 0;
    zx_handle_t end[2];
    static char text[2 * PAGE], got[2 * PAGE];
    uint32_t actual = 0;

    make_pair(end);
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, s.vmo, 0, PAGES(3), &va));
    assert_ok(supply(&s, 0, 1));
    memset(text, 'x', sizeof(text));
    assert_ok(zx_channel_write(end[0], 0, text, 100, NULL, 0));
    assert_ok(zx_channel_read(end[1], 0, (void *)va, NULL, PAGES(3), 0, &actual, NULL));
    assert_int_equal(actual, 100);
    expect_no_packet(&s);
    assert_ok(zx_channel_write(end[0], 0, text, PAGES(2), NULL, 0));
    assert_status(zx_channel_read(end[1], 0, (void *)va, NULL, PAGES(1), 0, &actual, NULL),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_int_equal(actual, PAGES(2));
    expect_no_packet(&s);
    assert_ok(zx_pager_detach_vmo(s.pager, s.vmo));
    assert_status(zx_channel_read(end[1], 0, (void *)va, NULL, PAGES(2), 0, &actual, NULL),
                  ZX_ERR_BAD_STATE);
    assert_ok(zx_channel_read(end[1], 0, got, NULL, PAGES(2), 0, &actual, NULL));
    assert_memory_equal(got, text, sizeof(text));
    assert_ok(zx_channel_write(end[0], 0, text, PAGES(2), NULL, 0));
    assert_status(zx_channel_read(end[1], ZX_CHANNEL_READ_MAY_DISCARD, (void *)va, NULL, 8, 0,
                                  &actual, NULL),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(zx_channel_read(end[1], 0, got, NULL, PAGES(2), 0, NULL, NULL),
                  ZX_ERR_SHOULD_WAIT);
    assert_status(zx_channel_read(end[1], 0, (void *)va, NULL, 8, 0, NULL, NULL),
                  ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_vmar_unmap(lab.vmar, va, PAGES(3)));
    close_handle(end[0]);
    close_handle(end[1]);
    expect_complete(&s);
    served_close(&s);
}

struct caller {
    zx_handle_t end, thread;
    zx_vaddr_t to;
    zx_status_t status;
};

static void caller_main(void *arg)
{
    struct caller *c = arg;
    uint32_t txid = 0, bytes, handles;
    zx_handle_t none = 0;
    const zx_channel_call_args_t args = {
        .wr_bytes = &txid,
        .wr_num_bytes = sizeof(txid),
        .rd_bytes = (void *)c->to,
        .rd_num_bytes = 8,
        .rd_handles = &none,
        .rd_num_handles = 1,
    };

    c->status = zx_channel_call(c->end, 0, FOREVER, &args, &bytes, &handles);
}

// A call is not sent before there is a place for its reply.
// CALLS(zx_channel_call)
SCENARIO(a_call_makes_room_for_its_reply_first)
{
    struct served s = serve_pages(1);
    struct caller c = {.status = ZX_ERR_NEXT};
    zx_handle_t end[2];
    uint64_t first, count;
    uint32_t txid;

    make_pair(end);
    c.end = end[0];
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, s.vmo, 0, PAGE, &c.to));
    c.thread = lab_thread(caller_main, &c);
    expect_request(&s, &first, &count);
    assert_status(zx_channel_read(end[1], 0, &txid, NULL, 4, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(supply(&s, 0, 1));
    await(end[1], ZX_CHANNEL_READABLE);
    assert_ok(zx_channel_read(end[1], 0, &txid, NULL, 4, 0, NULL, NULL));
    assert_ok(zx_channel_write(end[1], 0, &txid, 4, NULL, 0));
    lab_thread_join(c.thread);
    assert_ok(c.status);
    assert_ok(zx_vmar_unmap(lab.vmar, c.to, PAGE));
    served_close(&s);

    s = serve_pages(1);
    assert_ok(zx_vmar_map(lab.vmar, RW, 0, s.vmo, 0, PAGE, &c.to));
    c.thread = lab_thread(caller_main, &c);
    expect_request(&s, &first, &count);
    close_handle(s.pager);
    lab_thread_join(c.thread);
    assert_status(c.status, ZX_ERR_BAD_STATE);
    assert_status(zx_channel_read(end[1], 0, &txid, NULL, 4, 0, NULL, NULL), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_vmar_unmap(lab.vmar, c.to, PAGE));
    close_handle(s.vmo);
    close_handle(s.port);
    close_handle(end[0]);
    close_handle(end[1]);
}

const struct CMUnitTest pager_ipc_tests[] = {
    cmocka_unit_test(test_what_was_to_be_taken_survives_the_pager),
    cmocka_unit_test(test_what_was_to_be_taken_survives_the_taker),
    cmocka_unit_test(test_nothing_is_written_before_its_count_has_a_place),
    cmocka_unit_test(test_what_is_taken_arrives_with_the_page),
    cmocka_unit_test(test_a_read_of_any_length_takes_what_comes_and_can_be_killed),
    cmocka_unit_test(test_a_message_waits_for_the_pages_that_it_needs),
    cmocka_unit_test(test_a_call_makes_room_for_its_reply_first),
};
const size_t pager_ipc_test_count = countof(pager_ipc_tests);
