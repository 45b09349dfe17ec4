// SPDX-License-Identifier: MIT
// The kernel's one random generator: seeded from the boot loader's and the hardware's entropy.
#pragma once

#include <hal/types.h>

// Before any other use: boot entropy, the counter, and `seed`.
void random_init(const void *seed, size_t len);
// Mixes in entropy; never lowers quality. Any length.
void random_add(const void *data, size_t len);
// Cannot fail. Thread context.
void random_draw(void *out, size_t len);
uint64_t random_u64(void);
