// SPDX-License-Identifier: MIT
//
// A file system in memory, as nodes of the vfs library. Files are VMOs; pages are charged when they
// are first written, names and nodes at once, all against one capacity. One thread; no locks.

#ifndef RAMFS_RAMFS_H
#define RAMFS_RAMFS_H

#include <stdint.h>

#include <vfs/vfs.h>
#include <zircon/types.h>

// Longest file. Longer ones are ZX_ERR_FILE_BIG, even sparse.
#define RAMFS_MAX_FILE ((uint64_t)1 << 34)
// Directories below each other: deeper ones are ZX_ERR_BAD_PATH. Bounds every walk towards the
// root.
#define RAMFS_MAX_DEPTH 512u
// What a node is charged besides its name and its pages.
#define RAMFS_NODE_BYTES 1024u

// Makes an empty file system that holds `capacity` bytes. Gives a reference to its root directory;
// with the last reference to the last node it is gone. ZX_ERR_NO_MEMORY.
zx_status_t ramfs_create(uint64_t capacity, struct vfs_node **out_root);

#endif
