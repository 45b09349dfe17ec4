// SPDX-License-Identifier: MIT
//
// bootfs's loader service: connections on the loop, over the files of the initrd. The protocol
// itself is tested in test/host/user.

#include <stdio.h>

#include <loader/protocol.h>

#include "bootfs.h"
#include "loader.h"
#include "tests.h"

static uint8_t archive[4096];

// An archive with lib/libx.so only.
static size_t make_archive(void)
{
    static const char *const members[][2] = {{"lib/libx.so", "library!"}, {"TRAILER!!!", ""}};
    size_t at = 0;

    for (unsigned i = 0; i < 2; i++) {
        const char *name = members[i][0];
        const char *data = members[i][1];

        at += (size_t)snprintf((char *)archive + at, sizeof(archive) - at,
                               "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u,
                               0100755u, 0u, 0u, 1u, 0u, (unsigned)strlen(data), 0u, 0u, 0u, 0u,
                               (unsigned)strlen(name) + 1, 0u);
        memcpy(archive + at, name, strlen(name) + 1);
        at = (at + strlen(name) + 1 + 3) & ~(size_t)3;
        memcpy(archive + at, data, strlen(data));
        at = (at + strlen(data) + 3) & ~(size_t)3;
    }
    return at;
}

// One request to the loader and its answer's status. A handle is sent if `handle` is one, and
// received.
static zx_status_t ask(zx_handle_t channel, uint32_t ordinal, const char *name, zx_handle_t *handle)
{
    uint64_t request[LOADER_MAX_MESSAGE / 8];
    uint64_t reply[LOADER_MAX_MESSAGE / 8];
    zx_channel_call_args_t args = {
        .wr_bytes = request,
        .rd_bytes = reply,
        .wr_handles = handle,
        .rd_handles = handle,
        .wr_num_handles = *handle != ZX_HANDLE_INVALID,
        .rd_num_bytes = sizeof(reply),
        .rd_num_handles = 1,
    };
    uint32_t num_bytes, num_handles;
    zx_status_t status;

    args.wr_num_bytes = (uint32_t)loader_build_request(0, ordinal, name, strlen(name), request);
    assert_ok(zx_channel_call(channel, 0, FOREVER, &args, &num_bytes, &num_handles));
    if (num_handles == 0)
        *handle = ZX_HANDLE_INVALID;
    assert_ok(
        loader_parse_reply(reply, num_bytes, num_handles, (uint32_t)reply[0], ordinal, &status));
    return status;
}

static void service(void *arg)
{
    static struct server server;
    struct bootfs *bootfs;
    struct vfs_directory *outgoing;
    struct vfs_node *node;
    zx_handle_t root, channel, clone, vmo;
    char text[8];

    (void)arg;
    assert_ok(bootfs_create(archive, make_archive(), &bootfs));
    assert_ok(vfs_directory_create(&outgoing));
    root = server_start(&server, &outgoing->node, NULL, 0);
    // The loop is the server's: nothing runs on it before the first message.
    assert_ok(boot_loader_create(server.loop, bootfs, &node));
    assert_ok(vfs_directory_add(outgoing, "loader", node));
    vfs_node_unref(node);

    channel = open_path(root, "loader", FILE_OPEN_READ | FILE_OPEN_WRITE);
    for (unsigned i = 0; i < 3; i++) {
        vmo = ZX_HANDLE_INVALID;
        assert_ok(ask(channel, LOADER_LOAD_OBJECT, "libx.so", &vmo));
        assert_ok(zx_vmo_read(vmo, text, 0, 8));
        assert_memory_equal(text, "library!", 8);
        assert_ok(zx_handle_close(vmo));
    }
    vmo = ZX_HANDLE_INVALID;
    assert_status(ask(channel, LOADER_LOAD_OBJECT, "liby.so", &vmo), ZX_ERR_NOT_FOUND);
    // Another connection goes on when the first one ends.
    assert_ok(zx_channel_create(0, &clone, &vmo));
    assert_ok(ask(channel, LOADER_CLONE, "", &vmo));
    assert_ok(zx_channel_write(channel, 0, "junk", 4, NULL, 0));
    assert_ok(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, FOREVER, NULL));
    assert_ok(zx_handle_close(channel));
    vmo = ZX_HANDLE_INVALID;
    assert_ok(ask(clone, LOADER_LOAD_OBJECT, "libx.so", &vmo));
    assert_ok(zx_handle_close(vmo));
    // What is still open when the server ends is closed by it.
    channel = open_path(root, "loader", FILE_OPEN_READ);
    assert_ok(zx_handle_close(root));
    server_join(&server);
    bootfs_destroy(bootfs);
    server_stop(&server);
    assert_ok(zx_object_wait_one(channel, ZX_CHANNEL_PEER_CLOSED, FOREVER, NULL));
    assert_ok(zx_handle_close(channel));
    assert_ok(zx_handle_close(clone));
}

static void test_the_loader_service_answers(void **state)
{
    (void)state;
    lab_seeds(service, 2, 20);
}

const struct CMUnitTest loader_tests[] = {
    cmocka_unit_test(test_the_loader_service_answers),
};
const size_t loader_test_count = sizeof(loader_tests) / sizeof(loader_tests[0]);
