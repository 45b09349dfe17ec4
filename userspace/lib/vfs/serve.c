// SPDX-License-Identifier: MIT
//
// The methods of `file` that work on the open description. The context is the connection.

#include "private.h"

#include <zircon/syscalls.h>

static struct vfs_node *connection_node(const struct vfs_connection *connection)
{
    return connection->description->node;
}

// Whether data may go through the connection: opened for it, and not a directory.
static zx_status_t check_data(const struct vfs_connection *connection, uint32_t access)
{
    if (connection_node(connection)->kind == FILE_KIND_DIRECTORY)
        return ZX_ERR_NOT_FILE;
    return (connection->description->flags & access) != 0 ? ZX_OK : ZX_ERR_BAD_HANDLE;
}

static void serve_clone(void *context, const struct ipc_request *request, zx_handle_t object)
{
    struct vfs_connection *connection = context;
    struct family *family = (connection->options & VFS_TRUSTED) != 0 ? NULL : connection->family;
    struct vfs_connection *other;
    zx_status_t status =
        connection_create(connection->vfs, connection->description, family, object, &other);

    replied(connection, file_reply_clone(request, status));
}

static void serve_describe(void *context, const struct ipc_request *request)
{
    struct vfs_connection *connection = context;

    replied(connection, file_reply_describe(request, ZX_OK, connection_node(connection)->kind,
                                            connection->description->flags));
}

static void serve_stat(void *context, const struct ipc_request *request)
{
    struct vfs_connection *connection = context;
    struct file_attributes attributes;
    zx_status_t status = node_attributes(connection_node(connection), &attributes);

    replied(connection, file_reply_stat(request, status, &attributes));
}

static void serve_set_attributes(void *context, const struct ipc_request *request, uint32_t which,
                                 uint32_t mode, int64_t mtime)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection_node(connection);
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;

    if ((which & ~(FILE_SET_MODE | FILE_SET_MTIME)) != 0)
        status = ZX_ERR_INVALID_ARGS;
    else if (node->ops->set_attributes != NULL)
        status = node->ops->set_attributes(node, which, mode & 07777, mtime);
    replied(connection, file_reply_set_attributes(request, status));
}

// Counts an answer that will come later. False: there are too many already.
static bool promise(struct vfs_connection *connection)
{
    if (connection->pending >= connection->vfs->limits.pending)
        return false;
    connection->pending++;
    return true;
}

void vfs_reply_read(struct vfs_connection *connection, const struct ipc_request *request,
                    zx_status_t status, const void *data, size_t size)
{
    connection->pending--;
    if (!connection->broken)
        replied(connection, file_reply_read(request, status, data, size));
}

void vfs_reply_write(struct vfs_connection *connection, const struct ipc_request *request,
                     zx_status_t status, size_t written)
{
    connection->pending--;
    if (!connection->broken)
        replied(connection, file_reply_write(request, status, (uint32_t)written));
}

static void serve_read(void *context, const struct ipc_request *request, uint32_t count)
{
    struct vfs_connection *connection = context;
    struct description *description = connection->description;
    struct vfs_node *node = description->node;
    zx_status_t status = check_data(connection, FILE_OPEN_READ);
    size_t size = 0;

    if (count > FILE_MAX_DATA)
        count = FILE_MAX_DATA;
    if (status == ZX_OK && node->ops->read_later != NULL) {
        if (promise(connection)) {
            node->ops->read_later(node, connection, request, count);
            return;
        }
        status = ZX_ERR_SHOULD_WAIT;
    } else if (status == ZX_OK && node->ops->read == NULL) {
        status = ZX_ERR_NOT_SUPPORTED;
    } else if (status == ZX_OK) {
        status =
            node->ops->read(node, description->position, connection->vfs->buffer, count, &size);
        if (status == ZX_OK)
            description->position += size;
    }
    replied(connection, file_reply_read(request, status, connection->vfs->buffer, size));
}

static void serve_read_at(void *context, const struct ipc_request *request, uint64_t offset,
                          uint32_t count)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection_node(connection);
    zx_status_t status = check_data(connection, FILE_OPEN_READ);
    size_t size = 0;

    if (count > FILE_MAX_DATA)
        count = FILE_MAX_DATA;
    if (status == ZX_OK && offset > INT64_MAX)
        status = ZX_ERR_INVALID_ARGS;
    if (status == ZX_OK && (node->ops->read == NULL || node->ops->read_later != NULL))
        status = ZX_ERR_NOT_SUPPORTED;
    if (status == ZX_OK)
        status = node->ops->read(node, offset, connection->vfs->buffer, count, &size);
    replied(connection, file_reply_read_at(request, status, connection->vfs->buffer, size));
}

// Writes at an offset; *out_size bytes were written on ZX_OK.
static zx_status_t write_node(struct vfs_node *node, uint64_t offset, const void *data, size_t size,
                              size_t *out_size)
{
    if (node->ops->write == NULL || node->ops->write_later != NULL)
        return ZX_ERR_NOT_SUPPORTED;
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return ZX_ERR_FILE_BIG;
    if (size == 0)
        return ZX_OK;
    return node->ops->write(node, offset, data, size, out_size);
}

static void serve_write(void *context, const struct ipc_request *request, const void *data,
                        size_t data_size)
{
    struct vfs_connection *connection = context;
    struct description *description = connection->description;
    struct vfs_node *node = description->node;
    zx_status_t status = check_data(connection, FILE_OPEN_WRITE);
    uint64_t offset = description->position;
    size_t size = 0;

    if (status == ZX_OK && node->ops->write_later != NULL) {
        if (promise(connection)) {
            node->ops->write_later(node, connection, request, data, data_size);
            return;
        }
        status = ZX_ERR_SHOULD_WAIT;
    } else if (status == ZX_OK) {
        if ((description->flags & FILE_OPEN_APPEND) != 0) {
            struct file_attributes attributes;

            status = node_attributes(node, &attributes);
            offset = attributes.size;
        }
        if (status == ZX_OK)
            status = write_node(node, offset, data, data_size, &size);
        if (status == ZX_OK && node->kind == FILE_KIND_FILE)
            description->position = offset + size;
    }
    replied(connection, file_reply_write(request, status, (uint32_t)size));
}

static void serve_write_at(void *context, const struct ipc_request *request, uint64_t offset,
                           const void *data, size_t data_size)
{
    struct vfs_connection *connection = context;
    zx_status_t status = check_data(connection, FILE_OPEN_WRITE);
    size_t size = 0;

    if (status == ZX_OK && offset > INT64_MAX)
        status = ZX_ERR_INVALID_ARGS;
    if (status == ZX_OK)
        status = write_node(connection_node(connection), offset, data, data_size, &size);
    replied(connection, file_reply_write_at(request, status, (uint32_t)size));
}

// The position that a seek leads to.
static zx_status_t seek_target(struct description *description, int64_t offset, uint32_t whence,
                               uint64_t *out)
{
    struct vfs_node *node = description->node;
    struct file_attributes attributes;
    int64_t base = 0;
    int64_t target;

    if (node->kind == FILE_KIND_DIRECTORY) {
        // Cursors are the directory's own numbers: they can be kept, but not computed with.
        if (whence == FILE_SEEK_START && offset >= 0)
            *out = (uint64_t)offset;
        else if (whence == FILE_SEEK_CURRENT && offset == 0)
            *out = description->position;
        else
            return ZX_ERR_INVALID_ARGS;
        return ZX_OK;
    }
    if (node->kind == FILE_KIND_TERMINAL || node->ops->read_later != NULL ||
        (node->ops->read == NULL && node->ops->write == NULL))
        return ZX_ERR_NOT_SUPPORTED;
    if (whence == FILE_SEEK_CURRENT) {
        base = (int64_t)description->position;
    } else if (whence == FILE_SEEK_END) {
        zx_status_t status = node_attributes(node, &attributes);

        if (status != ZX_OK)
            return status;
        base = (int64_t)attributes.size;
    } else if (whence != FILE_SEEK_START) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (__builtin_add_overflow(base, offset, &target) || target < 0)
        return ZX_ERR_INVALID_ARGS;
    *out = (uint64_t)target;
    return ZX_OK;
}

static void serve_seek(void *context, const struct ipc_request *request, int64_t offset,
                       uint32_t whence)
{
    struct vfs_connection *connection = context;
    struct description *description = connection->description;
    uint64_t position = 0;
    zx_status_t status = seek_target(description, offset, whence, &position);

    if (status == ZX_OK)
        description->position = position;
    replied(connection, file_reply_seek(request, status, position));
}

static void serve_truncate(void *context, const struct ipc_request *request, uint64_t size)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection_node(connection);
    zx_status_t status = check_data(connection, FILE_OPEN_WRITE);

    if (status == ZX_OK && size > INT64_MAX)
        status = ZX_ERR_FILE_BIG;
    else if (status == ZX_OK)
        status =
            node->ops->truncate != NULL ? node->ops->truncate(node, size) : ZX_ERR_NOT_SUPPORTED;
    replied(connection, file_reply_truncate(request, status));
}

static zx_status_t get_vmo(struct vfs_connection *connection, uint32_t flags, zx_handle_t *out,
                           uint64_t *out_size)
{
    struct vfs_node *node = connection_node(connection);
    bool shared_write = (flags & (FILE_VMO_WRITE | FILE_VMO_PRIVATE)) == FILE_VMO_WRITE;
    zx_status_t status = check_data(connection, FILE_OPEN_READ);

    if ((flags & ~FILE_VMO_FLAGS) != 0)
        return ZX_ERR_INVALID_ARGS;
    if (status != ZX_OK)
        return status;
    if (shared_write && (connection->description->flags & FILE_OPEN_WRITE) == 0)
        return ZX_ERR_ACCESS_DENIED;
    if (node->ops->get_vmo == NULL)
        return ZX_ERR_NOT_SUPPORTED;
    return node->ops->get_vmo(node, flags, out, out_size);
}

static void serve_get_vmo(void *context, const struct ipc_request *request, uint32_t flags)
{
    struct vfs_connection *connection = context;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    uint64_t size = 0;
    zx_status_t status = get_vmo(connection, flags, &vmo, &size);

    replied(connection, file_reply_get_vmo(request, status, vmo, size));
}

static void serve_query_file_system(void *context, const struct ipc_request *request)
{
    struct vfs_connection *connection = context;
    struct vfs_node *node = connection_node(connection);
    struct file_system system = {.name_max = FILE_MAX_NAME};
    zx_status_t status = ZX_ERR_NOT_SUPPORTED;

    if (node->ops->file_system != NULL)
        status = node->ops->file_system(node, &system);
    replied(connection, file_reply_query_file_system(request, status, &system));
}

const struct file_server vfs_file_server = {
    .open = names_open,
    .clone = serve_clone,
    .describe = serve_describe,
    .stat = serve_stat,
    .set_attributes = serve_set_attributes,
    .read = serve_read,
    .write = serve_write,
    .read_at = serve_read_at,
    .write_at = serve_write_at,
    .seek = serve_seek,
    .truncate = serve_truncate,
    .read_directory = names_read_directory,
    .unlink = names_unlink,
    .rename = names_rename,
    .make_directory = names_make_directory,
    .get_vmo = serve_get_vmo,
    .query_file_system = serve_query_file_system,
    .stat_path = names_stat_path,
};
