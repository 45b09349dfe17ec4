// SPDX-License-Identifier: MIT
// Futexes: waiting, waking, requeuing, deadlines and kills.
#include "object_test.h"

// The words are plain integers in the ABI of the kernel's build.
#define word_load(w)        __atomic_load_n(w, __ATOMIC_SEQ_CST)
#define word_store(w, v)    __atomic_store_n(w, v, __ATOMIC_SEQ_CST)
#define word_exchange(w, v) __atomic_exchange_n(w, v, __ATOMIC_SEQ_CST)

struct queue {
    zx_futex_t a, b;
    zx_handle_t thread[4];
    zx_duration_t timeout; // 0: none
    atomic_uint woken, expired;
    atomic_uint turn;
    unsigned counter;
};

static void wait_a(void *arg)
{
    struct queue *q = arg;
    zx_time_t deadline = FOREVER;

    if (q->timeout != 0)
        deadline = zx_deadline_after((zx_duration_t)host_random((uint64_t)q->timeout));
    zx_status_t status = zx_futex_wait(&q->a, 0, ZX_HANDLE_INVALID, deadline);
    if (status == ZX_ERR_TIMED_OUT) {
        assert_true(zx_clock_get_monotonic() >= deadline);
        atomic_fetch_add(&q->expired, 1);
    } else {
        assert_ok(status);
        atomic_fetch_add(&q->woken, 1);
    }
}

static void start_waiters(struct queue *q)
{
    for (unsigned i = 0; i < 4; i++)
        q->thread[i] = lab_thread(wait_a, q);
}

static void await_blocked(struct queue *q)
{
    for (unsigned i = 0; i < 4; i++)
        await_state(q->thread[i], ZX_THREAD_STATE_BLOCKED_FUTEX);
}

static void join_waiters(struct queue *q)
{
    for (unsigned i = 0; i < 4; i++)
        lab_thread_join(q->thread[i]);
}

static void await_woken(struct queue *q, unsigned count)
{
    while (atomic_load(&q->woken) < count)
        sleep_ns(1000);
}

static void wake_one(void *arg)
{
    assert_ok(zx_futex_wake(&((struct queue *)arg)->a, 1));
}

static void wake_single_owner(void *arg)
{
    assert_ok(zx_futex_wake_single_owner(&((struct queue *)arg)->a));
}

// CALLS(zx_futex_wake, zx_futex_wait): as many come back as wakes were given.
SCENARIO_ON(race_wakes_are_counted, 4, 200)
{
    struct queue q = {0};

    start_waiters(&q);
    await_blocked(&q);
    RACE(&q, wake_one, wake_single_owner, wake_one);
    await_woken(&q, 3);
    sleep_ns(20000);
    assert_int_equal(atomic_load(&q.woken), 3);
    wake_one(&q);
    join_waiters(&q);
    assert_int_equal(atomic_load(&q.woken), 4);
}

// Every wake given to somebody is reported, deadlines or not; and none is made up.
SCENARIO_ON(race_wakes_against_timeouts, 4, 300)
{
    struct queue q = {.timeout = 20000};

    start_waiters(&q);
    RACE(&q, wake_one, wake_single_owner);
    join_waiters(&q);
    assert_in_range(atomic_load(&q.woken), 0, 2);
    assert_int_equal(atomic_load(&q.woken) + atomic_load(&q.expired), 4);
}

static void requeue(void *arg)
{
    struct queue *q = arg;

    assert_ok(zx_futex_requeue(&q->a, 1, 0, &q->b, 2, ZX_HANDLE_INVALID));
}

static void wake_all(struct queue *q)
{
    assert_ok(zx_futex_wake(&q->a, UINT32_MAX));
    assert_ok(zx_futex_wake(&q->b, UINT32_MAX));
}

// CALLS(zx_futex_requeue): one of four is woken, two move, one stays.
SCENARIO_ON(race_requeue_moves_exactly, 4, 200)
{
    struct queue q = {0};

    start_waiters(&q);
    await_blocked(&q);
    RACE(&q, requeue);
    await_woken(&q, 1);
    assert_ok(zx_futex_wake(&q.b, UINT32_MAX));
    await_woken(&q, 3);
    sleep_ns(20000);
    assert_int_equal(atomic_load(&q.woken), 3);
    wake_all(&q);
    join_waiters(&q);
}

static void requeue_back(void *arg)
{
    struct queue *q = arg;

    assert_ok(zx_futex_requeue(&q->b, 0, 0, &q->a, UINT32_MAX, ZX_HANDLE_INVALID));
}

// Waiters whose deadline comes while they are carried to and fro.
SCENARIO_ON(race_requeue_against_timeouts, 4, 300)
{
    struct queue q = {.timeout = 20000};

    start_waiters(&q);
    RACE(&q, requeue, requeue_back, requeue, requeue_back);
    join_waiters(&q);
    assert_in_range(atomic_load(&q.woken), 0, 2);
    assert_int_equal(atomic_load(&q.woken) + atomic_load(&q.expired), 4);
}

static void kill_two(void *arg)
{
    struct queue *q = arg;

    assert_ok(zx_task_kill(q->thread[0]));
    assert_ok(zx_task_kill(q->thread[3]));
}

// CALLS(zx_task_kill)
SCENARIO_ON(race_requeue_against_kills, 4, 300)
{
    struct queue q = {0};

    start_waiters(&q);
    await_blocked(&q);
    RACE(&q, requeue, kill_two, requeue_back, requeue);
    wake_all(&q);
    wake_all(&q);
    join_waiters(&q);
    assert_in_range(atomic_load(&q.woken), 2, 4);
}

// A wake that comes after a kill is not spent on the dying thread.
SCENARIO_ON(race_wake_after_kill_goes_to_the_living, 3, 300)
{
    struct queue q = {0};

    start_waiters(&q);
    await_blocked(&q);
    kill_two(&q);
    wake_one(&q);
    wake_one(&q);
    join_waiters(&q);
    assert_int_equal(atomic_load(&q.woken), 2);
}

// The same through a requeue: the dead do not take the room of the living.
SCENARIO_ON(race_requeue_after_kill, 3, 300)
{
    struct queue q = {0};

    start_waiters(&q);
    await_blocked(&q);
    kill_two(&q);
    requeue(&q); // wakes one, moves the other
    assert_ok(zx_futex_wake(&q.b, 1));
    join_waiters(&q);
    assert_int_equal(atomic_load(&q.woken), 2);
}

// A mutex as the C library makes it: 0 free, 1 held, 2 held with waiters.
static void futex_lock(zx_futex_t *word)
{
    int free = 0;

    if (__atomic_compare_exchange_n(word, &free, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    while (word_exchange(word, 2) != 0) {
        zx_status_t status = zx_futex_wait(word, 2, ZX_HANDLE_INVALID, FOREVER);
        assert_true(status == ZX_OK || status == ZX_ERR_BAD_STATE);
    }
}

static void futex_unlock(zx_futex_t *word)
{
    if (word_exchange(word, 0) == 2)
        assert_ok(zx_futex_wake(word, 1));
}

static void count_up(void *arg)
{
    struct queue *q = arg;

    for (unsigned i = 0; i < 6; i++) {
        futex_lock(&q->a);
        unsigned value = q->counter;
        lab_pause();
        q->counter = value + 1;
        futex_unlock(&q->a);
        lab_pause();
    }
}

SCENARIO_ON(race_mutex_of_a_futex, 4, 200)
{
    struct queue q = {0};

    RACE(&q, count_up, count_up, count_up, count_up);
    assert_int_equal(q.counter, 24);
    assert_int_equal(word_load(&q.a), 0);
}

// A condition variable's broadcast: wake one, requeue the rest onto the mutex, which wakes them in turn.
static void cond_wait(void *arg)
{
    struct queue *q = arg;

    (void)zx_futex_wait(&q->b, 0, ZX_HANDLE_INVALID, FOREVER);
    while (word_exchange(&q->a, 2) != 0)
        (void)zx_futex_wait(&q->a, 2, ZX_HANDLE_INVALID, FOREVER);
    q->counter++;
    futex_unlock(&q->a);
}

static void cond_broadcast(void *arg)
{
    struct queue *q = arg;

    sleep_ns((zx_duration_t)host_random(5000));
    futex_lock(&q->a);
    word_store(&q->a, 2);
    word_store(&q->b, 1);
    zx_status_t status = zx_futex_requeue(&q->b, 1, 1, &q->a, UINT32_MAX, ZX_HANDLE_INVALID);
    assert_ok(status);
    futex_unlock(&q->a);
}

SCENARIO_ON(race_broadcast_by_requeue, 4, 300)
{
    struct queue q = {0};

    RACE(&q, cond_wait, cond_wait, cond_broadcast, cond_wait);
    assert_int_equal(q.counter, 3);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest ipc_race_futex_tests[] = {
    T(race_wakes_are_counted),     T(race_wakes_against_timeouts),
    T(race_requeue_moves_exactly), T(race_requeue_against_timeouts),
    T(race_requeue_against_kills), T(race_wake_after_kill_goes_to_the_living),
    T(race_requeue_after_kill),    T(race_mutex_of_a_futex),
    T(race_broadcast_by_requeue),
};
const size_t ipc_race_futex_test_count = countof(ipc_race_futex_tests);
