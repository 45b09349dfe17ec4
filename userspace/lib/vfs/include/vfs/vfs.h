// SPDX-License-Identifier: MIT
//
// Serving protocol `file` (userspace/idl/file.cmake): an embedder supplies nodes, this library the
// connections, the path walk and the messages. Everything runs on the thread of one loop
// (<vfs/loop.h>); no locks.
//
// Ownership: nodes are counted. A reference is held by each open description, each name in a
// struct vfs_table, and whoever called vfs_node_ref(). Connections are the library's; a pointer to
// one is good until the node's `disconnected` was called for it.
//
// A client may send anything at any rate. It costs a server at most its connections
// (struct vfs_limits) and one message at a time: each turn of the loop answers one message of one
// connection, in the order of the port, so clients do not hold each other up. A client that does
// not read its answers fills the kernel's queue of its own end; when a reply fails, its connection
// is closed.

#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipc/ipc.h>
#include <protocol/file.h>
#include <vfs/link.h>
#include <vfs/loop.h>
#include <zircon/types.h>

struct vfs;
struct vfs_connection;
struct vfs_lister;
struct vfs_node_ops;

// A file, directory, device or service. Embedded by the embedder's own structures.
struct vfs_node {
    const struct vfs_node_ops *ops;
    uint32_t references;
    uint32_t kind;               // FILE_KIND_
    uint64_t id;                 // see vfs_new_id()
    struct vfs_link connections; // of struct vfs_connection, private
};

// A request to connect to a node of its own (ops->connect). The answer is given by
// file_reply_open(&open->request, status), now or (from a copy) later; the object is the node's, to
// be closed if it refuses. With a deferred answer: if svc or another client goes away meanwhile,
// the answer fails harmlessly.
struct vfs_connect {
    struct ipc_request request;
    uint32_t flags; // FILE_OPEN_
    uint32_t mode;
    const char *path; // what is left of the path, without leading '/'; not terminated
    size_t path_size;
    zx_handle_t object;
    struct vfs_connection *connection; // by which the request came
};

// A further protocol spoken on connections to a node. The context of its handlers is the
// struct vfs_connection.
struct vfs_protocol {
    uint32_t protocol;
    void (*dispatch)(const void *server, void *context, struct ipc_message *message);
    const void *server;
};

// What a node can do. NULL: answered with ZX_ERR_NOT_SUPPORTED unless something else is said here.
// The library has checked flags, kinds, names (no '/', not empty, not . or .., at most
// FILE_MAX_NAME) and that the connection is open for it.
struct vfs_node_ops {
    // The last reference went: free the node. Must be there.
    void (*release)(struct vfs_node *node);

    // Fills in attributes; kind, id and links 1 are set before. NULL: all else is zero.
    zx_status_t (*attributes)(struct vfs_node *node, struct file_attributes *attributes);
    zx_status_t (*set_attributes)(struct vfs_node *node, uint32_t which, uint32_t mode,
                                  int64_t mtime);
    zx_status_t (*file_system)(struct vfs_node *node, struct file_system *system);

    // May refuse to be opened with these flags. NULL: never.
    zx_status_t (*open)(struct vfs_node *node, uint32_t flags);

    // Signals (FILE_SIGNAL_) that a new connection shows its client. NULL: readable and writable.
    zx_signals_t (*signals)(struct vfs_node *node);
    // A connection is gone: answers still owed to it are to be forgotten. NULL: nothing to do.
    void (*disconnected)(struct vfs_node *node, struct vfs_connection *connection);

    // Data, answered at once. *out_size: how much was read (0: the end) or written.
    zx_status_t (*read)(struct vfs_node *node, uint64_t offset, void *data, size_t size,
                        size_t *out_size);
    zx_status_t (*write)(struct vfs_node *node, uint64_t offset, const void *data, size_t size,
                         size_t *out_size);
    // Data of streams, answered by vfs_reply_read() and vfs_reply_write(), now or later. If these
    // are there, they are called instead, and the node has no positions.
    void (*read_later)(struct vfs_node *node, struct vfs_connection *connection,
                       const struct ipc_request *request, uint32_t count);
    void (*write_later)(struct vfs_node *node, struct vfs_connection *connection,
                        const struct ipc_request *request, const void *data, size_t size);
    zx_status_t (*truncate)(struct vfs_node *node, uint64_t size);
    zx_status_t (*get_vmo)(struct vfs_node *node, uint32_t flags, zx_handle_t *out,
                           uint64_t *out_size);

    // Directories. lookup and create give a reference.
    zx_status_t (*lookup)(struct vfs_node *directory, const char *name, size_t size,
                          struct vfs_node **out);
    zx_status_t (*create)(struct vfs_node *directory, const char *name, size_t size, uint32_t mode,
                          struct vfs_node **out);
    zx_status_t (*make_directory)(struct vfs_node *directory, const char *name, size_t size,
                                  uint32_t mode);
    // is_directory: rmdir, and only a directory; else only what is none.
    zx_status_t (*unlink)(struct vfs_node *directory, const char *name, size_t size,
                          bool is_directory);
    // Both directories have these same ops.
    zx_status_t (*rename)(struct vfs_node *from, const char *from_name, size_t from_size,
                          struct vfs_node *to, const char *to_name, size_t to_size);
    // Adds entries by vfs_list() from *cursor on until it returns false or all were added; leaves
    // the cursor where to go on. A cursor is any value a client may invent; 0 is the beginning.
    zx_status_t (*list)(struct vfs_node *directory, uint64_t *cursor, struct vfs_lister *lister);

    // Opens of this node, and of all paths through it, are handed over instead of served here. A
    // node of FILE_KIND_SERVICE that is opened neither for reading nor for writing is served all
    // the same.
    void (*connect)(struct vfs_node *node, struct vfs_connect *connect);

    const struct vfs_protocol *protocols;
    size_t protocol_count; // at most VFS_MAX_PROTOCOLS
};

#define VFS_MAX_PROTOCOLS 3u

// ---- nodes --------------------------------------------------------------------------------------

// A number that no other node of this process has.
uint64_t vfs_new_id(void);

// A number for struct file_system's id, which other processes' file systems do not have either.
uint64_t vfs_new_file_system_id(void);

// Makes a node with one reference, the caller's.
void vfs_node_init(struct vfs_node *node, const struct vfs_node_ops *ops, uint32_t kind);
void vfs_node_ref(struct vfs_node *node);
void vfs_node_unref(struct vfs_node *node);

// Clears and sets signals (FILE_SIGNAL_) on the clients' ends of all connections to the node.
void vfs_node_signal(struct vfs_node *node, zx_signals_t clear, zx_signals_t set);

// Adds one directory entry. False: there is no room, come again with the cursor before it.
bool vfs_list(struct vfs_lister *lister, uint64_t id, uint32_t kind, const char *name, size_t size);

// ---- server -------------------------------------------------------------------------------------

struct vfs_limits {
    uint32_t connections; // of all clients; 0: VFS_MAX_CONNECTIONS
    uint32_t family; // that one root connection (vfs_serve()) and its descendants may hold; 0: half
    uint32_t pending; // answers owed to one connection (read_later ...); 0: VFS_MAX_PENDING
};

#define VFS_MAX_CONNECTIONS 4096u
#define VFS_MAX_PENDING     16u

// Makes a server on the loop, which outlives it; it uses the loop's after-hook. `limits` may be
// NULL.
zx_status_t vfs_create(struct vfs_loop *loop, const struct vfs_limits *limits, struct vfs **out);

// Closes all connections and frees the server. NULL is let be.
void vfs_destroy(struct vfs *vfs);

// Options of vfs_serve(). TRUSTED: the connection of somebody who opens connections for others (the
// service manager): what it opens is a family of its own, with a limit of its own.
#define VFS_TRUSTED 1u

// Serves a channel as a connection to the node, opened with these flags (FILE_OPEN_). Consumes the
// channel. `closed`, if not NULL, is called when the connection has gone.
// ZX_ERR_NO_RESOURCES: the limit is reached. ZX_ERR_INVALID_ARGS: not a channel that could be
// served.
// ZX_ERR_NO_MEMORY.
zx_status_t vfs_serve(struct vfs *vfs, struct vfs_node *node, uint32_t flags, zx_handle_t channel,
                      uint32_t options, void (*closed)(void *context), void *context);

// How many connections there are.
uint32_t vfs_connection_count(const struct vfs *vfs);

// Nanoseconds since 1970, UTC, as far as the system knows.
int64_t vfs_now(void);

// ---- connections --------------------------------------------------------------------------------

struct vfs_node *vfs_connection_node(const struct vfs_connection *connection);
struct vfs *vfs_connection_vfs(const struct vfs_connection *connection);
zx_handle_t vfs_connection_channel(const struct vfs_connection *connection);

// FILE_OPEN_ flags it was opened with.
uint32_t vfs_connection_flags(const struct vfs_connection *connection);

// Clears and sets signals on the client's end.
void vfs_connection_signal(struct vfs_connection *connection, zx_signals_t clear, zx_signals_t set);

// Closes the connection when the current callback is over.
void vfs_connection_break(struct vfs_connection *connection);

// Answers read_later and write_later. The client may be gone: nothing has to be checked.
void vfs_reply_read(struct vfs_connection *connection, const struct ipc_request *request,
                    zx_status_t status, const void *data, size_t size);
void vfs_reply_write(struct vfs_connection *connection, const struct ipc_request *request,
                     zx_status_t status, size_t written);

#endif
