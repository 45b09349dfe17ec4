// SPDX-License-Identifier: MIT
// Handles that a system call returns: the generated wrapper's second half.
#pragma once

#include <object/object.h>

// A new handle on its way to the caller: the sys_ function fills it in and passes one reference on.
struct handle_out {
    struct object *object;
    zx_rights_t rights;
};

// After a successful call with `count` (<= 3) new handles: reserves slots in the current process's
// table, stores the values through the user addresses `ptrs` in order, then installs all. If a slot
// is missing (ZX_ERR_NO_MEMORY) or a store faults (ZX_ERR_INVALID_ARGS) none is installed and the new
// references are dropped.
zx_status_t handle_out_finish(struct handle_out *outs, const uintptr_t *ptrs, unsigned count) MUST_CHECK;
