// SPDX-License-Identifier: MIT
//
// Connections to the services of this program. One message of one connection is handled at a turn
// of the loop, so that a client that floods does not hold up the others; the connections of each
// service are bounded, and one whose answers cannot be sent is closed.

#include <vfs/served.h>

#include <stdlib.h>

#include <protocol/file.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// Connections to one service.
#define CONNECTION_LIMIT 128u

struct served {
    struct vfs_node node;
    struct vfs_loop *loop;
    struct ipc_binding binding;
    struct vfs_sessions sessions; // `begin` is NULL: all connections share the binding's context
    uint32_t connections;
    struct vfs_link used; // of struct connection, the longest idle first
};

struct connection {
    struct vfs_link link;
    struct served *served;
    struct ipc_binding binding;
    zx_handle_t channel;
    struct vfs_watch watch;
};

static void close_connection(struct connection *connection)
{
    if (connection->served->sessions.end != NULL) {
        connection->served->sessions.end(connection->binding.context);
    }
    vfs_watch_cancel(connection->served->loop, &connection->watch);
    zx_handle_close(connection->channel);
    vfs_link_remove(&connection->link);
    connection->served->connections--;
    free(connection);
}

static void readable(void *context, zx_signals_t observed)
{
    struct connection *connection = context;
    zx_status_t status = ZX_ERR_PEER_CLOSED;

    if ((observed & ZX_CHANNEL_READABLE) != 0) {
        status = ipc_serve_one(connection->channel, &connection->binding, 1);
    }
    if (status != ZX_OK && status != ZX_ERR_SHOULD_WAIT) {
        close_connection(connection);
        return;
    }
    vfs_link_remove(&connection->link);
    vfs_link_append(&connection->served->used, &connection->link);
}

// Makes the session of a new connection. False: there is to be none.
static bool begin_session(struct connection *connection)
{
    struct served *served = connection->served;

    connection->binding = served->binding;
    if (served->sessions.begin == NULL) {
        return true;
    }
    connection->binding.context = served->sessions.begin(served->binding.context);
    return connection->binding.context != NULL;
}

// Begins to serve the channel, which is consumed.
static zx_status_t serve(struct served *served, zx_handle_t channel)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL) {
        zx_handle_close(channel);
        return ZX_ERR_NO_RESOURCES;
    }
    connection->served = served;
    connection->channel = channel;
    connection->watch = (struct vfs_watch){
        .handle = channel,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = readable,
        .context = connection,
        .repeat = true,
    };
    zx_status_t status =
        begin_session(connection) ? vfs_watch_start(served->loop, &connection->watch)
                                  : ZX_ERR_NO_RESOURCES;

    if (status != ZX_OK) {
        // What came is no channel, or cannot be waited for; or there is no room for one more.
        if (connection->binding.context != NULL && served->sessions.end != NULL) {
            served->sessions.end(connection->binding.context);
        }
        zx_handle_close(channel);
        free(connection);
        return status;
    }
    // Nobody can keep the others out: the one that was idle longest has to go.
    if (served->connections >= CONNECTION_LIMIT) {
        close_connection(vfs_container(served->used.next, struct connection, link));
    }
    vfs_link_append(&served->used, &connection->link);
    served->connections++;
    return ZX_OK;
}

static void connect(struct vfs_node *node, struct vfs_connect *request)
{
    zx_status_t status = serve(vfs_container(node, struct served, node), request->object);

    (void)file_reply_open(&request->request, status);
}

static void release(struct vfs_node *node)
{
    (void)node; // lives as long as the process
}

static zx_status_t attributes(struct vfs_node *node, struct file_attributes *out)
{
    (void)node;
    out->mode = 0666;
    return ZX_OK;
}

static const struct vfs_node_ops ops = {
    .release = release,
    .attributes = attributes,
    .connect = connect,
};

struct vfs_node *vfs_served_create_sessions(struct vfs_loop *loop, struct ipc_binding binding,
                                            struct vfs_sessions sessions)
{
    struct served *served = calloc(1, sizeof(*served));

    if (served == NULL) {
        return NULL;
    }
    vfs_node_init(&served->node, &ops, FILE_KIND_SERVICE);
    vfs_link_init(&served->used);
    served->loop = loop;
    served->binding = binding;
    served->sessions = sessions;
    return &served->node;
}

struct vfs_node *vfs_served_create(struct vfs_loop *loop, struct ipc_binding binding)
{
    return vfs_served_create_sessions(loop, binding, (struct vfs_sessions){0});
}
