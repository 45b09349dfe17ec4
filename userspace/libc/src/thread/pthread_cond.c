// SPDX-License-Identifier: MIT
// pthread_cond_t: the sync library's condition with a clock.
#include "thread_impl.h"

int pthread_cond_init(pthread_cond_t *restrict cond, const pthread_condattr_t *restrict attr)
{
    *cond = (pthread_cond_t){0};
    if (attr)
        condition_of(cond)->clock = (clockid_t)(attr->__attr & 0x7fffffff);
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *cond)
{
    (void)cond;
    return 0;
}

int __pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                             const struct timespec *restrict at)
{
    struct condition *c = condition_of(cond);
    struct mutex *m = mutex_of(mutex);
    int self = __pthread_self()->tid;
    zx_time_t deadline;
    zx_status_t status;
    unsigned more = 0;
    int error;

    if (m->type != PTHREAD_MUTEX_NORMAL && __atomic_load_n(&m->owner, __ATOMIC_RELAXED) != self)
        return EPERM;
    error = __thread_deadline(c->clock, at, &deadline);
    if (error)
        return error;
    // A recursive mutex is given up however often it is locked.
    if (m->type != PTHREAD_MUTEX_NORMAL) {
        more = m->more;
        m->more = 0;
        __atomic_store_n(&m->owner, 0, __ATOMIC_RELAXED);
    }
    status = sync_condition_timedwait(&c->condition, &m->word, deadline);
    if (m->type != PTHREAD_MUTEX_NORMAL) {
        m->more = more;
        __atomic_store_n(&m->owner, self, __ATOMIC_RELAXED);
    }
    // If the clock was set back meanwhile it is too early: a wake-up without cause, which every
    // caller expects.
    if (status == ZX_ERR_TIMED_OUT && __thread_time_is_past(c->clock, at))
        return ETIMEDOUT;
    return 0;
}
weak_alias(__pthread_cond_timedwait, pthread_cond_timedwait);

int pthread_cond_wait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex)
{
    return __pthread_cond_timedwait(cond, mutex, NULL);
}

int pthread_cond_signal(pthread_cond_t *cond)
{
    sync_condition_signal(&condition_of(cond)->condition);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
    sync_condition_broadcast(&condition_of(cond)->condition);
    return 0;
}

// For musl's files that signal a private condition.
int __private_cond_signal(pthread_cond_t *cond, int count)
{
    return count < 0 ? pthread_cond_broadcast(cond) : pthread_cond_signal(cond);
}
