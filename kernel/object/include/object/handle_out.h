// SPDX-License-Identifier: MIT
// Handles that a system call returns: the generated wrapper's second half.
#pragma once

#include <object/handle.h>
#include <object/object.h>

#define HANDLE_OUT_MAX 3u // in one call

// In handle_out.rights: a handle count comes along with the reference, as that of an old handle that
// becomes the new one. So the object never counts as abandoned in between.
#define HANDLE_OUT_COUNTED (1u << 30)

// A new handle on its way to the caller: the sys_ function fills it in and passes one reference on.
struct handle_out {
    struct object *object;
    zx_rights_t rights; // maybe with HANDLE_OUT_COUNTED
};

// Passes on a handle that is in no table.
ALWAYS_INLINE void handle_out_move(struct handle_out *out, struct handle h)
{
    out->object = h.object;
    out->rights = h.rights | HANDLE_OUT_COUNTED;
}

// After a successful call with `count` (<= 3) new handles: reserves slots in the current process's
// table, stores the values through the user addresses `ptrs` in order, then installs all. If a slot
// is missing (ZX_ERR_NO_MEMORY) or a store faults (ZX_ERR_INVALID_ARGS) none is installed and the new
// references are dropped.
zx_status_t handle_out_finish_one(struct object *object, zx_rights_t rights,
                                  uintptr_t ptr) MUST_CHECK;
zx_status_t handle_out_finish_more(struct handle_out *outs, const uintptr_t *ptrs,
                                   unsigned count) MUST_CHECK;
// The same for a new object that nobody else can know yet: its reference turns into the handle by a
// plain store.
ALWAYS_INLINE MUST_CHECK zx_status_t handle_out_finish_new(struct object *object, zx_rights_t rights,
                                                           uintptr_t ptr)
{
    atomic_store_explicit(&object->counts, OBJECT_HANDLE, memory_order_relaxed);
    return handle_out_finish_one(object, rights | HANDLE_OUT_COUNTED, ptr);
}
ALWAYS_INLINE MUST_CHECK zx_status_t handle_out_finish(struct handle_out *outs,
                                                       const uintptr_t *ptrs, unsigned count)
{
    if (count == 1) // a constant in the generated wrappers
        return handle_out_finish_one(outs[0].object, outs[0].rights, ptrs[0]);
    return handle_out_finish_more(outs, ptrs, count);
}

// The one handle that a call gives out and has taken from where it was (attribute `takes` of the table).
struct handle_taken {
    struct handle_out out;
    struct transit from; // handle.object NULL: no waits go on through it
};

// Before such a call: memory at `ptr` that a pager must supply first is waited for. Errors as
// vm_user_page_in().
zx_status_t handle_taken_prepare(uintptr_t ptr) MUST_CHECK;
// handle_out_finish() for it; waits begun through it go on through the new handle, or end with it.
zx_status_t handle_taken_finish(struct handle_taken *taken, uintptr_t ptr) MUST_CHECK;
// Fills it from a transit, which is empty afterwards.
void handle_taken_from(struct handle_out *out, struct transit *from);
