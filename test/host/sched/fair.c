// SPDX-License-Identifier: MIT
// Threads of one priority share their CPU: in turn, for equally long, and from the moment on at which
// they become equals.
#include "sched_test.h"

#include <sched/pi.h>

#define SLICE  ZX_MSEC(10) // sched.c
#define EQUALS 4u          // threads that share one CPU

// ---- turns -------------------------------------------------------------------------------------------

// The threads of one CPU, and what disturbs them there. Written by that CPU's threads only.
struct group {
    struct kthread equals[EQUALS], high, dozer;
    atomic_uint last;                   // of `equals`, who saw last that it has a turn
    atomic_uint turns[EQUALS];          // seen since `counting`
    zx_duration_t ran[EQUALS][EQUALS];  // [i][k]: how long k had run when i saw its last turn
};

static struct group groups[4];
static atomic_bool counting, over;
static unsigned yields_in; // an equal yields at one point in so many; 0: never

// Between two turns of one thread each of the others has had one: it has run meanwhile.
static void see_turn(struct group *g, unsigned me)
{
    zx_duration_t ran[EQUALS];

    do {
        atomic_store(&g->last, me);
        for (unsigned i = 0; i < EQUALS; i++)
            ran[i] = thread_runtime(&g->equals[i].thread);
    } while (atomic_load(&g->last) != me); // a slice ended in between: this is the next turn
    for (unsigned i = 0; i < EQUALS; i++) {
        assert_true(i == me || ran[i] > g->ran[me][i] || atomic_load(&over));
        g->ran[me][i] = ran[i];
    }
    atomic_fetch_add(&g->turns[me], 1);
}

static void takes_turns(void *arg)
{
    struct group *g = &groups[(uintptr_t)arg / EQUALS];
    unsigned me = (unsigned)((uintptr_t)arg % EQUALS);

    while (!atomic_load(&over)) {
        if (atomic_load(&counting) && atomic_load(&g->last) != me)
            see_turn(g, me);
        hal_preempt_point();
        if (yields_in != 0 && host_random(yields_in) == 0)
            thread_yield();
    }
}

// Takes the CPU away at any moment, or comes into the queue between the others: that changes nobody's
// place in it.
static void disturbs(void *arg)
{
    (void)arg;
    while (!atomic_load(&over)) {
        sleep_for(1 + (zx_duration_t)host_random(3 * SLICE));
        for (unsigned i = (unsigned)host_random(50); i != 0; i--)
            hal_preempt_point();
    }
}

static void start_group(unsigned cpu)
{
    struct group *g = &groups[cpu];

    atomic_store(&g->last, EQUALS);
    for (unsigned i = 0; i < EQUALS; i++) {
        atomic_store(&g->turns[i], 0);
        memset(g->ran[i], -1, sizeof(g->ran[i]));
        kthread_start_on(&g->equals[i], cpu, takes_turns, (void *)(uintptr_t)(cpu * EQUALS + i));
    }
    kthread_start_on(&g->dozer, cpu, disturbs, NULL);
    kthread_prepare(&g->high, PRIORITY_HIGH, 1u << cpu, disturbs, NULL);
    kthread_go(&g->high);
}

static void join_group(struct group *g)
{
    for (unsigned i = 0; i < EQUALS; i++)
        kthread_join(&g->equals[i]);
    kthread_join(&g->high);
    kthread_join(&g->dozer);
}

static bool all_had(unsigned turns)
{
    for (unsigned cpu = 0; cpu < hal_cpu_count(); cpu++) {
        for (unsigned i = 0; i < EQUALS; i++) {
            if (atomic_load(&groups[cpu].turns[i]) < turns)
                return false;
        }
    }
    return true;
}

static void begin(void)
{
    atomic_store(&counting, false);
    atomic_store(&over, false);
    for (unsigned cpu = 0; cpu < hal_cpu_count(); cpu++)
        start_group(cpu);
    atomic_store(&counting, true);
}

static void end(void)
{
    atomic_store(&over, true);
    for (unsigned cpu = 0; cpu < hal_cpu_count(); cpu++)
        join_group(&groups[cpu]);
}

static void share_by_turns(unsigned turns)
{
    begin();
    while (!all_had(turns))
        sleep_for(SLICE);
    end();
}

// A time slice is many points long, so that each is seen and ends when it should.
static bool slices_are_long(void) { return !clock_is_fast(400 * SLICE); }

static void share_by_slices(void)
{
    yields_in = 0;
    if (slices_are_long() && clock_is_fast(100 * SLICE))
        share_by_turns(5);
}

static void share_by_yields(void)
{
    yields_in = 20;
    if (slices_are_long())
        share_by_turns(20);
}

KERNEL_TEST_DET(equals_take_turns_1_cpu, 1, 100) { share_by_slices(); }
KERNEL_TEST_DET(equals_take_turns_4_cpus, 4, 100) { share_by_slices(); }
KERNEL_TEST_DET(equals_that_yield_take_turns_1_cpu, 1, 60) { share_by_yields(); }
KERNEL_TEST_DET(equals_that_yield_take_turns_4_cpus, 4, 60) { share_by_yields(); }

// The same by the time they get, disturbed or not.
KERNEL_TEST_DET(equals_get_equal_time, 1, 100)
{
    zx_duration_t least = ZX_TIME_INFINITE, most = 0;

    if (!slices_are_long() || !clock_is_fast(100 * SLICE))
        return;
    yields_in = 0;
    begin();
    while (!all_had(15))
        sleep_for(SLICE);
    for (unsigned i = 0; i < EQUALS; i++) {
        zx_duration_t ran = thread_runtime(&groups[0].equals[i].thread);
        least = MIN(least, ran);
        most = MAX(most, ran);
    }
    if (most - least > least / 4)
        print_error("between %lld and %lld ns\n", (long long)least, (long long)most);
    assert_true(most - least <= least / 4);
    end();
}

// ---- who becomes an equal while it runs --------------------------------------------------------------

static atomic_bool equal_ran;

static void marks(void *arg)
{
    (void)arg;
    atomic_store(&equal_ran, true);
}

static void spin_until_equal_ran(void)
{
    while (!atomic_load(&equal_ran))
        hal_preempt_point();
}

// A thread that lowers itself to the priority of one that waits shares with it from then on. (What else
// could make this CPU look at its queue has a lower priority.)
KERNEL_TEST_DET(thread_that_lowers_itself_shares_with_its_new_equals, 1, 60)
{
    static struct kthread equal;

    if (!clock_is_fast(10 * SLICE))
        return;
    atomic_store(&equal_ran, false);
    kthread_start(&equal, 20, marks, NULL);
    assert_false(atomic_load(&equal_ran));
    thread_set_priority(thread_current(), 20);
    spin_until_equal_ran();
    thread_set_priority(thread_current(), PRIORITY_DIRECTOR);
    kthread_join(&equal);
}

static void owns_until_equal_ran(void *arg)
{
    atomic_store((atomic_bool *)arg, true);
    spin_until_equal_ran();
}

// The same for one that inherited, and loses that while it runs, by what another CPU does.
KERNEL_TEST_DET(thread_that_inherits_no_more_shares_with_its_equals, 2, 200)
{
    static struct kthread owner, equal;
    static struct pi_queue queue;
    static atomic_bool owns;

    if (!clock_is_fast(10 * SLICE))
        return;
    atomic_store(&equal_ran, false);
    atomic_store(&owns, false);
    stay_here();
    unsigned other = 1 - cpu_this()->num;
    pi_queue_init(&queue);
    pi_queue_join(&queue, thread_current());
    kthread_prepare(&owner, 20, 1u << other, owns_until_equal_ran, &owns);
    pi_queue_set_owner(&queue, &owner.thread);
    assert_int_equal(priority_now(&owner), PRIORITY_DIRECTOR);
    kthread_go(&owner);
    while (!atomic_load(&owns))
        hal_preempt_point();
    kthread_prepare(&equal, 20, 1u << other, marks, NULL);
    kthread_go(&equal);
    for (unsigned i = 0; i < 100; i++)
        hal_preempt_point();
    assert_false(atomic_load(&equal_ran));
    pi_queue_leave(&queue, thread_current());
    spin_until_equal_ran();
    kthread_join(&owner);
    kthread_join(&equal);
}

#define T(name) cmocka_unit_test(test_##name)
const struct CMUnitTest fair_tests[] = {
    T(equals_take_turns_1_cpu),
    T(equals_take_turns_4_cpus),
    T(equals_that_yield_take_turns_1_cpu),
    T(equals_that_yield_take_turns_4_cpus),
    T(equals_get_equal_time),
    T(thread_that_lowers_itself_shares_with_its_new_equals),
    T(thread_that_inherits_no_more_shares_with_its_equals),
};
const size_t fair_test_count = countof(fair_tests);
