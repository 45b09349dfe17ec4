// SPDX-License-Identifier: MIT
//
// C11 threads (spec 12 section 4). A mutex is one futex word, a condition variable is that of
// <lib/sync/condition.h>: zeroed memory is ready for use, and what the init functions make is
// nothing else. Deadlines are absolute times of CLOCK_REALTIME.

#ifndef JACINTH_THREADS_H
#define JACINTH_THREADS_H

#include <features.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
typedef unsigned long thrd_t;
#else
typedef struct __pthread *thrd_t;
#define thread_local _Thread_local
#endif

typedef int once_flag;
typedef unsigned tss_t;
typedef int (*thrd_start_t)(void *);
typedef void (*tss_dtor_t)(void *);

typedef struct {
    int __word;
} mtx_t;

typedef struct {
    int __lock;
    void *__head, *__tail;
} cnd_t;

#define MTX_INIT \
    {            \
    }
#define CND_INIT \
    {            \
    }
#define ONCE_FLAG_INIT 0

#define TSS_DTOR_ITERATIONS 4

enum {
    thrd_success = 0,
    thrd_busy = 1,
    thrd_error = 2,
    thrd_nomem = 3,
    thrd_timedout = 4,
};

// There are no recursive mutexes; all of them can be locked with a deadline.
enum {
    mtx_plain = 0,
    mtx_recursive = 1,
    mtx_timed = 2,
};

// thrd_nomem if there is no memory for it, thrd_error if it is not allowed. *thread is stored before
// the thread runs.
int thrd_create(thrd_t *thread, thrd_start_t entry, void *argument);
// The same; `name` is also the kernel's name for it, cut to 31 bytes. NULL: a default name.
int thrd_create_with_name(thrd_t *thread, thrd_start_t entry, void *argument, const char *name);
_Noreturn void thrd_exit(int);
// thrd_error for a thread that is detached, or joined already.
int thrd_detach(thrd_t);
int thrd_join(thrd_t, int *result);
// 0 after the time, -2 for a time that is none. Nothing interrupts it: *remaining becomes zero.
int thrd_sleep(const struct timespec *duration, struct timespec *remaining);
void thrd_yield(void);
thrd_t thrd_current(void);
int thrd_equal(thrd_t, thrd_t);
#ifndef __cplusplus
#define thrd_equal(a, b) ((a) == (b))
#endif

void call_once(once_flag *, void (*)(void));

int mtx_init(mtx_t *, int type);
void mtx_destroy(mtx_t *);
int mtx_lock(mtx_t *);
int mtx_timedlock(mtx_t *__restrict, const struct timespec *__restrict deadline);
int mtx_trylock(mtx_t *);
int mtx_unlock(mtx_t *);

int cnd_init(cnd_t *);
void cnd_destroy(cnd_t *);
int cnd_broadcast(cnd_t *);
int cnd_signal(cnd_t *);
int cnd_timedwait(cnd_t *__restrict, mtx_t *__restrict, const struct timespec *__restrict deadline);
int cnd_wait(cnd_t *, mtx_t *);

int tss_create(tss_t *, tss_dtor_t);
void tss_delete(tss_t);
int tss_set(tss_t, void *);
void *tss_get(tss_t);

#ifdef __cplusplus
}
#endif

#endif
