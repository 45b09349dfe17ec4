// SPDX-License-Identifier: MIT
//
// Threads as the rest of the library sees them, in place of musl's header of the same name: what
// musl's own files use has musl's names and meaning, the rest is ours.
//
// A thread is one VMO, named after it, in one VMAR of its own (thread_map.c), from low to high:
//
//     guard | unsafe stack | guard | stack | one page unmapped | keys, struct pthread, TLS | one page
//
// and a kernel thread, whose handle is in the struct until the thread ends. The thread pointer points
// at the field `tp`, the first of the two words that the ABI puts there (spec 32 section 10).

#ifndef _PTHREAD_IMPL_H
#define _PTHREAD_IMPL_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

#include "atomic.h"
#include "futex.h"
#include "libc.h"
#include "syscall.h"

#include "pthread_arch.h"

#include <zircon/syscalls.h>
#include <zircon/tls.h>
#include <zircon/types.h>

#define pthread __pthread

// Locks: [I] set before the thread runs  [T] the thread's own  [L] the list's lock, __tl_lock()
//        [K] killlock  [a] atomic
struct pthread {
    struct pthread *self;           // [I]
    struct pthread *prev, *next;    // [L] ring of all threads that nobody has joined yet
    int tid;                        // [I] a number from 1 up, unique among those in the ring
    int errno_val;                  // [T]
    volatile int detach_state;      // [a] DT_..., the word that a joiner waits on
    int joined;                     // [L] somebody joins it, or frees it after a detach
    unsigned char tsd_used : 1;     // [T]
    unsigned char dlerror_flag : 1; // [T]
    unsigned char c11 : 1;          // [I] started by thrd_create(): the result is an int
    unsigned char *map_base;        // [I] the VMAR and its size
    size_t map_size;                // [I]
    void *stack;                    // [I] its high end and its size; NULL if unknown
    size_t stack_size;              // [I]
    size_t guard_size;              // [I]
    void *(*entry)(void *);         // [I]
    void *argument;                 // [I]
    void *result;                   // [T] until the state says that it has ended
    struct __ptcb *cancelbuf;       // [T] what pthread_cleanup_push() has pushed
    void **tsd;                     // [L] values of keys, by others only under the lock
    int h_errno_val;                // [T]
    volatile int timer_id;          // for musl's timers
    locale_t locale;                // [T]
    volatile int killlock[1];       // guards `handle` against the thread's end
    zx_handle_t handle;             // [K] of the kernel thread; ZX_HANDLE_INVALID once it is ending
    char *dlerror_buf;              // [T]
    void *stdio_locks;              // [T]
    void *malloc_cache;   // [T] the allocator's; handed to __malloc_thread_exit() at the end
    uintptr_t modules[2]; // [I] what dtv points at: the number of modules, the block of each

    uintptr_t canary;    // [I] ZX_TLS_STACK_GUARD_OFFSET from the thread pointer
    uintptr_t unsafe_sp; // [T] ZX_TLS_UNSAFE_SP_OFFSET
    void *tp;            // here the thread pointer points
    uintptr_t *dtv;      // [I]
};

_Static_assert(offsetof(struct pthread, canary) ==
                   offsetof(struct pthread, tp) + ZX_TLS_STACK_GUARD_OFFSET,
               "spec 32 section 10");
_Static_assert(offsetof(struct pthread, unsafe_sp) ==
                   offsetof(struct pthread, tp) + ZX_TLS_UNSAFE_SP_OFFSET,
               "spec 32 section 10");
_Static_assert(sizeof(struct pthread) == offsetof(struct pthread, tp) + GAP_ABOVE_TP,
               "spec 32 section 10");

enum {
    DT_EXITED = 0, // nothing of it runs any more, on its stack or elsewhere
    DT_EXITING,    // joinable, and past the point where detaching would make it free itself
    DT_JOINABLE,
    DT_DETACHED, // frees itself
};

// The fields of pthread_attr_t, and of the kinds of locks that are musl's own.
#define __SU (sizeof(size_t) / sizeof(int))

#define _a_stacksize __u.__s[0]
#define _a_guardsize __u.__s[1]
#define _a_stackaddr __u.__s[2]
#define _a_detach    __u.__i[3 * __SU + 0]
#define _a_sched     __u.__i[3 * __SU + 1]
#define _a_policy    __u.__i[3 * __SU + 2]
#define _a_prio      __u.__i[3 * __SU + 3]
#define _rw_lock     __u.__vi[0]
#define _rw_waiters  __u.__vi[1]
#define _rw_shared   __u.__i[2]
#define _b_lock      __u.__vi[0]
#define _b_waiters   __u.__vi[1]
#define _b_limit     __u.__i[2]
#define _b_count     __u.__vi[3]
#define _b_waiters2  __u.__vi[4]
#define _b_inst      __u.__p[3]

#define TP_ADJ(p)        ((char *)(p) + offsetof(struct pthread, tp))
#define __pthread_self() ((pthread_t)(__get_tp() - offsetof(struct pthread, tp)))

#define DTP_OFFSET 0

#ifndef tls_mod_off_t
#define tls_mod_off_t size_t
#endif

// Nothing sends signals; musl's sets of them are empty words to those that block them.
#define SIGTIMER     32
#define SIGCANCEL    33
#define SIGSYNCCALL  34
#define SIGALL_SET   ((sigset_t *)(const unsigned long long[2]){-1, -1})
#define SIGPT_SET    ((sigset_t *)(const unsigned long[_NSIG / 8 / sizeof(long)]){3UL << 32})
#define SIGTIMER_SET ((sigset_t *)(const unsigned long[_NSIG / 8 / sizeof(long)]){0x80000000})

void *__tls_get_addr(tls_mod_off_t *);

// The program's own TLS block, set once when the process starts.
struct tls_block {
    const void *image; // what its first `length` bytes start as
    size_t length, size, align;
    size_t offset; // from the thread pointer
};
extern hidden struct tls_block __tls_block;

hidden void __membarrier_init(void);
hidden void __dl_thread_cleanup(void);
hidden void __testcancel(void);
hidden void __do_cleanup_push(struct __ptcb *);
hidden void __do_cleanup_pop(struct __ptcb *);
hidden void __pthread_tsd_run_dtors(void);
hidden void __do_orphaned_stdio_locks(void);

extern hidden volatile size_t __pthread_tsd_size;
extern hidden void *__pthread_tsd_main[];

// Waits until the word is not `value` (wake-ups without cause are the callers' to bear), or until the
// time `at` of `clock` (NULL: for ever): 0, ETIMEDOUT, EINVAL for a time that is none.
hidden int __timedwait(volatile int *word, int value, clockid_t clock, const struct timespec *at,
                       int private);
hidden int __timedwait_cp(volatile int *word, int value, clockid_t clock, const struct timespec *at,
                          int private);
// Waits until the word has another value; counts itself in *waiters (may be NULL) while it sleeps.
hidden void __wait(volatile int *word, volatile int *waiters, int value, int private);
// One sleep, if the word has that value; one wake-up of up to `count` (less than 0: all).
hidden void __futexwait(volatile void *word, int value, int private);
hidden void __wake(volatile void *word, int count, int private);

hidden void __acquire_ptc(void);
hidden void __release_ptc(void);
hidden void __inhibit_ptc(void);

// The lock of the ring of threads. The holder may take it again.
hidden void __tl_lock(void);
hidden void __tl_unlock(void);

extern hidden volatile int __thread_list_lock;
extern hidden volatile int __abort_lock[1];
extern hidden unsigned __default_stacksize;
extern hidden unsigned __default_guardsize;

#define DEFAULT_STACK_SIZE (256u << 10)
#define DEFAULT_GUARD_SIZE 4096u
#define DEFAULT_STACK_MAX  (8 << 20)
#define DEFAULT_GUARD_MAX  (1 << 20)

#endif
