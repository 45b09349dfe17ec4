// SPDX-License-Identifier: MIT
// Accesses of which it is not known whether anything answers: what a device tree says may be wrong.
// Interface: platform/arm64/probe.S. Locks: none. Any time: with the MMU off at physical addresses,
// later at mapped ones. They catch what the CPU is told at once (a synchronous abort); a bus that
// tells it later, by an SError, is beyond them, which is why they read before anything is written.
#pragma once

#include <hal/types.h>

// Reads `bytes` bytes, 1 or 4, at an aligned address into *out; false if that ends in an abort.
bool arm64_probe_read(uintptr_t address, unsigned bytes, uint32_t *out) MUST_CHECK;
// Writes 4 bytes; false if that ends in an abort.
bool arm64_probe_write(uintptr_t address, uint32_t value) MUST_CHECK;
