// SPDX-License-Identifier: MIT
//
// The file system and its nodes. One thread; no locks.
//
// R1. fs->used is the sum over all nodes of RAMFS_NODE_BYTES and pages_memory(), and over all
//     names of their entries' bytes; it never exceeds the capacity.

#include "private.h"

#include <stdlib.h>

#include <zircon/syscalls.h>

bool ramfs_charge(struct ramfs *fs, uint64_t bytes)
{
    if (bytes > fs->capacity - fs->used)
        return false;
    fs->used += bytes;
    return true;
}

zx_status_t ramfs_make_node(struct ramfs *fs, uint32_t kind, uint32_t mode, struct ram_node **out)
{
    struct ram_node *node;

    if (!ramfs_charge(fs, RAMFS_NODE_BYTES))
        return ZX_ERR_NO_SPACE;
    node = calloc(1, sizeof(*node));
    if (node == NULL) {
        fs->used -= RAMFS_NODE_BYTES;
        return ZX_ERR_NO_MEMORY;
    }
    vfs_node_init(&node->node, kind == FILE_KIND_DIRECTORY ? &ramfs_directory_ops : &ramfs_file_ops,
                  kind);
    vfs_table_init(&node->table);
    node->fs = fs;
    node->mode = mode;
    node->mtime = vfs_now();
    node->ctime = node->mtime;
    fs->nodes++;
    *out = node;
    return ZX_OK;
}

void ramfs_release(struct vfs_node *node)
{
    struct ram_node *self = ram_node(node);
    struct ramfs *fs = self->fs;

    // Only the root can still have entries; their bytes go with the file system.
    vfs_table_clear(&self->table);
    fs->used -= RAMFS_NODE_BYTES + pages_memory(&self->pages);
    pages_cut(&self->pages, 0);
    if (self->vmo != ZX_HANDLE_INVALID)
        zx_handle_close(self->vmo);
    free(self);
    if (--fs->nodes == 0)
        free(fs);
}

zx_status_t ramfs_attributes(struct vfs_node *node, struct file_attributes *attributes)
{
    struct ram_node *self = ram_node(node);

    attributes->mode = self->mode;
    attributes->size = self->size;
    attributes->storage = self->pages.count * PAGE_BYTES;
    attributes->links = self->linked ? 1 : 0;
    attributes->mtime = self->mtime;
    attributes->ctime = self->ctime;
    return ZX_OK;
}

zx_status_t ramfs_set_attributes(struct vfs_node *node, uint32_t which, uint32_t mode,
                                 int64_t mtime)
{
    struct ram_node *self = ram_node(node);

    if ((which & FILE_SET_MODE) != 0)
        self->mode = mode;
    if ((which & FILE_SET_MTIME) != 0)
        self->mtime = mtime;
    self->ctime = vfs_now();
    return ZX_OK;
}

zx_status_t ramfs_file_system(struct vfs_node *node, struct file_system *system)
{
    const struct ramfs *fs = ram_node(node)->fs;

    system->total = fs->capacity;
    system->used = fs->used;
    system->nodes = fs->nodes;
    system->id = fs->id;
    return ZX_OK;
}

zx_status_t ramfs_create(uint64_t capacity, struct vfs_node **out_root)
{
    struct ramfs *fs = calloc(1, sizeof(*fs));
    struct ram_node *root;
    zx_status_t status;

    if (fs == NULL)
        return ZX_ERR_NO_MEMORY;
    fs->capacity = capacity;
    fs->id = vfs_new_file_system_id();
    status = ramfs_make_node(fs, FILE_KIND_DIRECTORY, 01777, &root);
    if (status != ZX_OK) {
        free(fs);
        return status;
    }
    root->linked = true;
    *out_root = &root->node;
    return ZX_OK;
}
