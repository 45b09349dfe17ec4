// SPDX-License-Identifier: MIT
// Who runs: priorities, round robin, yield, more than one CPU, the reaper.
#include "sched_test.h"

struct spinner {
    struct kthread k;
    zx_time_t end;
    atomic_uint turns;
    atomic_bool *until;
};

static void spin_to_end(void *arg)
{
    struct spinner *s = arg;

    while (hal_now() < s->end) {
        hal_preempt_point();
        atomic_fetch_add(&s->turns, 1);
    }
}

// Three equals on one CPU share it. (The virtual clock makes slices of 10 ms uneven.)
KERNEL_TEST_DET(round_robin_is_fair, 1, 30)
{
    static struct spinner s[3];
    const zx_duration_t span = ZX_SEC(1);
    zx_duration_t least = ZX_TIME_INFINITE, most = 0;

    if (!clock_is_fast(span))
        return;
    zx_time_t end = hal_now() + span;
    for (unsigned i = 0; i < 3; i++) {
        s[i] = (struct spinner){.end = end};
        kthread_start(&s[i].k, PRIORITY_DEFAULT, spin_to_end, &s[i]);
    }
    thread_sleep_until(end - ZX_MSEC(20));
    for (unsigned i = 0; i < 3; i++) {
        zx_duration_t ran = thread_runtime(&s[i].k.thread);
        least = MIN(least, ran);
        most = MAX(most, ran);
    }
    assert_true(least * 2 > most);
    for (unsigned i = 0; i < 3; i++)
        kthread_join(&s[i].k);
}

static atomic_bool stop, ran;

static void spin_until_stop(void *arg)
{
    atomic_uint *turns = arg;

    while (!atomic_load(&stop)) {
        hal_preempt_point();
        if (turns != NULL)
            atomic_fetch_add(turns, 1);
    }
}

static void mark(void *arg)
{
    (void)arg;
    atomic_store(&ran, true);
}

static void begin(void)
{
    atomic_store(&stop, false);
    atomic_store(&ran, false);
}

static void start_both_ways(void *arg)
{
    static struct kthread high, equal, low;

    (void)arg;
    kthread_start(&high, 21, mark, NULL);
    assert_true(atomic_load(&ran)); // before thread_start returned
    atomic_store(&ran, false);
    kthread_start(&low, 19, mark, NULL);
    spin_for(ZX_MSEC(50));
    assert_false(atomic_load(&ran)); // not as long as we run
    kthread_start(&equal, 20, mark, NULL);
    while (!atomic_load(&ran))
        hal_preempt_point(); // gets in by the time slice
    kthread_join(&high);
    kthread_join(&equal);
    kthread_join(&low);
}

KERNEL_TEST_DET(higher_priority_runs_at_once_lower_not_at_all, 1, 60)
{
    static struct kthread k;

    begin();
    if (!clock_is_fast(ZX_MSEC(50)))
        return;
    kthread_start(&k, 20, start_both_ways, NULL);
    kthread_join(&k);
}

static struct kthread sleeper;

static void waits_and_marks(void *arg)
{
    (void)arg;
    wait_arm(false);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
    atomic_store(&ran, true);
}

static void wakes_it(void *arg)
{
    (void)arg;
    while (!wait_is_armed(&sleeper.thread))
        sleep_for(1000);
    assert_true(wait_wake(&sleeper.thread, ZX_OK));
    assert_true(atomic_load(&ran)); // it preempted its waker
}

KERNEL_TEST_DET(woken_higher_priority_preempts_its_waker, 1, 60)
{
    static struct kthread waker;

    begin();
    kthread_start(&sleeper, 24, waits_and_marks, NULL);
    kthread_start(&waker, 20, wakes_it, NULL);
    kthread_join(&sleeper);
    kthread_join(&waker);
}

static void sleeps_then_stops(void *arg)
{
    (void)arg;
    sleep_for(ZX_MSEC(1));
    atomic_store(&stop, true);
}

// A timer brings a sleeper back over an endless thread of lower or equal priority.
KERNEL_TEST(sleeper_comes_back_over_a_spinner, 1, 60)
{
    static struct kthread hog, other;

    for (unsigned priority = 20; priority <= 21; priority++) {
        begin();
        kthread_start(&hog, 20, spin_until_stop, NULL);
        kthread_start(&other, priority, sleeps_then_stops, NULL);
        kthread_join(&hog);
        kthread_join(&other);
    }
}

// How late it may be: the interrupt, which the laboratory lets wait for a few points, and the switch.
static zx_duration_t some_points(void)
{
    zx_time_t start = hal_now();

    for (unsigned i = 0; i < 1000; i++)
        hal_preempt_point();
    return (hal_now() - start) / 5;
}

static struct kthread equals[3];
static struct thread *director;

static void wakes_on_time(void *arg)
{
    const zx_duration_t allowed = *(const zx_duration_t *)arg;

    for (unsigned i = 0; i < 15; i++) {
        zx_time_t deadline = hal_now() + (zx_time_t)host_random(4 * (uint64_t)allowed);
        thread_sleep_until(deadline);
        zx_duration_t late = hal_now() - deadline;
        if (late > allowed)
            print_error("%lld ns late, allowed %lld\n", (long long)late, (long long)allowed);
        assert_true(late <= allowed);
    }
    atomic_store(&stop, true);
    assert_true(wait_wake(director, ZX_OK));
}

// A sleeper beside three spinners, and nobody else: we do not look after them meanwhile.
static void sleep_beside_spinners(unsigned priority, zx_duration_t allowed)
{
    static struct kthread sleeping;

    begin();
    director = thread_current();
    wait_arm(false);
    for (unsigned i = 0; i < countof(equals); i++)
        kthread_start(&equals[i], 20, spin_until_stop, NULL);
    kthread_start(&sleeping, priority, wakes_on_time, &allowed);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
    kthread_join(&sleeping);
    for (unsigned i = 0; i < countof(equals); i++)
        kthread_join(&equals[i]);
}

// Above the spinners, it is late by the interrupt and the switch.
KERNEL_TEST_DET(sleeper_of_higher_priority_wakes_on_time, 1, 60)
{
    sleep_beside_spinners(24, some_points());
}

// Among them, by a time slice of each as well, which ends late by as much.
KERNEL_TEST_DET(sleeper_among_equals_waits_for_a_slice_each, 1, 60)
{
    const zx_duration_t slices = countof(equals) * ZX_MSEC(10);

    if (clock_is_fast(20 * slices))
        sleep_beside_spinners(20, slices + (1 + countof(equals)) * some_points());
}

// ---- several CPUs ----------------------------------------------------------------------------------

static void stops_when_the_other_moves(void *arg)
{
    atomic_uint *turns = arg;
    unsigned first = atomic_load(turns);

    while (atomic_load(turns) < first + 50)
        hal_preempt_point();
    atomic_store(&stop, true);
}

// A hog of high priority takes one CPU; what it displaced goes on on the other, which was idle.
KERNEL_TEST(displaced_thread_moves_to_an_idle_cpu, 2, 200)
{
    static struct kthread low, hog;
    static atomic_uint turns;

    begin();
    atomic_store(&turns, 0);
    kthread_start(&low, 10, spin_until_stop, &turns);
    sleep_for(10000);
    kthread_start(&hog, 25, stops_when_the_other_moves, &turns);
    kthread_join(&hog);
    kthread_join(&low);
}

static struct kthread hogs[2];

static void hog_until_marked(void *arg)
{
    (void)arg;
    while (!atomic_load(&ran))
        hal_preempt_point();
}

static void sleeps_and_marks(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 20; i++)
        sleep_for(1000 + host_random(20000));
    atomic_store(&ran, true);
}

// One CPU is taken by a hog; a low thread that sleeps and wakes all the time finds the other one.
KERNEL_TEST(low_thread_finds_the_free_cpu, 2, 200)
{
    static struct kthread low;

    begin();
    kthread_start(&hogs[0], 25, hog_until_marked, NULL);
    kthread_start(&low, 10, sleeps_and_marks, NULL);
    kthread_join(&low);
    kthread_join(&hogs[0]);
}

// As many spinners as CPUs: all of them run all the time. (The laboratory freezes a CPU for up to
// 2000 points now and then, so the span is counted in points.)
KERNEL_TEST_DET(no_cpu_idles_while_threads_wait, 2, 30)
{
    static struct spinner s[2];
    zx_time_t start = hal_now();

    for (unsigned i = 0; i < 100; i++)
        hal_preempt_point();
    const zx_duration_t span = (hal_now() - start) * 1600;
    zx_time_t end = hal_now() + span;
    for (unsigned i = 0; i < 2; i++) {
        s[i] = (struct spinner){.end = end};
        kthread_start(&s[i].k, PRIORITY_DEFAULT, spin_to_end, &s[i]);
    }
    thread_sleep_until(end - span / 10);
    zx_duration_t used[2];
    for (unsigned i = 0; i < 2; i++)
        used[i] = thread_runtime(&s[i].k.thread);
    if (used[0] + used[1] <= span / 10 * 15)
        print_error("ran %lld and %lld of %lld ns\n", (long long)used[0], (long long)used[1],
                    (long long)span);
    assert_true(used[0] + used[1] > span / 10 * 15);
    kthread_join(&s[0].k);
    kthread_join(&s[1].k);
}

// ---- yield, priorities that change -----------------------------------------------------------------

static atomic_uint turn_of;
static atomic_uint switches;

static void yields(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;

    for (unsigned i = 0; i < 20; i++) {
        if (atomic_exchange(&turn_of, me) != me)
            atomic_fetch_add(&switches, 1);
        thread_yield();
    }
}

KERNEL_TEST_DET(yield_alternates_equals, 1, 30)
{
    static struct kthread a, b;

    if (clock_is_fast(ZX_SEC(1)))
        return; // the ends of time slices would mix with the yields
    atomic_store(&turn_of, 9);
    atomic_store(&switches, 0);
    kthread_start(&a, 20, yields, (void *)1);
    kthread_start(&b, 20, yields, (void *)2);
    kthread_join(&a);
    kthread_join(&b);
    assert_true(atomic_load(&switches) >= 38);
}

static void raises(void *arg)
{
    struct kthread *low = arg;

    kthread_start(low, 5, mark, NULL);
    assert_false(atomic_load(&ran));
    thread_set_priority(&low->thread, 25);
    assert_true(atomic_load(&ran)); // it ran at once
    atomic_store(&ran, false);
    kthread_join(low);
    kthread_start(low, 15, mark, NULL);
    thread_set_priority(thread_current(), 10);
    assert_true(atomic_load(&ran)); // we gave way
}

KERNEL_TEST_DET(priority_changes_take_effect_at_once, 1, 30)
{
    static struct kthread k, low;

    begin();
    kthread_start(&k, 20, raises, &low);
    kthread_join(&k);
    kthread_join(&low);
}

// ---- the reaper ------------------------------------------------------------------------------------

static struct kthread short_lived;

static void nothing(void *arg)
{
    (void)arg;
}

static void spins_until_other_is_reaped(void *arg)
{
    (void)arg;
    while (!atomic_load(&short_lived.dead))
        hal_preempt_point();
}

// The worker that buries the dead has the highest priority: a spinner cannot hold it off.
KERNEL_TEST(dead_thread_is_reaped_next_to_a_spinner, 1, 60)
{
    static struct kthread hog;

    kthread_start(&short_lived, 20, nothing, NULL);
    kthread_start(&hog, 20, spins_until_other_is_reaped, NULL);
    kthread_join(&hog);
}

KERNEL_TEST(many_threads_come_and_go, 4, 40)
{
    static struct kthread k[12];

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < countof(k); i++)
            kthread_start(&k[i], (unsigned)host_random(25), nothing, NULL);
        for (unsigned i = 0; i < countof(k); i++)
            kthread_join(&k[i]);
    }
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest policy_tests[] = {
    T(round_robin_is_fair),
    T(higher_priority_runs_at_once_lower_not_at_all),
    T(woken_higher_priority_preempts_its_waker),
    T(sleeper_comes_back_over_a_spinner),
    T(sleeper_of_higher_priority_wakes_on_time),
    T(sleeper_among_equals_waits_for_a_slice_each),
    T(displaced_thread_moves_to_an_idle_cpu),
    T(low_thread_finds_the_free_cpu),
    T(no_cpu_idles_while_threads_wait),
    T(yield_alternates_equals),
    T(priority_changes_take_effect_at_once),
    T(dead_thread_is_reaped_next_to_a_spinner),
    T(many_threads_come_and_go),
};
const size_t policy_test_count = countof(policy_tests);
