// SPDX-License-Identifier: MIT
// Locks of pthreads: mutexes, conditions, barriers, read-write locks, spin locks, semaphores, once
// (spec 12 section 5).
// CALLS(zx_futex_wait, zx_futex_wake, zx_futex_requeue)
#include <check/check.h>

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <zircon/syscalls.h>
#include <zircon/threads.h>

#include "baseline.h"

static struct timespec after(clockid_t clock, long milliseconds)
{
    struct timespec at;

    clock_gettime(clock, &at);
    at.tv_sec += milliseconds / 1000;
    at.tv_nsec += milliseconds % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static bool is_past(clockid_t clock, const struct timespec *at)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}

static void run(unsigned count, void *(*entry)(void *), void *argument)
{
    pthread_t threads[16];

    for (unsigned i = 0; i < count; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, entry, argument), 0);
    for (unsigned i = 0; i < count; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}

// ---- mutexes ----

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned counter;

static void *count_up(void *argument)
{
    pthread_mutex_t *m = argument;

    for (unsigned i = 0; i < 20000; i++) {
        pthread_mutex_lock(m);
        counter++;
        pthread_mutex_unlock(m);
    }
    return NULL;
}

TEST(mutexes_of_all_types_exclude)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t m;

    counter = 0;
    run(3, count_up, &mutex);
    EXPECT_EQ(counter, 60000);
    pthread_mutexattr_init(&attr);
    for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++) {
        ASSERT_EQ(pthread_mutexattr_settype(&attr, type), 0);
        ASSERT_EQ(pthread_mutex_init(&m, &attr), 0);
        counter = 0;
        run(4, count_up, &m);
        EXPECT_EQ(counter, 80000);
        EXPECT_EQ(pthread_mutex_destroy(&m), 0);
    }
    EXPECT_EQ(pthread_mutexattr_settype(&attr, 3), EINVAL);
}

static void *try_from_elsewhere(void *argument)
{
    struct timespec at = after(CLOCK_REALTIME, 20);

    EXPECT_EQ(pthread_mutex_trylock(argument), EBUSY);
    EXPECT_EQ(pthread_mutex_timedlock(argument, &at), ETIMEDOUT);
    EXPECT_TRUE(is_past(CLOCK_REALTIME, &at));
    at.tv_nsec = 1000000000;
    EXPECT_EQ(pthread_mutex_timedlock(argument, &at), EINVAL);
    return NULL;
}

static void *unlock_from_elsewhere(void *argument)
{
    return (void *)(intptr_t)pthread_mutex_unlock(argument);
}

TEST(mutex_types_answer_as_they_should)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t m;
    pthread_t thread;
    void *result;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&m, &attr);
    EXPECT_EQ(pthread_mutex_unlock(&m), EPERM);
    EXPECT_EQ(pthread_mutex_lock(&m), 0);
    EXPECT_EQ(pthread_mutex_lock(&m), EDEADLK);
    EXPECT_EQ(pthread_mutex_trylock(&m), EBUSY);
    run(1, try_from_elsewhere, &m);
    ASSERT_EQ(pthread_create(&thread, NULL, unlock_from_elsewhere, &m), 0);
    ASSERT_EQ(pthread_join(thread, &result), 0);
    EXPECT_EQ((intptr_t)result, EPERM);
    EXPECT_EQ(pthread_mutex_unlock(&m), 0);

    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&m, &attr);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(i == 1 ? pthread_mutex_trylock(&m) : pthread_mutex_lock(&m), 0);
    for (unsigned i = 0; i < 3; i++) {
        run(1, try_from_elsewhere, &m);
        EXPECT_EQ(pthread_mutex_unlock(&m), 0);
    }
    EXPECT_EQ(pthread_mutex_unlock(&m), EPERM);
    EXPECT_EQ(pthread_mutex_trylock(&m), 0);

    EXPECT_EQ(pthread_mutex_lock(&mutex), 0);
    run(1, try_from_elsewhere, &mutex);
    EXPECT_EQ(pthread_mutex_unlock(&mutex), 0);
}

// ---- conditions ----

static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned waiting, released;

static void *wait_once(void *argument)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    EXPECT_EQ(pthread_cond_wait(&condition, &mutex), 0);
    released++;
    pthread_mutex_unlock(&mutex);
    return argument;
}

static unsigned read_locked(const unsigned *value)
{
    pthread_mutex_lock(&mutex);
    unsigned seen = *value;
    pthread_mutex_unlock(&mutex);
    return seen;
}

static void wait_for(const unsigned *value, unsigned wanted)
{
    while (read_locked(value) < wanted)
        zx_nanosleep(zx_deadline_after(ZX_USEC(100)));
}

static void start_waiters(pthread_t *threads, unsigned count)
{
    waiting = released = 0;
    for (unsigned i = 0; i < count; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, wait_once, NULL), 0);
    wait_for(&waiting, count);
}

TEST(a_broadcast_releases_those_that_wait_and_a_signal_one)
{
    pthread_t threads[3];

    start_waiters(threads, 3);
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    wait_for(&released, 3);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);

    start_waiters(threads, 3);
    for (unsigned i = 1; i <= 3; i++) {
        pthread_cond_signal(&condition);
        wait_for(&released, i);
        zx_nanosleep(zx_deadline_after(ZX_MSEC(20)));
        EXPECT_EQ(read_locked(&released), i);
    }
    for (unsigned i = 0; i < 3; i++)
        EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}

TEST(a_timed_wait_ends_in_time_with_the_mutex_held)
{
    pthread_condattr_t attr;
    pthread_cond_t c;
    const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};

    pthread_condattr_init(&attr);
    for (unsigned i = 0; i < 2; i++) {
        ASSERT_EQ(pthread_condattr_setclock(&attr, clocks[i]), 0);
        ASSERT_EQ(pthread_cond_init(&c, &attr), 0);
        struct timespec at = after(clocks[i], 150);
        pthread_mutex_lock(&mutex);
        EXPECT_EQ(pthread_cond_timedwait(&c, &mutex, &at), ETIMEDOUT);
        EXPECT_TRUE(is_past(clocks[i], &at));
        EXPECT_EQ(pthread_mutex_trylock(&mutex), EBUSY);
        at.tv_nsec = -1;
        EXPECT_EQ(pthread_cond_timedwait(&c, &mutex, &at), EINVAL);
        pthread_mutex_unlock(&mutex);
        EXPECT_EQ(pthread_cond_destroy(&c), 0);
    }
}

static pthread_mutex_t recursive;

static void *signal_under_recursive(void *argument)
{
    pthread_mutex_lock(&recursive);
    pthread_cond_signal(argument);
    pthread_mutex_unlock(&recursive);
    return NULL;
}

TEST(a_wait_gives_up_a_recursive_mutex_and_needs_it)
{
    pthread_mutexattr_t attr;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    pthread_t thread;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attr);
    EXPECT_EQ(pthread_cond_wait(&c, &recursive), EPERM);
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    ASSERT_EQ(pthread_create(&thread, NULL, signal_under_recursive, &c), 0);
    EXPECT_EQ(pthread_cond_wait(&c, &recursive), 0);
    EXPECT_EQ(pthread_mutex_unlock(&recursive), 0);
    EXPECT_EQ(pthread_mutex_unlock(&recursive), 0);
    EXPECT_EQ(pthread_mutex_unlock(&recursive), EPERM);
    EXPECT_EQ(pthread_join(thread, NULL), 0);
}

// A store for one thing: what is put is taken, once, with some of the waits ending early.
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static bool full;
static unsigned taken;

static void *put(void *argument)
{
    for (unsigned i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (full) {
            struct timespec at = after(CLOCK_REALTIME, 1 + i % 3);
            pthread_cond_timedwait(&emptied, &mutex, &at);
        }
        full = true;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&filled);
    }
    return argument;
}

static void *take(void *argument)
{
    for (unsigned i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (!full)
            pthread_cond_wait(&filled, &mutex);
        full = false;
        taken++;
        pthread_cond_signal(&emptied);
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static void *put_or_take(void *argument)
{
    static atomic_uint next;

    return next++ & 1 ? put(argument) : take(argument);
}

TEST(signals_are_not_lost_to_deadlines)
{
    taken = 0;
    full = false;
    run(6, put_or_take, NULL);
    EXPECT_EQ(taken, 1500);
}

// ---- barriers ----

static pthread_barrier_t barrier;
static atomic_uint serial, arrived;

static void *pass_barrier(void *argument)
{
    for (unsigned cycle = 1; cycle <= 128; cycle++) {
        arrived++;
        int result = pthread_barrier_wait(&barrier);
        if (result == PTHREAD_BARRIER_SERIAL_THREAD)
            serial++;
        else if (result != 0)
            check_fail(__FILE__, __LINE__, "barrier: %d", result);
        if (arrived < cycle * 16)
            check_fail(__FILE__, __LINE__, "through before all were there");
    }
    return argument;
}

TEST(a_barrier_lets_16_threads_through_128_times)
{
    EXPECT_EQ(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
    ASSERT_EQ(pthread_barrier_init(&barrier, NULL, 1), 0);
    EXPECT_EQ(pthread_barrier_wait(&barrier), PTHREAD_BARRIER_SERIAL_THREAD);
    EXPECT_EQ(pthread_barrier_destroy(&barrier), 0);
    serial = arrived = 0;
    ASSERT_EQ(pthread_barrier_init(&barrier, NULL, 16), 0);
    run(16, pass_barrier, NULL);
    EXPECT_EQ(serial, 128);
    EXPECT_EQ(pthread_barrier_destroy(&barrier), 0);
}

// ---- the others ----

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static unsigned left, right;

static void *read_and_write(void *argument)
{
    for (unsigned i = 0; i < 2000; i++) {
        if (i % 4 == 0) {
            pthread_rwlock_wrlock(&rwlock);
            left++;
            right++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
            if (left != right)
                check_fail(__FILE__, __LINE__, "a reader sees a writer");
        }
        pthread_rwlock_unlock(&rwlock);
    }
    return argument;
}

static void *try_rwlock(void *argument)
{
    struct timespec at = after(CLOCK_REALTIME, 20);

    EXPECT_EQ(pthread_rwlock_trywrlock(&rwlock), EBUSY);
    EXPECT_EQ(pthread_rwlock_timedwrlock(&rwlock, &at), ETIMEDOUT);
    EXPECT_TRUE(is_past(CLOCK_REALTIME, &at));
    if (argument) {
        EXPECT_EQ(pthread_rwlock_tryrdlock(&rwlock), EBUSY);
    } else {
        EXPECT_EQ(pthread_rwlock_tryrdlock(&rwlock), 0);
        pthread_rwlock_unlock(&rwlock);
    }
    return NULL;
}

TEST(read_write_locks)
{
    left = right = 0;
    run(4, read_and_write, NULL);
    EXPECT_EQ(left, 2000);
    pthread_rwlock_rdlock(&rwlock);
    run(1, try_rwlock, NULL);
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    run(1, try_rwlock, &rwlock);
    pthread_rwlock_unlock(&rwlock);
}

static pthread_spinlock_t spinlock;

static void *spin_up(void *argument)
{
    for (unsigned i = 0; i < 5000; i++) {
        pthread_spin_lock(&spinlock);
        counter++;
        pthread_spin_unlock(&spinlock);
    }
    return argument;
}

TEST(spin_locks)
{
    counter = 0;
    ASSERT_EQ(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE), 0);
    run(3, spin_up, NULL);
    EXPECT_EQ(counter, 15000);
    EXPECT_EQ(pthread_spin_trylock(&spinlock), 0);
    EXPECT_EQ(pthread_spin_trylock(&spinlock), EBUSY);
    EXPECT_EQ(pthread_spin_unlock(&spinlock), 0);
}

static sem_t semaphore, back;

static void *answer(void *argument)
{
    for (unsigned i = 0; i < 1000; i++) {
        sem_wait(&semaphore);
        sem_post(&back);
    }
    return argument;
}

TEST(semaphores)
{
    pthread_t thread;
    int value = -1;

    EXPECT_ERRNO(sem_init(&semaphore, 1, 0), ENOSYS);
    EXPECT_ERRNO(sem_init(&semaphore, 0, (unsigned)SEM_VALUE_MAX + 1), EINVAL);
    ASSERT_EQ(sem_init(&semaphore, 0, SEM_VALUE_MAX), 0);
    EXPECT_ERRNO(sem_post(&semaphore), EOVERFLOW);
    ASSERT_EQ(sem_init(&semaphore, 0, 2), 0);
    EXPECT_EQ(sem_wait(&semaphore), 0);
    EXPECT_EQ(sem_trywait(&semaphore), 0);
    EXPECT_ERRNO(sem_trywait(&semaphore), EAGAIN);
    struct timespec at = after(CLOCK_REALTIME, 20);
    EXPECT_ERRNO(sem_timedwait(&semaphore, &at), ETIMEDOUT);
    EXPECT_TRUE(is_past(CLOCK_REALTIME, &at));
    EXPECT_EQ(sem_getvalue(&semaphore, &value), 0);
    EXPECT_EQ(value, 0);
    ASSERT_EQ(sem_init(&back, 0, 0), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, answer, NULL), 0);
    for (unsigned i = 0; i < 1000; i++) {
        sem_post(&semaphore);
        sem_wait(&back);
    }
    EXPECT_EQ(pthread_join(thread, NULL), 0);
    EXPECT_TRUE(sem_open("/x", 0) == SEM_FAILED);
    EXPECT_ERRNO(sem_unlink("/x"), ENOSYS);
}

static atomic_uint initialised;
static pthread_once_t once;

static void initialise(void)
{
    zx_nanosleep(zx_deadline_after(ZX_MSEC(2)));
    initialised++;
}

static void *call_it_once(void *argument)
{
    pthread_once(&once, initialise);
    EXPECT_EQ(initialised, 1);
    return argument;
}

TEST(once_is_once_and_late_comers_wait)
{
    for (unsigned i = 0; i < 5; i++) {
        once = PTHREAD_ONCE_INIT;
        initialised = 0;
        run(6, call_it_once, NULL);
    }
}

TEST(locks_are_not_shared_between_processes)
{
    pthread_mutexattr_t m;
    pthread_condattr_t c;
    pthread_rwlockattr_t rw;
    pthread_barrierattr_t b;

    pthread_mutexattr_init(&m);
    pthread_condattr_init(&c);
    pthread_rwlockattr_init(&rw);
    pthread_barrierattr_init(&b);
    EXPECT_EQ(pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED), ENOTSUP);
    EXPECT_EQ(pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED), ENOTSUP);
    EXPECT_EQ(pthread_rwlockattr_setpshared(&rw, PTHREAD_PROCESS_SHARED), ENOTSUP);
    EXPECT_EQ(pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED), ENOTSUP);
    EXPECT_EQ(pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_PRIVATE), 0);
    EXPECT_EQ(pthread_mutexattr_setpshared(&m, 7), EINVAL);
}
