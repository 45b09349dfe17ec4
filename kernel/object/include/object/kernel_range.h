// SPDX-License-Identifier: MIT
// Physical pages that the kernel keeps to itself: registers of the interrupt controller, and words through which
// firmware starts CPUs: no resource for them but the root, no VMO of them, whoever asks. And the console's registers
// while the kernel has the console: no VMO of them is made then; resources for them may be, and a VMO that was made
// while a driver had the console stays good after that, so who had it then is trusted with it.
// This guards against mistakes, and against whose resources are of kind MMIO. The root resource gives VMOs of all
// other addresses, memory that the kernel uses included: who has it is trusted like the kernel.
//
// kernel_claim_range() (<hal/upcall.h>) adds to them. Locks: none; they are all known before the first program runs.
#pragma once

#include <hal/types.h>

// Whether the bytes from `base` on touch a page that is the kernel's for good. A range that would wrap ends at the
// end of the address space.
bool kernel_range_touches(paddr_t base, uint64_t bytes);

// May user space have these pages? ZX_ERR_ACCESS_DENIED: some are the kernel's for good. ZX_ERR_UNAVAILABLE: some are
// those of the console, and the kernel has it now (zx_interrupt_create hands it over).
zx_status_t kernel_range_check(paddr_t base, uint64_t bytes) MUST_CHECK;
