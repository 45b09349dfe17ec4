// SPDX-License-Identifier: MIT
//
// The loader service: its messages, by themselves and mutated, and a server with a client that
// breaks every rule.

#include "loading.h"

#include <stdlib.h>

#include <loader/client.h>
#include <loader/protocol.h>
#include <loader/server.h>
#include <zircon/errors.h>

// ---- messages ----

static void test_requests_survive_the_way(void **state)
{
    static const struct {
        uint32_t ordinal, size;
        const char *string;
        uint32_t handles;
    } cases[] = {
        {LOADER_DONE, 16, NULL, 0},
        {LOADER_LOAD_OBJECT, 40, "libx.so", 0},
        {LOADER_LOAD_OBJECT, 40, "libxy.so", 0},
        {LOADER_LOAD_OBJECT, 48, "libxyz.so", 0},
        {LOADER_LOAD_SCRIPT_INTERPRETER, 40, "/bin/sh", 0},
        {LOADER_CONFIG, 40, "asan!", 0},
        {LOADER_CONFIG, 32, "", 0},
        {LOADER_CLONE, 24, NULL, 1},
        {LOADER_DEBUG_PUBLISH_DATA_SINK, 48, "profile", 1},
        {LOADER_DEBUG_LOAD_CONFIG, 40, "x", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bytes[LOADER_MAX_MESSAGE / 8];
        struct loader_request request;
        const char *string = cases[i].string;
        size_t length = string != NULL ? strlen(string) : 0;
        size_t size = loader_build_request(77, cases[i].ordinal, string, length, bytes);

        assert_int_equal(size, cases[i].size);
        assert_int_equal(loader_parse_request(bytes, size, cases[i].handles, &request), ZX_OK);
        assert_int_equal(request.txid, 77);
        assert_int_equal(request.ordinal, cases[i].ordinal);
        assert_int_equal(request.has_object, cases[i].handles);
        assert_int_equal(request.string_size, length);
        assert_int_equal(string == NULL || memcmp(request.string, string, length) == 0, true);
        // One handle more or less, one byte more or less.
        assert_int_equal(loader_parse_request(bytes, size, !cases[i].handles, &request),
                         ZX_ERR_INVALID_ARGS);
        assert_int_equal(loader_parse_request(bytes, size - 1, cases[i].handles, &request),
                         ZX_ERR_INVALID_ARGS);
        assert_int_equal(loader_parse_request(bytes, size + 8, cases[i].handles, &request),
                         ZX_ERR_INVALID_ARGS);
    }
}

static void test_sizes_are_as_the_protocol_says(void **state)
{
    struct loader_request request = {.txid = 5, .ordinal = LOADER_LOAD_OBJECT};
    uint64_t bytes[LOADER_MAX_MESSAGE / 8];
    char text[LOADER_MAX_MESSAGE];
    zx_status_t status;

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(loader_build_request(0, LOADER_LOAD_OBJECT, text, LOADER_MAX_STRING, bytes),
                     LOADER_MAX_MESSAGE);
    assert_int_equal(
        loader_build_request(0, LOADER_LOAD_OBJECT, text, LOADER_MAX_STRING + 1, bytes), 0);
    assert_int_equal(loader_build_request(0, 6, NULL, 0, bytes), 0);
    assert_int_equal(loader_build_reply(&request, ZX_OK, true, bytes), 24);
    assert_int_equal(loader_parse_reply(bytes, 24, 1, 5, LOADER_LOAD_OBJECT, &status), ZX_OK);
    assert_int_equal(status, ZX_OK);
    // Success without a VMO, another's answer, the wrong size.
    assert_int_equal(loader_parse_reply(bytes, 24, 0, 5, LOADER_LOAD_OBJECT, &status), ZX_ERR_IO);
    assert_int_equal(loader_parse_reply(bytes, 24, 1, 6, LOADER_LOAD_OBJECT, &status), ZX_ERR_IO);
    assert_int_equal(loader_parse_reply(bytes, 20, 1, 5, LOADER_LOAD_OBJECT, &status), ZX_ERR_IO);
    request.ordinal = LOADER_CONFIG;
    assert_int_equal(loader_build_reply(&request, ZX_ERR_INVALID_ARGS, false, bytes), 20);
    assert_int_equal(loader_parse_reply(bytes, 20, 0, 5, LOADER_CONFIG, &status), ZX_OK);
    assert_int_equal(status, ZX_ERR_INVALID_ARGS);
}

static void test_names_that_lead_elsewhere(void **state)
{
    static const char *const good[] = {"x", "a/b", ".x", "..x", "x..", "...", "asan/ld.so.1"};
    static const char *const bad[] = {"",  "/",  "/x",   "x/",   "a//b",
                                      ".", "..", "../x", "x/..", "x/./y"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(loader_name_is_plain(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(loader_name_is_plain(bad[i], strlen(bad[i])));
    }
}

// A request of any kind, mutated, in a buffer of exactly its size.
static uint8_t *make_mutant(uint64_t *random, size_t *out_size)
{
    uint64_t bytes[LOADER_MAX_MESSAGE / 8 + 1] = {0};
    uint32_t ordinal = 1 + (uint32_t)(next_random(random) % 8);
    size_t size =
        loader_build_request(9, ordinal, "lib/../libname.so", next_random(random) % 18, bytes);

    if (size == 0) {
        size = sizeof(struct loader_header);
    }
    if (next_random(random) % 4 != 0) {
        mutate_bytes(random, (uint8_t *)bytes, size);
    }
    if (next_random(random) % 4 == 0) {
        size = next_random(random) % (size + 9);
    }
    uint8_t *copy = malloc(size != 0 ? size : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    *out_size = size;
    return copy;
}

static void test_mutated_requests_stay_inside(void **state)
{
    uint64_t random = 12345;
    unsigned accepted = 0;

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        struct loader_request request;
        size_t size;
        uint8_t *bytes = make_mutant(&random, &size);
        uint32_t handles = (uint32_t)(next_random(&random) % 2);

        if (loader_parse_request(bytes, size, handles, &request) == ZX_OK) {
            const uint8_t *string = (const uint8_t *)request.string;

            accepted++;
            assert_int_equal(request.has_object, handles);
            assert_true(string == NULL ||
                        (string >= bytes + 32 && string + request.string_size <= bytes + size));
        }
        free(bytes);
    }
    assert_true(accepted > 10000);
}

// ---- a server ----

static char last_path[LOADER_MAX_PATH];

static zx_status_t open_file(void *context, const char *path, zx_handle_t *out_vmo)
{
    (void)context;
    assert_true(path[0] != '/' && strstr(path, "/../") == NULL);
    strcpy(last_path, path);
    return strstr(path, "name") != NULL ? zx_vmo_create(0, 0, out_vmo) : ZX_ERR_NOT_FOUND;
}

static const struct loader_service service = {.open = open_file};

// Sends what no linker would and reads what comes back: at most one answer each, well-formed.
static void hostile_client(void *arg)
{
    uint64_t random = *(uint64_t *)arg;
    struct loader_connection connection;
    zx_handle_t ours = ZX_HANDLE_INVALID, theirs;
    struct possessions before = possessions_count();

    for (unsigned i = 0; i < 3000; i++) {
        zx_handle_t handles[3], received[2];
        uint32_t count = (uint32_t)(next_random(&random) % 8 == 0 ? next_random(&random) % 4 : 0);
        uint8_t reply[64];
        uint32_t reply_size, reply_handles;
        size_t size;

        if (ours == ZX_HANDLE_INVALID) {
            assert_ok(zx_channel_create(0, &ours, &theirs));
            loader_connection_init(&connection, theirs);
        }
        for (uint32_t n = 0; n < count; n++) {
            assert_ok(zx_event_create(0, &handles[n]));
        }
        uint8_t *bytes = make_mutant(&random, &size);

        assert_ok(zx_channel_write(ours, 0, bytes, (uint32_t)size, handles, count));
        free(bytes);
        zx_status_t status = loader_serve_one(&service, &connection);

        if (status != ZX_OK) {
            assert_true(status != ZX_ERR_SHOULD_WAIT);
            loader_connection_close(&connection);
            assert_ok(zx_handle_close(ours));
            ours = ZX_HANDLE_INVALID;
            continue;
        }
        assert_ok(zx_channel_read(ours, 0, reply, received, sizeof(reply), 2, &reply_size,
                                  &reply_handles));
        assert_true(reply_size == 20 || reply_size == 24);
        for (uint32_t n = 0; n < reply_handles; n++) {
            assert_ok(zx_handle_close(received[n]));
        }
        assert_status(loader_serve_one(&service, &connection), ZX_ERR_SHOULD_WAIT);
    }
    if (ours != ZX_HANDLE_INVALID) {
        assert_ok(zx_handle_close(ours));
        assert_status(loader_serve_one(&service, &connection), ZX_ERR_PEER_CLOSED);
        loader_connection_close(&connection);
    }
    possessions_check(before);
}

static void test_a_hostile_client_gets_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        uint64_t start = seed * 0x9e3779b97f4a7c15u;
        struct lab_config config = lab_config_make(__func__, hostile_client);

        config.arg = &start;
        config.max_steps = 200000000;
        lab_run(&config);
    }
}

static void serve(void *arg)
{
    struct loader_connection *connection = arg;
    zx_status_t status = ZX_OK;

    while (status == ZX_OK || status == ZX_ERR_SHOULD_WAIT) {
        status =
            zx_object_wait_one(connection->channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                               ZX_TIME_INFINITE, NULL);
        if (status == ZX_OK) {
            status = loader_serve_one(&service, connection);
        }
    }
    loader_connection_close(connection);
}

static void client_and_server(void *arg)
{
    struct loader_connection connection;
    zx_handle_t ours, theirs, vmo, other;
    zx_time_t never = ZX_TIME_INFINITE;

    (void)arg;
    struct possessions before = possessions_count();

    assert_ok(zx_channel_create(0, &ours, &theirs));
    loader_connection_init(&connection, theirs);
    zx_handle_t server = lab_thread(serve, &connection);

    assert_ok(loader_load_object(ours, never, "a-name", &vmo));
    assert_string_equal(last_path, "lib/a-name");
    assert_ok(zx_handle_close(vmo));
    assert_ok(loader_set_config(ours, never, "asan!"));
    assert_status(loader_load_object(ours, never, "other", &vmo), ZX_ERR_NOT_FOUND);
    assert_string_equal(last_path, "lib/asan/other");
    assert_ok(loader_set_config(ours, never, "asan"));
    assert_status(loader_load_object(ours, never, "other", &vmo), ZX_ERR_NOT_FOUND);
    assert_string_equal(last_path, "lib/other");
    assert_status(loader_set_config(ours, never, "!"), ZX_ERR_INVALID_ARGS);
    assert_ok(loader_load_script_interpreter(ours, never, "/boot/bin/name", &vmo));
    assert_string_equal(last_path, "bin/name");
    assert_ok(zx_handle_close(vmo));
    assert_status(loader_clone(ours, never, &other), ZX_ERR_NOT_SUPPORTED);
    assert_ok(zx_handle_close(ours));
    lab_thread_join(server);
    possessions_check(before);
}

static void test_client_and_server_understand_each_other(void **state)
{
    (void)state;
    lab_seeds(client_and_server, 2, 50);
}

// A service that takes requests and never answers, and one that is gone.
static void false_services(void *arg)
{
    zx_handle_t ours, theirs, vmo;

    (void)arg;
    struct possessions before = possessions_count();

    assert_ok(zx_channel_create(0, &ours, &theirs));
    assert_status(loader_load_object(ours, zx_deadline_after(ZX_MSEC(1)), "x", &vmo),
                  ZX_ERR_TIMED_OUT);
    assert_status(loader_clone(ours, zx_deadline_after(ZX_MSEC(1)), &vmo), ZX_ERR_TIMED_OUT);
    assert_ok(zx_handle_close(theirs));
    assert_status(loader_load_object(ours, ZX_TIME_INFINITE, "x", &vmo), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(ours));
    possessions_check(before);
}

static void test_a_silent_service_costs_its_deadline(void **state)
{
    (void)state;
    lab_seeds(false_services, 1, 5);
}

const struct CMUnitTest service_tests[] = {
    cmocka_unit_test(test_requests_survive_the_way),
    cmocka_unit_test(test_sizes_are_as_the_protocol_says),
    cmocka_unit_test(test_names_that_lead_elsewhere),
    cmocka_unit_test(test_mutated_requests_stay_inside),
    cmocka_unit_test(test_a_hostile_client_gets_nothing),
    cmocka_unit_test(test_client_and_server_understand_each_other),
    cmocka_unit_test(test_a_silent_service_costs_its_deadline),
};
const size_t service_test_count = sizeof(service_tests) / sizeof(service_tests[0]);
