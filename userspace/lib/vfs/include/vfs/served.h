// SPDX-License-Identifier: MIT
//
// Services that a program provides itself: a node, each open of which is a connection that speaks
// one protocol. Connections are bounded: when there are too many, the one that was idle longest
// goes.

#ifndef VFS_SERVED_H
#define VFS_SERVED_H

#include <ipc/ipc.h>
#include <vfs/vfs.h>

// Makes a node whose connections are served by the binding, on the loop. It lives as long as the
// process. NULL: no memory.
struct vfs_node *vfs_served_create(struct vfs_loop *loop, struct ipc_binding binding);

// Something that each connection has for itself.
struct vfs_sessions {
    // Makes the session of a new connection, from the binding's context; it becomes the context of
    // the connection's handlers. NULL: the connection is refused with ZX_ERR_NO_RESOURCES.
    void *(*begin)(void *context);
    // The connection is gone, and its channel with it: requests that were copied cannot be
    // answered.
    void (*end)(void *session);
};

// The same, with sessions.
struct vfs_node *vfs_served_create_sessions(struct vfs_loop *loop, struct ipc_binding binding,
                                            struct vfs_sessions sessions);

#endif
