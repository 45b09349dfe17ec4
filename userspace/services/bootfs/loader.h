// SPDX-License-Identifier: MIT
//
// The loader service (for dynamic linkers) over the files of the initrd, as a service node.

#ifndef BOOTFS_LOADER_H
#define BOOTFS_LOADER_H

#include <vfs/loop.h>
#include <vfs/vfs.h>

#include "bootfs.h"

#define BOOT_LOADER_MAX_CONNECTIONS 1024u

// Makes the node, with the caller's reference. Its connections live on the loop, which outlives it,
// and end with the node. ZX_ERR_NO_MEMORY.
zx_status_t boot_loader_create(struct vfs_loop *loop, struct bootfs *bootfs, struct vfs_node **out);

#endif
