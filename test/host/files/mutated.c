// SPDX-License-Identifier: MIT
//
// Mutated requests to a whole file system: whatever they do to it, it goes on serving others, and
// gives everything back when its clients have gone.

#include "../user/tests.h"
#include "ramfs.h"
#include "tests.h"

static struct server server;

struct request {
    uint64_t bytes[IPC_MAX_BYTES / 8];
    uint32_t size;
    uint32_t handles;
};

static struct request request;

// Sends one of all the requests there are to `channel`, with arguments by chance.
static void send_any(struct mutator *mutator, zx_handle_t channel, zx_handle_t object)
{
    static const char *const paths[] = {"a", "b", "d", "d/a", "d/e", "a/b", "", "/", "d/..", "no"};
    const char *path = paths[mutator_next(mutator) % 10];
    const char *other = paths[mutator_next(mutator) % 10];
    uint32_t number = (uint32_t)(mutator_next(mutator) % 9000);

    switch (mutator_next(mutator) % 12) {
    case 0:
    case 1:
    case 2: file_send_open(channel, 1, number % 128, 0644, path, strlen(path), object); return;
    case 3: file_send_clone(channel, 1, object); return;
    case 4: file_send_make_directory(channel, 1, 0755, path, strlen(path)); break;
    case 5: file_send_rename(channel, 1, path, strlen(path), other, strlen(other)); break;
    case 6: file_send_unlink(channel, 1, number % 2, path, strlen(path)); break;
    case 7: file_send_write_at(channel, 1, number, "0123456789", 10); break;
    case 8: file_send_truncate(channel, 1, number); break;
    case 9: file_send_seek(channel, 1, number, number % 3); break;
    case 10: file_send_get_vmo(channel, 1, number % 16); break;
    default: file_send_read_directory(channel, 1); break;
    }
    zx_handle_close(object);
}

// Sends a request, more or less changed, by `victim`.
static void send_mutated(struct mutator *mutator, zx_handle_t victim)
{
    zx_handle_t ends[2], objects[2], handles[IPC_MAX_HANDLES];

    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(zx_channel_create(0, &objects[0], &objects[1]));
    send_any(mutator, ends[0], objects[1]);
    assert_ok(zx_channel_read(ends[1], 0, request.bytes, handles, sizeof(request.bytes),
                              IPC_MAX_HANDLES, &request.size, &request.handles));
    if (mutator_next(mutator) % 2 == 0)
        mutate(mutator, (uint8_t *)request.bytes, request.size);
    // The victim may be closed already.
    zx_channel_write(victim, 0, request.bytes, request.size, handles, request.handles);
    assert_ok(zx_handle_close(ends[0]));
    assert_ok(zx_handle_close(ends[1]));
    assert_ok(zx_handle_close(objects[0]));
}

static void mutated(void *arg)
{
    struct mutator mutator = {.state = *(const uint64_t *)arg};
    struct vfs_node *root_node;
    struct file_system system;
    zx_handle_t root;

    assert_ok(ramfs_create(1 << 20, &root_node));
    root = server_start(&server, root_node, NULL, 0);
    make_file(root, "a", "text");
    assert_ok(do_mkdir(root, "d"));
    for (unsigned round = 0; round < 30; round++) {
        zx_handle_t victim = ZX_HANDLE_INVALID;

        // Sometimes on a file, if it is still there.
        if (round % 3 == 0)
            try_open(root, "a", FILE_OPEN_READ | FILE_OPEN_WRITE, &victim);
        if (victim == ZX_HANDLE_INVALID)
            victim = open_path(root, "", FILE_OPEN_READ);
        for (unsigned i = 0; i < 20; i++)
            send_mutated(&mutator, victim);
        // Whatever comes, something does; it may be the answer to a request whose txid was changed.
        file_describe(victim, FOREVER, NULL, NULL);
        assert_ok(zx_handle_close(victim));
        make_file(root, "good", "client");
        assert_ok(do_unlink(root, "good"));
    }
    do {
        assert_ok(file_describe(root, FOREVER, NULL, NULL));
    } while (atomic_load(&server.connections) != 1);
    assert_ok(file_query_file_system(root, FOREVER, &system));
    assert_true(system.used <= system.total);
    assert_ok(zx_handle_close(root));
    server_stop(&server);
}

static void test_mutated_requests_do_not_harm_others(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++)
        lab_seeds_arg(mutated, &seed, 2, 2);
}

const struct CMUnitTest mutated_tests[] = {
    cmocka_unit_test(test_mutated_requests_do_not_harm_others),
};
const size_t mutated_test_count = sizeof(mutated_tests) / sizeof(mutated_tests[0]);
