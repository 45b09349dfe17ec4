// SPDX-License-Identifier: MIT
//
// What is in a directory: names and nodes, found by a hash, listed in the order in which they were
// added. Each entry has a cookie, larger than those of all that were there before it; a cursor is
// the cookie up to which was listed, so that whatever is added or removed meanwhile, what stays is
// seen exactly once. The hash has a secret seed: clients cannot make names that collide. No locks.
//
// And ready-made pseudo directories over it, for servers whose directories do not change by
// clients' requests.

#ifndef VFS_TABLE_H
#define VFS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <vfs/vfs.h>

struct vfs_entry {
    struct vfs_link order;    // by cookie
    struct vfs_entry *bucket; // next of the same hash
    struct vfs_node *node;    // a reference
    uint64_t cookie;
    uint64_t hash;
    uint32_t name_size;
    char name[]; // not terminated
};

struct vfs_table {
    struct vfs_entry **buckets;
    uint32_t bucket_count; // power of two, or 0
    uint32_t count;
    struct vfs_link order;
    uint64_t last_cookie;
};

void vfs_table_init(struct vfs_table *table);

// Removes all entries.
void vfs_table_clear(struct vfs_table *table);

// The entry of that name, or NULL.
struct vfs_entry *vfs_table_find(const struct vfs_table *table, const char *name, size_t size);

// Adds an entry with a reference of its own to the node. ZX_ERR_ALREADY_EXISTS, ZX_ERR_NO_MEMORY.
zx_status_t vfs_table_add(struct vfs_table *table, const char *name, size_t size,
                          struct vfs_node *node);

// Removes an entry and its reference.
void vfs_table_remove(struct vfs_table *table, struct vfs_entry *entry);

// Bytes of memory that an entry of that name takes.
size_t vfs_entry_bytes(size_t name_size);

// For ops->list.
zx_status_t vfs_table_list(const struct vfs_table *table, uint64_t *cursor,
                           struct vfs_lister *lister);

// A pseudo directory: read-only for clients (ZX_ERR_IO_REFUSED).
struct vfs_directory {
    struct vfs_node node;
    struct vfs_table table;
    const struct file_system *system; // of all its nodes; borrowed. NULL: has none
};

// Makes one, with the caller's reference. ZX_ERR_NO_MEMORY.
zx_status_t vfs_directory_create(struct vfs_directory **out);

// Adds a node under a terminated name; ZX_ERR_ALREADY_EXISTS, ZX_ERR_NO_MEMORY, and ZX_ERR_BAD_PATH
// for what is no name.
zx_status_t vfs_directory_add(struct vfs_directory *directory, const char *name,
                              struct vfs_node *node);

// Removes the name. ZX_ERR_NOT_FOUND.
zx_status_t vfs_directory_remove(struct vfs_directory *directory, const char *name);

#endif
