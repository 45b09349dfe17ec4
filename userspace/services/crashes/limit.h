// SPDX-License-Identifier: MIT
//
// How often something may be done: some at once, then one in so much time. Pure.

#ifndef CRASHES_LIMIT_H
#define CRASHES_LIMIT_H

#include <stdbool.h>
#include <zircon/types.h>

struct limit {
    zx_duration_t interval; // one more may be done after this
    zx_duration_t burst;    // so many intervals may be saved up; in nanoseconds
    zx_time_t spent;        // up to when the allowance is used up; may lie ahead by `burst`
};

// A limit of `at_once`, and then one in `interval`.
struct limit limit_make(unsigned at_once, zx_duration_t interval);

// True if it may be done now, which is then counted. `now` must not go back.
bool limit_take(struct limit *limit, zx_time_t now);

#endif
