// SPDX-License-Identifier: MIT
// sync_mutex: exclusion, deadlines against unlocks, and memory that goes with the last owner.
#include "sync_test.h"

#include <stdlib.h>

struct counted {
    sync_mutex_t mutex;
    unsigned count; // guarded by it
    unsigned timed_out;
};

static void add(void *arg)
{
    struct counted *c = arg;

    for (unsigned i = 0; i < 8; i++) {
        sync_mutex_lock(&c->mutex);
        unsigned seen = c->count;
        lab_pause();
        c->count = seen + 1;
        sync_mutex_unlock(&c->mutex);
    }
}

static void add_if_free(void *arg)
{
    struct counted *c = arg;
    unsigned done = 0;

    while (done < 8) {
        lab_pause();
        if (sync_mutex_trylock(&c->mutex) != ZX_OK) {
            sync_mutex_lock_with_waiter(&c->mutex);
        }
        unsigned seen = c->count;
        lab_pause();
        c->count = seen + 1;
        sync_mutex_unlock(&c->mutex);
        done++;
    }
}

static void excludes(void *arg)
{
    struct counted c = {.count = 0};
    zx_handle_t threads[4];

    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        threads[i] = lab_thread(i < 3 ? add : add_if_free, &c);
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(c.count, 32);
    assert_ok(sync_mutex_trylock(&c.mutex));
    assert_status(sync_mutex_trylock(&c.mutex), ZX_ERR_BAD_STATE);
    sync_mutex_unlock(&c.mutex);
}

static void test_sync_mutex_excludes(void **state)
{
    (void)state;
    lab_seeds(excludes, 3, 300);
}

static void try_until(void *arg)
{
    struct counted *c = arg;

    for (unsigned i = 0; i < 6; i++) {
        zx_time_t deadline = some_deadline(30000);
        zx_status_t status = sync_mutex_timedlock(&c->mutex, deadline);

        if (status == ZX_OK) {
            unsigned seen = c->count;
            lab_pause();
            c->count = seen + 1;
            sync_mutex_unlock(&c->mutex);
        } else {
            assert_status(status, ZX_ERR_TIMED_OUT);
            assert_true(zx_clock_get_monotonic() >= deadline);
            __atomic_fetch_add(&c->timed_out, 1, __ATOMIC_RELAXED);
        }
    }
}

// Whoever gives up takes no wake-up with it: those that wait for ever still get the mutex.
static void timed_against_unlock(void *arg)
{
    struct counted c = {.count = 0};
    zx_handle_t threads[5];

    (void)arg;
    for (unsigned i = 0; i < 5; i++)
        threads[i] = lab_thread(i < 3 ? try_until : add, &c);
    for (unsigned i = 0; i < 5; i++)
        lab_thread_join(threads[i]);
    assert_int_equal(c.count + c.timed_out, 3 * 6 + 2 * 8);
}

static void test_sync_mutex_timedlock_against_unlock(void **state)
{
    (void)state;
    lab_seeds(timed_against_unlock, 3, 400);
}

// The last to leave frees the mutex: an unlock that looks at it afterwards is a use after free,
// which the sanitizer reports.
static void leave(void *arg)
{
    struct counted *c = arg;

    lab_pause();
    sync_mutex_lock(&c->mutex);
    unsigned left = --c->count;
    sync_mutex_unlock(&c->mutex);
    if (left == 0)
        free(c);
}

static void last_one_frees(void *arg)
{
    struct counted *c = calloc(1, sizeof(*c));
    zx_handle_t threads[3];

    (void)arg;
    assert_non_null(c);
    c->count = 3;
    for (unsigned i = 0; i < 3; i++)
        threads[i] = lab_thread(leave, c);
    for (unsigned i = 0; i < 3; i++)
        lab_thread_join(threads[i]);
}

static void test_sync_mutex_unlock_leaves_memory_alone(void **state)
{
    (void)state;
    lab_seeds(last_one_frees, 3, 400);
}

const struct CMUnitTest mutex_tests[] = {
    cmocka_unit_test(test_sync_mutex_excludes),
    cmocka_unit_test(test_sync_mutex_timedlock_against_unlock),
    cmocka_unit_test(test_sync_mutex_unlock_leaves_memory_alone),
};
const size_t mutex_test_count = countof(mutex_tests);
