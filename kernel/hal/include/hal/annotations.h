// SPDX-License-Identifier: MIT
// Clang thread-safety annotations. Only clang under the host-analysis preset understands them (the
// build passes -DJACINTH_TSA=1 there); elsewhere they vanish.
#pragma once

#if defined(JACINTH_TSA) && JACINTH_TSA
#define TSA(x) __attribute__((x))
#else
#define TSA(x)
#endif

#define CAPABILITY(name) TSA(capability(name))
#define REQUIRES(...) TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...) TSA(acquire_capability(__VA_ARGS__))
#define RELEASES(...) TSA(release_capability(__VA_ARGS__))
#define TRY_ACQUIRES(...) TSA(try_acquire_capability(__VA_ARGS__))
#define ASSERTS_HELD(...) TSA(assert_capability(__VA_ARGS__))
#define NO_TSA TSA(no_thread_safety_analysis) // only in the lock implementations themselves
