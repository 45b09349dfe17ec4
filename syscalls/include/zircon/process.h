// SPDX-License-Identifier: MIT
//
// Handles that the C runtime of a process keeps for it. All but those of zx_take_startup_handle()
// stay the property of the runtime: do not close them.
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

// Takes a handle of the bootstrap message out by its info word, PA_HND(type, arg). Each is handed
// out once; after that, and for what was never there, ZX_HANDLE_INVALID.
zx_handle_t zx_take_startup_handle(uint32_t hnd_info);

zx_handle_t _zx_thread_self(void);
zx_handle_t zx_thread_self(void);

zx_handle_t _zx_process_self(void);
zx_handle_t zx_process_self(void);

zx_handle_t _zx_vmar_root_self(void);
zx_handle_t zx_vmar_root_self(void);

zx_handle_t _zx_job_default(void);
zx_handle_t zx_job_default(void);

__END_CDECLS
