// SPDX-License-Identifier: MIT
//
// Clients of the vfs library that misbehave, and its limits.

#include "tree.h"

// Waits until the server has that many connections.
static void wait_for_connections(zx_handle_t root, struct server *server, uint32_t count)
{
    while (atomic_load(&server->connections) != count)
        assert_ok(file_describe(root, FOREVER, NULL, NULL));
}

static void limits(void *arg)
{
    static struct tree tree;
    static struct server server;
    const struct vfs_limits few = {.connections = 8, .family = 5};
    zx_handle_t root = server_start(&server, tree_make(&tree), &few, VFS_TRUSTED);
    zx_handle_t greedy = open_path(root, "", FILE_OPEN_READ);
    zx_handle_t modest;
    zx_handle_t files[8];
    zx_handle_t ends[2];

    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        files[i] = open_path(greedy, "tty", FILE_OPEN_READ);
    expect_open(greedy, "tty", FILE_OPEN_READ, ZX_ERR_NO_RESOURCES);
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_status(file_clone(files[0], FOREVER, ends[1]), ZX_ERR_NO_RESOURCES);
    assert_ok(zx_handle_close(ends[0]));
    // Another family still gets some, up to what all may have together.
    modest = open_path(root, "", FILE_OPEN_READ);
    files[4] = open_path(modest, "tty", FILE_OPEN_READ);
    expect_open(modest, "tty", FILE_OPEN_READ, ZX_ERR_NO_RESOURCES);
    expect_open(root, "", FILE_OPEN_READ, ZX_ERR_NO_RESOURCES);
    // What is closed can be had again.
    assert_ok(zx_handle_close(files[0]));
    wait_for_connections(root, &server, 7);
    files[0] = open_path(greedy, "tty", FILE_OPEN_READ);
    for (unsigned i = 0; i < 5; i++)
        assert_ok(zx_handle_close(files[i]));
    assert_ok(zx_handle_close(greedy));
    assert_ok(zx_handle_close(modest));
    wait_for_connections(root, &server, 1);
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_connections_are_limited(void **state)
{
    (void)state;
    lab_seeds(limits, 2, 30);
}

static void wrong_objects(void *arg)
{
    static struct tree tree;
    static struct server server;
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    zx_handle_t ends[2];
    zx_handle_t object;

    (void)arg;
    assert_ok(zx_event_create(0, &object));
    assert_status(file_open(root, FOREVER, FILE_OPEN_READ, 0, "tty", 3, object),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(
        zx_handle_replace(ends[1], ZX_RIGHT_TRANSFER | ZX_RIGHT_WRITE | ZX_RIGHT_WAIT, &ends[1]));
    assert_status(file_open(root, FOREVER, FILE_OPEN_READ, 0, "tty", 3, ends[1]),
                  ZX_ERR_INVALID_ARGS);
    assert_ok(zx_handle_close(ends[0]));
    // Both ends of a channel: the second is refused, and the first connection ends by that.
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(file_open(root, FOREVER, FILE_OPEN_READ, 0, "tty", 3, ends[1]));
    assert_status(file_clone(root, FOREVER, ends[0]), ZX_ERR_INVALID_ARGS);
    wait_for_connections(root, &server, 1);
    // Closed before it was ever used.
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(file_open(root, FOREVER, FILE_OPEN_READ, 0, "tty", 3, ends[1]));
    wait_for_connections(root, &server, 1);
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_objects_that_cannot_be_served_are_refused(void **state)
{
    (void)state;
    lab_seeds(wrong_objects, 2, 30);
}

// A client floods and goes in the middle; another one is served all the while.
static void flood(void *arg)
{
    static struct tree tree;
    static struct server server;
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    zx_handle_t bad = open_path(root, "", FILE_OPEN_READ);
    uint32_t junk[8] = {0};

    (void)arg;
    for (uint32_t i = 0; i < 60; i++) {
        switch (i % 3) {
        case 0: assert_ok(file_send_read_directory(bad, i)); break;
        case 1: assert_ok(zx_channel_write(bad, 0, junk, 20, NULL, 0)); break;
        default: assert_ok(file_send_read_at(bad, i, i, i)); break;
        }
        assert_ok(file_describe(root, FOREVER, NULL, NULL));
    }
    assert_ok(zx_handle_close(bad));
    wait_for_connections(root, &server, 1);
    // A message too short to be answered ends the connection.
    bad = open_path(root, "", FILE_OPEN_READ);
    assert_ok(zx_channel_write(bad, 0, junk, 3, NULL, 0));
    assert_ok(zx_object_wait_one(bad, ZX_CHANNEL_PEER_CLOSED, FOREVER, NULL));
    assert_ok(zx_handle_close(bad));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_a_flooding_client_delays_nobody(void **state)
{
    (void)state;
    lab_seeds(flood, 3, 40);
}

const struct CMUnitTest client_tests[] = {
    cmocka_unit_test(test_connections_are_limited),
    cmocka_unit_test(test_objects_that_cannot_be_served_are_refused),
    cmocka_unit_test(test_a_flooding_client_delays_nobody),
};
const size_t client_test_count = sizeof(client_tests) / sizeof(client_tests[0]);
