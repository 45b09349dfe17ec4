// SPDX-License-Identifier: MIT
//
// Between the start code and the keeper of the startup handles; private to the crt library.

#ifndef CRT_STARTUP_H
#define CRT_STARTUP_H

#include <stdint.h>
#include <zircon/types.h>

// Takes over the handles of the bootstrap message. Both arrays must last as long as the process.
void startup_store_handles(zx_handle_t *handles, const uint32_t *info, uint32_t count);

#endif
