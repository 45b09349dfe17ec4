// SPDX-License-Identifier: MIT
// What the ARM64 platform keeps for each CPU, and the geometry of kernel stacks.
#pragma once

#include <hal/types.h>

// A stack lies in the lower half of a slot of twice its size, aligned to that size; the upper half
// of the slot is never mapped and is the guard of the stack above. So, of any stack pointer, the
// bit KSTACK_SHIFT says whether it has left its stack downwards.
#define KSTACK_SHIFT (13u + JACINTH_DEBUG)
#define KSTACK_BYTES (1ul << KSTACK_SHIFT)
#define KSTACK_SLOT  (2 * KSTACK_BYTES)

// Interrupt handlers run on a stack of their own, one a CPU; a kernel stack overflow is reported
// from the overflow stack. Tops, indexed by CPU number; vectors.S reads them.
extern uintptr_t arm64_irq_stack_top[MAX_CPUS];
extern uintptr_t arm64_overflow_stack_top[MAX_CPUS];
