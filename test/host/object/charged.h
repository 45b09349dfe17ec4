// SPDX-License-Identifier: MIT
// What the kernel has taken of memory against what is charged to somebody.
#pragma once

#include <hal/types.h>

// Bytes that are taken from the allocators, and the stacks of threads, less what all accounts are charged together.
// What changes it is charged to nobody. Exact while nobody else allocates.
int64_t uncharged_bytes(void);
