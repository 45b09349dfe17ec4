// SPDX-License-Identifier: MIT
// Time: a counter that never goes back, and one one-shot timer a CPU.
#pragma once

#include <hal/cpu.h>
#include <hal/types.h>

// Conversion between counter ticks and nanoseconds, the same arithmetic as in the vDSO.
zx_time_t hal_ticks_to_ns(uint64_t ticks);
uint64_t hal_ns_to_ticks(zx_time_t ns); // rounds up, saturates
uint64_t hal_ticks_per_second(void);

// Monotonic time in ns since the counter started; > 0.
zx_time_t hal_now(void);

// Programs this CPU's timer to call kernel_timer_irq() at or after `deadline` (ns, monotonic; the
// past means at once). Replaces what was programmed. Interrupts are off.
void hal_timer_set(zx_time_t deadline);
void hal_timer_cancel(void);

// True if the counter of this machine may misread now and then, so that user mode must read it with
// the same care as the kernel does (vDSO flag).
bool hal_ticks_unstable(void);
