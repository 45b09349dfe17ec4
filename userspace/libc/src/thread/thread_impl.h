// SPDX-License-Identifier: MIT
//
// What the files of this folder have of each other.
#pragma once

#include <stdbool.h>

#include "pthread_impl.h"

#include <lib/sync/condition.h>
#include <lib/sync/mutex.h>

#define THREAD_PAGE 4096u

// No stack is smaller than this, whatever is asked for: PTHREAD_STACK_MIN is less than a page, and
// printing over a channel takes more.
#define THREAD_STACK_FLOOR (32u << 10)

// A thread's memory as it lies in the address space. An address is that of the high end.
struct thread_memory {
    uintptr_t base; // of the VMAR
    size_t size;
    uintptr_t stack; // 0 if it has none of its own
    uintptr_t unsafe_stack;
    uintptr_t block; // low end of the part for keys, struct pthread and TLS
    size_t block_size;
};

// Maps a VMO called `name` with all that a thread needs. Sizes are in bytes and rounded up to pages;
// a stack of 0 bytes is left out. ZX_ERR_NO_MEMORY, ZX_ERR_NO_RESOURCES or what the kernel says. The
// VMO lives as long as its mappings. Works without a thread pointer.
hidden zx_status_t __thread_memory_map(const char *name, size_t stack, size_t unsafe_stack,
                                       size_t guard, struct thread_memory *out);
// Undoes that. Nothing may run on it or use its struct pthread.
hidden void __thread_memory_unmap(uintptr_t base, size_t size);
// Puts the struct, the keys' values and the TLS block into a block that is all zero.
hidden pthread_t __thread_place(const struct thread_memory *memory);

// Where a kernel thread begins: sets the thread pointer and goes on in __thread_main().
hidden void __thread_entry(uintptr_t thread_pointer, uintptr_t unused);
hidden _Noreturn void __thread_main(pthread_t self);

// pthread_create() with a name (NULL: a default one, else at most 31 bytes) and, if c11, a function
// that returns int.
hidden int __thread_create(pthread_t *out, const pthread_attr_t *attr, void *(*entry)(void *),
                           void *argument, const char *name, bool c11);

// ---- the ring (ring.c) ----

// Adds a thread and gives it its number; from the first on, the library locks.
hidden void __thread_ring_add(pthread_t thread);
// Takes out a thread whose start failed.
hidden void __thread_ring_cancel(pthread_t thread);
// Takes out one that somebody has joined.
hidden void __thread_ring_remove(pthread_t thread);
// Claims the right to join or detach. False: it is not there, detached, or claimed already.
hidden bool __thread_ring_claim(pthread_t thread);
hidden void __thread_ring_unclaim(pthread_t thread);
// The calling thread is about to end. Decides whether it frees itself (it is detached, and then out
// of the ring). Returns false, and changes nothing, if it is the last one that runs.
hidden bool __thread_ring_leave(pthread_t self, bool *frees_itself);

// ---- deadlines (deadline.c) ----

// The monotonic time at which `clock` will show `at` if nobody changes it: never earlier. NULL:
// ZX_TIME_INFINITE. 0, or EINVAL for nanoseconds or a clock that are none.
hidden int __thread_deadline(clockid_t clock, const struct timespec *at, zx_time_t *out);
// Whether `clock` shows `at` or later.
hidden bool __thread_time_is_past(clockid_t clock, const struct timespec *at);

// ---- pthread_mutex_t and pthread_cond_t ----

// Zeroed bytes are a free mutex of type NORMAL.
struct mutex {
    int type; // PTHREAD_MUTEX_NORMAL, _RECURSIVE, _ERRORCHECK
    sync_mutex_t word;
    int owner;     // number of the thread that has it; 0 if free or NORMAL
    unsigned more; // how often a RECURSIVE one is locked beyond the first time
};

struct condition {
    sync_condition_t condition;
    clockid_t clock;
};

_Static_assert(sizeof(struct mutex) <= sizeof(pthread_mutex_t), "it lies in there");
_Static_assert(sizeof(struct condition) <= sizeof(pthread_cond_t), "it lies in there");
_Static_assert(CLOCK_REALTIME == 0, "what zeroed bytes mean");

static inline struct mutex *mutex_of(pthread_mutex_t *m)
{
    return (struct mutex *)m;
}

static inline struct condition *condition_of(pthread_cond_t *c)
{
    return (struct condition *)c;
}
