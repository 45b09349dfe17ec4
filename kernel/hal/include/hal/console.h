// SPDX-License-Identifier: MIT
// The serial console, the machine's power, and entropy.
#pragma once

#include <hal/types.h>

// Writes bytes; \n becomes \r\n. Polled, takes its own lock, works from the first C line to the
// panic screen (no-op while no console is known). Interrupts may be on or off; the lock is held for a
// few bytes at a time, so what two CPUs write may mix: whoever minds takes a lock of his own.
void hal_console_write(const char *s, size_t len);
// After a panic: takes the console by force and never locks again.
void hal_console_panic(void);
// Starts interrupt-driven input: the device's interrupt calls kernel_console_rx(). The line is masked yet.
// ZX_ERR_NOT_SUPPORTED: the console has no line; or an error of hal_irq_register().
zx_status_t hal_console_rx_start(void) MUST_CHECK;
// The device's line, while the kernel has it; a lock may be held.
void hal_console_rx_mask(void);
void hal_console_rx_unmask(void);
// Ends what the device announces, then takes up to `max` bytes from it. Fewer: it has no more now, and one that comes
// later is announced. Interrupts off; one caller at a time, while the kernel has the device.
size_t hal_console_rx_take(uint8_t *out, size_t max) MUST_CHECK;

// The line of the console's device. False: it has none, or there is no console.
bool hal_console_irq(unsigned *out_irq);
// Lets go of the device, for a driver outside of the kernel: when it returns the kernel neither reads nor
// writes it, and its line is nobody's. What is written from then on is dropped, but for a panic.
void hal_console_release(void);
// Whether the kernel has the device, and some of its registers lie between these bytes, both included.
bool hal_console_holds(paddr_t first, paddr_t last);
// Takes it back, input and output. The line is nobody's. Errors: those of hal_console_rx_start(), with output only.
zx_status_t hal_console_retake(void);

// Do not return when the platform can do it; otherwise ZX_ERR_NOT_SUPPORTED.
zx_status_t hal_power_off(void);
zx_status_t hal_power_reboot(void);
// Last resort: stops this CPU for ever.
NO_RETURN void hal_cpu_halt(void);

// Fills buf with what hardware randomness there is; returns the bytes written (0 if none).
size_t hal_entropy(void *buf, size_t len);
