// SPDX-License-Identifier: MIT
//
// Connections, descriptions and families. One thread; no locks.
//
// C1. A connection is in vfs->connections or, once broken, in vfs->broken; it is freed only from
//     there, by the loop's after-hook, when no callback runs: so that nobody's pointer goes stale.
// C2. description->connections and family->connections count the connections that point at them.

#include "private.h"

#include <stdlib.h>
#include <string.h>

#include <zircon/syscalls.h>

static void reap(void *context)
{
    struct vfs *vfs = context;

    while (!vfs_link_alone(&vfs->broken)) {
        struct vfs_connection *connection =
            vfs_container(vfs->broken.next, struct vfs_connection, all);
        struct description *description = connection->description;
        struct vfs_node *node = description->node;

        vfs_link_remove(&connection->all);
        vfs_link_remove(&connection->same);
        vfs_watch_cancel(vfs->loop, &connection->watch);
        if (node->ops->disconnected != NULL)
            node->ops->disconnected(node, connection);
        zx_handle_close(connection->channel);
        if (connection->closed != NULL)
            connection->closed(connection->closed_context);
        if (--connection->family->connections == 0)
            free(connection->family);
        vfs->connection_count--;
        free(connection);
        if (--description->connections == 0) {
            vfs_node_unref(node);
            free(description);
        }
    }
}

void vfs_connection_break(struct vfs_connection *connection)
{
    if (connection->broken)
        return;
    connection->broken = true;
    vfs_link_remove(&connection->all);
    vfs_link_append(&connection->vfs->broken, &connection->all);
}

// Serves one message; the watch repeats, so that more come in their turn.
static void serve(void *context, zx_signals_t observed)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection->description->node;
    struct ipc_binding bindings[1 + VFS_MAX_PROTOCOLS];
    size_t count = 0;
    zx_status_t status;

    if (connection->broken)
        return;
    if ((observed & ZX_CHANNEL_READABLE) == 0) {
        vfs_connection_break(connection);
        return;
    }
    bindings[count++] = file_binding(&vfs_file_server, connection);
    for (size_t i = 0; i < node->ops->protocol_count && count < 1 + VFS_MAX_PROTOCOLS; i++) {
        const struct vfs_protocol *protocol = &node->ops->protocols[i];

        bindings[count++] = (struct ipc_binding){protocol->protocol, protocol->dispatch,
                                                 protocol->server, connection};
    }
    status = ipc_serve_one(connection->channel, bindings, count);
    if (status != ZX_OK && status != ZX_ERR_SHOULD_WAIT)
        vfs_connection_break(connection);
}

// Tells whether a handle is a channel that can be served, and which. Refuses a channel whose other
// end is served here, too: nobody could ever close it.
static zx_status_t examine(const struct vfs *vfs, zx_handle_t channel, zx_koid_t *out_koid)
{
    const zx_rights_t needed = ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_WAIT;
    zx_info_handle_basic_t info;
    zx_status_t status =
        zx_object_get_info(channel, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);

    if (status != ZX_OK || info.type != ZX_OBJ_TYPE_CHANNEL || (info.rights & needed) != needed)
        return ZX_ERR_INVALID_ARGS;
    for (struct vfs_link *at = vfs->connections.next; at != &vfs->connections; at = at->next) {
        if (vfs_container(at, struct vfs_connection, all)->koid == info.related_koid)
            return ZX_ERR_INVALID_ARGS;
    }
    *out_koid = info.koid;
    return ZX_OK;
}

// The connection's structure and its share of the limits.
static zx_status_t allocate(struct vfs *vfs, struct family *family, struct vfs_connection **out)
{
    struct vfs_connection *connection;

    if (vfs->connection_count >= vfs->limits.connections)
        return ZX_ERR_NO_RESOURCES;
    if (family != NULL && !family->unlimited && family->connections >= vfs->limits.family)
        return ZX_ERR_NO_RESOURCES;
    connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        return ZX_ERR_NO_MEMORY;
    if (family == NULL) {
        family = calloc(1, sizeof(*family));
        if (family == NULL) {
            free(connection);
            return ZX_ERR_NO_MEMORY;
        }
    }
    connection->family = family;
    *out = connection;
    return ZX_OK;
}

zx_status_t connection_create(struct vfs *vfs, struct description *description,
                              struct family *family, zx_handle_t channel,
                              struct vfs_connection **out)
{
    struct vfs_node *node = description->node;
    struct vfs_connection *connection;
    zx_koid_t koid;
    zx_status_t status = examine(vfs, channel, &koid);

    if (status == ZX_OK)
        status = allocate(vfs, family, &connection);
    if (status != ZX_OK) {
        zx_handle_close(channel);
        return status;
    }
    connection->vfs = vfs;
    connection->description = description;
    connection->channel = channel;
    connection->koid = koid;
    connection->watch = (struct vfs_watch){
        .handle = channel,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = serve,
        .context = connection,
        .repeat = true,
    };
    status = vfs_watch_start(vfs->loop, &connection->watch);
    if (status != ZX_OK) {
        if (connection->family != family)
            free(connection->family);
        free(connection);
        zx_handle_close(channel);
        return status;
    }
    connection->family->connections++;
    description->connections++;
    vfs->connection_count++;
    vfs_link_append(&vfs->connections, &connection->all);
    vfs_link_append(&node->connections, &connection->same);
    vfs_connection_signal(connection, 0,
                          node->ops->signals != NULL ? node->ops->signals(node)
                                                     : FILE_SIGNAL_READABLE | FILE_SIGNAL_WRITABLE);
    *out = connection;
    return ZX_OK;
}

// A new description with a connection to it.
static zx_status_t describe_and_connect(struct vfs *vfs, struct vfs_node *node, uint32_t flags,
                                        struct family *family, zx_handle_t channel,
                                        struct vfs_connection **out)
{
    struct description *description = calloc(1, sizeof(*description));
    zx_status_t status;

    if (description == NULL) {
        zx_handle_close(channel);
        return ZX_ERR_NO_MEMORY;
    }
    description->node = node;
    description->flags = flags;
    status = connection_create(vfs, description, family, channel, out);
    if (status != ZX_OK) {
        free(description);
        return status;
    }
    vfs_node_ref(node);
    return ZX_OK;
}

zx_status_t connection_open(struct vfs_connection *from, struct vfs_node *node, uint32_t flags,
                            zx_handle_t channel)
{
    struct family *family = (from->options & VFS_TRUSTED) != 0 ? NULL : from->family;
    struct vfs_connection *connection;

    return describe_and_connect(from->vfs, node, flags, family, channel, &connection);
}

zx_status_t vfs_serve(struct vfs *vfs, struct vfs_node *node, uint32_t flags, zx_handle_t channel,
                      uint32_t options, void (*closed)(void *context), void *context)
{
    struct vfs_connection *connection;
    zx_status_t status = describe_and_connect(vfs, node, flags, NULL, channel, &connection);

    if (status != ZX_OK)
        return status;
    connection->options = options;
    connection->family->unlimited = (options & VFS_TRUSTED) != 0;
    connection->closed = closed;
    connection->closed_context = context;
    return ZX_OK;
}

zx_status_t vfs_create(struct vfs_loop *loop, const struct vfs_limits *limits, struct vfs **out)
{
    struct vfs *vfs = calloc(1, sizeof(*vfs));

    if (vfs == NULL)
        return ZX_ERR_NO_MEMORY;
    if (limits != NULL)
        vfs->limits = *limits;
    if (vfs->limits.connections == 0)
        vfs->limits.connections = VFS_MAX_CONNECTIONS;
    if (vfs->limits.family == 0)
        vfs->limits.family = (vfs->limits.connections + 1) / 2;
    if (vfs->limits.pending == 0)
        vfs->limits.pending = VFS_MAX_PENDING;
    vfs->loop = loop;
    vfs_link_init(&vfs->connections);
    vfs_link_init(&vfs->broken);
    vfs_loop_set_after(loop, reap, vfs);
    *out = vfs;
    return ZX_OK;
}

void vfs_destroy(struct vfs *vfs)
{
    if (vfs == NULL)
        return;
    while (!vfs_link_alone(&vfs->connections))
        vfs_connection_break(vfs_container(vfs->connections.next, struct vfs_connection, all));
    reap(vfs);
    vfs_loop_set_after(vfs->loop, NULL, NULL);
    free(vfs);
}

uint32_t vfs_connection_count(const struct vfs *vfs)
{
    return vfs->connection_count;
}

struct vfs_node *vfs_connection_node(const struct vfs_connection *connection)
{
    return connection->description->node;
}

struct vfs *vfs_connection_vfs(const struct vfs_connection *connection)
{
    return connection->vfs;
}

zx_handle_t vfs_connection_channel(const struct vfs_connection *connection)
{
    return connection->channel;
}

uint32_t vfs_connection_flags(const struct vfs_connection *connection)
{
    return connection->description->flags;
}

void vfs_connection_signal(struct vfs_connection *connection, zx_signals_t clear, zx_signals_t set)
{
    // Fails when the client has gone; or if it took away the right: then it gets no signals.
    zx_object_signal_peer(connection->channel, clear, set);
}
