// SPDX-License-Identifier: MIT
// Shared by the sys_*.c files: look-ups in the calling process's table.
#pragma once

#include <object/handle.h>
#include <object/handle_out.h>
#include <object/process.h>
#include <object/resource.h>
#include <syscalls/sys.h>
#include <syscalls/user_ptr.h>

// The handle checks of spec 10 section 1: BAD_HANDLE, ACCESS_DENIED, WRONG_TYPE. `ops` NULL: any
// type. On ZX_OK the caller owns a reference to *out.
ALWAYS_INLINE MUST_CHECK zx_status_t sys_lookup(zx_handle_t handle, const struct object_ops *ops,
                                                zx_rights_t rights, struct object **out)
{
    return handle_lookup(&process_current()->handles, handle, ops, rights, out, NULL);
}

// The calling thread is to die: calls on arrays of any length stop early.
ALWAYS_INLINE bool sys_killed(void)
{
    return (thread_pending(thread_current()) & THREAD_PENDING_KILL) != 0;
}

// "Right A, else B" of spec 20 section 0.
zx_status_t sys_lookup_either(zx_handle_t handle, const struct object_ops *ops, zx_rights_t a,
                              zx_rights_t b, struct object **out) MUST_CHECK;

// The plain resource check (spec 30 section 1.1): BAD_HANDLE, WRONG_TYPE unless the handle is to a
// resource of this kind or of kind ROOT.
zx_status_t sys_check_kind(zx_handle_t handle, uint32_t kind) MUST_CHECK;
ALWAYS_INLINE MUST_CHECK zx_status_t sys_check_root(zx_handle_t handle)
{
    return sys_check_kind(handle, ZX_RSRC_KIND_ROOT);
}
// The ranged resource check: also OUT_OF_RANGE unless [base, base + size) lies in the resource's
// range (which counts in whole pages for MMIO) and is not empty. ROOT covers everything.
zx_status_t sys_check_range(zx_handle_t handle, uint32_t kind, uint64_t base,
                            uint64_t size) MUST_CHECK;

// A name argument of process_create and thread_create: at most `size` bytes (32 at the most are
// read), cut at the first NUL and to 31. ZX_ERR_INVALID_ARGS: NULL or unreadable.
zx_status_t sys_copy_name(user_in_char name, size_t size, char out[ZX_MAX_NAME_LEN]) MUST_CHECK;
