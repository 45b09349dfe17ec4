// SPDX-License-Identifier: MIT
// Characters typed at the serial console, from the interrupt to zx_debug_read.
#pragma once

#include <hal/types.h>

void console_input_init(void);
// Blocks, interruptibly, until a character is there. ZX_ERR_CANCELED (killed) or
// ZX_ERR_INTERNAL_INTR_RETRY (suspended).
zx_status_t console_input_read(char *out) MUST_CHECK;
