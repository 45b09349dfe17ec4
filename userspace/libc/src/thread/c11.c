// SPDX-License-Identifier: MIT
// C11 threads, mutexes and condition variables (threads.h, zircon/threads.h).
#include "thread_impl.h"

#include <string.h>
#include <threads.h>
#include <time.h>

#include <zircon/threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(sync_mutex_t), "spec 12 section 4");
_Static_assert(sizeof(cnd_t) == sizeof(sync_condition_t), "the same thing");

static sync_mutex_t *mutex_in(mtx_t *m)
{
    return (sync_mutex_t *)m;
}

static sync_condition_t *condition_in(cnd_t *c)
{
    return (sync_condition_t *)c;
}

// ---- threads ----

int thrd_create_with_name(thrd_t *thread, thrd_start_t entry, void *argument, const char *name)
{
    char cut[ZX_MAX_NAME_LEN];
    int error;

    if (name) {
        size_t length = strnlen(name, sizeof(cut) - 1);

        memcpy(cut, name, length);
        cut[length] = 0;
        name = cut;
    }
    error = __thread_create(thread, NULL, (void *(*)(void *))(void *)entry, argument, name, true);
    if (error == 0)
        return thrd_success;
    return error == EAGAIN ? thrd_nomem : thrd_error;
}

int thrd_create(thrd_t *thread, thrd_start_t entry, void *argument)
{
    return thrd_create_with_name(thread, entry, argument, NULL);
}

_Noreturn void thrd_exit(int result)
{
    __pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;

    if (__pthread_join(thread, &value) != 0)
        return thrd_error;
    if (result)
        *result = (int)(intptr_t)value;
    return thrd_success;
}

int thrd_detach(thrd_t thread)
{
    return pthread_detach(thread) == 0 ? thrd_success : thrd_error;
}

int thrd_sleep(const struct timespec *duration, struct timespec *remaining)
{
    int error = nanosleep(duration, remaining);

    if (error == 0 && remaining)
        *remaining = (struct timespec){0};
    return error == 0 ? 0 : -2;
}

zx_handle_t thrd_get_zx_handle(thrd_t thread)
{
    return thread->handle;
}

zx_status_t thrd_status_to_zx_status(int thrd_status)
{
    switch (thrd_status) {
    case thrd_success: return ZX_OK;
    case thrd_nomem: return ZX_ERR_NO_MEMORY;
    case thrd_timedout: return ZX_ERR_TIMED_OUT;
    case thrd_busy: return ZX_ERR_SHOULD_WAIT;
    default: return ZX_ERR_INTERNAL;
    }
}

// ---- mutexes ----

int mtx_init(mtx_t *m, int type)
{
    if (type & mtx_recursive)
        return thrd_error;
    memset(m, 0, sizeof(*m));
    return thrd_success;
}

void mtx_destroy(mtx_t *m)
{
    (void)m;
}

int mtx_lock(mtx_t *m)
{
    sync_mutex_lock(mutex_in(m));
    return thrd_success;
}

int mtx_trylock(mtx_t *m)
{
    return sync_mutex_trylock(mutex_in(m)) == ZX_OK ? thrd_success : thrd_busy;
}

int mtx_unlock(mtx_t *m)
{
    sync_mutex_unlock(mutex_in(m));
    return thrd_success;
}

int mtx_timedlock(mtx_t *restrict m, const struct timespec *restrict at)
{
    zx_time_t deadline;

    do {
        if (__thread_deadline(CLOCK_REALTIME, at, &deadline) != 0)
            return thrd_error;
        if (__thread_time_is_past(CLOCK_REALTIME, at))
            return thrd_timedout;
        // Until the clock shows it, though it be set back meanwhile.
    } while (sync_mutex_timedlock(mutex_in(m), deadline) != ZX_OK);
    return thrd_success;
}

// ---- condition variables ----

int cnd_init(cnd_t *c)
{
    memset(c, 0, sizeof(*c));
    return thrd_success;
}

void cnd_destroy(cnd_t *c)
{
    (void)c;
}

int cnd_signal(cnd_t *c)
{
    sync_condition_signal(condition_in(c));
    return thrd_success;
}

int cnd_broadcast(cnd_t *c)
{
    sync_condition_broadcast(condition_in(c));
    return thrd_success;
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
    sync_condition_wait(condition_in(c), mutex_in(m));
    return thrd_success;
}

int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict at)
{
    zx_time_t deadline;
    zx_status_t status;

    if (__thread_deadline(CLOCK_REALTIME, at, &deadline) != 0)
        return thrd_error;
    status = sync_condition_timedwait(condition_in(c), mutex_in(m), deadline);
    // Too early by the clock, which was set back: as good as a wake-up without cause.
    if (status != ZX_OK && __thread_time_is_past(CLOCK_REALTIME, at))
        return thrd_timedout;
    return thrd_success;
}
