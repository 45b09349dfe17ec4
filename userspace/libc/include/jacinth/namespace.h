// SPDX-License-Identifier: MIT
//
// The process's namespace: which directory of which server stands at which absolute path. Look-up
// of a path takes the longest mount that is a prefix of it; "/" by itself lists the mounts. All
// functions are safe to call from any thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// Mounts `directory`, a channel that speaks protocol `file` to a directory, at `path`, which is
// absolute ("/" is possible) and need not exist. A mount at the same path is replaced; files open
// in it stay open. `directory` is consumed in every case.
// ZX_ERR_INVALID_ARGS: the path is not absolute. ZX_ERR_BAD_PATH: too long. ZX_ERR_NO_MEMORY.
zx_status_t namespace_mount(const char *path, zx_handle_t directory);

// Takes the mount at `path` away. ZX_ERR_NOT_FOUND: nothing is mounted just there.
zx_status_t namespace_unmount(const char *path);

// Another connection to the directory that is mounted at exactly `path`; the caller owns it.
// ZX_ERR_NOT_FOUND: nothing is mounted just there. Otherwise as namespace_copy().
zx_status_t namespace_clone_mount(const char *path, zx_handle_t *out_directory);

// A copy of the namespace, for another process. Entry i is what PA_HND(PA_NS_DIR, i) with the name
// paths[i] says in a bootstrap message.
struct namespace_copy {
    uint32_t count;
    const char **paths;       // absolute, normalised
    zx_handle_t *directories; // the copy's own; whoever takes one out sets it to ZX_HANDLE_INVALID
};

// Makes a copy; each server is asked for a connection of its own (no longer than 5 s each). A mount
// whose server is gone or does not answer is left out: it would be of no use to anybody.
// ZX_ERR_NO_MEMORY. Release it with namespace_copy_free().
zx_status_t namespace_copy(struct namespace_copy **out_copy);

// Frees a copy and closes the directories that are still in it. NULL is fine.
void namespace_copy_free(struct namespace_copy *copy);

__END_CDECLS
