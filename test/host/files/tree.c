// SPDX-License-Identifier: MIT
//
// Nodes for the tests of the vfs library: a terminal that answers later, hatches that hand over.

#include "tree.h"

#include <stdio.h>

// ---- a device whose reads are answered when somebody writes -------------------------------------

static void device_release(struct vfs_node *node)
{
    struct device *device = vfs_container(node, struct device, node);

    assert_int_equal(device->count, 0);
    device->released = true;
}

static void device_read_later(struct vfs_node *node, struct vfs_connection *connection,
                              const struct ipc_request *request, uint32_t count)
{
    struct device *device = vfs_container(node, struct device, node);

    (void)count;
    assert_true(device->count < 32);
    device->waiting[device->count].connection = connection;
    device->waiting[device->count++].request = *request;
}

static void device_write_later(struct vfs_node *node, struct vfs_connection *connection,
                               const struct ipc_request *request, const void *data, size_t size)
{
    struct device *device = vfs_container(node, struct device, node);

    for (unsigned i = 0; i < device->count; i++)
        vfs_reply_read(device->waiting[i].connection, &device->waiting[i].request, ZX_OK, data,
                       size);
    device->count = 0;
    vfs_node_signal(node, FILE_SIGNAL_WRITABLE, FILE_SIGNAL_READABLE);
    vfs_reply_write(connection, request, ZX_OK, size);
}

static void device_disconnected(struct vfs_node *node, struct vfs_connection *connection)
{
    struct device *device = vfs_container(node, struct device, node);
    unsigned kept = 0;

    for (unsigned i = 0; i < device->count; i++) {
        if (device->waiting[i].connection == connection)
            device->dropped++;
        else
            device->waiting[kept++] = device->waiting[i];
    }
    device->count = kept;
}

static zx_signals_t device_signals(struct vfs_node *node)
{
    (void)node;
    return FILE_SIGNAL_WRITABLE;
}

static void device_get_size(void *context, const struct ipc_request *request)
{
    struct vfs_connection *connection = context;

    assert_int_equal(vfs_connection_node(connection)->kind, FILE_KIND_TERMINAL);
    assert_ok(terminal_reply_get_size(request, ZX_OK, 80, vfs_connection_flags(connection)));
}

static const struct terminal_server device_terminal = {.get_size = device_get_size};

static const struct vfs_protocol device_protocols[] = {
    {TERMINAL_PROTOCOL, terminal_dispatch, &device_terminal},
};

static const struct vfs_node_ops device_ops = {
    .release = device_release,
    .read_later = device_read_later,
    .write_later = device_write_later,
    .disconnected = device_disconnected,
    .signals = device_signals,
    .protocols = device_protocols,
    .protocol_count = 1,
};

// ---- a service, and a mount: both keep what they are handed -------------------------------------

static void hatch_release(struct vfs_node *node)
{
    (void)node;
}

static void hatch_connect(struct vfs_node *node, struct vfs_connect *connect)
{
    struct hatch *hatch = vfs_container(node, struct hatch, node);

    assert_int_equal(hatch->object, ZX_HANDLE_INVALID);
    hatch->object = connect->object;
    hatch->request = connect->request;
    hatch->flags = connect->flags;
    snprintf(hatch->path, sizeof(hatch->path), "%.*s", (int)connect->path_size, connect->path);
    if (!hatch->defer)
        assert_ok(file_reply_open(&connect->request, ZX_OK));
}

static const struct vfs_node_ops hatch_ops = {
    .release = hatch_release,
    .connect = hatch_connect,
};

// ---- the tree: dir/inner, tty, service, mount ---------------------------------------------------

struct vfs_node *tree_make(struct tree *tree)
{
    struct vfs_directory *dir;

    memset(tree, 0, sizeof(*tree));
    assert_ok(vfs_directory_create(&tree->root));
    assert_ok(vfs_directory_create(&dir));
    vfs_node_init(&tree->tty.node, &device_ops, FILE_KIND_TERMINAL);
    vfs_node_init(&tree->service.node, &hatch_ops, FILE_KIND_SERVICE);
    vfs_node_init(&tree->mount.node, &hatch_ops, FILE_KIND_DIRECTORY);
    assert_ok(vfs_directory_add(tree->root, "dir", &dir->node));
    assert_ok(vfs_directory_add(dir, "inner", &tree->tty.node));
    assert_ok(vfs_directory_add(tree->root, "tty", &tree->tty.node));
    assert_ok(vfs_directory_add(tree->root, "service", &tree->service.node));
    assert_ok(vfs_directory_add(tree->root, "mount", &tree->mount.node));
    assert_status(vfs_directory_add(tree->root, "tty", &dir->node), ZX_ERR_ALREADY_EXISTS);
    assert_status(vfs_directory_add(tree->root, "a/b", &dir->node), ZX_ERR_BAD_PATH);
    assert_status(vfs_directory_add(tree->root, "..", &dir->node), ZX_ERR_BAD_PATH);
    assert_status(vfs_directory_remove(tree->root, "nothing"), ZX_ERR_NOT_FOUND);
    vfs_node_unref(&dir->node);
    return &tree->root->node;
}

void tree_end(struct tree *tree)
{
    vfs_node_unref(&tree->tty.node);
    assert_true(tree->tty.released);
}
