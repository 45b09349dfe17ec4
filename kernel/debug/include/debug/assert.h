// SPDX-License-Identifier: MIT
// Assertions. ASSERT is always on and for cheap checks; DEBUG_ASSERT is compiled everywhere but runs
// only in debug and host builds (JACINTH_DEBUG is 0 or 1, from the build).
#pragma once

#include <debug/panic.h>

#define ASSERT(expr)                                       \
    do {                                                   \
        if (unlikely(!(expr)))                             \
            assert_failed(__FILE_NAME__, __LINE__, #expr); \
    } while (0)

#define DEBUG_ASSERT(expr)                                 \
    do {                                                   \
        if (JACINTH_DEBUG && unlikely(!(expr)))            \
            assert_failed(__FILE_NAME__, __LINE__, #expr); \
    } while (0)

// A place that control cannot reach.
#define UNREACHABLE() assert_failed(__FILE_NAME__, __LINE__, "unreachable")

// Panics with the place and the expression.
NO_RETURN COLD void assert_failed(const char *file, unsigned line, const char *expr);
