// SPDX-License-Identifier: MIT
//
// The loader service over the files of the initrd: a service node, and its connections on the loop.
// One thread; no locks.

#include "loader.h"

#include <stdlib.h>

#include <loader/server.h>
#include <zircon/syscalls.h>

struct boot_loader {
    struct vfs_node node;
    struct vfs_loop *loop;
    struct bootfs *bootfs;
    struct loader_service service;
    struct vfs_link connections;
    uint32_t connection_count;
};

struct connection {
    struct vfs_link link;
    struct boot_loader *loader;
    struct loader_connection loader_connection;
    struct vfs_watch watch;
};

static void connection_close(struct connection *connection)
{
    struct boot_loader *loader = connection->loader;

    vfs_watch_cancel(loader->loop, &connection->watch);
    loader_connection_close(&connection->loader_connection);
    vfs_link_remove(&connection->link);
    loader->connection_count--;
    free(connection);
}

static void connection_serve(void *context, zx_signals_t observed)
{
    struct connection *connection = context;
    zx_status_t status = ZX_ERR_PEER_CLOSED;

    if ((observed & ZX_CHANNEL_READABLE) != 0)
        status = loader_serve_one(&connection->loader->service, &connection->loader_connection);
    if (status != ZX_OK && status != ZX_ERR_SHOULD_WAIT)
        connection_close(connection);
}

// Makes a connection of the channel. Consumes it.
static zx_status_t connection_open(struct boot_loader *loader, zx_handle_t channel)
{
    struct connection *connection = NULL;
    zx_status_t status = ZX_ERR_NO_RESOURCES;

    if (loader->connection_count < BOOT_LOADER_MAX_CONNECTIONS) {
        connection = calloc(1, sizeof(*connection));
        status = ZX_ERR_NO_MEMORY;
    }
    if (connection == NULL) {
        zx_handle_close(channel);
        return status;
    }
    connection->loader = loader;
    loader_connection_init(&connection->loader_connection, channel);
    vfs_link_append(&loader->connections, &connection->link);
    loader->connection_count++;
    connection->watch = (struct vfs_watch){
        .handle = channel,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = connection_serve,
        .context = connection,
        .repeat = true,
    };
    status = vfs_watch_start(loader->loop, &connection->watch);
    if (status != ZX_OK)
        connection_close(connection);
    return status;
}

static zx_status_t service_open(void *context, const char *path, zx_handle_t *out_vmo)
{
    struct boot_loader *loader = context;

    return bootfs_open_vmo(loader->bootfs, path, out_vmo);
}

static zx_status_t service_clone(void *context, zx_handle_t channel)
{
    return connection_open(context, channel);
}

static void node_connect(struct vfs_node *node, struct vfs_connect *connect)
{
    struct boot_loader *loader = vfs_container(node, struct boot_loader, node);

    // A failed answer means that the asker has gone; the connection lives without it.
    file_reply_open(&connect->request, connection_open(loader, connect->object));
}

static void node_release(struct vfs_node *node)
{
    struct boot_loader *loader = vfs_container(node, struct boot_loader, node);

    while (!vfs_link_alone(&loader->connections))
        connection_close(vfs_container(loader->connections.next, struct connection, link));
    free(loader);
}

static const struct vfs_node_ops loader_ops = {
    .release = node_release,
    .connect = node_connect,
};

zx_status_t boot_loader_create(struct vfs_loop *loop, struct bootfs *bootfs, struct vfs_node **out)
{
    struct boot_loader *loader = calloc(1, sizeof(*loader));

    if (loader == NULL)
        return ZX_ERR_NO_MEMORY;
    vfs_node_init(&loader->node, &loader_ops, FILE_KIND_SERVICE);
    vfs_link_init(&loader->connections);
    loader->loop = loop;
    loader->bootfs = bootfs;
    loader->service = (struct loader_service){
        .open = service_open,
        .clone = service_clone,
        .context = loader,
    };
    *out = &loader->node;
    return ZX_OK;
}
