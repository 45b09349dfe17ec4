// SPDX-License-Identifier: MIT
//
// Messages that are not what they should be, to servers and to clients. The laboratory counts the
// handles afterwards; ASan watches the reads.

#include "../user/tests.h"
#include "tests.h"

#define MAX_HANDLES 64u

struct raw {
    uint64_t bytes[ZX_CHANNEL_MAX_MSG_BYTES / 8];
    uint32_t size;
    uint32_t handles;
};

static struct raw raw; // one at a time: too big for stacks

// ---- to a server --------------------------------------------------------------------------------

static unsigned handled;

static void on_open(void *context, const struct ipc_request *request, uint32_t flags, uint32_t mode,
                    const char *path, size_t path_size, zx_handle_t object)
{
    (void)context, (void)flags, (void)mode;
    handled++;
    assert_true(path_size <= FILE_MAX_PATH);
    assert_true(memchr(path, 0, path_size) == NULL);
    assert_ok(zx_handle_close(object));
    assert_ok(file_reply_open(request, ZX_OK));
}

static void on_rename(void *context, const struct ipc_request *request, const char *from,
                      size_t from_size, const char *to, size_t to_size)
{
    (void)context;
    handled++;
    assert_true(memchr(from, 0, from_size) == NULL);
    assert_true(memchr(to, 0, to_size) == NULL);
    assert_ok(file_reply_rename(request, ZX_OK));
}

static void on_write(void *context, const struct ipc_request *request, const void *data,
                     size_t data_size)
{
    uint8_t sum = 0;

    (void)context;
    handled++;
    for (size_t i = 0; i < data_size; i++)
        sum ^= ((const uint8_t *)data)[i];
    assert_ok(file_reply_write(request, ZX_OK, sum));
}

static const struct file_server file_ops = {
    .open = on_open,
    .rename = on_rename,
    .write = on_write,
};

static void on_set_foreground(void *context, const struct ipc_request *request, zx_handle_t job)
{
    (void)context;
    handled++;
    if (job != ZX_HANDLE_INVALID)
        assert_ok(zx_handle_close(job));
    assert_ok(terminal_reply_set_foreground(request, ZX_OK));
}

static const struct terminal_server terminal_ops = {.set_foreground = on_set_foreground};

// Sends the raw message with as many events as it says and serves it. Gives the answer's status, or
// 1 if the server gave the connection up.
static zx_status_t deliver(void)
{
    const struct ipc_binding bindings[] = {
        file_binding(&file_ops, NULL),
        terminal_binding(&terminal_ops, NULL),
    };
    zx_handle_t ends[2];
    zx_handle_t handles[MAX_HANDLES];
    uint32_t txid = 0, ordinal;
    zx_status_t answer = 1;

    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    for (uint32_t i = 0; i < raw.handles; i++)
        assert_ok(zx_event_create(0, &handles[i]));
    assert_ok(zx_channel_write(ends[0], 0, raw.bytes, raw.size, handles, raw.handles));
    switch (ipc_serve_one(ends[1], bindings, 2)) {
    case ZX_OK:
        assert_ok(ipc_read_status(ends[0], &txid, &ordinal, &answer));
        assert_int_equal(txid, (uint32_t)raw.bytes[0]);
        break;
    case ZX_ERR_IO: break;
    default: fail_msg("ipc_serve_one() neither served nor gave up");
    }
    assert_status(ipc_read_status(ends[0], &txid, &ordinal, &answer), ZX_ERR_SHOULD_WAIT);
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
    return answer;
}

// Takes a request that was sent to `channel` as the raw message.
static void capture(zx_handle_t client, zx_handle_t channel)
{
    zx_handle_t handles[MAX_HANDLES];

    (void)client;
    assert_ok(zx_channel_read(channel, 0, raw.bytes, handles, sizeof(raw.bytes), MAX_HANDLES,
                              &raw.size, &raw.handles));
    for (uint32_t i = 0; i < raw.handles; i++)
        assert_ok(zx_handle_close(handles[i]));
}

enum kind { OPEN, RENAME, WRITE, FOREGROUND, NO_FOREGROUND, KINDS };

// Makes a good request of that kind the raw message.
static void make(enum kind kind)
{
    zx_handle_t ends[2];
    zx_handle_t object;

    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_event_create(0, &object));
    switch (kind) {
    case OPEN: assert_ok(file_send_open(ends[0], 9, 1, 2, "some/path", 9, object)); break;
    case RENAME: assert_ok(file_send_rename(ends[0], 9, "from/here", 9, "to", 2)); break;
    case WRITE: assert_ok(file_send_write(ends[0], 9, "0123456789abcdef!", 17)); break;
    case FOREGROUND: assert_ok(terminal_send_set_foreground(ends[0], 9, object)); break;
    default: assert_ok(terminal_send_set_foreground(ends[0], 9, ZX_HANDLE_INVALID)); break;
    }
    if (kind != OPEN && kind != FOREGROUND)
        assert_ok(zx_handle_close(object));
    capture(ends[0], ends[1]);
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
}

static void sizes(void *arg)
{
    (void)arg;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        uint32_t good;

        make(kind);
        good = raw.size;
        handled = 0;
        assert_ok(deliver());
        assert_int_equal(handled, 1);
        handled = 0;
        for (uint32_t size = 0; size < good + 40; size++) {
            make(kind);
            raw.size = size;
            if (size != good)
                assert_status(deliver(), size < 16 ? 1 : ZX_ERR_INVALID_ARGS);
        }
        make(kind);
        raw.size = IPC_MAX_BYTES;
        assert_status(deliver(), ZX_ERR_INVALID_ARGS);
        raw.size = IPC_MAX_BYTES + 1;
        assert_int_equal(deliver(), 1);
        raw.size = ZX_CHANNEL_MAX_MSG_BYTES;
        raw.handles = MAX_HANDLES;
        assert_int_equal(deliver(), 1);
        assert_int_equal(handled, 0);
    }
}

static void test_wrong_sizes_are_refused(void **state)
{
    (void)state;
    lab_seeds(sizes, 1, 2);
}

static void counts(void *arg)
{
    const uint32_t numbers[] = {0, 1, 2, 3, 5, 63, 64};

    (void)arg;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
            uint32_t good;

            make(kind);
            good = raw.handles;
            handled = 0;
            raw.handles = numbers[i];
            assert_status(deliver(), numbers[i] == good ? ZX_OK : ZX_ERR_INVALID_ARGS);
            assert_int_equal(handled, numbers[i] == good);
        }
    }
}

static void test_wrong_numbers_of_handles_are_refused(void **state)
{
    (void)state;
    lab_seeds(counts, 1, 2);
}

static void headers(void *arg)
{
    uint32_t *words = (uint32_t *)raw.bytes;

    (void)arg;
    handled = 0;
    make(OPEN);
    words[2] = 1; // status
    assert_status(deliver(), ZX_ERR_INVALID_ARGS);
    make(OPEN);
    words[3] = 1; // reserved
    assert_status(deliver(), ZX_ERR_INVALID_ARGS);
    make(OPEN);
    words[1] = 0x1ffff; // no such method
    assert_status(deliver(), ZX_ERR_NOT_SUPPORTED);
    make(OPEN);
    words[1] = 0x50001; // no such protocol
    assert_status(deliver(), ZX_ERR_NOT_SUPPORTED);
    make(OPEN);
    words[1] = 0xffffffff;
    assert_status(deliver(), ZX_ERR_NOT_SUPPORTED);
    make(OPEN);
    words[1] = FILE_ORDINAL_STAT; // not by this server
    assert_status(deliver(), ZX_ERR_NOT_SUPPORTED);
    make(RENAME);
    // Lengths that only together fill the message; huge ones; sums that wrap.
    words[4] = 0xfffffff8;
    assert_status(deliver(), ZX_ERR_INVALID_ARGS);
    make(RENAME);
    words[5] = 0xffffffff;
    assert_status(deliver(), ZX_ERR_INVALID_ARGS);
    make(FOREGROUND);
    words[4] = 2; // presence is 0 or 1
    raw.handles = 2;
    assert_status(deliver(), ZX_ERR_INVALID_ARGS);
    assert_int_equal(handled, 0);
}

static void test_wrong_headers_are_refused(void **state)
{
    (void)state;
    lab_seeds(headers, 1, 2);
}

static void mutated(void *arg)
{
    struct mutator mutator = {.state = *(const uint64_t *)arg};

    for (unsigned i = 0; i < 400; i++) {
        make((enum kind)(mutator_next(&mutator) % KINDS));
        mutate(&mutator, (uint8_t *)raw.bytes, raw.size);
        if (mutator_next(&mutator) % 4 == 0)
            raw.handles = (uint32_t)(mutator_next(&mutator) % 3);
        deliver();
    }
}

static void test_mutated_requests_are_survived(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        lab_seeds_arg(mutated, &seed, 1, 1);
}

// ---- to a client --------------------------------------------------------------------------------

struct liar {
    zx_handle_t channel;
    uint32_t size;    // of the answer
    uint32_t handles; // with it
    uint32_t words[10];
    bool keep_ordinal; // else that of the request is put in
};

// Answers one request with what it was told, but for the txid.
static void lie(void *arg)
{
    struct liar *liar = arg;
    uint32_t request[64];
    zx_handle_t handles[MAX_HANDLES];
    uint32_t size, count;

    assert_ok(zx_object_wait_one(liar->channel, ZX_CHANNEL_READABLE, FOREVER, NULL));
    assert_ok(zx_channel_read(liar->channel, 0, request, handles, sizeof(request), MAX_HANDLES,
                              &size, &count));
    liar->words[0] = request[0];
    if (!liar->keep_ordinal)
        liar->words[1] = request[1];
    for (uint32_t i = 0; i < liar->handles; i++)
        assert_ok(zx_event_create(0, &handles[i]));
    assert_ok(zx_channel_write(liar->channel, 0, liar->words, liar->size, handles, liar->handles));
}

// Calls read (0), get_vmo (1) or truncate (2) of a server that answers with `liar`.
static zx_status_t ask(unsigned method, struct liar *liar)
{
    zx_handle_t client;
    zx_handle_t thread;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    uint8_t data[16];
    size_t data_size = 0;
    uint64_t size;
    zx_status_t status;

    assert_ok(zx_channel_create(0, &client, &liar->channel));
    thread = lab_thread(lie, liar);
    if (method == 0)
        status = file_read(client, FOREVER, sizeof(data), data, sizeof(data), &data_size);
    else if (method == 1)
        status = file_get_vmo(client, FOREVER, FILE_VMO_READ, &vmo, &size);
    else
        status = file_truncate(client, FOREVER, 0);
    lab_thread_join(thread);
    assert_true(data_size <= sizeof(data));
    if (vmo != ZX_HANDLE_INVALID)
        assert_ok(zx_handle_close(vmo));
    assert_ok(zx_handle_close(client));
    assert_ok(zx_handle_close(liar->channel));
    return status;
}

static void answers(void *arg)
{
    (void)arg;
    // read: header, length, padding, data
    for (uint32_t size = 4; size <= 40; size += 4) {
        struct liar liar = {.size = size, .words = {[4] = 7}};

        assert_status(ask(0, &liar), size == 32 ? ZX_OK : ZX_ERR_IO);
    }
    assert_status(ask(0, &(struct liar){.size = 32, .words = {[4] = 17}}), ZX_ERR_IO);
    assert_status(ask(0, &(struct liar){.size = 40, .words = {[4] = 0xfffffff9}}), ZX_ERR_IO);
    assert_status(ask(0, &(struct liar){.size = 32, .words = {[3] = 1, [4] = 7}}), ZX_ERR_IO);
    assert_status(ask(0, &(struct liar){.size = 32, .words = {[4] = 7}, .handles = 1}), ZX_ERR_IO);
    assert_status(ask(0, &(struct liar){.size = 32, .words = {[4] = 7}, .handles = 60}),
                  ZX_ERR_BUFFER_TOO_SMALL);
    assert_status(ask(0, &(struct liar){.size = 32,
                                        .words = {[1] = FILE_ORDINAL_READ_AT, [4] = 7},
                                        .keep_ordinal = true}),
                  ZX_ERR_IO);
    // A failure is a header alone.
    assert_status(ask(0, &(struct liar){.size = 16, .words = {[2] = (uint32_t)ZX_ERR_NOT_FILE}}),
                  ZX_ERR_NOT_FILE);
    assert_status(
        ask(0, &(struct liar){.size = 32, .words = {[2] = (uint32_t)ZX_ERR_NOT_FILE, [4] = 7}}),
        ZX_ERR_IO);
    assert_status(
        ask(1,
            &(struct liar){.size = 16, .words = {[2] = (uint32_t)ZX_ERR_NOT_FILE}, .handles = 1}),
        ZX_ERR_IO);
    assert_status(ask(0, &(struct liar){.size = 16, .words = {[2] = 3}}), ZX_ERR_IO);
    // get_vmo: a size and exactly one handle
    for (uint32_t count = 0; count <= 5; count++) {
        struct liar liar = {.size = 24, .handles = count};

        assert_status(ask(1, &liar), count == 1 ? ZX_OK : ZX_ERR_IO);
    }
    assert_status(ask(2, &(struct liar){.size = 16}), ZX_OK);
    assert_status(ask(2, &(struct liar){.size = 24}), ZX_ERR_IO);
    assert_status(ask(2, &(struct liar){.size = 16, .handles = 2}), ZX_ERR_IO);
}

static void test_wrong_answers_are_noticed(void **state)
{
    (void)state;
    lab_seeds(answers, 2, 10);
}

const struct CMUnitTest hostile_tests[] = {
    cmocka_unit_test(test_wrong_sizes_are_refused),
    cmocka_unit_test(test_wrong_numbers_of_handles_are_refused),
    cmocka_unit_test(test_wrong_headers_are_refused),
    cmocka_unit_test(test_mutated_requests_are_survived),
    cmocka_unit_test(test_wrong_answers_are_noticed),
};
const size_t hostile_test_count = sizeof(hostile_tests) / sizeof(hostile_tests[0]);
