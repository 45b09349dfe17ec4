// SPDX-License-Identifier: MIT
//
// Nodes: counting, attributes, signals. One thread; no locks.

#include "private.h"

#include <string.h>

#include <zircon/syscalls.h>

uint64_t vfs_new_id(void)
{
    static uint64_t last;

    return ++last;
}

uint64_t vfs_new_file_system_id(void)
{
    uint64_t id;

    // 63 random bits: as good as never the same.
    zx_cprng_draw(&id, sizeof(id));
    return id >> 1;
}

void vfs_node_init(struct vfs_node *node, const struct vfs_node_ops *ops, uint32_t kind)
{
    node->ops = ops;
    node->references = 1;
    node->kind = kind;
    node->id = vfs_new_id();
    vfs_link_init(&node->connections);
}

void vfs_node_ref(struct vfs_node *node)
{
    node->references++;
}

void vfs_node_unref(struct vfs_node *node)
{
    if (--node->references == 0)
        node->ops->release(node);
}

void vfs_node_signal(struct vfs_node *node, zx_signals_t clear, zx_signals_t set)
{
    for (struct vfs_link *at = node->connections.next; at != &node->connections; at = at->next)
        vfs_connection_signal(vfs_container(at, struct vfs_connection, same), clear, set);
}

zx_status_t node_attributes(struct vfs_node *node, struct file_attributes *attributes)
{
    memset(attributes, 0, sizeof(*attributes));
    attributes->kind = node->kind;
    attributes->id = node->id;
    attributes->links = 1;
    if (node->ops->attributes == NULL)
        return ZX_OK;
    return node->ops->attributes(node, attributes);
}

bool vfs_list(struct vfs_lister *lister, uint64_t id, uint32_t kind, const char *name, size_t size)
{
    struct file_record record = {.id = id, .kind = kind, .name_size = (uint32_t)size};
    size_t padded = (size + 7) & ~(size_t)7;

    if (sizeof(record) + padded > lister->left)
        return false;
    memcpy(lister->at, &record, sizeof(record));
    memset(lister->at + sizeof(record), 0, padded);
    memcpy(lister->at + sizeof(record), name, size);
    lister->at += sizeof(record) + padded;
    lister->left -= sizeof(record) + padded;
    return true;
}

int64_t vfs_now(void)
{
    return zx_clock_get(ZX_CLOCK_UTC);
}
