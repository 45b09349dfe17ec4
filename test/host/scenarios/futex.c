// SPDX-License-Identifier: MIT
// Futexes: a lock built on them, wake against timeout against kill, requeue.
// CALLS(zx_futex_wait, zx_futex_wake, zx_futex_requeue)
#include "scenarios.h"

// The kernel's headers give a futex word as a plain int; programs use it as an atomic.
static zx_status_t futex_wait(atomic_int *word, int value, zx_time_t deadline)
{
    return zx_futex_wait((const zx_futex_t *)word, value, ZX_HANDLE_INVALID, deadline);
}

static zx_status_t futex_wake(atomic_int *word, uint32_t count)
{
    return zx_futex_wake((const zx_futex_t *)word, count);
}

struct shared {
    atomic_int word; // 0 free, 1 held, 2 held with waiters
    unsigned count;  // guarded by it
};

static void lock(atomic_int *word)
{
    int seen = 0;

    if (atomic_compare_exchange_strong(word, &seen, 1))
        return;
    while (atomic_exchange(word, 2) != 0) {
        zx_status_t status = futex_wait(word, 2, ZX_TIME_INFINITE);
        assert_true(status == ZX_OK || status == ZX_ERR_BAD_STATE);
    }
}

static void unlock(atomic_int *word)
{
    if (atomic_exchange(word, 0) == 2)
        assert_ok(futex_wake(word, 1));
}

static void add(void *arg)
{
    struct shared *s = arg;

    for (unsigned i = 0; i < 8; i++) {
        lock(&s->word);
        unsigned seen = s->count;
        lab_pause();
        s->count = seen + 1;
        unlock(&s->word);
    }
}

static void futex_lock(void *arg)
{
    struct shared s = { 0 };
    zx_handle_t threads[4];

    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(add, &s);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(s.count, 32);
}

static void test_futex_lock_excludes(void **state)
{
    (void)state;
    lab_seeds(futex_lock, 3, 200);
}

struct waiter {
    atomic_int *word;
    zx_time_t deadline;
    zx_handle_t thread;
    atomic_bool returned;
    zx_status_t status;
};

static void wait_thread(void *arg)
{
    struct waiter *w = arg;

    w->status = futex_wait(w->word, 0, w->deadline);
    atomic_store(&w->returned, true);
}

static void wake_thread(void *arg)
{
    struct waiter *w = arg;

    atomic_store(w->word, 1);
    assert_ok(futex_wake(w->word, 1));
}

static void kill_thread(void *arg)
{
    assert_ok(zx_task_kill(((struct waiter *)arg)->thread));
}

static void wake_timeout_kill(void *arg)
{
    atomic_int word = 0;
    struct waiter w = { .word = &word };

    (void)arg;
    w.deadline = zx_deadline_after((zx_duration_t)host_random(60000));
    w.thread = lab_thread(wait_thread, &w);
    zx_handle_t a = lab_thread(wake_thread, &w);
    zx_handle_t b = lab_thread(kill_thread, &w);
    lab_thread_join(a);
    lab_thread_join(b);
    lab_thread_join(w.thread);
    if (atomic_load(&w.returned))
        assert_true(w.status == ZX_OK || w.status == ZX_ERR_TIMED_OUT ||
                    w.status == ZX_ERR_BAD_STATE);
}

static void test_futex_wake_against_timeout_against_kill(void **state)
{
    (void)state;
    lab_seeds(wake_timeout_kill, 3, 300);
}

// Waiters are moved from one word to another, some woken on the way: nobody is lost.
static void requeue(void *arg)
{
    atomic_int a = 0, b = 0;
    struct waiter w[5];

    (void)arg;
    for (unsigned i = 0; i < 5; i++) {
        w[i] = (struct waiter){ .word = &a, .deadline = ZX_TIME_INFINITE };
        w[i].thread = lab_thread(wait_thread, &w[i]);
    }
    zx_status_t status = zx_futex_requeue((const zx_futex_t *)&a, 1, 0, (const zx_futex_t *)&b, 2,
                                          ZX_HANDLE_INVALID);
    assert_ok(status);
    atomic_store(&a, 1); // who comes later does not wait
    assert_ok(futex_wake(&b, UINT32_MAX));
    assert_ok(futex_wake(&a, UINT32_MAX));
    for (unsigned i = 0; i < 5; i++) {
        lab_thread_join(w[i].thread);
        assert_true(w[i].status == ZX_OK || w[i].status == ZX_ERR_BAD_STATE);
    }
}

static void test_futex_requeue_loses_nobody(void **state)
{
    (void)state;
    lab_seeds(requeue, 3, 300);
}

const struct CMUnitTest futex_tests[] = {
    cmocka_unit_test(test_futex_lock_excludes),
    cmocka_unit_test(test_futex_wake_against_timeout_against_kill),
    cmocka_unit_test(test_futex_requeue_loses_nobody),
};
const size_t futex_test_count = countof(futex_tests);
