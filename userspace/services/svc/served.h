// SPDX-License-Identifier: MIT
//
// Services that this program provides itself: a node below /svc, each open of which is a connection
// that speaks one protocol.

#ifndef SVC_SERVED_H
#define SVC_SERVED_H

#include <ipc/ipc.h>
#include <vfs/vfs.h>

// Makes a node whose connections are served by the binding. NULL: no memory.
struct vfs_node *served_create(struct ipc_binding binding);

#endif
