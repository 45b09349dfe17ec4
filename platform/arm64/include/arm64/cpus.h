// SPDX-License-Identifier: MIT
// The machine's CPUs, for drivers that number them in their own way.
#pragma once

#include <hal/types.h>

// The affinity fields of MPIDR_EL1 (bits 39:32 and 23:0).
#define MPIDR_AFFINITY 0xff00fffffful

// Affinity of CPU `cpu` (below hal_cpu_count()), as the device tree and MPIDR_EL1 give it.
uint64_t arm64_cpu_affinity(unsigned cpu);

// Physical address at which firmware starts another CPU.
paddr_t arm64_secondary_entry(void);
