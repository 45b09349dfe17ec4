// SPDX-License-Identifier: MIT
// The generic timer between the platform's parts. What the kernel sees is <hal/time.h>.
#pragma once

#include <fdt/fdt.h>
#include <hal/types.h>

// Finds the timer's node, learns the frequency and the interrupt line. After irq_init(), boot CPU.
// ZX_ERR_NOT_FOUND: no timer; ZX_ERR_NOT_SUPPORTED: its frequency is unknown.
zx_status_t arm_timer_init(struct fdt_tree *tree);
// Sets up the calling CPU's timer, off, its interrupt on.
void timer_cpu_init(void);
// Sees whether the timer's interrupt reaches the calling CPU on the line that the tree names, by
// letting it fire with interrupts off. After timer_cpu_init(). ZX_ERR_TIMED_OUT: it does not.
zx_status_t timer_check(void);
// True if the counter may be misread now and then (Allwinner A64).
