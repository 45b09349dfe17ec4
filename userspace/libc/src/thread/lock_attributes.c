// SPDX-License-Identifier: MIT
// Attributes of locks that ask for more than there is: sharing between processes, owners that die,
// inherited priorities.
#include "thread_impl.h"

static int check_shared(int shared)
{
    if (shared == PTHREAD_PROCESS_PRIVATE)
        return 0;
    return shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : EINVAL;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attr, int shared)
{
    (void)attr;
    return check_shared(shared);
}

int pthread_condattr_setpshared(pthread_condattr_t *attr, int shared)
{
    (void)attr;
    return check_shared(shared);
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attr, int shared)
{
    (void)attr;
    return check_shared(shared);
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attr, int shared)
{
    (void)attr;
    return check_shared(shared);
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attr, int robust)
{
    (void)attr;
    return robust == PTHREAD_MUTEX_STALLED || robust == PTHREAD_MUTEX_ROBUST ? ENOSYS : EINVAL;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attr, int protocol)
{
    (void)attr;
    switch (protocol) {
    case PTHREAD_PRIO_NONE: return 0;
    case PTHREAD_PRIO_INHERIT:
    case PTHREAD_PRIO_PROTECT: return ENOTSUP;
    default: return EINVAL;
    }
}

int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    (void)mutex;
    return EINVAL; // none is robust
}
