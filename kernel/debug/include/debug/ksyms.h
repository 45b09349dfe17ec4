// SPDX-License-Identifier: MIT
// Names of the kernel's functions, for backtraces.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Finds the function that contains an address. `image_offset` is the address in bytes from the
// image's first byte, free of any slide. On success *name is a NUL-terminated string in read-only
// memory and *offset the distance in bytes from the function's first instruction. False if the
// address lies outside the image's functions, or if the table is damaged. Takes no lock and touches
// nothing but the table: callable in any state, a panic included.
bool ksyms_lookup(uintptr_t image_offset, const char **name, uintptr_t *offset);
