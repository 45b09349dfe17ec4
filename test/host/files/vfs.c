// SPDX-License-Identifier: MIT
//
// The vfs library: paths, deferred answers, services and mounts, the loop.

#include <vfs/outgoing.h>

#include "tree.h"

static void paths(void *arg)
{
    static struct tree tree;
    static struct server server;
    static char longest[FILE_MAX_PATH];
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    struct file_attributes attributes;
    uint32_t kind, flags;
    zx_handle_t file;

    (void)arg;
    expect_names(root, "dir tty service mount");
    expect_open(root, "", FILE_OPEN_READ, ZX_OK);
    expect_open(root, ".", FILE_OPEN_READ, ZX_OK);
    expect_open(root, "//.///", FILE_OPEN_READ, ZX_OK);
    expect_open(root, "dir//./inner", FILE_OPEN_READ, ZX_OK);
    expect_open(root, "/dir/", FILE_OPEN_READ | FILE_OPEN_DIRECTORY, ZX_OK);
    expect_open(root, "dir/.", FILE_OPEN_READ, ZX_OK);
    expect_open(root, "nothing", FILE_OPEN_READ, ZX_ERR_NOT_FOUND);
    expect_open(root, "nothing/below", FILE_OPEN_READ, ZX_ERR_NOT_FOUND);
    expect_open(root, "tty/below", FILE_OPEN_READ, ZX_ERR_NOT_DIR);
    expect_open(root, "tty/", FILE_OPEN_READ, ZX_ERR_NOT_DIR);
    expect_open(root, "tty/.", FILE_OPEN_READ, ZX_ERR_NOT_DIR);
    expect_open(root, "dir/../tty", FILE_OPEN_READ, ZX_ERR_INVALID_ARGS);
    expect_open(root, "..", FILE_OPEN_READ, ZX_ERR_INVALID_ARGS);
    expect_open(root, "tty", FILE_OPEN_READ | FILE_OPEN_DIRECTORY, ZX_ERR_NOT_DIR);
    expect_open(root, "dir", FILE_OPEN_WRITE, ZX_ERR_NOT_FILE);
    expect_open(root, "tty", 0x8000, ZX_ERR_INVALID_ARGS);
    expect_open(root, "tty", FILE_OPEN_TRUNCATE, ZX_ERR_INVALID_ARGS);
    expect_open(root, "new", FILE_OPEN_CREATE, ZX_ERR_IO_REFUSED);
    expect_open(root, "tty", FILE_OPEN_CREATE | FILE_OPEN_EXCLUSIVE, ZX_ERR_ALREADY_EXISTS);
    memset(longest, 'n', sizeof(longest));
    longest[FILE_MAX_NAME + 1] = 0;
    expect_open(root, longest, FILE_OPEN_READ, ZX_ERR_BAD_PATH);
    longest[FILE_MAX_NAME] = 0;
    expect_open(root, longest, FILE_OPEN_READ, ZX_ERR_NOT_FOUND);
    assert_status(do_mkdir(root, "dir"), ZX_ERR_ALREADY_EXISTS);
    assert_status(do_mkdir(root, ""), ZX_ERR_ALREADY_EXISTS);
    assert_status(do_mkdir(root, "new"), ZX_ERR_IO_REFUSED);
    assert_status(do_unlink(root, ""), ZX_ERR_UNAVAILABLE);
    assert_status(do_unlink(root, "tty"), ZX_ERR_IO_REFUSED);
    assert_status(do_unlink(root, "mount/x"), ZX_ERR_NOT_SUPPORTED);
    assert_status(do_rename(root, "tty", "dir/tty"), ZX_ERR_IO_REFUSED);
    assert_ok(do_stat(root, "dir/inner", &attributes));
    assert_int_equal(attributes.kind, FILE_KIND_TERMINAL);
    assert_int_equal(attributes.id, tree.tty.node.id);
    assert_ok(do_stat(root, "service", &attributes));
    assert_int_equal(attributes.kind, FILE_KIND_SERVICE);
    assert_status(do_stat(root, "mount/x", &attributes), ZX_ERR_NOT_SUPPORTED);
    assert_status(do_stat(root, "service/x", &attributes), ZX_ERR_NOT_DIR);
    // A connection to something else than a directory.
    file = open_path(root, "tty", FILE_OPEN_READ);
    assert_ok(file_describe(file, FOREVER, &kind, &flags));
    assert_int_equal(kind, FILE_KIND_TERMINAL);
    assert_int_equal(flags, FILE_OPEN_READ);
    expect_open(file, "", FILE_OPEN_READ, ZX_OK);
    expect_open(file, "", FILE_OPEN_WRITE, ZX_ERR_ACCESS_DENIED);
    expect_open(file, "x", FILE_OPEN_READ, ZX_ERR_NOT_DIR);
    assert_status(file_write(file, FOREVER, "x", 1, NULL), ZX_ERR_BAD_HANDLE);
    assert_status(file_seek(file, FOREVER, 0, FILE_SEEK_START, NULL), ZX_ERR_NOT_SUPPORTED);
    assert_status(file_truncate(file, FOREVER, 0), ZX_ERR_BAD_HANDLE);
    assert_status(file_read_directory(file, FOREVER, longest, sizeof(longest), NULL),
                  ZX_ERR_NOT_DIR);
    assert_ok(zx_handle_close(file));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    assert_true(server.root_closed);
    tree_end(&tree);
}

static void test_paths_lead_where_they_should(void **state)
{
    (void)state;
    lab_seeds(paths, 2, 20);
}

// ---- deferred answers ---------------------------------------------------------------------------

struct reader {
    zx_handle_t file;
    zx_status_t status;
    char data[16];
    size_t size;
};

static void read_one(void *arg)
{
    struct reader *reader = arg;

    reader->status = file_read(reader->file, FOREVER, sizeof(reader->data), reader->data,
                               sizeof(reader->data), &reader->size);
}

static void deferred(void *arg)
{
    static struct tree tree;
    static struct server server;
    static struct reader readers[3];
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    zx_handle_t threads[3];
    zx_handle_t file;
    uint32_t columns, flags;

    (void)arg;
    for (unsigned i = 0; i < 3; i++) {
        readers[i].file = open_path(root, "tty", FILE_OPEN_READ);
        threads[i] = lab_thread(read_one, &readers[i]);
    }
    file = open_path(root, "tty", FILE_OPEN_WRITE);
    assert_ok(terminal_get_size(file, FOREVER, &columns, &flags));
    assert_int_equal(flags, FILE_OPEN_WRITE);
    // One of the three gives up; the others get what is written, sooner or later.
    assert_ok(zx_handle_close(readers[2].file));
    lab_thread_join(threads[2]);
    assert_true(readers[2].status != ZX_OK);
    for (unsigned i = 0; i < 2; i++) {
        do
            write_text(file, "news");
        while (zx_object_wait_one(threads[i], ZX_THREAD_TERMINATED, 0, NULL) != ZX_OK);
        lab_thread_join(threads[i]);
        assert_ok(readers[i].status);
        assert_int_equal(readers[i].size, 4);
        assert_ok(zx_handle_close(readers[i].file));
    }
    assert_ok(zx_handle_close(file));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_answers_may_come_later(void **state)
{
    (void)state;
    lab_seeds(deferred, 3, 100);
}

static void signals(void *arg)
{
    static struct tree tree;
    static struct server server;
    const zx_signals_t all = FILE_SIGNAL_READABLE | FILE_SIGNAL_WRITABLE;
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    zx_handle_t file = open_path(root, "tty", FILE_OPEN_READ | FILE_OPEN_WRITE);
    zx_signals_t pending = 0;

    (void)arg;
    // The answer to open comes after the signals.
    assert_ok(zx_object_wait_one(file, FILE_SIGNAL_WRITABLE, 0, &pending));
    assert_int_equal(pending & all, FILE_SIGNAL_WRITABLE);
    write_text(file, "x");
    assert_ok(zx_object_wait_one(file, FILE_SIGNAL_READABLE, FOREVER, &pending));
    assert_int_equal(pending & all, FILE_SIGNAL_READABLE);
    assert_ok(zx_object_wait_one(root, all, 0, &pending));
    assert_int_equal(pending & all, all);
    assert_ok(zx_handle_close(file));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_readiness_shows_at_the_clients_end(void **state)
{
    (void)state;
    lab_seeds(signals, 2, 40);
}

// More reads than may be outstanding, sent without waiting; then the client goes.
static void pending(void *arg)
{
    static struct tree tree;
    static struct server server;
    const struct vfs_limits limits = {.pending = 4};
    zx_handle_t root = server_start(&server, tree_make(&tree), &limits, 0);
    zx_handle_t file = open_path(root, "tty", FILE_OPEN_READ);

    (void)arg;
    for (uint32_t txid = 1; txid <= 10; txid++)
        assert_ok(file_send_read(file, txid, 1));
    for (uint32_t expected = 5; expected <= 10; expected++) {
        uint32_t txid, ordinal;
        zx_status_t status;

        assert_ok(zx_object_wait_one(file, ZX_CHANNEL_READABLE, FOREVER, NULL));
        assert_ok(ipc_read_status(file, &txid, &ordinal, &status));
        assert_int_equal(txid, expected);
        assert_status(status, ZX_ERR_SHOULD_WAIT);
    }
    assert_ok(zx_handle_close(file));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    assert_int_equal(tree.tty.dropped, 4);
    tree_end(&tree);
}

static void test_outstanding_answers_are_limited(void **state)
{
    (void)state;
    lab_seeds(pending, 2, 40);
}

// ---- services and mounts ------------------------------------------------------------------------

static void handed_over(void *arg)
{
    static struct tree tree;
    static struct server server;
    zx_handle_t root = server_start(&server, tree_make(&tree), NULL, 0);
    zx_handle_t client;
    uint32_t kind;
    char byte;
    uint32_t size;

    (void)arg;
    client = open_path(root, "service", FILE_OPEN_READ | FILE_OPEN_WRITE);
    assert_int_equal(tree.service.flags, FILE_OPEN_READ | FILE_OPEN_WRITE);
    assert_ok(zx_channel_write(tree.service.object, 0, "!", 1, NULL, 0));
    assert_ok(zx_channel_read(client, 0, &byte, NULL, 1, 0, &size, NULL));
    assert_int_equal(byte, '!');
    assert_ok(zx_handle_close(client));
    assert_ok(zx_handle_close(tree.service.object));
    tree.service.object = ZX_HANDLE_INVALID;
    expect_open(root, "service/x", FILE_OPEN_READ, ZX_ERR_NOT_DIR);
    expect_open(root, "service", FILE_OPEN_READ | FILE_OPEN_DIRECTORY, ZX_ERR_NOT_DIR);
    client = open_path(root, "service", 0);
    assert_ok(file_describe(client, FOREVER, &kind, NULL));
    assert_int_equal(kind, FILE_KIND_SERVICE);
    assert_ok(zx_handle_close(client));
    // A mount gets everything behind it, and may answer when it likes.
    client = open_path(root, "mount//far/../away/", FILE_OPEN_READ);
    assert_string_equal(tree.mount.path, "far/../away/");
    assert_ok(zx_handle_close(tree.mount.object));
    assert_ok(zx_handle_close(client));
    tree.mount.object = ZX_HANDLE_INVALID;
    tree.mount.defer = true;
    assert_ok(zx_channel_create(0, &client, &tree.service.object));
    assert_ok(file_send_open(root, 5, 0, 0, "mount/", 6, tree.service.object));
    assert_ok(file_describe(root, FOREVER, &kind, NULL));
    assert_string_equal(tree.mount.path, "");
    assert_ok(file_reply_open(&tree.mount.request, ZX_ERR_UNAVAILABLE));
    assert_ok(zx_handle_close(tree.mount.object));
    assert_ok(zx_handle_close(client));
    assert_ok(zx_handle_close(root));
    server_stop(&server);
    tree_end(&tree);
}

static void test_services_and_mounts_get_the_channel(void **state)
{
    (void)state;
    lab_seeds(handed_over, 2, 40);
}

// ---- the loop -----------------------------------------------------------------------------------

struct ticker {
    struct vfs_loop *loop;
    struct vfs_timer first, second, never;
    struct vfs_watch watch, other;
    unsigned ticks, watched;
};

static void tick_second(void *context)
{
    struct ticker *ticker = context;

    // Timers that are due go before packets, and time may run.
    if (ticker->watched < 3) {
        vfs_timer_start(ticker->loop, &ticker->second, zx_deadline_after(ZX_MSEC(1)));
        return;
    }
    assert_int_equal(++ticker->ticks, 2);
    vfs_loop_stop(ticker->loop);
}

static void tick_first(void *context)
{
    struct ticker *ticker = context;

    assert_int_equal(++ticker->ticks, 1);
    vfs_timer_cancel(&ticker->never);
}

static void tick_never(void *context)
{
    (void)context;
    fail_msg("a cancelled timer fired");
}

// Repeats; at the third time cancels itself and the other, whose packet may be there already.
static void watch_fired(void *context, zx_signals_t observed)
{
    struct ticker *ticker = context;

    assert_true((observed & ZX_EVENT_SIGNALED) != 0);
    if (++ticker->watched == 3) {
        vfs_watch_cancel(ticker->loop, &ticker->watch);
        vfs_watch_cancel(ticker->loop, &ticker->other);
    }
}

static void other_fired(void *context, zx_signals_t observed)
{
    struct ticker *ticker = context;

    (void)observed;
    assert_true(ticker->watched < 3);
}

// A watch that is always ready does not keep a timer waiting.
static void count_once(void *context)
{
    vfs_loop_stop(context);
}

static void nothing(void *context, zx_signals_t observed)
{
    (void)context;
    (void)observed;
}

static void flooded(void *arg)
{
    struct vfs_loop *loop;
    zx_handle_t event;

    (void)arg;
    assert_ok(vfs_loop_create(&loop));
    assert_ok(zx_event_create(0, &event));
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    struct vfs_timer timer = {.fired = count_once, .context = loop};
    struct vfs_watch watch = {event, ZX_EVENT_SIGNALED, nothing, NULL, .repeat = true};
    assert_ok(vfs_watch_start(loop, &watch));
    vfs_timer_start(loop, &timer, zx_deadline_after(ZX_MSEC(1)));
    assert_ok(vfs_loop_run(loop)); // ends at all
    vfs_loop_destroy(loop);
    assert_ok(zx_handle_close(event));
}

static void test_a_flood_does_not_stop_timers(void **state)
{
    (void)state;
    lab_seeds(flooded, 1, 5);
}

static void loop(void *arg)
{
    static struct ticker ticker;
    zx_handle_t event;
    zx_time_t now = zx_clock_get_monotonic();

    (void)arg;
    memset(&ticker, 0, sizeof(ticker));
    assert_ok(vfs_loop_create(&ticker.loop));
    assert_ok(zx_event_create(0, &event));
    assert_ok(zx_object_signal(event, 0, ZX_EVENT_SIGNALED));
    ticker.first = (struct vfs_timer){.fired = tick_first, .context = &ticker};
    ticker.second = (struct vfs_timer){.fired = tick_second, .context = &ticker};
    ticker.never = (struct vfs_timer){.fired = tick_never, .context = &ticker};
    ticker.watch =
        (struct vfs_watch){event, ZX_EVENT_SIGNALED, watch_fired, &ticker, .repeat = true};
    ticker.other =
        (struct vfs_watch){event, ZX_EVENT_SIGNALED, other_fired, &ticker, .repeat = true};
    vfs_timer_start(ticker.loop, &ticker.second, now + ZX_MSEC(30));
    vfs_timer_start(ticker.loop, &ticker.never, now + ZX_MSEC(20));
    vfs_timer_start(ticker.loop, &ticker.first, now + ZX_MSEC(90));
    vfs_timer_start(ticker.loop, &ticker.first, now + ZX_MSEC(10));
    assert_ok(vfs_watch_start(ticker.loop, &ticker.watch));
    assert_ok(vfs_watch_start(ticker.loop, &ticker.other));
    assert_ok(vfs_loop_run(ticker.loop));
    assert_int_equal(ticker.ticks, 2);
    assert_int_equal(ticker.watched, 3);
    assert_status(vfs_loop_run_once(ticker.loop, 0), ZX_ERR_TIMED_OUT);
    vfs_timer_start(ticker.loop, &ticker.never, ZX_TIME_INFINITE);
    assert_ok(vfs_watch_start(ticker.loop, &ticker.other));
    vfs_loop_destroy(ticker.loop);
    assert_false(ticker.other.active);
    assert_ok(zx_handle_close(event));
    assert_int_equal(alloc_live(), 0);
}

static void test_the_loop_watches_and_times(void **state)
{
    (void)state;
    lab_seeds(loop, 2, 40);
}

// ---- the manager goes ---------------------------------------------------------------------------

struct outgoing {
    struct vfs_loop *loop;
    struct tree tree;
    zx_handle_t channel;
    zx_status_t ended;
};

static void outgoing_run(void *arg)
{
    struct outgoing *outgoing = arg;

    outgoing->ended =
        vfs_run_outgoing(outgoing->loop, outgoing->tree.root, outgoing->channel, NULL);
}

static void outgoing(void *arg)
{
    static struct outgoing service;
    zx_handle_t manager, thread, file;

    (void)arg;
    memset(&service, 0, sizeof(service));
    tree_make(&service.tree);
    assert_ok(vfs_loop_create(&service.loop));
    assert_status(vfs_run_outgoing(service.loop, service.tree.root, ZX_HANDLE_INVALID, NULL),
                  ZX_ERR_BAD_HANDLE);
    assert_ok(zx_channel_create(0, &manager, &service.channel));
    // Requests may come before the service runs.
    assert_ok(zx_channel_create(0, &file, &thread));
    assert_ok(file_send_open(manager, 1, FILE_OPEN_READ, 0, "tty", 3, thread));
    thread = lab_thread(outgoing_run, &service);
    assert_ok(file_describe(file, FOREVER, NULL, NULL));
    assert_ok(zx_handle_close(manager));
    lab_thread_join(thread);
    assert_ok(service.ended);
    assert_status(file_describe(file, FOREVER, NULL, NULL), ZX_ERR_PEER_CLOSED);
    assert_ok(zx_handle_close(file));
    vfs_loop_destroy(service.loop);
    vfs_node_unref(&service.tree.root->node);
    tree_end(&service.tree);
    assert_int_equal(alloc_live(), 0);
}

static void test_a_service_ends_with_its_manager(void **state)
{
    (void)state;
    lab_seeds(outgoing, 2, 40);
}

const struct CMUnitTest vfs_tests[] = {
    cmocka_unit_test(test_paths_lead_where_they_should),
    cmocka_unit_test(test_answers_may_come_later),
    cmocka_unit_test(test_readiness_shows_at_the_clients_end),
    cmocka_unit_test(test_outstanding_answers_are_limited),
    cmocka_unit_test(test_services_and_mounts_get_the_channel),
    cmocka_unit_test(test_the_loop_watches_and_times),
    cmocka_unit_test(test_a_flood_does_not_stop_timers),
    cmocka_unit_test(test_a_service_ends_with_its_manager),
};
const size_t vfs_test_count = sizeof(vfs_tests) / sizeof(vfs_tests[0]);
