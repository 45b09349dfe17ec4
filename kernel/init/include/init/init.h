// SPDX-License-Identifier: MIT
// Start of the portable kernel.
#pragma once

#include <hal/types.h>

// Brings up everything that does not need other CPUs or user programs, in the caller's context, which
// becomes the boot thread: pages, scheduler of this CPU, vm, objects, random numbers, the job tree,
// the workers. boot_info is filled in. Panics when there is no memory for it.
void kernel_init_core(void);

// Starts the other CPUs; a CPU that does not start is reported and left out.
void kernel_start_cpus(void);

// Makes the first process from the embedded userboot image and starts it (spec 32 section 4.1).
zx_status_t kernel_start_userboot(void) MUST_CHECK;
