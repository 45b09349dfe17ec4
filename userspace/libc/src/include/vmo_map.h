// SPDX-License-Identifier: MIT
//
// Between mmap() and the owner of the descriptors.
#pragma once

#include <stdbool.h>

#include <zircon/types.h>

// Makes a VMO with the content of a file, for a mapping with these PROT_* bits. `is_private`: writes
// to it must not reach the file. The caller owns *out. Returns an errno value, 0 on success.
int __fd_get_vmo(int fd, int prot, bool is_private, zx_handle_t *out)
    __attribute__((__weak__, __visibility__("hidden")));
