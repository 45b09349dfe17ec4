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
// Only of a line with a handler, until it is unbound; so are the next two.
void hal_irq_mask(unsigned irq);
void hal_irq_unmask(unsigned irq);
// The line would fire if it were not masked: its level stands, or an edge has come.
bool hal_irq_pending(unsigned irq);
bool hal_irq_valid(unsigned irq);

// For who wants to hear of every interrupt that a CPU takes from the controller, those between CPUs and the
// kernel's own included. Both are called on that CPU with interrupts off, and may take no lock. An interrupt that
// is under way while watching begins or ends is told of by half.
struct hal_irq_watcher {
    void (*entered)(unsigned irq); // before its handler
    void (*left)(unsigned irq);    // it has been handled
};
// `watcher` lives for ever; NULL: nobody watches.
void hal_irq_watch(const struct hal_irq_watcher *watcher);
// What an interrupt of the kernel's own is for, in a word; NULL: it is none of these.
const char *hal_irq_name(unsigned irq);
#define HAL_IRQ_NAMES 32u // those that have a name are below
