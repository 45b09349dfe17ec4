// SPDX-License-Identifier: MIT
// The kernel's debug console: lines that zx_debug_send_command() hands in, on behalf of somebody with
// the root resource. What it prints goes to the log.
#pragma once

#include <hal/types.h>

#define DEBUG_COMMAND_MAX 256u

// Runs one command, `size` bytes that need not end in a NUL. Blanks and line ends around it are
// ignored. Errors: ZX_ERR_INVALID_ARGS (too long, or no number), ZX_ERR_NOT_FOUND (no such command or argument);
// no return at all from a command that ends the kernel. May block; no locks held.
zx_status_t debug_console_run(const char *text, size_t size);
