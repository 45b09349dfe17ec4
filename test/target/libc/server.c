// SPDX-License-Identifier: MIT
//
// The servers of server.h. One thread for each, which waits for all its connections; answers are
// made by the generated functions where they are well-formed, and by hand where they are not.
//
// State: the threads that were started; only the test's first thread starts and waits for them.

#include "server.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include <protocol/file.h>
#include <protocol/terminal.h>
#include <zircon/syscalls.h>

#define CONNECTIONS 12
#define SERVERS     8 // at the same time
#define CONTENT     "0123456789"

struct server {
    enum server_manner manner;
    zx_handle_t connections[CONNECTIONS]; // a rising row; ZX_HANDLE_INVALID: free
    uint64_t position;
    unsigned listed;
    struct terminal_attributes modes;
    uint32_t columns, rows;
};

static pthread_t threads[SERVERS];
static int thread_count;

// ---- honest, or nearly --------------------------------------------------------------------------

static bool lies(const struct server *server)
{
    return server->manner == SERVER_TOO_MUCH;
}

static void keep(struct server *server, zx_handle_t channel)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        if (server->connections[i] == ZX_HANDLE_INVALID) {
            server->connections[i] = channel;
            // Readable and writable, as a file is.
            zx_object_signal_peer(channel, 0, FILE_SIGNAL_READABLE | FILE_SIGNAL_WRITABLE);
            return;
        }
    }
    zx_handle_close(channel);
}

static void on_open(void *context, const struct ipc_request *request, uint32_t flags, uint32_t mode,
                    const char *path, size_t path_size, zx_handle_t object)
{
    (void)flags, (void)mode, (void)path, (void)path_size;
    keep(context, object);
    file_reply_open(request, ZX_OK);
}

static void on_clone(void *context, const struct ipc_request *request, zx_handle_t object)
{
    keep(context, object);
    file_reply_clone(request, ZX_OK);
}

static void on_describe(void *context, const struct ipc_request *request)
{
    const struct server *server = context;
    uint32_t kind = server->manner == SERVER_TERMINAL ? FILE_KIND_TERMINAL : FILE_KIND_FILE;

    file_reply_describe(request, ZX_OK, lies(server) ? 77 : kind, FILE_OPEN_READ | FILE_OPEN_WRITE);
}

static struct file_attributes attributes_of(const struct server *server)
{
    return (struct file_attributes){
        .kind = FILE_KIND_FILE,
        .mode = 0644,
        .size = lies(server) ? UINT64_MAX : sizeof(CONTENT) - 1,
        .id = 5,
        .links = 1,
        .mtime = -1,
    };
}

static void on_stat(void *context, const struct ipc_request *request)
{
    struct file_attributes attributes = attributes_of(context);

    file_reply_stat(request, ZX_OK, &attributes);
}

static void on_stat_path(void *context, const struct ipc_request *request, const char *path,
                         size_t path_size)
{
    struct file_attributes attributes = attributes_of(context);

    (void)path, (void)path_size;
    file_reply_stat_path(request, ZX_OK, &attributes);
}

static void on_read(void *context, const struct ipc_request *request, uint32_t count)
{
    static const char much[FILE_MAX_DATA];
    struct server *server = context;
    uint64_t rest = sizeof(CONTENT) - 1 - server->position;

    if (server->manner == SERVER_TERMINAL) {
        file_reply_read(request, ZX_ERR_CANCELED, NULL, 0);
        return;
    }
    if (lies(server)) {
        file_reply_read(request, ZX_OK, much, count < FILE_MAX_DATA ? count + 1 : FILE_MAX_DATA);
        return;
    }
    rest = rest < count ? rest : count;
    file_reply_read(request, ZX_OK, CONTENT + server->position, rest);
    server->position += rest;
}

static void on_write(void *context, const struct ipc_request *request, const void *data,
                     size_t data_size)
{
    struct server *server = context;

    (void)data;
    file_reply_write(request, ZX_OK,
                     server->manner == SERVER_TAKES_NONE ? 0 : (uint32_t)data_size + lies(server));
}

static void on_seek(void *context, const struct ipc_request *request, int64_t offset,
                    uint32_t whence)
{
    struct server *server = context;

    (void)whence;
    if (server->manner == SERVER_TERMINAL) {
        file_reply_seek(request, ZX_ERR_NOT_SUPPORTED, 0);
        return;
    }
    server->position =
        (uint64_t)offset < sizeof(CONTENT) - 1 ? (uint64_t)offset : sizeof(CONTENT) - 1;
    server->listed = 0;
    file_reply_seek(request, ZX_OK, lies(server) ? UINT64_MAX : server->position);
}

static size_t put_record(uint8_t *out, uint64_t id, const char *name)
{
    struct file_record record = {id, FILE_KIND_FILE, (uint32_t)strlen(name)};

    memset(out, 0, 64);
    memcpy(out, &record, sizeof(record));
    memcpy(out + sizeof(record), name, record.name_size);
    return (sizeof(record) + record.name_size + 7) & ~(size_t)7;
}

static void on_read_directory(void *context, const struct ipc_request *request)
{
    static const char *const names[] = {"one", "two", "a rather long name for a third"};
    struct server *server = context;
    uint8_t records[256];
    size_t size = 0;

    if (server->manner == SERVER_BAD_NAMES) {
        size = put_record(records, 1, "fine");
        size += put_record(records + size, 2, "../x");
    } else if (server->manner == SERVER_DOTS) {
        size = put_record(records, 1, "..");
    } else if (server->manner == SERVER_ENDLESS) {
        size = put_record(records, 1, "again");
    } else if (server->listed++ == 0) {
        for (int i = 0; i < 3; i++) {
            size += put_record(records + size, (uint64_t)i + 1, names[i]);
        }
    }
    file_reply_read_directory(request, ZX_OK, records, size);
}

static void on_unlink(void *context, const struct ipc_request *request, uint32_t flags,
                      const char *path, size_t path_size)
{
    (void)context, (void)flags, (void)path, (void)path_size;
    file_reply_unlink(request, ZX_ERR_NOT_EMPTY);
}

static void on_get_vmo(void *context, const struct ipc_request *request, uint32_t flags)
{
    zx_handle_t event = ZX_HANDLE_INVALID;

    (void)context, (void)flags;
    zx_event_create(0, &event); // no VMO at all
    file_reply_get_vmo(request, ZX_OK, event, UINT64_MAX);
}

static const struct file_server handlers = {
    .open = on_open,
    .clone = on_clone,
    .describe = on_describe,
    .stat = on_stat,
    .stat_path = on_stat_path,
    .read = on_read,
    .write = on_write,
    .seek = on_seek,
    .read_directory = on_read_directory,
    .unlink = on_unlink,
    .get_vmo = on_get_vmo,
};

// ---- a terminal ---------------------------------------------------------------------------------

static void on_get_modes(void *context, const struct ipc_request *request)
{
    const struct server *server = context;

    terminal_reply_get_attributes(request, ZX_OK, &server->modes);
}

static void on_set_modes(void *context, const struct ipc_request *request, uint32_t when,
                         const struct terminal_attributes *attributes)
{
    struct server *server = context;

    (void)when;
    server->modes = *attributes;
    terminal_reply_set_attributes(request, ZX_OK);
}

static void on_get_size(void *context, const struct ipc_request *request)
{
    const struct server *server = context;

    terminal_reply_get_size(request, ZX_OK, server->columns, server->rows);
}

static void on_set_size(void *context, const struct ipc_request *request, uint32_t columns,
                        uint32_t rows)
{
    struct server *server = context;

    server->columns = columns;
    server->rows = rows;
    terminal_reply_set_size(request, ZX_OK);
}

static void on_flush(void *context, const struct ipc_request *request, uint32_t queue)
{
    (void)context, (void)queue;
    terminal_reply_flush(request, ZX_OK);
}

static const struct terminal_server terminal_handlers = {
    .get_attributes = on_get_modes,
    .set_attributes = on_set_modes,
    .get_size = on_get_size,
    .set_size = on_set_size,
    .flush = on_flush,
};

// ---- broken -------------------------------------------------------------------------------------

static uint32_t next_random(void)
{
    static uint64_t state = 1; // of one thread at a time; which answers are made is of no matter

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

// An answer whose header is right and nothing else is, except by chance.
static void answer_at_random(zx_handle_t channel, const struct ipc_header *request)
{
    static _Thread_local uint32_t bytes[80];
    zx_handle_t handle = ZX_HANDLE_INVALID;
    struct ipc_header header = {request->txid, request->ordinal, ZX_OK, 0};
    uint32_t size = (uint32_t)sizeof(header) + next_random() % 60 * 4;
    bool with_handle = next_random() % 4 == 0;

    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        // Small numbers are more often what a length could be.
        bytes[i] = next_random() % 3 != 0 ? next_random() % 40 : next_random() * 3u;
    }
    if (next_random() % 8 == 0) {
        header.status = (int32_t)(next_random() % 80) - 78;
    }
    memcpy(bytes, &header, sizeof(header));
    if (next_random() % 2 == 0) {
        size = (uint32_t)sizeof(header); // what many answers look like: yes
    }
    if (with_handle && zx_event_create(0, &handle) != ZX_OK) {
        with_handle = false;
    }
    zx_channel_write(channel, 0, bytes, size, &handle, with_handle);
}

// Answers a message by hand. False: the connection is to be closed.
static bool answer_badly(enum server_manner manner, zx_handle_t channel,
                         const struct ipc_header *request)
{
    struct {
        struct ipc_header header;
        uint8_t rest[44];
    } reply = {.header = {request->txid, request->ordinal, ZX_OK, 0}};
    zx_handle_t handles[2];
    uint32_t size = sizeof(reply);
    uint32_t handle_count = 0;

    memset(reply.rest, 0xd1, sizeof(reply.rest));
    switch (manner) {
    case SERVER_CLOSES: return false;
    case SERVER_SILENT: return true;
    case SERVER_RANDOM: answer_at_random(channel, request); return true;
    case SERVER_SHORT: size = 8; break;
    case SERVER_STATUS:
        reply.header.status = 7;
        size = sizeof(reply.header);
        break;
    case SERVER_HANDLES:
        size = sizeof(reply.header);
        handle_count = 2;
        if (zx_eventpair_create(0, &handles[0], &handles[1]) != ZX_OK) {
            return false;
        }
        break;
    case SERVER_FLOODS:
        for (uint32_t i = 0; i < 1000; i++) {
            struct ipc_header other = {i * 7919u, request->ordinal, ZX_OK, 0};

            zx_channel_write(channel, 0, &other, sizeof(other), NULL, 0);
        }
        reply.header.status = ZX_ERR_NO_SPACE;
        size = sizeof(reply.header);
        break;
    default: break;
    }
    zx_channel_write(channel, 0, &reply, size, handle_count != 0 ? handles : NULL, handle_count);
    return true;
}

// Reads one message and throws its handles away.
static bool read_by_hand(zx_handle_t channel, struct ipc_header *out)
{
    static _Thread_local uint8_t bytes[IPC_MAX_BYTES];
    zx_handle_t handles[IPC_MAX_HANDLES];
    uint32_t size = 0, count = 0;

    if (zx_channel_read(channel, 0, bytes, handles, sizeof(bytes), IPC_MAX_HANDLES, &size,
                        &count) != ZX_OK) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        zx_handle_close(handles[i]);
    }
    memcpy(out, bytes, sizeof(*out));
    return size >= sizeof(*out);
}

static bool is_broken(enum server_manner manner)
{
    return manner >= SERVER_CLOSES && manner <= SERVER_FLOODS;
}

// Serves one message. False: the connection has come to its end.
static bool serve(struct server *server, zx_handle_t channel)
{
    struct ipc_binding bindings[] = {file_binding(&handlers, server),
                                     terminal_binding(&terminal_handlers, server)};
    size_t count = server->manner == SERVER_TERMINAL ? 2 : 1;
    struct ipc_header header;

    if (!is_broken(server->manner)) {
        return ipc_serve_one(channel, bindings, count) == ZX_OK;
    }
    return read_by_hand(channel, &header) && answer_badly(server->manner, channel, &header);
}

static void *run(void *argument)
{
    struct server *server = argument;

    for (;;) {
        zx_wait_item_t items[CONNECTIONS];
        uint32_t at[CONNECTIONS], count = 0;

        for (uint32_t i = 0; i < CONNECTIONS; i++) {
            if (server->connections[i] != ZX_HANDLE_INVALID) {
                at[count] = i;
                items[count++] = (zx_wait_item_t){
                    .handle = server->connections[i],
                    .waitfor = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
                };
            }
        }
        if (count == 0) {
            break;
        }
        zx_object_wait_many(items, count, ZX_TIME_INFINITE);
        for (uint32_t i = 0; i < count; i++) {
            if ((items[i].pending & items[i].waitfor) != 0 && !serve(server, items[i].handle)) {
                zx_handle_close(items[i].handle);
                server->connections[at[i]] = ZX_HANDLE_INVALID;
            }
        }
    }
    free(server);
    return NULL;
}

zx_handle_t server_start(enum server_manner manner)
{
    struct server *server = calloc(1, sizeof(*server));
    zx_handle_t ours = ZX_HANDLE_INVALID;

    if (server == NULL || thread_count == SERVERS ||
        zx_channel_create(0, &ours, &server->connections[0]) != ZX_OK) {
        free(server);
        return ZX_HANDLE_INVALID;
    }
    server->manner = manner;
    server->columns = 80;
    server->rows = 24;
    server->modes.lflag = ICANON | ECHO | ISIG;
    server->modes.cc[VINTR] = 3;
    zx_object_signal_peer(server->connections[0], 0, FILE_SIGNAL_READABLE | FILE_SIGNAL_WRITABLE);
    if (pthread_create(&threads[thread_count], NULL, run, server) != 0) {
        zx_handle_close(server->connections[0]);
        zx_handle_close(ours);
        free(server);
        return ZX_HANDLE_INVALID;
    }
    thread_count++;
    return ours;
}

void server_wait_all(void)
{
    while (thread_count > 0) {
        pthread_join(threads[--thread_count], NULL);
    }
}
