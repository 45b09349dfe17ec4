// SPDX-License-Identifier: MIT
// The memory in which CPUs wait for the next kernel (park.c): the loop, then words for each CPU.
#pragma once

#include <hal/types.h>

#define PARK_WORDS  256u // the loop is shorter: park.S
#define PARK_STRIDE 256u // of a CPU's words; no cache line that is known is longer

// Where in it the words of a CPU are; the first is its release address.
static inline uint64_t park_words_offset(unsigned cpu)
{
    return PARK_WORDS + (uint64_t)cpu * PARK_STRIDE;
}

// smp.c: a bit for each CPU that has been started and has to be parked, because firmware cannot stop it.
uint32_t arm64_cpus_to_park(void);
// For such a CPU that has stopped, interrupts off: leaves the kernel, if it has been asked to. Else it returns.
void arm64_park_if_asked(unsigned cpu);
