// SPDX-License-Identifier: MIT
//
// What the files of ramfs share.

#ifndef RAMFS_PRIVATE_H
#define RAMFS_PRIVATE_H

#include <vfs/table.h>

#include "pages.h"
#include "ramfs.h"

// The file system. Freed with its last node.
struct ramfs {
    uint64_t capacity;
    uint64_t used;
    uint64_t nodes;
    uint64_t id;
};

struct ram_node {
    struct vfs_node node;
    struct ramfs *fs;
    uint32_t mode;
    bool linked; // has a name (or is the root)
    int64_t mtime;
    int64_t ctime;
    // Directories.
    struct ram_node
        *parent; // borrowed: is not removed while this is in it. NULL: root, or unlinked
    struct vfs_table table;
    // Files.
    zx_handle_t vmo; // ZX_HANDLE_INVALID: nothing was written yet
    uint64_t size;   // bytes; the VMO has them rounded up to pages; zeros behind the end
    struct pages pages;
};

static inline struct ram_node *ram_node(struct vfs_node *node)
{
    return vfs_container(node, struct ram_node, node);
}

extern const struct vfs_node_ops ramfs_directory_ops;
extern const struct vfs_node_ops ramfs_file_ops;

// Takes bytes from the capacity. False: they are not left.
bool ramfs_charge(struct ramfs *fs, uint64_t bytes);

// Makes a node without a name, with the caller's reference.
zx_status_t ramfs_make_node(struct ramfs *fs, uint32_t kind, uint32_t mode, struct ram_node **out);

// Operations that files and directories share.
void ramfs_release(struct vfs_node *node);
zx_status_t ramfs_attributes(struct vfs_node *node, struct file_attributes *attributes);
zx_status_t ramfs_set_attributes(struct vfs_node *node, uint32_t which, uint32_t mode,
                                 int64_t mtime);
zx_status_t ramfs_file_system(struct vfs_node *node, struct file_system *system);

#endif
