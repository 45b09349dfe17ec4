// SPDX-License-Identifier: MIT
//
// What the files of the vfs library share.

#ifndef VFS_PRIVATE_H
#define VFS_PRIVATE_H

#include <vfs/vfs.h>

// Those who hold connections that go back to the same vfs_serve().
struct family {
    uint32_t connections; // living ones; freed with the last
    bool unlimited;
};

// An open description: shared by a connection and its clones.
struct description {
    uint32_t connections;
    struct vfs_node *node; // a reference
    uint32_t flags;
    uint64_t position; // of a directory: its cursor
    uint64_t list_end; // see struct vfs_lister
};

struct vfs_connection {
    struct vfs *vfs;
    struct vfs_link all;  // in vfs->connections, or vfs->broken
    struct vfs_link same; // in node->connections
    struct family *family;
    struct description *description;
    zx_handle_t channel; // owned
    zx_koid_t koid;
    uint32_t options;
    uint32_t pending; // answers owed
    bool broken;
    struct vfs_watch watch;
    void (*closed)(void *context);
    void *closed_context;
};

struct vfs {
    struct vfs_loop *loop;
    struct vfs_limits limits;
    uint32_t connection_count;
    struct vfs_link connections;
    struct vfs_link broken; // to be closed after the callback
    uint8_t buffer[FILE_MAX_DATA] __attribute__((aligned(8)));
};

struct vfs_lister {
    uint8_t *at;
    size_t left;
    // The cursor at which the listing ends, as it was when it began: what is added meanwhile (or
    // renamed by the one who lists) does not make it endless. 0: not begun from the start, no such
    // end.
    uint64_t end;
};

// Where a path led to. `directory` and `node` are references, NULL if there is none.
struct walk {
    struct vfs_node *directory; // the last component is (to be) in it; NULL: the path names `node`
    const char *name;           // last component
    size_t name_size;
    bool slash;            // the path ended with '/': must be a directory
    struct vfs_node *node; // without `directory`: where the path began, or a node with ops->connect
    const char *rest;      // of the path behind such a node
    size_t rest_size;
};

// Walks all but the last component. ZX_OK: to be ended with walk_end(). ZX_ERR_NOT_FOUND, NOT_DIR,
// BAD_PATH, INVALID_ARGS.
zx_status_t walk_path(struct vfs_node *from, const char *path, size_t size, struct walk *walk);
// Sets walk->node to what the last component names (unless it is set). Honours `slash`.
zx_status_t walk_last(struct walk *walk);
void walk_end(struct walk *walk);

// Makes a connection. Consumes the channel; on ZX_OK the description has one more. NULL `family`:
// a new one.
zx_status_t connection_create(struct vfs *vfs, struct description *description,
                              struct family *family, zx_handle_t channel,
                              struct vfs_connection **out);

// Opens a node: a description and a connection to it, in the family of `from`.
zx_status_t connection_open(struct vfs_connection *from, struct vfs_node *node, uint32_t flags,
                            zx_handle_t channel);

// Attributes of a node, complete.
zx_status_t node_attributes(struct vfs_node *node, struct file_attributes *attributes);

// What each connection serves: serve.c (data) and names.c (paths).
extern const struct file_server vfs_file_server;

void names_open(void *context, const struct ipc_request *request, uint32_t flags, uint32_t mode,
                const char *path, size_t path_size, zx_handle_t object);
void names_stat_path(void *context, const struct ipc_request *request, const char *path,
                     size_t path_size);
void names_read_directory(void *context, const struct ipc_request *request);
void names_unlink(void *context, const struct ipc_request *request, uint32_t flags,
                  const char *path, size_t path_size);
void names_rename(void *context, const struct ipc_request *request, const char *from,
                  size_t from_size, const char *to, size_t to_size);
void names_make_directory(void *context, const struct ipc_request *request, uint32_t mode,
                          const char *path, size_t path_size);

// Notes that a reply was sent, or failed: then the connection is broken.
static inline void replied(struct vfs_connection *connection, zx_status_t status)
{
    if (status != ZX_OK)
        vfs_connection_break(connection);
}

#endif
