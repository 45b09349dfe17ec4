// SPDX-License-Identifier: MIT
//
// Functions that the headers declare and that have nothing behind them, where musl's own are left
// out: they fail with ENOSYS. Those that musl makes of a call that nobody answers do so without help.

#include <aio.h>
#include <errno.h>
#include <features.h>
#include <signal.h>
#include <stddef.h>
#include <sys/membarrier.h>
#include <time.h>
#include <unistd.h>

#define MISSING(function, ...) \
    int function(__VA_ARGS__)  \
    {                          \
        errno = ENOSYS;        \
        return -1;             \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"

long syscall(long number, ...)
{
    (void)number;
    errno = ENOSYS;
    return -1;
}

MISSING(membarrier, int command, int flags)

pid_t fork(void)
{
    errno = ENOSYS;
    return -1;
}

pid_t _Fork(void)
{
    errno = ENOSYS;
    return -1;
}

pid_t vfork(void)
{
    errno = ENOSYS;
    return -1;
}

MISSING(timer_create, clockid_t clock, struct sigevent *restrict event, timer_t *restrict out)
MISSING(timer_delete, timer_t timer)
MISSING(timer_getoverrun, timer_t timer)
MISSING(timer_gettime, timer_t timer, struct itimerspec *out)
MISSING(timer_settime, timer_t timer, int flags, const struct itimerspec *restrict value,
        struct itimerspec *restrict out)

MISSING(aio_read, struct aiocb *block)
MISSING(aio_write, struct aiocb *block)
MISSING(aio_fsync, int operation, struct aiocb *block)
MISSING(aio_cancel, int fd, struct aiocb *block)
MISSING(aio_suspend, const struct aiocb *const list[], int count, const struct timespec *timeout)
MISSING(lio_listio, int mode, struct aiocb *restrict const *restrict list, int count,
        struct sigevent *restrict event)

int aio_error(const struct aiocb *block)
{
    (void)block;
    return ENOSYS;
}

ssize_t aio_return(struct aiocb *block)
{
    (void)block;
    errno = ENOSYS;
    return -1;
}

// The users and groups of a process: there are none to change to.
hidden int __setxid(int number, int id, int effective, int saved);
MISSING(__setxid, int number, int id, int effective, int saved)
