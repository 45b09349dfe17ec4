// SPDX-License-Identifier: MIT
//
// Memory in whole pages from the kernel: the only allocator that programs without a libc have.

#ifndef MINILIB_PAGES_H
#define MINILIB_PAGES_H

#include <stddef.h>

// Maps `size` bytes (rounded up to pages, not 0) of zeroed memory that can be read and written.
// Returns NULL when there is none.
void *pages_allocate(size_t size);

// Unmaps what pages_allocate(size) returned. NULL is allowed.
void pages_free(void *memory, size_t size);

#endif
