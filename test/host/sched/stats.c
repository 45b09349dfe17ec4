// SPDX-License-Identifier: MIT
// The counters of ZX_INFO_CPU_STATS: each counts what its name says.
#include "sched_test.h"

static struct cpu_stats now_on(unsigned cpu)
{
    struct cpu_stats stats;

    cpu_stats_read(&cpus[cpu], &stats);
    return stats;
}

static void nothing(void *arg)
{
    (void)arg;
}

static void yields(void *arg)
{
    for (uintptr_t i = 0; i < (uintptr_t)arg; i++)
        thread_yield();
}

KERNEL_TEST_DET(yields_are_counted, 1, 20)
{
    static struct kthread a, b;
    const struct cpu_stats before = now_on(0);

    kthread_start(&a, 20, yields, (void *)10);
    kthread_start(&b, 20, yields, (void *)7);
    kthread_join(&a);
    kthread_join(&b);
    assert_int_equal(now_on(0).yields - before.yields, 17);
    assert_true(now_on(0).context_switches - before.context_switches >= 14);
}

// A sleep is a timer, its interrupt, and two switches.
KERNEL_TEST_DET(sleeps_are_counted, 1, 20)
{
    const struct cpu_stats before = now_on(0);

    for (unsigned i = 0; i < 5; i++)
        sleep_for(ZX_MSEC(200)); // longer than a step of the clock
    const struct cpu_stats after = now_on(0);
    assert_true(after.timers - before.timers >= 5);
    assert_true(after.timer_ints - before.timer_ints >= 5);
    assert_true(after.ints - before.ints >= after.timer_ints - before.timer_ints);
    assert_true(after.context_switches - before.context_switches >= 10);
    assert_true(after.idle_ticks > before.idle_ticks);
    assert_int_equal(after.generic_ipis, before.generic_ipis);
}

static void starts_a_higher_one(void *arg)
{
    static struct kthread high;

    (void)arg;
    uint64_t preempts = now_on(0).preempts;
    kthread_start(&high, 25, nothing, NULL);
    assert_true(now_on(0).preempts > preempts); // it took the CPU from us
    kthread_join(&high);
}

KERNEL_TEST_DET(preemptions_are_counted, 1, 20)
{
    static struct kthread low;

    kthread_start(&low, 20, starts_a_higher_one, NULL);
    kthread_join(&low);
}

static atomic_bool awake;

static void sleeps(void *arg)
{
    (void)arg;
    sleep_for(20000);
    atomic_store(&awake, true);
}

static void spins_until_awake(void *arg)
{
    (void)arg;
    while (!atomic_load(&awake))
        hal_preempt_point();
}

// Of all preemptions, those by interrupts.
KERNEL_TEST_DET(preemptions_by_interrupts_are_counted, 1, 20)
{
    static struct kthread low, high;
    const struct cpu_stats before = now_on(0);

    atomic_store(&awake, false);
    kthread_start(&high, 25, sleeps, NULL);
    kthread_start(&low, 20, spins_until_awake, NULL);
    kthread_join(&low);
    kthread_join(&high);
    assert_true(now_on(0).irq_preempts > before.irq_preempts);
    assert_true(now_on(0).preempts > before.preempts);
}

// Starts a thread on the CPU `there`, which idles, from `here`. Whether that took an interrupt: none is sent to a CPU
// that another one has woken just then.
static bool starts_by_interrupt(unsigned here, unsigned there)
{
    static struct kthread k;

    kthread_prepare(&k, 20, 1u << there, nothing, NULL);
    while (atomic_load(&cpus[there].current) != cpus[there].idle || !host_others_idle())
        hal_preempt_point();
    const struct cpu_stats before = now_on(there), mine = now_on(here);
    kthread_go(&k);
    while (!atomic_load(&k.dead) || !host_others_idle()) // it may end before the interrupt comes
        hal_preempt_point();
    const struct cpu_stats after = now_on(there);
    assert_true(now_on(here).reschedule_ipis - mine.reschedule_ipis <= 1); // not what we sent
    assert_true(after.ints - before.ints >= after.reschedule_ipis - before.reschedule_ipis);
    kthread_join(&k);
    return after.reschedule_ipis > before.reschedule_ipis;
}

// Whoever gets the interrupt counts it.
KERNEL_TEST_DET(interrupts_between_cpus_are_counted_where_they_arrive, 2, 60)
{
    stay_here();
    const unsigned here = cpu_this()->num;

    while (!starts_by_interrupt(here, 1 - here))
        ;
}

static void calls_and_yields(void *arg)
{
    for (uintptr_t i = 0; i < (uintptr_t)arg; i++) {
        unsigned long state = hal_irq_save();
        struct hal_thread *t = hal_current();
        __atomic_store_n(&t->syscalls, t->syscalls + 1, __ATOMIC_RELAXED); // as on entry
        hal_irq_restore(state);
        thread_yield();
    }
}

// System calls are counted in the running thread's record, and the count goes on in the next one's.
KERNEL_TEST_DET(system_calls_of_several_threads_add_up, 1, 20)
{
    static struct kthread a, b;
    const struct cpu_stats before = now_on(0);

    kthread_start(&a, 20, calls_and_yields, (void *)10);
    kthread_start(&b, 20, calls_and_yields, (void *)7);
    kthread_join(&a);
    kthread_join(&b);
    assert_int_equal(now_on(0).syscalls - before.syscalls, 17);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest stats_tests[] = {
    T(yields_are_counted),
    T(sleeps_are_counted),
    T(preemptions_are_counted),
    T(preemptions_by_interrupts_are_counted),
    T(interrupts_between_cpus_are_counted_where_they_arrive),
    T(system_calls_of_several_threads_add_up),
};
const size_t stats_test_count = countof(stats_tests);
