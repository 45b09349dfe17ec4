// SPDX-License-Identifier: MIT
// Where a thread runs and how soon: placement of wake-ups, stealing, preemption across CPUs, hand-off.
#include "sched_test.h"

static atomic_bool stop;
static atomic_uint turns;

static void spin_until_stop(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        hal_preempt_point();
        atomic_fetch_add(&turns, 1);
    }
}

static void block(void)
{
    wait_arm(false);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
}

static unsigned cpu_of(const struct kthread *k)
{
    return atomic_load(&k->thread.cpu)->num;
}

extern atomic_uint sched_idle_mask; // kernel/sched/run_queue.h

// Waits until all CPUs but this one idle and can be given work, and `count` threads are blocked.
static void settle(struct kthread *k, unsigned count)
{
    stay_here();
    const unsigned all = (1u << hal_cpu_count()) - 1, others = all & ~(1u << cpu_this()->num);
    bool settled;

    do {
        hal_preempt_point();
        settled = atomic_load(&sched_idle_mask) == others;
        for (unsigned i = 0; i < count; i++)
            settled = settled && wait_is_armed(&k[i].thread);
    } while (!settled);
}

// ---- placement -------------------------------------------------------------------------------------

static atomic_uint together;

// Ends when all three run at the same time. Of unlike priority, none gets in by the end of another's time
// slice: those that share a CPU wait for ever.
static void meets_the_others(void *arg)
{
    (void)arg;
    atomic_fetch_add(&together, 1);
    while (atomic_load(&together) < 3)
        hal_preempt_point();
}

static void blocks_then_meets(void *arg)
{
    block();
    meets_the_others(arg);
}

// We do not give way, so that each of the three needs an idle CPU for itself.
static void wait_for_all(struct kthread *k)
{
    while (atomic_load(&together) < 3)
        hal_preempt_point();
    for (unsigned i = 0; i < 3; i++)
        kthread_join(&k[i]);
}

// Threads that are woken one right after the other go to different idle CPUs, though none of these has
// had the time to look at what it was given.
KERNEL_TEST(wakes_go_to_different_idle_cpus, 4, 300)
{
    static struct kthread k[3];

    atomic_store(&together, 0);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_start(&k[i], 20 - i, blocks_then_meets, NULL);
    settle(k, countof(k));
    for (unsigned i = 0; i < countof(k); i++)
        assert_true(wait_wake(&k[i].thread, ZX_OK));
    wait_for_all(k);
}

// The same for threads that are new.
KERNEL_TEST(new_threads_go_to_different_idle_cpus, 4, 300)
{
    static struct kthread k[3];

    atomic_store(&together, 0);
    settle(NULL, 0);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_start(&k[i], 20 - i, meets_the_others, NULL);
    wait_for_all(k);
}

// Threads of one busy CPU, where a worker has displaced them: as many idle CPUs are told to look around.
static struct kthread crowd[3];

static void wakes_the_crowd(struct work *work)
{
    (void)work;
    for (unsigned i = 0; i < countof(crowd); i++)
        (void)wait_wake(&crowd[i].thread, ZX_OK);
}

KERNEL_TEST(threads_woken_by_a_worker_spread, 4, 200)
{
    static struct work work;

    atomic_store(&together, 0);
    for (unsigned i = 0; i < countof(crowd); i++)
        kthread_start(&crowd[i], 20 - i, blocks_then_meets, NULL);
    settle(crowd, countof(crowd));
    work_init(&work, wakes_the_crowd);
    work_queue(&work);
    wait_for_all(crowd);
}

// ---- stealing --------------------------------------------------------------------------------------

static atomic_uint order[4], order_count;

static void notes_its_priority(void *arg)
{
    atomic_store(&order[atomic_fetch_add(&order_count, 1)], (unsigned)(uintptr_t)arg);
}

// An idle CPU takes the most urgent of what waits elsewhere.
KERNEL_TEST_DET(stealing_takes_the_highest_priority, 2, 200)
{
    static const unsigned priorities[] = {5, 15, 10};
    static struct kthread hog, k[3];

    atomic_store(&stop, false);
    atomic_store(&order_count, 0);
    settle(NULL, 0);
    kthread_start_on(&hog, 1 - cpu_this()->num, spin_until_stop, NULL);
    thread_set_priority(&hog.thread, 29);
    while (atomic_load(&cpus[1 - cpu_this()->num].current) != &hog.thread)
        hal_preempt_point();
    for (unsigned i = 0; i < countof(k); i++)
        kthread_start(&k[i], priorities[i], notes_its_priority, (void *)(uintptr_t)priorities[i]);
    for (unsigned i = 0; i < countof(k); i++)
        assert_int_equal(cpu_of(&k[i]), cpu_this()->num); // behind us, who do not give way
    atomic_store(&stop, true);
    while (atomic_load(&order_count) < countof(k))
        hal_preempt_point();
    assert_int_equal(atomic_load(&order[0]), 15);
    assert_int_equal(atomic_load(&order[1]), 10);
    assert_int_equal(atomic_load(&order[2]), 5);
    kthread_join(&hog);
    for (unsigned i = 0; i < countof(k); i++)
        kthread_join(&k[i]);
}

// The most loaded CPU has only threads that are bound to it; the one that may move waits behind another.
KERNEL_TEST_DET(stealing_looks_past_threads_that_are_bound, 3, 200)
{
    static struct kthread hogs[2], bound[2], free_one;
    const unsigned priority = 9;

    atomic_store(&stop, false);
    atomic_store(&together, 0);
    atomic_store(&order_count, 0);
    settle(NULL, 0);
    const unsigned self = cpu_this()->num;

    for (unsigned i = 0; i < countof(hogs); i++) {
        const unsigned cpu = (self + 1 + i) % 3;

        kthread_start_on(&hogs[i], cpu, i == 0 ? meets_the_others : spin_until_stop, NULL);
        thread_set_priority(&hogs[i].thread, 29);
        while (atomic_load(&cpus[cpu].current) != &hogs[i].thread)
            hal_preempt_point();
    }
    for (unsigned i = 0; i < countof(bound); i++)
        kthread_start_on(&bound[i], (self + 1) % 3, notes_its_priority, (void *)0);
    kthread_start(&free_one, priority, notes_its_priority, (void *)(uintptr_t)priority);
    assert_int_equal(cpu_of(&free_one), self); // behind us, who do not give way
    atomic_store(&stop, true);
    while (atomic_load(&order_count) == 0)
        hal_preempt_point();
    assert_int_equal(atomic_load(&order[0]), priority);
    atomic_store(&together, 3); // the other hog ends
    kthread_join(&hogs[1]);
    kthread_join(&free_one);
    kthread_join(&hogs[0]);
    for (unsigned i = 0; i < countof(bound); i++)
        kthread_join(&bound[i]);
}

// ---- preemption ------------------------------------------------------------------------------------

static atomic_uint turns_then;

static void notes_the_turns(void *arg)
{
    (void)arg;
    block();
    atomic_store(&turns_then, atomic_load(&turns));
}

// What is woken for another CPU runs there before the thread of lower priority goes on for long. The dead
// are buried beside that thread, too, which has no time slice to come to its end.
KERNEL_TEST_DET(preemption_of_another_cpu_is_prompt, 2, 200)
{
    static struct kthread low, high;

    atomic_store(&stop, false);
    stay_here();
    unsigned other = 1 - cpu_this()->num;
    kthread_start_on(&high, other, notes_the_turns, NULL);
    settle(&high, 1);
    kthread_start_on(&low, other, spin_until_stop, NULL);
    thread_set_priority(&low.thread, 10);
    unsigned start = atomic_load(&turns);
    while (atomic_load(&turns) < start + 5)
        hal_preempt_point();
    atomic_store(&turns_then, 0);
    assert_true(wait_wake(&high.thread, ZX_OK));
    unsigned woken = atomic_load(&turns);
    while (!atomic_load(&high.dead))
        hal_preempt_point();
    // The laboratory lets an interrupt wait for a few points.
    assert_true(atomic_load(&turns_then) <= woken + 100);
    atomic_store(&stop, true);
    kthread_join(&high);
    kthread_join(&low);
}

// ---- hand-off --------------------------------------------------------------------------------------

static struct kthread server, caller, rival;
static uint64_t preempts_before;
static bool was_preempted;

static uint64_t preempts(void)
{
    return cpu_this()->stats.preempts + cpu_this()->stats.irq_preempts;
}

static void notes_who(void *arg)
{
    if (atomic_load(&order_count) == 0)
        was_preempted = preempts() != preempts_before;
    notes_its_priority(arg);
}

static void serves(void *arg)
{
    block();
    notes_who(arg);
}

static void calls(void *arg)
{
    (void)arg;
    kthread_start(&rival, 20, notes_who, (void *)2); // an equal, in the queue before the server
    atomic_store(&order_count, 0);
    preempts_before = preempts();
    wait_arm(false);
    unsigned long flags = hal_irq_save(); // whose end looks at the queues, and settles who is next
    wait_handoff_begin();
    assert_true(wait_wake(&server.thread, ZX_OK));
    wait_handoff_end();
    assert_ptr_equal(atomic_load(&cpu_this()->next), &server.thread);
    hal_irq_restore(flags);
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
}

// Who is woken by a thread that blocks next runs next, before its equals that have waited for longer.
// (Unless an interrupt comes between the two.)
KERNEL_TEST_DET(handoff_goes_before_waiting_equals, 1, 200)
{
    kthread_start(&server, 20, serves, (void *)1);
    while (!wait_is_armed(&server.thread))
        sleep_for(1000);
    kthread_start(&caller, 20, calls, NULL);
    kthread_join(&server);
    kthread_join(&rival);
    assert_true(was_preempted || atomic_load(&order[0]) == 1);
    assert_true(wait_wake(&caller.thread, ZX_OK));
    kthread_join(&caller);
}

// Wakes the server for itself, but its own wait is over before it blocks.
static void calls_and_is_answered_at_once(void *arg)
{
    (void)arg;
    wait_arm(false);
    wait_handoff_begin();
    assert_true(wait_wake(&server.thread, ZX_OK));
    wait_handoff_end();
    assert_true(wait_wake(thread_current(), ZX_OK));
    assert_ok(wait_block(WAIT_ON_NOTHING, ZX_TIME_INFINITE));
    assert_int_equal(atomic_load(&order_count), 1);
}

static void serves_at_once(void *arg)
{
    block();
    notes_its_priority(arg);
}

// Who was to be handed the CPU by a thread that then does not block runs as anybody who is woken: at once,
// being of higher priority.
KERNEL_TEST_DET(handoff_that_does_not_happen_forgets_nobody, 1, 200)
{
    atomic_store(&order_count, 0);
    kthread_start(&server, 25, serves_at_once, NULL);
    while (!wait_is_armed(&server.thread))
        sleep_for(1000);
    kthread_start(&caller, 20, calls_and_is_answered_at_once, NULL);
    kthread_join(&server);
    kthread_join(&caller);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest place_tests[] = {
    T(wakes_go_to_different_idle_cpus),
    T(new_threads_go_to_different_idle_cpus),
    T(threads_woken_by_a_worker_spread),
    T(stealing_takes_the_highest_priority),
    T(stealing_looks_past_threads_that_are_bound),
    T(preemption_of_another_cpu_is_prompt),
    T(handoff_goes_before_waiting_equals),
    T(handoff_that_does_not_happen_forgets_nobody),
};
const size_t place_test_count = countof(place_tests);
