// SPDX-License-Identifier: MIT
// Lock-rank checker, the empty variant (release builds): no bytes, no instructions. The interface is
// described in kernel/debug/lock_on/lockdebug/lock_debug.h. Structs without members have size 0 in
// GNU C, so that locks and threads keep their exact size.
#pragma once

#include <hal/types.h>

struct lock_class;

struct lock_debug_held {
};

struct lock_debug {
};

#define LOCK_DEBUG_MEMBER           debug
#define LOCK_DEBUG_FIELD            struct lock_debug LOCK_DEBUG_MEMBER;
#define LOCK_DEBUG_INIT(class_name) .LOCK_DEBUG_MEMBER = {}
#define LOCK_DEBUG_THREAD_FIELD     struct lock_debug_held held_locks;

_Static_assert(sizeof(struct lock_debug) == 0, "release locks carry nothing");

ALWAYS_INLINE void lock_debug_init(struct lock_debug *d UNUSED,
                                   const struct lock_class *class_ UNUSED)
{
}
ALWAYS_INLINE void lock_debug_acquire(const struct lock_debug *d UNUSED, const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_acquire_nested(const struct lock_debug *d UNUSED,
                                             const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_acquire_try(const struct lock_debug *d UNUSED,
                                          const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_release(const struct lock_debug *d UNUSED, const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_disown(const struct lock_debug *d UNUSED, const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_adopt(const struct lock_debug *d UNUSED, const void *lock UNUSED)
{
}
// A macro, so that `held` is not evaluated: it may be an atomic load.
#define lock_debug_assert_held(d, lock, held) \
    ((void)sizeof(d), (void)sizeof(lock), (void)sizeof(held))
ALWAYS_INLINE void lock_debug_assert_not_held(const struct lock_debug *d UNUSED,
                                              const void *lock UNUSED)
{
}
ALWAYS_INLINE void lock_debug_assert_none(const char *what UNUSED)
{
}
ALWAYS_INLINE void lock_debug_assert_no_spinlock(const char *what UNUSED)
{
}
ALWAYS_INLINE struct lock_debug_held *lock_debug_held(void)
{
    return NULL;
}
ALWAYS_INLINE void lock_debug_set_hook(struct lock_debug_held *(*fn)(void)UNUSED)
{
}
ALWAYS_INLINE void lock_debug_disable(void)
{
}
