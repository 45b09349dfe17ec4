// SPDX-License-Identifier: MIT
//
// Threads below the C library (spec 12 section 6): a kernel thread, a stack of the caller's, and
// nothing else. The thread pointer is 0, so code on such threads is built without stack protector
// and uses no thread-local variables, errno included.
//
// A zxr_thread_t is used by one thread at a time, except that the thread itself may end meanwhile.
// It stays in place from the start until it is joined, or the thread has ended.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// 16 bytes that only these functions look at.
typedef struct {
    uint64_t __opaque[2];
} zxr_thread_t;

typedef void (*zxr_thread_entry_t)(void *argument);

// Creates a thread of `process` (not consumed) that does not run yet, joinable or detached. NULL as
// the name is "". Returns what zx_thread_create() does.
zx_status_t zxr_thread_create(zx_handle_t process, const char *name, bool detached,
                              zxr_thread_t *thread);

// Makes a joinable one of a thread's handle, which it takes. ZX_ERR_BAD_HANDLE for 0.
zx_status_t zxr_thread_adopt(zx_handle_t handle, zxr_thread_t *thread);

// Runs entry(argument) on the stack [stack_addr, stack_addr + stack_size). Returns what
// zx_thread_start() does; on failure the thread's handle is closed.
zx_status_t zxr_thread_start(zxr_thread_t *thread, uintptr_t stack_addr, size_t stack_size,
                             zxr_thread_entry_t entry, void *argument);

// Waits until the entry has returned; nothing uses the stack then. ZX_ERR_INVALID_ARGS for a thread
// that is joined or detached.
zx_status_t zxr_thread_join(zxr_thread_t *thread);

// From now on nobody joins it; it must end by zxr_thread_exit_unmap_if_detached(). ZX_ERR_BAD_STATE
// if it has ended already: it counts as joined, and the stack is the caller's. ZX_ERR_INVALID_ARGS
// for a thread that is joined or detached.
zx_status_t zxr_thread_detach(zxr_thread_t *thread);
bool zxr_thread_detached(zxr_thread_t *thread);

// Ends the calling thread, which `thread` stands for. If it is detached [addr, addr + len) is
// unmapped from `vmar` first: its stack, and what else it owns. Otherwise the joiner is woken.
__NO_RETURN void zxr_thread_exit_unmap_if_detached(zxr_thread_t *thread, zx_handle_t vmar,
                                                   uintptr_t addr, size_t len);

// Closes the handle of a thread that was never started, or was killed. Returns what
// zx_handle_close() does.
zx_status_t zxr_thread_destroy(zxr_thread_t *thread);

// The thread's handle, borrowed; valid while it runs.
zx_handle_t zxr_thread_get_handle(zxr_thread_t *thread);

__END_CDECLS
