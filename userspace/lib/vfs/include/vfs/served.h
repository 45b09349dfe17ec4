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

#endif
