// SPDX-License-Identifier: MIT
// FIFOs: two rings of elements of one size, one in each direction.
#pragma once

#include <object/object.h>

extern const struct object_ops fifo_ops;

#define FIFO_MAX_BYTES 4096u // elem_count * elem_size

// ZX_ERR_OUT_OF_RANGE: count no power of two, a zero, or more than FIFO_MAX_BYTES. ZX_ERR_NO_MEMORY.
zx_status_t fifo_create(size_t elem_count, size_t elem_size, struct object **out0,
                        struct object **out1) MUST_CHECK;

// Move up to `count` elements from or to user memory, through a handle of the calling process. How many
// (at least 1) is stored at the user address `moved` unless that is 0. Errors of the handle first, then in
// the order of spec 11 section 3; ZX_ERR_INVALID_ARGS also when `moved` is bad: then they have moved.
// No lock held; user memory may be faulted in.
zx_status_t fifo_write_user(zx_handle_t handle, size_t elem_size, uintptr_t src, size_t count,
                            uintptr_t moved) MUST_CHECK;
zx_status_t fifo_read_user(zx_handle_t handle, size_t elem_size, uintptr_t dst, size_t count,
                           uintptr_t moved) MUST_CHECK;
