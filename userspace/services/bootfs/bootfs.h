// SPDX-License-Identifier: MIT
//
// The initrd as a read-only directory tree of the vfs library. One thread; no locks.

#ifndef BOOTFS_BOOTFS_H
#define BOOTFS_BOOTFS_H

#include <stddef.h>

#include <vfs/table.h>
#include <zircon/types.h>

struct bootfs;

// Reads the archive at [base, base + size), which must stay there, and makes the tree. What the
// archive has beside regular files and folders is passed over, so are names of components that are
// none; of files of the same name the first counts. A damaged archive is used up to the damage.
// ZX_OK; ZX_ERR_NO_MEMORY; otherwise the tree has what could be read, and the status (of
// cpio_next()) says why not all: *out is set then, too.
zx_status_t bootfs_create(const void *base, size_t size, struct bootfs **out);

// Frees the tree, but for what connections still hold; those must be closed first.
void bootfs_destroy(struct bootfs *bootfs);

// Its root; the reference stays the tree's.
struct vfs_node *bootfs_root(struct bootfs *bootfs);

// A VMO with the content of the file at `path` (relative, terminated), to be read and executed; the
// same memory for all who ask. ZX_ERR_NOT_FOUND, ZX_ERR_NOT_FILE, ZX_ERR_NO_MEMORY.
zx_status_t bootfs_open_vmo(struct bootfs *bootfs, const char *path, zx_handle_t *out_vmo);

#endif
