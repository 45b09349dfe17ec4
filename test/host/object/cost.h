// SPDX-License-Identifier: MIT
// Measuring what calls cost (cost.c). A case sets up what its call needs, makes the call between
// cost_begin() and cost_end(), and cleans up; it is run many times.
#pragma once

#include "object_test.h"

#include <zircon/syscalls/profile.h>

struct cost_case {
    const char *call;
    void (*fn)(void);
};

struct cost_cases {
    const struct cost_case *cases;
    const size_t *count;
};

extern const struct cost_case cost_ipc_cases[], cost_task_cases[], cost_memory_cases[],
    cost_device_cases[];
extern const size_t cost_ipc_count, cost_task_count, cost_memory_count, cost_device_count;

// What the measuring thread runs with: whoever its calls wake runs when it blocks.
#define COST_PRIORITY ZX_PRIORITY_HIGHEST

// Around the call, on the same thread.
void cost_begin(void);
void cost_end(void);

// Measures a call that must have this status.
#define MEASURE_AS(expr, expected)        \
    do {                                  \
        cost_begin();                     \
        zx_status_t status_ = (expr);     \
        cost_end();                       \
        assert_status(status_, expected); \
    } while (0)
#define MEASURE(expr) MEASURE_AS(expr, ZX_OK)

// The case of a call that needs nothing but itself.
#define SIMPLE_CASE(name, expr)    \
    static void cost_##name(void)  \
    {                              \
        MEASURE(expr);             \
    }
#define CASE(name) {#name, cost_##name}
