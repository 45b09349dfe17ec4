// SPDX-License-Identifier: MIT
// System registers as the timer's driver under test sees them: accesses go to a model, by name.
#pragma once

#include <stdbool.h>
#include <stdint.h>

uint64_t model_sysreg_read(const char *name);
void model_sysreg_write(const char *name, uint64_t value);

#define sysreg_read(name)         model_sysreg_read(#name)
#define sysreg_write(name, value) model_sysreg_write(#name, value)

// What a barrier orders, a model that does one thing after the other orders anyway.
static inline void isb(void)
{
}

#define CNTKCTL_EL0VCTEN (1ul << 1)

// ARM64's part of <plat/cpu.h>, in place of the host's.
extern bool arm64_counter_unstable;
uint64_t arm64_ticks_unstable(void);
