// SPDX-License-Identifier: MIT
//
// Assertions for programs: they print through __zx_panic() (supplied by the C library or by the
// program) and abort. The DEBUG forms are active only when ZX_DEBUGLEVEL is above 1; otherwise the
// condition is compiled but never evaluated.
#pragma once

#include <zircon/compiler.h>

__BEGIN_CDECLS

void __zx_panic(const char *format, ...) __NO_RETURN __PRINTFLIKE(1, 2);

#ifndef ZX_DEBUGLEVEL
#define ZX_DEBUGLEVEL 0
#endif

#define ZX_PANIC(fmt, ...) __zx_panic((fmt), ##__VA_ARGS__)

#define ZX_ASSERT(x)                                                            \
    do {                                                                        \
        if (unlikely(!(x)))                                                     \
            ZX_PANIC("ASSERT FAILED at (%s:%d): %s\n", __FILE__, __LINE__, #x); \
    } while (0)

#define ZX_ASSERT_MSG(x, msg, ...)                                                      \
    do {                                                                                \
        if (unlikely(!(x)))                                                             \
            ZX_PANIC("ASSERT FAILED at (%s:%d): %s\n" msg "\n", __FILE__, __LINE__, #x, \
                     ##__VA_ARGS__);                                                    \
    } while (0)

#define ZX_DEBUG_ASSERT_IMPLEMENTED (ZX_DEBUGLEVEL > 1)

#define ZX_DEBUG_ASSERT(x)                                                            \
    do {                                                                              \
        if (ZX_DEBUG_ASSERT_IMPLEMENTED && unlikely(!(x)))                            \
            ZX_PANIC("DEBUG ASSERT FAILED at (%s:%d): %s\n", __FILE__, __LINE__, #x); \
    } while (0)

#define ZX_DEBUG_ASSERT_MSG(x, msg, ...)                                                      \
    do {                                                                                      \
        if (ZX_DEBUG_ASSERT_IMPLEMENTED && unlikely(!(x)))                                    \
            ZX_PANIC("DEBUG ASSERT FAILED at (%s:%d): %s\n" msg "\n", __FILE__, __LINE__, #x, \
                     ##__VA_ARGS__);                                                          \
    } while (0)

// The condition may use names that exist only when debug assertions are compiled in.
#if ZX_DEBUG_ASSERT_IMPLEMENTED
#define ZX_DEBUG_ASSERT_COND(x)               ZX_DEBUG_ASSERT(x)
#define ZX_DEBUG_ASSERT_MSG_COND(x, msg, ...) ZX_DEBUG_ASSERT_MSG(x, msg, ##__VA_ARGS__)
#else
#define ZX_DEBUG_ASSERT_COND(x)               ((void)0)
#define ZX_DEBUG_ASSERT_MSG_COND(x, msg, ...) ((void)0)
#endif

__END_CDECLS
