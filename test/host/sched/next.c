// SPDX-License-Identifier: MIT
// Woken threads that a CPU keeps as its next one, beside its queues (sched.c S5): nothing tells them from
// threads on a queue.
#include "sched_test.h"

#define COUNT 4u

static struct kthread sleepers[COUNT], waker, hog;
static atomic_uint order[COUNT], order_count;
static atomic_bool stop;

static void block(void)
{
    wait_arm(false);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
}

static void blocks_and_notes(void *arg)
{
    block();
    atomic_store(&order[atomic_fetch_add(&order_count, 1)], (unsigned)(uintptr_t)arg);
}

// Starts `count` threads of a priority, and waits until they have blocked on this CPU.
static void let_sleep(unsigned count, unsigned priority)
{
    atomic_store(&order_count, 0);
    for (unsigned i = 0; i < count; i++)
        kthread_start(&sleepers[i], priority, blocks_and_notes, (void *)(uintptr_t)i);
    for (unsigned i = 0; i < count; i++) {
        while (*(volatile uint8_t *)&sleepers[i].thread.state != SCHED_BLOCKED)
            sleep_for(1000);
    }
}

static void run_waker(void (*fn)(void *arg))
{
    kthread_start(&waker, 20, fn, NULL);
    kthread_join(&waker);
}

static void join_sleepers(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        kthread_join(&sleepers[i]);
    assert_int_equal(atomic_load(&order_count), count);
}

static void wakes_all(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(wait_wake(&sleepers[i].thread, ZX_OK));
    thread_set_priority(thread_current(), 19); // all of them are on the queue now
}

// Equals run in the order in which they were woken, the kept one among those on the queue.
KERNEL_TEST_DET(woken_equals_run_in_order, 1, 200)
{
    if (clock_is_fast(ZX_SEC(1)))
        return; // the end of a time slice may come before a thread has noted its turn
    let_sleep(COUNT, 20);
    run_waker(wakes_all);
    join_sleepers(COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(atomic_load(&order[i]), i);
}

static void wakes_and_spins(void *arg)
{
    (void)arg;
    assert_true(wait_wake(&sleepers[0].thread, ZX_OK));
    while (atomic_load(&order_count) == 0)
        hal_preempt_point();
}

// An equal gets its turn at the end of the waker's time slice.
KERNEL_TEST_DET(woken_equal_gets_its_turn, 1, 60)
{
    if (!clock_is_fast(ZX_MSEC(10)))
        return;
    let_sleep(1, 20);
    run_waker(wakes_and_spins);
    join_sleepers(1);
}

static void wakes_and_yields(void *arg)
{
    (void)arg;
    assert_true(wait_wake(&sleepers[0].thread, ZX_OK));
    thread_yield();
    assert_int_equal(atomic_load(&order_count), 1);
}

KERNEL_TEST_DET(woken_equal_runs_when_the_waker_yields, 1, 100)
{
    if (clock_is_fast(ZX_SEC(1)))
        return;
    let_sleep(1, 20);
    run_waker(wakes_and_yields);
    join_sleepers(1);
}

static void wakes_and_sinks(void *arg)
{
    (void)arg;
    assert_true(wait_wake(&sleepers[0].thread, ZX_OK));
    assert_int_equal(atomic_load(&order_count), 0);
    thread_set_priority(thread_current(), 10);
    assert_int_equal(atomic_load(&order_count), 1);
}

// Who sinks below the one that it has woken makes room for it at once.
KERNEL_TEST_DET(woken_lower_runs_when_the_waker_sinks, 1, 100)
{
    let_sleep(1, 15);
    run_waker(wakes_and_sinks);
    join_sleepers(1);
}

static void wakes_and_raises(void *arg)
{
    (void)arg;
    assert_true(wait_wake(&sleepers[0].thread, ZX_OK));
    assert_int_equal(atomic_load(&order_count), 0);
    thread_set_priority(&sleepers[0].thread, 25);
    assert_int_equal(atomic_load(&order_count), 1);
}

KERNEL_TEST_DET(woken_lower_runs_when_it_is_raised, 1, 100)
{
    let_sleep(1, 15);
    run_waker(wakes_and_raises);
    join_sleepers(1);
}

static void spins_until_stop(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        hal_preempt_point();
}

// Keeps the other CPU busy until it has woken a lower thread here; then only a theft lets that run.
static void wakes_and_frees_the_other_cpu(void *director)
{
    while (*(volatile bool *)&cpu_this()->slice_armed) // its end would queue the kept thread
        hal_preempt_point();
    assert_true(wait_wake(&sleepers[0].thread, ZX_OK));
    atomic_store(&stop, true);
    while (atomic_load(&order_count) == 0)
        hal_preempt_point();
    assert_true(wait_wake(director, ZX_OK));
}

KERNEL_TEST_DET(an_idle_cpu_steals_the_next_thread_of_another, 2, 300)
{
    if (!clock_is_fast(ZX_MSEC(10)))
        return;
    stay_here();
    const unsigned here = cpu_this()->num;

    atomic_store(&stop, false);
    kthread_start_on(&hog, 1 - here, spins_until_stop, NULL);
    while (atomic_load(&cpus[1 - here].current) != &hog.thread)
        hal_preempt_point();
    let_sleep(1, 15);
    kthread_prepare(&waker, 20, 1u << here, wakes_and_frees_the_other_cpu, thread_current());
    wait_arm(false);
    kthread_go(&waker);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE)); // without looking in between: that queues others
    kthread_join(&waker);
    kthread_join(&hog);
    join_sleepers(1);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest next_tests[] = {
    T(woken_equals_run_in_order),
    T(woken_equal_gets_its_turn),
    T(woken_equal_runs_when_the_waker_yields),
    T(woken_lower_runs_when_the_waker_sinks),
    T(woken_lower_runs_when_it_is_raised),
    T(an_idle_cpu_steals_the_next_thread_of_another),
};
const size_t next_test_count = countof(next_tests);
