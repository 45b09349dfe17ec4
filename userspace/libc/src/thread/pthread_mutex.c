// SPDX-License-Identifier: MIT
// pthread_mutex_t: the sync library's mutex, and for two types an owner.
//
//   N1 `owner` is the number of the thread that has the mutex, written by it alone while it has it.
//      A thread that reads its own number there has it; any other value says only that it has not.
//   N2 unlock touches nothing after the sync mutex is free.
#include "thread_impl.h"

static int my_number(void)
{
    return __pthread_self()->tid;
}

static int owner_of(const struct mutex *m)
{
    return __atomic_load_n(&m->owner, __ATOMIC_RELAXED);
}

static void set_owner(struct mutex *m, int owner)
{
    __atomic_store_n(&m->owner, owner, __ATOMIC_RELAXED);
}

int pthread_mutex_init(pthread_mutex_t *restrict mutex, const pthread_mutexattr_t *restrict attr)
{
    *mutex = (pthread_mutex_t){0};
    if (attr)
        mutex_of(mutex)->type = (int)(attr->__attr & 3);
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    (void)mutex;
    return 0;
}

// The caller has it already: what its type says to that, or -1 for NORMAL, which waits for itself.
static int lock_again(struct mutex *m, int if_errorcheck)
{
    if (m->type == PTHREAD_MUTEX_ERRORCHECK)
        return if_errorcheck;
    if (m->more == UINT_MAX)
        return EAGAIN;
    m->more++;
    return 0;
}

int __pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    struct mutex *m = mutex_of(mutex);

    if (m->type == PTHREAD_MUTEX_NORMAL)
        return sync_mutex_trylock(&m->word) == ZX_OK ? 0 : EBUSY;
    if (owner_of(m) == my_number())
        return lock_again(m, EBUSY);
    if (sync_mutex_trylock(&m->word) != ZX_OK)
        return EBUSY;
    set_owner(m, my_number());
    return 0;
}
weak_alias(__pthread_mutex_trylock, pthread_mutex_trylock);

// Waits until the clock shows `at`, which may be set back meanwhile.
static int lock_until(struct mutex *m, const struct timespec *at)
{
    zx_time_t deadline;
    int error;

    if (sync_mutex_trylock(&m->word) == ZX_OK)
        return 0;
    do {
        error = __thread_deadline(CLOCK_REALTIME, at, &deadline);
        if (error)
            return error;
        if (sync_mutex_timedlock(&m->word, deadline) == ZX_OK)
            return 0;
    } while (!__thread_time_is_past(CLOCK_REALTIME, at));
    return ETIMEDOUT;
}

int __pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict at)
{
    struct mutex *m = mutex_of(mutex);
    int error;

    if (m->type == PTHREAD_MUTEX_NORMAL)
        return lock_until(m, at);
    if (owner_of(m) == my_number())
        return lock_again(m, EDEADLK);
    error = lock_until(m, at);
    if (error == 0)
        set_owner(m, my_number());
    return error;
}
weak_alias(__pthread_mutex_timedlock, pthread_mutex_timedlock);

int __pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct mutex *m = mutex_of(mutex);

    if (m->type == PTHREAD_MUTEX_NORMAL) {
        sync_mutex_lock(&m->word);
        return 0;
    }
    return __pthread_mutex_timedlock(mutex, NULL);
}
weak_alias(__pthread_mutex_lock, pthread_mutex_lock);

int __pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct mutex *m = mutex_of(mutex);

    if (m->type != PTHREAD_MUTEX_NORMAL) {
        if (owner_of(m) != my_number())
            return EPERM;
        if (m->more > 0) {
            m->more--;
            return 0;
        }
        set_owner(m, 0);
    }
    sync_mutex_unlock(&m->word);
    return 0;
}
weak_alias(__pthread_mutex_unlock, pthread_mutex_unlock);
