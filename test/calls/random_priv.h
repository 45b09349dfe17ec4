// SPDX-License-Identifier: MIT
// Between random.c (choices) and random_pool.c (handles and memory).
#pragma once

#include <calls/random.h>

#define PLAYGROUND_PAGES 64u

// A number below bound (> 0).
uint32_t choose(struct random_calls *r, uint32_t bound);

// A handle of the pool of one of these types (a bit for each), which may be stale; 0 if there is none.
zx_handle_t pool_pick(struct random_calls *r, uint32_t objects);
// Puts the handle into the pool, in the place of another, which is closed.
void pool_put(struct random_calls *r, zx_handle_t handle);
// Makes something new for the pool.
void pool_refill(struct random_calls *r);
