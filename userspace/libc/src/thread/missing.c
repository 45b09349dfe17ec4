// SPDX-License-Identifier: MIT
// What threads of this system do not have, with the answers of spec 12 section 5: nothing cancels or
// interrupts a thread, and a futex belongs to one process.
#include "thread_impl.h"

#include <semaphore.h>
#include <stdarg.h>

int pthread_cancel(pthread_t thread)
{
    (void)thread;
    return ENOSYS;
}

// musl's own files ask for this around their waits.
int __pthread_setcancelstate(int state, int *old)
{
    if (state < PTHREAD_CANCEL_ENABLE || state > PTHREAD_CANCEL_MASKED)
        return EINVAL;
    if (old)
        *old = PTHREAD_CANCEL_DISABLE;
    return 0;
}

int pthread_setcancelstate(int state, int *old)
{
    int error = __pthread_setcancelstate(state, old);
    return error ? error : ENOSYS;
}

int pthread_setcanceltype(int type, int *old)
{
    if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
        return EINVAL;
    if (old)
        *old = PTHREAD_CANCEL_DEFERRED;
    return ENOSYS;
}

int pthread_kill(pthread_t thread, int signal)
{
    (void)thread, (void)signal;
    return ENOSYS;
}

int pthread_getcpuclockid(pthread_t thread, clockid_t *clock)
{
    (void)thread, (void)clock;
    return ENOSYS;
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare, (void)parent, (void)child;
    errno = ENOSYS;
    return -1;
}

// Its only callers make Linux calls in every thread, which fail in the first one already.
void __synccall(void (*function)(void *), void *argument)
{
    function(argument);
}

int sem_init(sem_t *semaphore, int shared, unsigned value)
{
    if (value > SEM_VALUE_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (shared) {
        errno = ENOSYS;
        return -1;
    }
    *semaphore = (sem_t){{(int)value, 0, 128}};
    return 0;
}

sem_t *sem_open(const char *name, int flags, ...)
{
    (void)name, (void)flags;
    errno = ENOSYS;
    return SEM_FAILED;
}

int sem_close(sem_t *semaphore)
{
    (void)semaphore;
    errno = ENOSYS;
    return -1;
}

int sem_unlink(const char *name)
{
    (void)name;
    errno = ENOSYS;
    return -1;
}
