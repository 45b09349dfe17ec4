// SPDX-License-Identifier: MIT
//
// A process with any bootstrap message at all, started step by step: what no launcher does.

#ifndef TEST_LIBC_RAW_H
#define TEST_LIBC_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include <zircon/types.h>

// Starts the initrd's program at `path`, which finds `size` bytes in its channel, or no message at all
// if `message` is NULL. Returns the process, or ZX_HANDLE_INVALID with a failure noted.
zx_handle_t raw_start(const char *path, const void *message, size_t size);

#endif
