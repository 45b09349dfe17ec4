// SPDX-License-Identifier: MIT
//
// A server on a thread of the scenario's process, and what its clients do over and over.

#include <stdio.h>

#include "tests.h"

static void stop_fired(void *context, zx_signals_t observed)
{
    struct server *server = context;

    (void)observed;
    server->stopped = true;
}

static void root_closed(void *context)
{
    struct server *server = context;

    atomic_store(&server->root_closed, true);
}

static void run(void *arg)
{
    struct server *server = arg;

    while (!server->stopped && server->ended == ZX_OK) {
        server->ended = vfs_loop_run_once(server->loop, FOREVER);
        atomic_store(&server->connections, vfs_connection_count(server->vfs));
    }
}

zx_handle_t server_start(struct server *server, struct vfs_node *root,
                         const struct vfs_limits *limits, uint32_t options)
{
    zx_handle_t ends[2];

    memset(server, 0, sizeof(*server));
    server->root = root;
    assert_ok(vfs_loop_create(&server->loop));
    assert_ok(vfs_create(server->loop, limits, &server->vfs));
    assert_ok(zx_event_create(0, &server->stop));
    server->stop_watch = (struct vfs_watch){
        .handle = server->stop,
        .signals = ZX_EVENT_SIGNALED,
        .fired = stop_fired,
        .context = server,
    };
    assert_ok(vfs_watch_start(server->loop, &server->stop_watch));
    assert_ok(zx_channel_create(0, &ends[0], &ends[1]));
    assert_ok(vfs_serve(server->vfs, root, FILE_OPEN_READ | FILE_OPEN_DIRECTORY, ends[1], options,
                        root_closed, server));
    server->thread = lab_thread(run, server);
    return ends[0];
}

void server_join(struct server *server)
{
    assert_ok(zx_object_signal(server->stop, 0, ZX_EVENT_SIGNALED));
    lab_thread_join(server->thread);
    server->thread = ZX_HANDLE_INVALID;
    assert_ok(server->ended);
}

void server_stop(struct server *server)
{
    if (server->thread != ZX_HANDLE_INVALID)
        server_join(server);
    vfs_destroy(server->vfs);
    vfs_node_unref(server->root);
    vfs_loop_destroy(server->loop);
    assert_ok(zx_handle_close(server->stop));
    assert_int_equal(alloc_live(), 0);
}

zx_status_t try_open(zx_handle_t directory, const char *path, uint32_t flags, zx_handle_t *out)
{
    zx_handle_t ends[2];
    zx_status_t status = zx_channel_create(0, &ends[0], &ends[1]);

    *out = ZX_HANDLE_INVALID;
    if (status != ZX_OK)
        return status;
    status = file_open(directory, FOREVER, flags, 0644, path, strlen(path), ends[1]);
    if (status == ZX_OK)
        *out = ends[0];
    else
        zx_handle_close(ends[0]);
    return status;
}

zx_handle_t open_path(zx_handle_t directory, const char *path, uint32_t flags)
{
    zx_handle_t file;

    assert_ok(try_open(directory, path, flags, &file));
    return file;
}

void expect_open(zx_handle_t directory, const char *path, uint32_t flags, zx_status_t expected)
{
    zx_handle_t file;

    assert_status(try_open(directory, path, flags, &file), expected);
    if (file != ZX_HANDLE_INVALID)
        zx_handle_close(file);
}

void write_text(zx_handle_t file, const char *text)
{
    uint32_t written;

    assert_ok(file_write(file, FOREVER, text, strlen(text), &written));
    assert_int_equal(written, strlen(text));
}

void expect_text(zx_handle_t file, const char *text)
{
    char data[256];
    size_t size;

    assert_ok(file_read(file, FOREVER, sizeof(data), data, sizeof(data), &size));
    assert_int_equal(size, strlen(text));
    assert_memory_equal(data, text, size);
}

void make_file(zx_handle_t directory, const char *path, const char *text)
{
    zx_handle_t file = open_path(directory, path, FILE_OPEN_WRITE | FILE_OPEN_CREATE);

    if (*text != 0)
        write_text(file, text);
    assert_ok(zx_handle_close(file));
}

zx_status_t do_mkdir(zx_handle_t directory, const char *path)
{
    return file_make_directory(directory, FOREVER, 0755, path, strlen(path));
}

zx_status_t do_unlink(zx_handle_t directory, const char *path)
{
    return file_unlink(directory, FOREVER, 0, path, strlen(path));
}

zx_status_t do_rmdir(zx_handle_t directory, const char *path)
{
    return file_unlink(directory, FOREVER, FILE_UNLINK_DIRECTORY, path, strlen(path));
}

zx_status_t do_rename(zx_handle_t directory, const char *from, const char *to)
{
    return file_rename(directory, FOREVER, from, strlen(from), to, strlen(to));
}

zx_status_t do_stat(zx_handle_t directory, const char *path, struct file_attributes *attributes)
{
    return file_stat_path(directory, FOREVER, path, strlen(path), attributes);
}

void list_names(zx_handle_t directory, char *names, size_t capacity)
{
    static uint8_t records[FILE_MAX_DATA];
    size_t used = 0;
    size_t size;

    names[0] = 0;
    assert_ok(file_seek(directory, FOREVER, 0, FILE_SEEK_START, NULL));
    do {
        assert_ok(file_read_directory(directory, FOREVER, records, sizeof(records), &size));
        for (size_t at = 0; at < size;) {
            struct file_record record;

            assert_true(size - at >= sizeof(record));
            memcpy(&record, records + at, sizeof(record));
            at += sizeof(record);
            assert_true(record.name_size <= size - at);
            used += (size_t)snprintf(names + used, capacity - used, "%s%.*s", used == 0 ? "" : " ",
                                     (int)record.name_size, (const char *)records + at);
            assert_true(used < capacity);
            at += (record.name_size + 7) & ~7u;
        }
    } while (size != 0);
}
