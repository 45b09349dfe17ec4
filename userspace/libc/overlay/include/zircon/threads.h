// SPDX-License-Identifier: MIT
//
// Between C11 threads and the kernel's.
#pragma once

#include <threads.h>
#include <zircon/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// The kernel's handle of a thread, borrowed: valid while the thread runs and nobody has joined it.
// ZX_HANDLE_INVALID once it has ended.
zx_handle_t thrd_get_zx_handle(thrd_t thread);

// success: ZX_OK, nomem: ZX_ERR_NO_MEMORY, timedout: ZX_ERR_TIMED_OUT, busy: ZX_ERR_SHOULD_WAIT,
// anything else: ZX_ERR_INTERNAL.
zx_status_t thrd_status_to_zx_status(int thrd_status);

#ifdef __cplusplus
}
#endif
