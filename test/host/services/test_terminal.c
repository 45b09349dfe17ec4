// SPDX-License-Identifier: MIT
//
// The terminal towards its clients: what they are told by answers and by signals, and in which order.
// The vfs library and the kernel are stand-ins that keep a record.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <console.h>
#include <protocol/file.h>
#include <protocol/terminal.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#include "services.h"

static struct vfs_node *terminal;
static keys_typed type;

// What the client saw, one letter each: R and r: READABLE set and cleared, A: an answer with data,
// C: one that says canceled.
static char seen[32];
static zx_signals_t shown;

// Where a test keeps what the client was given.
#define PASTED (CONSOLE_HELD_MOST + 300000u)
static char *collected;
static size_t collected_size;

static void note(char letter)
{
    size_t length = strlen(seen);

    assert_true(length + 1 < sizeof(seen));
    seen[length] = letter;
}

// ---- stand-ins ----

void vfs_node_init(struct vfs_node *node, const struct vfs_node_ops *ops, uint32_t kind)
{
    (void)kind;
    node->ops = ops;
}

void vfs_node_signal(struct vfs_node *node, zx_signals_t clear, zx_signals_t set)
{
    zx_signals_t before = shown;

    (void)node;
    shown = (shown & ~clear) | set;
    if (((before ^ shown) & FILE_SIGNAL_READABLE) != 0) {
        note((shown & FILE_SIGNAL_READABLE) != 0 ? 'R' : 'r');
    }
}

void vfs_reply_read(struct vfs_connection *connection, const struct ipc_request *request,
                    zx_status_t status, const void *data, size_t size)
{
    (void)connection, (void)request;
    if (collected != NULL) {
        assert_true(collected_size + size <= PASTED);
        memcpy(collected + collected_size, data, size);
        collected_size += size;
        return;
    }
    note(status == ZX_OK ? 'A' : 'C');
}

void vfs_reply_write(struct vfs_connection *connection, const struct ipc_request *request,
                     zx_status_t status, size_t written)
{
    (void)connection, (void)request, (void)status, (void)written;
}

zx_handle_t vfs_connection_channel(const struct vfs_connection *connection)
{
    (void)connection;
    return 1;
}

struct vfs *vfs_connection_vfs(const struct vfs_connection *connection)
{
    (void)connection;
    return NULL;
}

zx_status_t vfs_serve(struct vfs *vfs, struct vfs_node *node, uint32_t flags, zx_handle_t channel,
                      uint32_t options, void (*closed)(void *context), void *context)
{
    (void)vfs, (void)node, (void)flags, (void)channel, (void)options, (void)closed, (void)context;
    return ZX_OK;
}

void vfs_timer_start(struct vfs_loop *loop, struct vfs_timer *timer, zx_time_t deadline)
{
    (void)loop, (void)timer, (void)deadline;
}

void vfs_timer_cancel(struct vfs_timer *timer)
{
    (void)timer;
}

zx_status_t line_start(struct vfs_loop *loop, zx_handle_t root, keys_typed typed)
{
    (void)loop, (void)root;
    type = typed;
    return ZX_OK;
}

void line_poll(void)
{
}

zx_status_t file_reply_open(const struct ipc_request *request, zx_status_t status)
{
    (void)request;
    return status;
}

void terminal_dispatch(const void *server, void *context, struct ipc_message *message)
{
    (void)server, (void)context, (void)message;
}

#define REPLY(name, ...)                                                                \
    zx_status_t terminal_reply_##name(const struct ipc_request *request, zx_status_t s, \
                                      ##__VA_ARGS__)                                    \
    {                                                                                   \
        (void)request;                                                                  \
        return s;                                                                       \
    }
#pragma clang diagnostic ignored "-Wunused-parameter"
REPLY(get_attributes, const struct terminal_attributes *attributes)
REPLY(set_attributes)
REPLY(get_size, uint32_t columns, uint32_t rows)
REPLY(set_size)
REPLY(set_foreground)
REPLY(take_interrupt, uint32_t interrupted)
REPLY(flush)

zx_status_t zx_object_wait_one(zx_handle_t handle, zx_signals_t signals, zx_time_t deadline,
                               zx_signals_t *observed)
{
    return ZX_ERR_TIMED_OUT; // the client is there
}

zx_time_t zx_clock_get_monotonic(void)
{
    return 1;
}

static size_t bells;

void line_write(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bells += bytes[i] == '\a';
    }
}

zx_status_t zx_task_kill(zx_handle_t task)
{
    return ZX_OK;
}

zx_status_t zx_handle_close(zx_handle_t handle)
{
    return ZX_OK;
}

zx_status_t zx_object_get_info(zx_handle_t handle, uint32_t topic, void *buffer, size_t size,
                               size_t *actual, size_t *available)
{
    return ZX_ERR_BAD_HANDLE;
}

// ---- tests ----

static int start(void **state)
{
    if (terminal == NULL) {
        assert_int_equal(terminal_create(NULL, 1, 80, 24, &terminal), ZX_OK);
    }
    memset(seen, 0, sizeof(seen));
    shown = 0;
    bells = 0;
    return 0;
}

static void read_some(void)
{
    static const struct ipc_request request;

    terminal->ops->read_later(terminal, NULL, &request, 1);
}

// Who was given the last byte looks for more at once: there must be nothing left that says so. (A
// line editor that was told of a byte which it had taken waited for it with the screen not drawn.)
static void test_last_byte_is_gone_before_it_is_answered(void **state)
{
    type("\n", 1);
    assert_string_equal(seen, "R");
    read_some();
    assert_string_equal(seen, "RrA");
}

static void test_readable_stays_while_there_is_more(void **state)
{
    type("ab\n", 3);
    read_some();
    read_some();
    assert_string_equal(seen, "RAA");
    read_some();
    assert_string_equal(seen, "RAArA");
}

// A client that waits is answered; nobody is told of a byte that is already gone.
static void test_waiting_reader_needs_no_signal(void **state)
{
    read_some();
    type("\n", 1);
    assert_string_equal(seen, "A");
}

static void read_all(void)
{
    static const struct ipc_request request;

    for (size_t before = 1; before != collected_size;) {
        before = collected_size;
        while ((shown & FILE_SIGNAL_READABLE) != 0) {
            terminal->ops->read_later(terminal, NULL, &request, 100);
        }
    }
}

// Lines whose bytes say where they are.
static char *make_text(size_t size)
{
    char *text = malloc(size);

    for (size_t i = 0; i < size; i++) {
        text[i] = i % 61 == 60 ? '\n' : (char)('a' + i / 61 % 26);
    }
    text[size - 1] = '\n';
    return text;
}

static void paste(const char *text, size_t size)
{
    for (size_t at = 0; at < size; at += 256) {
        type(text + at, size - at < 256 ? size - at : 256);
    }
}

static void begin_collecting(void)
{
    collected = calloc(PASTED, 1);
    collected_size = 0;
}

static void end_collecting(void)
{
    free(collected);
    collected = NULL;
}

// More than the queue has room for, typed while nobody reads: all of it is read later, in order.
static void test_what_is_pasted_is_read(void **state)
{
    char *text = make_text(CONSOLE_HELD_MOST);
    size_t third = CONSOLE_HELD_MOST / 3;

    begin_collecting();
    for (size_t i = 0; i < 3; i++) { // what has been read makes room for what comes
        paste(text + i * third, third);
        if (i == 1) {
            for (unsigned reads = 0; reads < 10000; reads++) {
                terminal->ops->read_later(terminal, NULL, &(struct ipc_request){0}, 100);
            }
        }
    }
    paste(text + 3 * third, CONSOLE_HELD_MOST - 3 * third);
    read_all();
    assert_int_equal(bells, 0);
    assert_int_equal(collected_size, CONSOLE_HELD_MOST);
    assert_memory_equal(collected, text, CONSOLE_HELD_MOST);
    end_collecting();
    free(text);
}

// Of more than can be held the end is dropped, and heard; what comes when there is room again is read.
static void test_more_than_is_held_is_dropped_with_a_bell(void **state)
{
    char *text = make_text(PASTED);

    begin_collecting();
    paste(text, PASTED);
    assert_in_range(bells, 1, PASTED / 256);
    read_all();
    assert_in_range(collected_size, CONSOLE_HELD_MOST, PASTED - 1);
    assert_memory_equal(collected, text, collected_size);
    type("\x15later\n", 7); // Ctrl-U: of the line that was cut
    collected_size = 0;
    read_all();
    assert_int_equal(collected_size, 6);
    assert_memory_equal(collected, "later\n", 6);
    end_collecting();
    free(text);
}

// Ctrl-C goes before what waits, however much that is, and that goes with it.
static void test_an_interrupt_does_not_wait(void **state)
{
    static const size_t sizes[] = {20000, CONSOLE_HELD_MOST, PASTED};
    char *text = make_text(PASTED);

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        paste(text, sizes[i]);
        assert_false(shown & FILE_SIGNAL_INTERRUPT);
        type("\x03y\n", 3);
        assert_true(shown & FILE_SIGNAL_INTERRUPT);
        shown &= ~FILE_SIGNAL_INTERRUPT;
        begin_collecting();
        read_all();
        assert_string_equal(collected, "y\n");
        end_collecting();
    }
    free(text);
}

// A Ctrl-V that waits quotes the Ctrl-C behind it, if nothing quotes the Ctrl-V.
static void test_a_quoted_interrupt_waits(void **state)
{
    char *text = make_text(20000);

    begin_collecting();
    paste(text, 20000);
    type("\x16", 1);
    type("\x03", 1);
    type("\x16\x16z\n", 4);
    assert_false(shown & FILE_SIGNAL_INTERRUPT);
    read_all();
    assert_int_equal(collected_size, 20004);
    assert_memory_equal(collected, text, 20000);
    assert_memory_equal(collected + 20000, "\x03\x16z\n", 4);
    paste(text, 20000);
    type("\x16\x16\x03y\n", 5);
    assert_true(shown & FILE_SIGNAL_INTERRUPT);
    collected_size = 0;
    read_all();
    assert_int_equal(collected_size, 2);
    end_collecting();
    free(text);
}

static void fill_up_to(const char *text, size_t count)
{
    paste(text, CONSOLE_HELD_MOST);
    while (held_count() < count) {
        type("x", 1);
    }
}

// There was no room for the quoted one, or for what quotes it: the next Ctrl-C is one.
static void test_a_quote_does_not_outlast_what_is_dropped(void **state)
{
    char *text = make_text(CONSOLE_HELD_MOST);

    fill_up_to(text, CONSOLE_HELD_MOST - 1);
    type("\x16\x03", 2);
    assert_false(shown & FILE_SIGNAL_INTERRUPT);
    type("\x03", 1);
    assert_true(shown & FILE_SIGNAL_INTERRUPT);
    shown &= ~FILE_SIGNAL_INTERRUPT;
    fill_up_to(text, CONSOLE_HELD_MOST);
    type("\x16\x03", 2);
    assert_true(shown & FILE_SIGNAL_INTERRUPT);
    free(text);
}

int run_terminal_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_last_byte_is_gone_before_it_is_answered, start),
        cmocka_unit_test_setup(test_readable_stays_while_there_is_more, start),
        cmocka_unit_test_setup(test_waiting_reader_needs_no_signal, start),
        cmocka_unit_test_setup(test_what_is_pasted_is_read, start),
        cmocka_unit_test_setup(test_more_than_is_held_is_dropped_with_a_bell, start),
        cmocka_unit_test_setup(test_an_interrupt_does_not_wait, start),
        cmocka_unit_test_setup(test_a_quoted_interrupt_waits, start),
        cmocka_unit_test_setup(test_a_quote_does_not_outlast_what_is_dropped, start),
    };

    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
