// SPDX-License-Identifier: MIT
// Scalar types and small helpers that every kernel layer shares.
#pragma once

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/errors.h>
#include <zircon/types.h>

typedef uint64_t paddr_t;  // physical address, bytes
typedef uintptr_t vaddr_t; // virtual address, user or kernel, bytes

#define PAGE_SHIFT 12u
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (PAGE_SIZE - 1)

#define MAX_CPUS 16u // upper bound of CPUs the kernel keeps state for

// User addresses: [USER_BASE, USER_END). Spec 23 section 8. How far address spaces reach is
// USER_MAP_END of <hal/mmu.h>.
#define USER_BASE 0x0000000001000000ul
#define USER_END 0x0000ffffff000000ul

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NO_RETURN __attribute__((noreturn))
#define NO_INLINE __attribute__((noinline))
#define COLD __attribute__((cold, noinline))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))
#define USED __attribute__((used))

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ROUND_UP(x, a) (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ROUND_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
