// SPDX-License-Identifier: MIT
// The scheduler layer on kernel threads: wake against timeout against interruption, mutexes and
// inherited priorities, timers, deferred work, affinity.
#include "kthread.h"

#include <hal/time.h>
#include <sched/cpu.h>
#include <sched/mutex.h>
#include <sched/wait.h>

LOCK_CLASS(outer_class, RANK_HANDLE_TABLE, LOCK_MUTEX);
LOCK_CLASS(inner_class, RANK_OBJECT, LOCK_MUTEX);

static void nothing(void *arg)
{
    (void)arg;
}

// Runs a scenario on a kernel thread for many seeds, and a few times in parallel mode.
static void kernel_seeds(const char *name, lab_scenario_fn fn, unsigned cpu_count, unsigned count)
{
    struct lab_config c = lab_config_make(name, fn);

    c.kernel_thread = true;
    c.cpus = cpu_count;
    lab_seeds_config(&c, count);
}

static void test_boot_and_exit_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 4; n++)
        kernel_seeds(__func__, nothing, n, 10);
}

// ---- one winner --------------------------------------------------------------------------------

#define ROUNDS 8u

static struct {
    struct kthread waiter, waker, interrupter;
    atomic_uint woken, interrupted, round;
    unsigned timed_out;
} race;

static void race_wait(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned woken = atomic_load(&race.woken), interrupted = atomic_load(&race.interrupted);
        wait_arm(true);
        atomic_store(&race.round, i + 1);
        zx_status_t status = wait_block(WAIT_ON_NOTHING, hal_now() + (zx_time_t)host_random(40000));
        // The winner counts itself after its call has returned; no wait of this thread may come
        // between.
        while (status == ZX_ERR_INTERNAL && atomic_load(&race.woken) == woken)
            thread_yield();
        while (status == ZX_ERR_CANCELED && atomic_load(&race.interrupted) == interrupted)
            thread_yield();
        race.timed_out += status == ZX_ERR_TIMED_OUT;
        assert_true(status == ZX_ERR_INTERNAL || status == ZX_ERR_CANCELED ||
                    status == ZX_ERR_TIMED_OUT);
    }
    atomic_store(&race.round, ROUNDS + 1);
}

static void race_wake(void *arg)
{
    (void)arg;
    while (atomic_load(&race.round) <= ROUNDS) {
        if (wait_wake(&race.waiter.thread, ZX_ERR_INTERNAL))
            atomic_fetch_add(&race.woken, 1);
        thread_sleep_until(hal_now() + (zx_time_t)host_random(30000));
    }
}

static void race_interrupt(void *arg)
{
    (void)arg;
    while (atomic_load(&race.round) <= ROUNDS) {
        if (wait_interrupt(&race.waiter.thread, ZX_ERR_CANCELED))
            atomic_fetch_add(&race.interrupted, 1);
        thread_sleep_until(hal_now() + (zx_time_t)host_random(30000));
    }
}

// Every wait has exactly one winner.
static void one_winner(void *arg)
{
    (void)arg;
    memset(&race, 0, sizeof(race));
    kthread_start(&race.waiter, PRIORITY_DEFAULT, race_wait, NULL);
    kthread_start(&race.waker, PRIORITY_DEFAULT, race_wake, NULL);
    kthread_start(&race.interrupter, PRIORITY_HIGH, race_interrupt, NULL);
    kthread_join(&race.waker);
    kthread_join(&race.interrupter);
    kthread_join(&race.waiter);
    assert_int_equal(race.timed_out + atomic_load(&race.woken) + atomic_load(&race.interrupted),
                     ROUNDS);
}

static void test_wake_timeout_interrupt_one_winner(void **state)
{
    (void)state;
    kernel_seeds(__func__, one_winner, 3, 150);
}

// ---- mutexes -----------------------------------------------------------------------------------

static struct {
    struct mutex outer, inner;
    struct kthread threads[4];
    unsigned count; // outer
} m;

static void mutex_user(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 10; i++) {
        mutex_lock(&m.outer);
        unsigned seen = m.count;
        if (host_random(3) == 0)
            thread_yield();
        mutex_lock(&m.inner);
        hal_preempt_point();
        mutex_unlock(&m.inner);
        m.count = seen + 1;
        mutex_unlock(&m.outer);
        if (host_random(4) == 0)
            thread_set_priority(thread_current(), (unsigned)host_random(PRIORITY_COUNT - 1));
    }
    // Whatever was inherited is given back.
    assert_int_equal(atomic_load(&thread_current()->priority), thread_current()->base_priority);
}

static void mutexes(void *arg)
{
    (void)arg;
    mutex_init(&m.outer, &outer_class);
    mutex_init(&m.inner, &inner_class);
    m.count = 0;
    for (unsigned i = 0; i < 4; i++)
        kthread_start(&m.threads[i], 8 + 4 * i, mutex_user, NULL);
    for (unsigned i = 0; i < 4; i++)
        kthread_join(&m.threads[i]);
    assert_int_equal(m.count, 40);
    assert_int_equal(atomic_load(&m.outer.owner), 0);
    assert_int_equal(atomic_load(&m.inner.owner), 0);
}

static void test_mutex_excludes_and_gives_priority_back(void **state)
{
    (void)state;
    kernel_seeds(__func__, mutexes, 3, 150);
    kernel_seeds(__func__, mutexes, 1, 50);
}

// A low-priority owner runs while a high-priority thread waits, whatever spins in between.
static struct {
    struct mutex lock;
    struct kthread low, middle, high;
    atomic_bool owned, done;
} inversion;

static void low_main(void *arg)
{
    (void)arg;
    mutex_lock(&inversion.lock);
    atomic_store(&inversion.owned, true);
    for (unsigned i = 0; i < 200; i++)
        hal_preempt_point();
    mutex_unlock(&inversion.lock);
}

static void high_main(void *arg)
{
    (void)arg;
    mutex_lock(&inversion.lock);
    mutex_unlock(&inversion.lock);
    atomic_store(&inversion.done, true);
}

static void middle_main(void *arg)
{
    (void)arg;
    while (!atomic_load(&inversion.done))
        hal_preempt_point();
}

static void priority_inversion(void *arg)
{
    (void)arg;
    mutex_init(&inversion.lock, &outer_class);
    atomic_store(&inversion.owned, false);
    atomic_store(&inversion.done, false);
    thread_set_priority(thread_current(), PRIORITY_HIGHEST);
    kthread_start(&inversion.low, 4, low_main, NULL);
    while (!atomic_load(&inversion.owned))
        thread_sleep_until(hal_now() + 1000);
    kthread_start(&inversion.high, 24, high_main, NULL);
    kthread_start(&inversion.middle, 16, middle_main, NULL);
    kthread_join(&inversion.high);
    kthread_join(&inversion.middle);
    kthread_join(&inversion.low);
}

static void test_mutex_owner_inherits_priority(void **state)
{
    (void)state;
    kernel_seeds(__func__, priority_inversion, 1, 60);
    kernel_seeds(__func__, priority_inversion, 2, 60);
}

// ---- timers, work, affinity
// ----------------------------------------------------------------------

static struct {
    struct timer timers[6];
    zx_time_t deadline[6];
    atomic_uint fired[6];
} t;

static void timer_fires(struct timer *timer, zx_time_t now)
{
    size_t i = (size_t)(timer - t.timers);

    if (now < t.deadline[i])
        host_fail(HOST_PANIC, "a timer fired early");
    atomic_fetch_add(&t.fired[i], 1);
}

// A timer fires on the CPU that armed it: so half of them are armed on the other one.
static void timers_arm(void *arg)
{
    for (uintptr_t i = (uintptr_t)arg; i < 6; i += 2) {
        timer_init(&t.timers[i], timer_fires);
        t.deadline[i] = hal_now() + (zx_time_t)host_random(3000000);
        timer_set(&t.timers[i], t.deadline[i]);
        thread_sleep_until(hal_now() + (zx_time_t)host_random(200000));
    }
}

static void timers(void *arg)
{
    unsigned cancelled = 0, fired = 0;
    struct kthread armers[2];

    (void)arg;
    memset(&t, 0, sizeof(t));
    for (uintptr_t i = 0; i < 2; i++)
        kthread_start_on(&armers[i], (unsigned)i, timers_arm, (void *)i);
    for (unsigned i = 0; i < 2; i++)
        kthread_join(&armers[i]);
    for (unsigned i = 0; i < 6; i++) {
        if (host_random(2)) // so that the cancel meets the callback
            thread_sleep_until(t.deadline[i]);
        bool removed = timer_cancel(&t.timers[i]);
        unsigned ran = atomic_load(&t.fired[i]);
        assert_int_equal(ran, removed ? 0 : 1);
        cancelled += removed;
        fired += ran;
    }
    assert_int_equal(cancelled + fired, 6);
}

static void test_timer_fires_or_is_cancelled(void **state)
{
    (void)state;
    kernel_seeds(__func__, timers, 2, 200);
}

static struct {
    struct work work;
    struct kthread threads[3];
    atomic_uint ran;
    atomic_uint queued;
} w;

static void work_runs(struct work *work)
{
    (void)work;
    atomic_fetch_add(&w.ran, 1);
}

static void work_queuer(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 10; i++) {
        work_queue(&w.work);
        atomic_fetch_add(&w.queued, 1);
        thread_yield();
    }
}

static void deferred_work(void *arg)
{
    (void)arg;
    work_init(&w.work, work_runs);
    atomic_store(&w.ran, 0);
    atomic_store(&w.queued, 0);
    for (unsigned i = 0; i < 3; i++)
        kthread_start(&w.threads[i], PRIORITY_DEFAULT, work_queuer, NULL);
    for (unsigned i = 0; i < 3; i++)
        kthread_join(&w.threads[i]);
    while (atomic_load(&w.work.queued))
        thread_sleep_until(hal_now() + 100000);
    thread_sleep_until(hal_now() + 1000000);
    assert_in_range(atomic_load(&w.ran), 1, 30);
}

static void test_work_runs_after_it_was_queued(void **state)
{
    (void)state;
    kernel_seeds(__func__, deferred_work, 3, 150);
}

static void pinned(void *arg)
{
    unsigned cpu = (unsigned)(uintptr_t)arg;

    for (unsigned i = 0; i < 10; i++) {
        preempt_disable();
        assert_int_equal(hal_cpu_num(), cpu);
        preempt_enable();
        thread_sleep_until(hal_now() + (zx_time_t)host_random(20000));
    }
}

static void affinity(void *arg)
{
    struct kthread k[3];

    (void)arg;
    for (uintptr_t i = 0; i < 3; i++)
        kthread_start_on(&k[i], (unsigned)i, pinned, (void *)i);
    for (unsigned i = 0; i < 3; i++)
        kthread_join(&k[i]);
}

static void test_affinity_holds(void **state)
{
    (void)state;
    kernel_seeds(__func__, affinity, 3, 100);
}

// ---- what the debug checks catch
// -------------------------------------------------------------------

static void wrong_order(void *arg) NO_TSA
{
    (void)arg;
    mutex_init(&m.outer, &outer_class);
    mutex_init(&m.inner, &inner_class);
    mutex_lock(&m.inner);
    mutex_lock(&m.outer);
}

static void test_lock_order_is_checked(void **state)
{
    struct lab_config c = lab_config_make(__func__, wrong_order);

    (void)state;
    c.kernel_thread = true;
    c.expected = HOST_PANIC;
    lab_run(&c);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_and_exit_leaves_nothing),
        cmocka_unit_test(test_wake_timeout_interrupt_one_winner),
        cmocka_unit_test(test_mutex_excludes_and_gives_priority_back),
        cmocka_unit_test(test_mutex_owner_inherits_priority),
        cmocka_unit_test(test_timer_fires_or_is_cancelled),
        cmocka_unit_test(test_work_runs_after_it_was_queued),
        cmocka_unit_test(test_affinity_holds),
        cmocka_unit_test(test_lock_order_is_checked),
    };

    return lab_main(argc, argv, tests, countof(tests));
}
