// SPDX-License-Identifier: MIT
//
// The main loop of a service that gives out directories and connections by names: its outgoing
// directory, which the service manager opens for others.

#ifndef VFS_OUTGOING_H
#define VFS_OUTGOING_H

#include <vfs/table.h>

// Serves the channel (consumed; PA_DIRECTORY_REQUEST) as a connection to the directory until its
// other end closes.
// ZX_OK: the manager is gone, and so are all connections. ZX_ERR_BAD_HANDLE, ZX_ERR_INVALID_ARGS:
// not a channel. ZX_ERR_NO_MEMORY, or a status of the loop's port.
zx_status_t vfs_run_outgoing(struct vfs_loop *loop, struct vfs_directory *outgoing,
                             zx_handle_t channel, const struct vfs_limits *limits);

#endif
