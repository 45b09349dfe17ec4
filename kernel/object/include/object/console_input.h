// SPDX-License-Identifier: MIT
// Characters typed at the serial console, from the interrupt to zx_debug_read; and who has the console's
// device: the kernel, or a driver outside of it.
#pragma once

#include <hal/types.h>

void console_input_init(void);
// Blocks, interruptibly, until a character is there. ZX_ERR_NOT_SUPPORTED: a driver has the device, or takes
// it meanwhile, and what was typed before has been read; ZX_ERR_CANCELED (killed) or
// ZX_ERR_INTERNAL_INTR_RETRY (suspended).
zx_status_t console_input_read(char *out) MUST_CHECK;

// Hands the device to a driver, which then may have its line. The kernel neither reads nor writes it any more,
// but for a panic: its log is for whoever reads it for the console (object/log_object.h), else it waits. False:
// somebody has it already, or whoever logs writes to it himself (kernel.bypass-debuglog). No lock of rank THREAD
// or above held, here and below.
bool console_hand_over(void) MUST_CHECK;
// The driver is gone, the line is nobody's: the kernel has its console again.
void console_take_back(void);
bool console_handed_over(void);
