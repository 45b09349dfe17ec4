// SPDX-License-Identifier: MIT
//
// Other programs of the initrd, started by a test without any file system.

#ifndef TEST_LIBC_SELF_H
#define TEST_LIBC_SELF_H

#include <stdint.h>

#include <zircon/types.h>

// A VMO with the content of a file of the initrd; the caller's.
zx_status_t self_open(const char *path, zx_handle_t *out);

// Starts the initrd's program at `path` with these arguments and environment (up to a NULL each). It
// gets `channel`, if that is not ZX_HANDLE_INVALID, as PA_USER0, and no descriptors. Returns the
// process, or ZX_HANDLE_INVALID with a failure noted.
zx_handle_t self_start(const char *path, const char *const *argv, const char *const *environ,
                       zx_handle_t channel);

// Waits for its end, and closes the handle. The exit code, or INT64_MIN if it does not end.
int64_t self_wait(zx_handle_t process);

#endif
