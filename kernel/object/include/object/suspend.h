// SPDX-License-Identifier: MIT
// Suspension of threads and processes: tokens, counts, and the stop at the user boundary.
#pragma once

#include <object/object.h>

struct uthread;

extern const struct object_ops suspend_token_ops;

// Suspends `task`, a thread or a process, until the last handle to the token is closed.
// In order: ZX_ERR_NO_MEMORY; ZX_ERR_WRONG_TYPE: neither; ZX_ERR_NOT_SUPPORTED: the calling thread or
// its process; ZX_ERR_BAD_STATE: dying or dead.
zx_status_t suspend_token_create(struct object *task, struct object **out) MUST_CHECK;

// A thread that is suspended, or whose process is, has just entered the process's list: it will stop
// before its first user instruction. The process's lock is held.
void suspend_started_locked(struct uthread *t);

// Stops the calling thread at the user boundary for as long as it is suspended. Returns at once if it
// is not, or is to die. No lock held.
void suspend_stop(void);
