// SPDX-License-Identifier: MIT
//
// Generated clients against generated servers: what goes in comes out.

#include <stdio.h>

#include "tests.h"

// ---- a server that keeps what it was told -------------------------------------------------------

struct memory {
    struct terminal_attributes attributes;
    uint32_t when;
    bool had_job;
    char from[FILE_MAX_PATH];
    char to[FILE_MAX_PATH];
    size_t from_size, to_size;
    uint32_t count;
    zx_status_t answer;
    unsigned handled;
};

static void on_set_attributes(void *context, const struct ipc_request *request, uint32_t when,
                              const struct terminal_attributes *attributes)
{
    struct memory *memory = context;

    memory->handled++;
    memory->when = when;
    memory->attributes = *attributes;
    assert_ok(terminal_reply_set_attributes(request, ZX_OK));
}

static void on_get_attributes(void *context, const struct ipc_request *request)
{
    struct memory *memory = context;

    memory->handled++;
    assert_ok(terminal_reply_get_attributes(request, memory->answer, &memory->attributes));
}

static void on_set_foreground(void *context, const struct ipc_request *request, zx_handle_t job)
{
    struct memory *memory = context;

    memory->handled++;
    memory->had_job = job != ZX_HANDLE_INVALID;
    if (job != ZX_HANDLE_INVALID)
        assert_ok(zx_handle_close(job));
    assert_ok(terminal_reply_set_foreground(request, ZX_OK));
}

static void on_rename(void *context, const struct ipc_request *request, const char *from,
                      size_t from_size, const char *to, size_t to_size)
{
    struct memory *memory = context;

    memory->handled++;
    memcpy(memory->from, from, from_size);
    memcpy(memory->to, to, to_size);
    memory->from_size = from_size;
    memory->to_size = to_size;
    assert_ok(file_reply_rename(request, memory->answer));
}

// Answers with `count` bytes, even if that is more than can be answered.
static void on_read(void *context, const struct ipc_request *request, uint32_t count)
{
    static uint8_t data[FILE_MAX_DATA + 1];
    struct memory *memory = context;

    memory->handled++;
    memset(data, 0x5a, sizeof(data));
    assert_ok(file_reply_read(request, ZX_OK, data, count));
}

static void on_get_vmo(void *context, const struct ipc_request *request, uint32_t flags)
{
    struct memory *memory = context;
    zx_handle_t vmo = ZX_HANDLE_INVALID;

    memory->handled++;
    // flags 0: a server's mistake, no handle where one must be. 2: one that may not be sent.
    if (flags != 0)
        assert_ok(zx_vmo_create(4096, 0, &vmo));
    if (flags == 2)
        assert_ok(zx_handle_replace(vmo, ZX_RIGHT_READ, &vmo));
    assert_ok(file_reply_get_vmo(request, memory->answer, vmo, 77));
}

static const struct terminal_server terminal_ops = {
    .get_attributes = on_get_attributes,
    .set_attributes = on_set_attributes,
    .set_foreground = on_set_foreground,
};

static const struct file_server file_ops = {
    .rename = on_rename,
    .read = on_read,
    .get_vmo = on_get_vmo,
};

struct echo {
    struct memory memory;
    zx_handle_t channel;
    zx_handle_t thread;
    zx_status_t ended;
};

static void echo_run(void *arg)
{
    struct echo *echo = arg;
    const struct ipc_binding bindings[] = {
        file_binding(&file_ops, &echo->memory),
        terminal_binding(&terminal_ops, &echo->memory),
    };

    do {
        zx_object_wait_one(echo->channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, FOREVER,
                           NULL);
        echo->ended = ipc_serve_one(echo->channel, bindings, 2);
    } while (echo->ended == ZX_OK);
}

static zx_handle_t echo_start(struct echo *echo)
{
    zx_handle_t client;

    memset(echo, 0, sizeof(*echo));
    assert_ok(zx_channel_create(0, &client, &echo->channel));
    echo->thread = lab_thread(echo_run, echo);
    return client;
}

static void echo_stop(struct echo *echo, zx_handle_t client)
{
    assert_ok(zx_handle_close(client));
    lab_thread_join(echo->thread);
    assert_status(echo->ended, ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(echo->channel));
}

// ---- tests --------------------------------------------------------------------------------------

static void structures(void *arg)
{
    static struct echo echo;
    zx_handle_t client = echo_start(&echo);
    struct terminal_attributes sent = {.iflag = 1, .oflag = 0x80000000, .cflag = 3, .lflag = 4};
    struct terminal_attributes got;

    (void)arg;
    for (size_t i = 0; i < sizeof(sent.cc); i++)
        sent.cc[i] = (uint8_t)(i * 7);
    assert_ok(terminal_set_attributes(client, FOREVER, TERMINAL_FLUSH, &sent));
    assert_int_equal(echo.memory.when, TERMINAL_FLUSH);
    assert_ok(terminal_get_attributes(client, FOREVER, &got));
    assert_memory_equal(&got, &sent, sizeof(got));
    assert_ok(terminal_get_attributes(client, FOREVER, NULL));
    // A failing answer leaves what it points to.
    echo.memory.answer = ZX_ERR_BAD_STATE;
    memset(&got, 0xaa, sizeof(got));
    assert_status(terminal_get_attributes(client, FOREVER, &got), ZX_ERR_BAD_STATE);
    assert_int_equal(got.iflag, 0xaaaaaaaa);
    // A status that is none.
    echo.memory.answer = 5;
    assert_status(terminal_get_attributes(client, FOREVER, &got), ZX_ERR_INTERNAL);
    echo_stop(&echo, client);
}

static void test_structures_come_over(void **state)
{
    (void)state;
    lab_seeds(structures, 2, 40);
}

static void strings(void *arg)
{
    static struct echo echo;
    static char longest[FILE_MAX_PATH + 1];
    zx_handle_t client = echo_start(&echo);

    (void)arg;
    memset(longest, 'p', sizeof(longest));
    for (size_t from = 0; from < 10; from++) {
        for (size_t to = 0; to < 10; to++) {
            assert_ok(file_rename(client, FOREVER, "abcdefghij", from, "0123456789", to));
            assert_int_equal(echo.memory.from_size, from);
            assert_int_equal(echo.memory.to_size, to);
            assert_memory_equal(echo.memory.from, "abcdefghij", from);
            assert_memory_equal(echo.memory.to, "0123456789", to);
        }
    }
    assert_ok(file_rename(client, FOREVER, longest, FILE_MAX_PATH, longest, FILE_MAX_PATH));
    assert_int_equal(echo.memory.to_size, FILE_MAX_PATH);
    assert_memory_equal(echo.memory.to, longest, FILE_MAX_PATH);
    // One more byte, and a NUL: the one is not sent, the other refused.
    echo.memory.handled = 0;
    assert_status(file_rename(client, FOREVER, "a", 1, longest, sizeof(longest)),
                  ZX_ERR_OUT_OF_RANGE);
    assert_status(file_rename(client, FOREVER, "a\0b", 3, "c", 1), ZX_ERR_INVALID_ARGS);
    assert_int_equal(echo.memory.handled, 0);
    echo_stop(&echo, client);
}

static void test_strings_come_over(void **state)
{
    (void)state;
    lab_seeds(strings, 2, 10);
}

static void bytes(void *arg)
{
    static struct echo echo;
    static uint8_t data[FILE_MAX_DATA + 8];
    zx_handle_t client = echo_start(&echo);
    const size_t sizes[] = {0, 1, 7, 8, 9, 4095, 4096, FILE_MAX_DATA};
    size_t got = 99;

    (void)arg;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(data, 0, sizeof(data));
        assert_ok(file_read(client, FOREVER, (uint32_t)sizes[i], data, sizes[i], &got));
        assert_int_equal(got, sizes[i]);
        for (size_t at = 0; at < sizeof(data); at++)
            assert_int_equal(data[at], at < sizes[i] ? 0x5a : 0);
    }
    // The answer has more than there is room for, by little and by much; more than it can have.
    assert_status(file_read(client, FOREVER, 9, data, 8, &got), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(file_read(client, FOREVER, 12, data, 9, &got), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(file_read(client, FOREVER, 9000, data, 10, &got), ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(file_read(client, FOREVER, FILE_MAX_DATA + 1, data, sizeof(data), &got),
                  ZX_ERR_INTERNAL);
    assert_ok(file_read(client, FOREVER, 3, data, 8, NULL));
    assert_status(file_write(client, FOREVER, data, sizeof(data), NULL), ZX_ERR_OUT_OF_RANGE);
    // No such function in this server.
    assert_status(file_write(client, FOREVER, data, 1, NULL), ZX_ERR_NOT_SUPPORTED);
    assert_status(manager_stop(client, FOREVER, "x", 1), ZX_ERR_NOT_SUPPORTED);
    echo_stop(&echo, client);
}

static void test_bytes_come_over(void **state)
{
    (void)state;
    lab_seeds(bytes, 2, 20);
}

static void handles(void *arg)
{
    static struct echo echo;
    zx_handle_t client = echo_start(&echo);
    zx_handle_t job;
    zx_handle_t vmo;
    uint64_t size = 0;

    (void)arg;
    assert_ok(zx_handle_duplicate(lab.job, ZX_RIGHT_SAME_RIGHTS, &job));
    assert_ok(terminal_set_foreground(client, FOREVER, job));
    assert_true(echo.memory.had_job);
    assert_ok(terminal_set_foreground(client, FOREVER, ZX_HANDLE_INVALID));
    assert_false(echo.memory.had_job);
    assert_ok(file_get_vmo(client, FOREVER, 1, &vmo, &size));
    assert_int_equal(size, 77);
    assert_ok(zx_handle_close(vmo));
    assert_ok(file_get_vmo(client, FOREVER, 1, NULL, NULL));
    // Mistakes of the server do not leave the client waiting.
    assert_status(file_get_vmo(client, FOREVER, 0, &vmo, &size), ZX_ERR_INTERNAL);
    assert_status(file_get_vmo(client, FOREVER, 2, &vmo, &size), ZX_ERR_ACCESS_DENIED);
    assert_int_equal(vmo, ZX_HANDLE_INVALID);
    echo.memory.answer = ZX_ERR_NO_SPACE;
    assert_status(file_get_vmo(client, FOREVER, 1, &vmo, &size), ZX_ERR_NO_SPACE);
    // Handles given are gone in any case: the laboratory would find those that are not.
    assert_ok(zx_handle_duplicate(lab.job, ZX_RIGHT_SAME_RIGHTS, &job));
    assert_status(file_clone(client, FOREVER, job), ZX_ERR_NOT_SUPPORTED);
    assert_status(file_clone(client, FOREVER, ZX_HANDLE_INVALID), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_duplicate(lab.job, ZX_RIGHT_SAME_RIGHTS, &job));
    assert_status(file_clone(ZX_HANDLE_INVALID, FOREVER, job), ZX_ERR_BAD_HANDLE);
    assert_ok(zx_handle_duplicate(lab.job, ZX_RIGHT_SAME_RIGHTS, &job));
    assert_status(file_open(client, FOREVER, 0, 0, "", 5000, job), ZX_ERR_OUT_OF_RANGE);
    echo_stop(&echo, client);
}

static void test_handles_come_over(void **state)
{
    (void)state;
    lab_seeds(handles, 2, 40);
}

// Sent without waiting, answers read one by one; and a deadline.
static void asynchronous(void *arg)
{
    static struct echo echo;
    zx_handle_t client = echo_start(&echo);
    uint32_t txid, ordinal;
    zx_status_t status;

    (void)arg;
    assert_ok(file_send_rename(client, 7, "a", 1, "b", 1));
    assert_ok(file_send_get_vmo(client, 8, 1));
    for (uint32_t expected = 7; expected <= 8; expected++) {
        assert_ok(zx_object_wait_one(client, ZX_CHANNEL_READABLE, FOREVER, NULL));
        assert_ok(ipc_read_status(client, &txid, &ordinal, &status));
        assert_int_equal(txid, expected);
        assert_ok(status);
    }
    assert_int_equal(ordinal, FILE_ORDINAL_GET_VMO);
    assert_status(ipc_read_status(client, &txid, &ordinal, &status), ZX_ERR_SHOULD_WAIT);
    echo_stop(&echo, client);
    assert_status(file_send_rename(client, 7, "a", 1, "b", 1), ZX_ERR_BAD_HANDLE);
}

static void test_requests_are_sent_without_waiting(void **state)
{
    (void)state;
    lab_seeds(asynchronous, 2, 40);
}

static void deadline(void *arg)
{
    zx_handle_t ends[2];

    (void)arg;
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_status(file_truncate(ends[0], zx_deadline_after(ZX_MSEC(1)), 5), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(ends[1]));
    assert_status(file_truncate(ends[0], FOREVER, 5), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(ends[0]));
}

static void test_a_call_ends_at_its_deadline(void **state)
{
    (void)state;
    lab_seeds(deadline, 1, 5);
}

static void kernel_no_memory(void *arg)
{
    zx_handle_t ends[2];
    zx_handle_t object;
    uint32_t txid, ordinal;
    zx_status_t status;

    (void)arg;
    if (zx_channel_create(0, &ends[0], &ends[1]) != ZX_OK)
        return;
    if (zx_event_create(0, &object) == ZX_OK) {
        status = file_send_clone(ends[0], 1, object);
        if (status == ZX_OK) {
            struct memory memory = {0};
            const struct ipc_binding binding = file_binding(&file_ops, &memory);

            assert_ok(ipc_serve_one(ends[1], &binding, 1));
            // The answer may have found no memory.
            status = ipc_read_status(ends[0], &txid, &ordinal, &status);
            assert_true(status == ZX_OK || status == ZX_ERR_SHOULD_WAIT);
        } else {
            assert_status(status, ZX_ERR_NO_MEMORY);
        }
    }
    zx_handle_close(ends[0]);
    zx_handle_close(ends[1]);
}

static void test_no_memory_in_the_kernel_leaks_nothing(void **state)
{
    (void)state;
    lab_sweep(kernel_no_memory);
}

const struct CMUnitTest message_tests[] = {
    cmocka_unit_test(test_structures_come_over),
    cmocka_unit_test(test_strings_come_over),
    cmocka_unit_test(test_bytes_come_over),
    cmocka_unit_test(test_handles_come_over),
    cmocka_unit_test(test_requests_are_sent_without_waiting),
    cmocka_unit_test(test_a_call_ends_at_its_deadline),
    cmocka_unit_test(test_no_memory_in_the_kernel_leaks_nothing),
};
const size_t message_test_count = sizeof(message_tests) / sizeof(message_tests[0]);
