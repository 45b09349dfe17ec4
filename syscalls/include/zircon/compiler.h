// SPDX-License-Identifier: MIT
//
// Names for compiler features that public headers and programs use. Usable from C and C++, with gcc
// and clang; empty when included from assembly.
#pragma once

#ifndef __ASSEMBLER__

#if !defined(__GNUC__) && !defined(__clang__)
#error "a compiler with GNU extensions is needed"
#endif

// clang answers __has_feature(); elsewhere every question is answered "no".
#ifndef __has_feature
#define __has_feature(x) 0
#endif

#ifdef __cplusplus
#define __BEGIN_CDECLS extern "C" {
#define __END_CDECLS   }
#else
#define __BEGIN_CDECLS
#define __END_CDECLS
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define countof(a)  (sizeof(a) / sizeof((a)[0]))

#define __UNUSED                __attribute__((__unused__))
#define __USED                  __attribute__((__used__))
#define __PACKED                __attribute__((__packed__))
#define __ALIGNED(x)            __attribute__((__aligned__(x)))
#define __PRINTFLIKE(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#define __SCANFLIKE(fmt, args)  __attribute__((__format__(__scanf__, fmt, args)))
#define __SECTION(name)         __attribute__((__section__(name)))
#define __PURE                  __attribute__((__pure__))
#define __CONST                 __attribute__((__const__))
#define __NO_RETURN             __attribute__((__noreturn__))
#define __NO_INLINE             __attribute__((__noinline__))
#define __ALWAYS_INLINE         __attribute__((__always_inline__))
#define __MAY_ALIAS             __attribute__((__may_alias__))
#define __NONNULL(x)            __attribute__((__nonnull__ x))
#define __WARN_UNUSED_RESULT    __attribute__((__warn_unused_result__))
#define __WEAK                  __attribute__((__weak__))
#define __ALIAS(name)           __attribute__((__alias__(name)))
#define __WEAK_ALIAS(name)      __attribute__((__weak__, __alias__(name)))
#define __EXPORT                __attribute__((__visibility__("default")))
#define __LOCAL                 __attribute__((__visibility__("hidden")))
#define __CONSTRUCTOR           __attribute__((__constructor__))
#define __DESTRUCTOR            __attribute__((__destructor__))
#define __DEPRECATE             __attribute__((__deprecated__))
#define __RESTRICT              __restrict
#define __THREAD                __thread
#define __UNREACHABLE           __builtin_unreachable()
#define __GET_CALLER(x)         __builtin_return_address(0)
#define __GET_FRAME(x)          __builtin_frame_address(0)

#if defined(__clang__)
#define __LEAF_FN
#else
#define __LEAF_FN __attribute__((__leaf__))
#endif

#if __has_feature(safe_stack)
#define __NO_SAFESTACK __attribute__((__no_sanitize__("safe-stack", "shadow-call-stack")))
#else
#define __NO_SAFESTACK
#endif

#if defined(__cplusplus) && __cplusplus >= 201703L
#define __FALLTHROUGH [[fallthrough]]
#else
#define __FALLTHROUGH __attribute__((__fallthrough__))
#endif

#if defined(__cplusplus) && __cplusplus >= 201402L
#define __CONSTEXPR constexpr
#else
#define __CONSTEXPR
#endif

// Overflow-checked arithmetic: true when the true result does not fit in *out.
#define add_overflow(a, b, out) __builtin_add_overflow(a, b, out)
#define sub_overflow(a, b, out) __builtin_sub_overflow(a, b, out)
#define mul_overflow(a, b, out) __builtin_mul_overflow(a, b, out)

// Checks about the ABI that hold in C11 and in C++11 alike.
#ifdef __cplusplus
#define __ABI_ASSERT(cond, msg) static_assert(cond, msg)
#else
#define __ABI_ASSERT(cond, msg) _Static_assert(cond, msg)
#endif
#define __ABI_SIZE(type, size) __ABI_ASSERT(sizeof(type) == (size), "ABI size of " #type)
#define __ABI_OFFSET(type, field, offset) \
    __ABI_ASSERT(__builtin_offsetof(type, field) == (offset), "ABI offset of " #type "." #field)

// Thread-safety annotations: only clang has them.
#if defined(__clang__)
#define __THREAD_ANNOTATION(x) __attribute__((x))
#else
#define __THREAD_ANNOTATION(x)
#endif
#define __TA_CAPABILITY(x)             __THREAD_ANNOTATION(__capability__(x))
#define __TA_GUARDED(x)                __THREAD_ANNOTATION(__guarded_by__(x))
#define __TA_ACQUIRE(...)              __THREAD_ANNOTATION(__acquire_capability__(__VA_ARGS__))
#define __TA_TRY_ACQUIRE(...)          __THREAD_ANNOTATION(__try_acquire_capability__(__VA_ARGS__))
#define __TA_ACQUIRED_BEFORE(...)      __THREAD_ANNOTATION(__acquired_before__(__VA_ARGS__))
#define __TA_ACQUIRED_AFTER(...)       __THREAD_ANNOTATION(__acquired_after__(__VA_ARGS__))
#define __TA_RELEASE(...)              __THREAD_ANNOTATION(__release_capability__(__VA_ARGS__))
#define __TA_REQUIRES(...)             __THREAD_ANNOTATION(__requires_capability__(__VA_ARGS__))
#define __TA_EXCLUDES(...)             __THREAD_ANNOTATION(__locks_excluded__(__VA_ARGS__))
#define __TA_ASSERT(...)               __THREAD_ANNOTATION(__assert_capability__(__VA_ARGS__))
#define __TA_RETURN_CAPABILITY(x)      __THREAD_ANNOTATION(__lock_returned__(x))
#define __TA_SCOPED_CAPABILITY         __THREAD_ANNOTATION(__scoped_lockable__)
#define __TA_NO_THREAD_SAFETY_ANALYSIS __THREAD_ANNOTATION(__no_thread_safety_analysis__)

#endif // !__ASSEMBLER__
