// SPDX-License-Identifier: MIT
// Device interrupts, by the controller's own interrupt numbers (INTIDs on a GIC).
#pragma once

#include <hal/types.h>

enum hal_irq_mode {
    HAL_IRQ_EDGE_RISING,
    HAL_IRQ_EDGE_FALLING,
    HAL_IRQ_LEVEL_HIGH,
    HAL_IRQ_LEVEL_LOW,
    HAL_IRQ_MODE_DEFAULT, // as the controller has it
};

// Runs with interrupts off, on the CPU the line is routed to.
typedef void (*hal_irq_handler_fn)(void *arg);

// Binds a handler; the line starts masked. In order: ZX_ERR_OUT_OF_RANGE there is no such line;
// ZX_ERR_INVALID_ARGS, ZX_ERR_NOT_SUPPORTED the controller does not do this mode for this line;
// ZX_ERR_ALREADY_BOUND the line is another handler's or the kernel's own; ZX_ERR_NOT_SUPPORTED it is private
// to each CPU; ZX_ERR_NO_MEMORY.
zx_status_t hal_irq_register(unsigned irq, enum hal_irq_mode mode, hal_irq_handler_fn fn, void *arg)
    MUST_CHECK;
// Masks and unbinds; on return the handler is not running anywhere.
void hal_irq_unregister(unsigned irq);
void hal_irq_mask(unsigned irq);
void hal_irq_unmask(unsigned irq);
// The line of a bound handler would fire if it were not masked: its level stands, or an edge has come.
bool hal_irq_pending(unsigned irq);
bool hal_irq_valid(unsigned irq);
