// SPDX-License-Identifier: MIT
//
// The methods of `file` that take paths, and reading directories. The context is the connection.

#include "private.h"

#include <zircon/syscalls.h>

#define ACCESS (FILE_OPEN_READ | FILE_OPEN_WRITE)
// What stays with the description.
#define KEPT (ACCESS | FILE_OPEN_APPEND | FILE_OPEN_DIRECTORY)

static struct vfs_node *connection_node(const struct vfs_connection *connection)
{
    return connection->description->node;
}

static zx_status_t check_flags(uint32_t flags)
{
    if ((flags & ~FILE_OPEN_FLAGS) != 0)
        return ZX_ERR_INVALID_ARGS;
    if ((flags & FILE_OPEN_TRUNCATE) != 0 && (flags & FILE_OPEN_WRITE) == 0)
        return ZX_ERR_INVALID_ARGS;
    if ((flags & FILE_OPEN_CREATE) != 0 && (flags & FILE_OPEN_DIRECTORY) != 0)
        return ZX_ERR_INVALID_ARGS;
    return ZX_OK;
}

// Whether a node that is there may be opened with these flags.
static zx_status_t check_node(struct vfs_node *node, uint32_t flags)
{
    if (node->kind == FILE_KIND_DIRECTORY) {
        if ((flags & (FILE_OPEN_WRITE | FILE_OPEN_CREATE)) != 0)
            return ZX_ERR_NOT_FILE;
    } else if ((flags & FILE_OPEN_DIRECTORY) != 0) {
        return ZX_ERR_NOT_DIR;
    }
    return node->ops->open != NULL ? node->ops->open(node, flags) : ZX_OK;
}

// Finds or makes what the walk leads to.
static zx_status_t find(struct vfs_connection *connection, struct walk *walk, uint32_t flags,
                        uint32_t mode)
{
    const struct vfs_node_ops *ops;
    zx_status_t status = walk_last(walk);

    if (status == ZX_OK && (flags & FILE_OPEN_CREATE) != 0 && (flags & FILE_OPEN_EXCLUSIVE) != 0)
        return ZX_ERR_ALREADY_EXISTS;
    // By a connection to something else than a directory nobody gets more than it has.
    if (status == ZX_OK && walk->node == connection_node(connection) &&
        walk->node->kind != FILE_KIND_DIRECTORY &&
        (flags & ACCESS & ~connection->description->flags) != 0)
        return ZX_ERR_ACCESS_DENIED;
    if (status != ZX_ERR_NOT_FOUND || (flags & FILE_OPEN_CREATE) == 0)
        return status;
    if (walk->slash)
        return ZX_ERR_NOT_FILE;
    ops = walk->directory->ops;
    if (ops->create == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    return ops->create(walk->directory, walk->name, walk->name_size, mode & 07777, &walk->node);
}

// Hands an open over to a node that connects by itself. False: it is served here.
static bool hand_over(struct vfs_connection *connection, const struct ipc_request *request,
                      const struct walk *walk, uint32_t flags, uint32_t mode, zx_handle_t object)
{
    struct vfs_node *node = walk->node;
    struct vfs_connect connect = {
        .request = *request,
        .flags = flags,
        .mode = mode,
        .path = walk->rest_size != 0 ? walk->rest : "",
        .path_size = walk->rest_size,
        .object = object,
        .connection = connection,
    };

    if (node->ops->connect == NULL)
        return false;
    if (node->kind != FILE_KIND_DIRECTORY) {
        if (walk->rest_size != 0 || (flags & FILE_OPEN_DIRECTORY) != 0) {
            zx_handle_close(object);
            replied(connection, file_reply_open(request, ZX_ERR_NOT_DIR));
            return true;
        }
        if ((flags & ACCESS) == 0)
            return false;
    }
    node->ops->connect(node, &connect);
    return true;
}

// Serves `object` as a connection to the node. Consumes it.
static zx_status_t open_node(struct vfs_connection *connection, struct vfs_node *node,
                             uint32_t flags, zx_handle_t object)
{
    zx_status_t status = check_node(node, flags);

    if (status != ZX_OK) {
        zx_handle_close(object);
        return status;
    }
    status = connection_open(connection, node, flags & KEPT, object);
    // Last, so that an open that fails has not emptied the file.
    if (status == ZX_OK && (flags & FILE_OPEN_TRUNCATE) != 0 && node->kind == FILE_KIND_FILE) {
        status = ZX_ERR_NOT_SUPPORTED;
        if (node->ops->truncate != NULL)
            status = node->ops->truncate(node, 0);
        if (status != ZX_OK) {
            struct vfs_link *newest = node->connections.previous;

            vfs_connection_break(vfs_container(newest, struct vfs_connection, same));
        }
    }
    return status;
}

void names_open(void *context, const struct ipc_request *request, uint32_t flags, uint32_t mode,
                const char *path, size_t path_size, zx_handle_t object)
{
    struct vfs_connection *connection = context;
    struct walk walk = {0};
    zx_status_t status = check_flags(flags);

    if (status == ZX_OK)
        status = walk_path(connection_node(connection), path, path_size, &walk);
    if (status == ZX_OK)
        status = find(connection, &walk, flags, mode);
    if (status != ZX_OK) {
        zx_handle_close(object);
    } else if (hand_over(connection, request, &walk, flags, mode, object)) {
        walk_end(&walk);
        return;
    } else {
        status = open_node(connection, walk.node, flags, object);
    }
    walk_end(&walk);
    replied(connection, file_reply_open(request, status));
}

void names_stat_path(void *context, const struct ipc_request *request, const char *path,
                     size_t path_size)
{
    struct vfs_connection *connection = context;
    struct file_attributes attributes;
    struct walk walk;
    zx_status_t status = walk_path(connection_node(connection), path, path_size, &walk);

    if (status == ZX_OK)
        status = walk_last(&walk);
    if (status == ZX_OK && walk.rest_size != 0)
        status = walk.node->kind == FILE_KIND_DIRECTORY ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_NOT_DIR;
    if (status == ZX_OK)
        status = node_attributes(walk.node, &attributes);
    walk_end(&walk);
    replied(connection, file_reply_stat_path(request, status, &attributes));
}

// Walks to a name that is to be changed. ZX_OK: walk->directory is there.
static zx_status_t walk_to_change(struct vfs_connection *connection, const char *path, size_t size,
                                  zx_status_t if_itself, struct walk *walk)
{
    zx_status_t status = walk_path(connection_node(connection), path, size, walk);

    if (status != ZX_OK || walk->directory != NULL)
        return status;
    if (walk->node->ops->connect != NULL && walk->rest_size != 0)
        return walk->node->kind == FILE_KIND_DIRECTORY ? ZX_ERR_NOT_SUPPORTED : ZX_ERR_NOT_DIR;
    return walk->node->kind == FILE_KIND_DIRECTORY ? if_itself : ZX_ERR_NOT_DIR;
}

static zx_status_t do_unlink(struct walk *walk, uint32_t flags)
{
    bool is_directory = (flags & FILE_UNLINK_DIRECTORY) != 0;
    const struct vfs_node_ops *ops = walk->directory->ops;

    if ((flags & ~FILE_UNLINK_DIRECTORY) != 0)
        return ZX_ERR_INVALID_ARGS;
    if (ops->unlink == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    if (walk->slash && !is_directory) {
        zx_status_t status = walk_last(walk);

        return status == ZX_OK ? ZX_ERR_NOT_FILE : status;
    }
    return ops->unlink(walk->directory, walk->name, walk->name_size, is_directory);
}

void names_unlink(void *context, const struct ipc_request *request, uint32_t flags,
                  const char *path, size_t path_size)
{
    struct vfs_connection *connection = context;
    struct walk walk;
    zx_status_t status = walk_to_change(connection, path, path_size, ZX_ERR_UNAVAILABLE, &walk);

    if (status == ZX_OK)
        status = do_unlink(&walk, flags);
    walk_end(&walk);
    replied(connection, file_reply_unlink(request, status));
}

static zx_status_t do_rename(struct walk *from, struct walk *to)
{
    const struct vfs_node_ops *ops = from->directory->ops;
    zx_status_t status;

    if (ops->rename == NULL || to->directory->ops != ops)
        return ZX_ERR_NOT_SUPPORTED;
    status = walk_last(from);
    if (status != ZX_OK)
        return status;
    if (to->slash && from->node->kind != FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_DIR;
    return ops->rename(from->directory, from->name, from->name_size, to->directory, to->name,
                       to->name_size);
}

void names_rename(void *context, const struct ipc_request *request, const char *from,
                  size_t from_size, const char *to, size_t to_size)
{
    struct vfs_connection *connection = context;
    struct walk source;
    struct walk target = {0};
    zx_status_t status = walk_to_change(connection, from, from_size, ZX_ERR_UNAVAILABLE, &source);

    if (status == ZX_OK)
        status = walk_to_change(connection, to, to_size, ZX_ERR_UNAVAILABLE, &target);
    if (status == ZX_OK)
        status = do_rename(&source, &target);
    walk_end(&source);
    walk_end(&target);
    replied(connection, file_reply_rename(request, status));
}

void names_make_directory(void *context, const struct ipc_request *request, uint32_t mode,
                          const char *path, size_t path_size)
{
    struct vfs_connection *connection = context;
    struct walk walk;
    zx_status_t status = walk_to_change(connection, path, path_size, ZX_ERR_ALREADY_EXISTS, &walk);

    if (status == ZX_OK) {
        const struct vfs_node_ops *ops = walk.directory->ops;

        status = ZX_ERR_NOT_SUPPORTED;
        if (ops->make_directory != NULL)
            status = ops->make_directory(walk.directory, walk.name, walk.name_size, mode & 07777);
    }
    walk_end(&walk);
    replied(connection, file_reply_make_directory(request, status));
}

void names_read_directory(void *context, const struct ipc_request *request)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection_node(connection);
    struct vfs *vfs = connection->vfs;
    struct vfs_lister lister = {
        .at = vfs->buffer, .left = sizeof(vfs->buffer), .end = connection->description->list_end};
    uint64_t cursor = connection->description->position;
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;

    if (node->kind != FILE_KIND_DIRECTORY)
        status = ZX_ERR_NOT_DIR;
    else if ((connection->description->flags & FILE_OPEN_READ) == 0)
        status = ZX_ERR_BAD_HANDLE;
    else if (node->ops->list != NULL)
        status = node->ops->list(node, &cursor, &lister);
    if (status == ZX_OK) {
        connection->description->position = cursor;
        connection->description->list_end = lister.end;
    }
    replied(connection, file_reply_read_directory(request, status, vfs->buffer,
                                                  sizeof(vfs->buffer) - lister.left));
}
