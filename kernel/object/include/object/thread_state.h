// SPDX-License-Identifier: MIT
// Registers of threads that are stopped (spec 20 section 6).
#pragma once

#include <object/object.h>
#include <zircon/syscalls/debug.h>

struct uthread;

// Room for any kind.
union thread_state {
    zx_thread_state_general_regs_t general;
    zx_thread_state_fp_regs_t fp;
    zx_thread_state_vector_regs_t vector;
    zx_thread_state_debug_regs_t debug;
    zx_thread_state_single_step_t step;
    uint64_t x86;
};

// Bytes of a kind (ZX_THREAD_STATE_*), 0 if there is no such kind.
size_t thread_state_size(uint32_t kind);

// Reads or writes state of a known kind. In order: ZX_ERR_BAD_STATE: the thread is neither suspended
// nor in an exception; ZX_ERR_NOT_SUPPORTED: it has no registers there; ZX_ERR_INVALID_ARGS;
// ZX_ERR_NO_MEMORY.
zx_status_t thread_state_read(struct uthread *t, uint32_t kind, union thread_state *out) MUST_CHECK;
zx_status_t thread_state_write(struct uthread *t, uint32_t kind,
                               const union thread_state *in) MUST_CHECK;
