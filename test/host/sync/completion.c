// SPDX-License-Identifier: MIT
// sync_completion: signals against resets and deadlines, and waiters that are moved.
#include "sync_test.h"

#include <stdatomic.h>

#define WAITERS 4

struct waiter {
    sync_completion_t *completion;
    zx_time_t deadline;
    zx_handle_t thread;
    zx_status_t status;
    atomic_uint *returned;
    unsigned *published; // written before the signal
    unsigned seen;
};

static void wait_thread(void *arg)
{
    struct waiter *w = arg;

    w->status = sync_completion_wait_deadline(w->completion, w->deadline);
    if (w->status == ZX_ERR_TIMED_OUT)
        assert_true(zx_clock_get_monotonic() >= w->deadline);
    else
        w->seen = *w->published;
    atomic_fetch_add(w->returned, 1);
}

static void toggle(void *arg)
{
    sync_completion_t *completion = arg;

    for (unsigned i = 0; i < 4; i++) {
        sync_completion_signal(completion);
        sync_completion_reset(completion);
    }
}

// However signals and resets meet, the last signal releases all that have no deadline.
static void signal_against_reset(void *arg)
{
    sync_completion_t completion = SYNC_COMPLETION_INIT;
    atomic_uint returned = 0;
    unsigned published = 7;
    struct waiter w[WAITERS];

    (void)arg;
    for (unsigned i = 0; i < WAITERS; i++) {
        w[i] = (struct waiter){
            .completion = &completion, .returned = &returned, .published = &published};
        w[i].deadline = i & 1 ? ZX_TIME_INFINITE : some_deadline(40000);
        w[i].thread = lab_thread(wait_thread, &w[i]);
    }
    zx_handle_t other = lab_thread(toggle, &completion);
    toggle(&completion);
    lab_thread_join(other);
    sync_completion_signal(&completion);
    for (unsigned i = 0; i < WAITERS; i++) {
        lab_thread_join(w[i].thread);
        if (w[i].deadline == ZX_TIME_INFINITE)
            assert_ok(w[i].status);
    }
    assert_ok(sync_completion_wait(&completion, 0));
    sync_completion_reset(&completion);
    assert_status(sync_completion_wait(&completion, 0), ZX_ERR_TIMED_OUT);
}

static void test_sync_completion_last_signal_releases_all(void **state)
{
    (void)state;
    lab_seeds(signal_against_reset, 3, 400);
}

// What was written before the signal is seen after the wait; TSan looks too.
static void publish(void *arg)
{
    sync_completion_t completion = SYNC_COMPLETION_INIT;
    atomic_uint returned = 0;
    unsigned published = 0;
    struct waiter w[2];

    (void)arg;
    for (unsigned i = 0; i < 2; i++) {
        w[i] = (struct waiter){.completion = &completion,
                               .deadline = ZX_TIME_INFINITE,
                               .returned = &returned,
                               .published = &published};
        w[i].thread = lab_thread(wait_thread, &w[i]);
    }
    lab_pause();
    published = 42;
    sync_completion_signal(&completion);
    for (unsigned i = 0; i < 2; i++) {
        lab_thread_join(w[i].thread);
        assert_int_equal(w[i].seen, 42);
    }
}

static void test_sync_completion_publishes(void **state)
{
    (void)state;
    lab_seeds(publish, 3, 200);
}

// Waiters are moved to another word, while some give up: who is moved returns when that word is
// woken, not before, and nobody is lost.
static void requeue_against_timeout(void *arg)
{
    sync_completion_t completion = SYNC_COMPLETION_INIT;
    zx_futex_t other = 0;
    atomic_uint returned = 0;
    unsigned published = 7;
    struct waiter w[WAITERS];

    (void)arg;
    for (unsigned i = 0; i < WAITERS; i++) {
        w[i] = (struct waiter){
            .completion = &completion, .returned = &returned, .published = &published};
        w[i].deadline = i & 1 ? ZX_TIME_INFINITE : some_deadline(40000);
        w[i].thread = lab_thread(wait_thread, &w[i]);
    }
    lab_pause();
    sync_completion_signal_requeue(&completion, &other);
    lab_pause();
    assert_ok(zx_futex_wake(&other, UINT32_MAX));
    for (unsigned i = 0; i < WAITERS; i++) {
        lab_thread_join(w[i].thread);
        if (w[i].deadline == ZX_TIME_INFINITE)
            assert_ok(w[i].status);
    }
    assert_int_equal(atomic_load(&returned), WAITERS);
}

static void test_sync_completion_requeue_against_timeout(void **state)
{
    (void)state;
    lab_seeds(requeue_against_timeout, 3, 400);
}

const struct CMUnitTest completion_tests[] = {
    cmocka_unit_test(test_sync_completion_last_signal_releases_all),
    cmocka_unit_test(test_sync_completion_publishes),
    cmocka_unit_test(test_sync_completion_requeue_against_timeout),
};
const size_t completion_test_count = countof(completion_tests);
