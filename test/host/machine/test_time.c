// SPDX-License-Identifier: MIT
// Virtual time: timers fire at or after their deadline and in order; nobody waits in real time.
#include "toy.h"

#include "tests.h"

static zx_time_t fired_at[MAX_CPUS], deadline[MAX_CPUS];
static unsigned order[MAX_CPUS];
static atomic_uint fired;

static void on_timer(void)
{
    unsigned cpu = hal_cpu_num();

    fired_at[cpu] = hal_now();
    order[atomic_fetch_add(&fired, 1)] = cpu;
}

static void sleep_on_timer(void)
{
    unsigned cpu = hal_cpu_num();

    hal_irq_disable();
    deadline[cpu] = hal_now() + (zx_time_t)(MAX_CPUS - cpu) * 1000000000000; // tens of minutes
    hal_timer_set(deadline[cpu]);
    while (fired_at[cpu] == 0) {
        hal_cpu_idle();
        hal_irq_enable();
        hal_irq_disable();
    }
    hal_irq_enable();
}

static void test_timers_fire_in_order(void **state)
{
    struct toy toy = { .cpu_main = { sleep_on_timer, sleep_on_timer, sleep_on_timer },
                       .timer = on_timer };

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        memset(fired_at, 0, sizeof(fired_at));
        atomic_store(&fired, 0);
        assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 3, seed), HOST_FINISHED);
        assert_int_equal(order[0], 2);
        assert_int_equal(order[1], 1);
        assert_int_equal(order[2], 0);
        for (unsigned i = 0; i < 3; i++)
            assert_true(fired_at[i] >= deadline[i]);
    }
}

static void watch_clock(void)
{
    zx_time_t last = hal_now();

    for (unsigned i = 0; i < 200; i++) {
        hal_preempt_point();
        zx_time_t now = hal_now();
        if (now < last)
            host_fail(HOST_PANIC, "time went back");
        last = now;
    }
}

static void test_time_never_goes_back(void **state)
{
    struct toy toy = { .cpu_main = { watch_clock, watch_clock, watch_clock, watch_clock } };

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 4, seed), HOST_FINISHED);
}

static void never_woken(void)
{
    hal_irq_disable();
    hal_cpu_idle();
}

static void test_idle_without_timer_is_a_hang(void **state)
{
    struct toy toy = { .cpu_main = { never_woken, never_woken } };

    (void)state;
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 2, 7), HOST_HANG);
    assert_non_null(strstr(host_report(), "all CPUs idle"));
}

const struct CMUnitTest time_tests[] = {
    cmocka_unit_test(test_timers_fire_in_order),
    cmocka_unit_test(test_time_never_goes_back),
    cmocka_unit_test(test_idle_without_timer_is_a_hang),
};
const size_t time_test_count = countof(time_tests);
