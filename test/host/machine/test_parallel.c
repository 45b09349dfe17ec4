// SPDX-License-Identifier: MIT
// Parallel mode: real pthreads. Under the host-tsan preset these tests also show that the machine
// itself is free of reports.
#include "toy.h"

#include "tests.h"

static unsigned counter;
static struct spinlock lock;
static atomic_uint ipis;
static atomic_bool timer_fired;

static void add_locked(void)
{
    for (unsigned i = 0; i < 2000; i++) {
        spin_lock(&lock);
        counter++;
        spin_unlock(&lock);
    }
}

static void test_parallel_spinlock_excludes(void **state)
{
    struct toy toy = { .cpu_main = { add_locked, add_locked, add_locked, add_locked } };

    (void)state;
    counter = 0;
    spin_init(&lock, &toy_lock_class);
    assert_int_equal(toy_run(&toy, HOST_PARALLEL, 4, 1), HOST_FINISHED);
    assert_int_equal(counter, 8000);
}

static void on_ipi(unsigned ipi)
{
    if (ipi == HAL_IPI_CALL)
        atomic_fetch_add(&ipis, 1);
}

static void wait_for_ipi(void)
{
    hal_irq_disable();
    while (atomic_load(&ipis) == 0) {
        hal_cpu_idle();
        hal_irq_enable();
        hal_irq_disable();
    }
    hal_irq_enable();
}

static void send_ipi(void)
{
    for (unsigned i = 0; i < 100; i++)
        hal_cpu_relax();
    hal_ipi_send(1, HAL_IPI_CALL);
}

static void test_parallel_ipi_wakes_idle_cpu(void **state)
{
    struct toy toy = { .cpu_main = { send_ipi, wait_for_ipi }, .ipi = on_ipi };

    (void)state;
    atomic_store(&ipis, 0);
    assert_int_equal(toy_run(&toy, HOST_PARALLEL, 2, 1), HOST_FINISHED);
    assert_int_equal(atomic_load(&ipis), 1);
}

static void on_timer(void)
{
    atomic_store(&timer_fired, true);
}

static void sleep_an_hour(void)
{
    hal_irq_disable();
    hal_timer_set(hal_now() + 3600000000000);
    while (!atomic_load(&timer_fired)) {
        hal_cpu_idle();
        hal_irq_enable();
        hal_irq_disable();
    }
    hal_irq_enable();
}

static void test_parallel_time_jumps_when_idle(void **state)
{
    struct toy toy = { .cpu_main = { sleep_an_hour, NULL, NULL }, .timer = on_timer };

    (void)state;
    atomic_store(&timer_fired, false);
    assert_int_equal(toy_run(&toy, HOST_PARALLEL, 3, 1), HOST_FINISHED);
}

static void never_woken(void)
{
    hal_irq_disable();
    hal_cpu_idle();
}

static void test_parallel_hang_is_reported(void **state)
{
    struct toy toy = { .cpu_main = { never_woken, never_woken } };

    (void)state;
    assert_int_equal(toy_run(&toy, HOST_PARALLEL, 2, 1), HOST_HANG);
}

static atomic_uint failing;

static void fail_with_the_others(void)
{
    atomic_fetch_add(&failing, 1);
    while (atomic_load(&failing) < 4)
        hal_cpu_relax();
    host_fail(HOST_PANIC, "all at once");
}

// As in a panic, which makes the other CPUs stop too.
static void test_parallel_failures_of_many_cpus_are_one(void **state)
{
    struct toy toy = { .cpu_main = { fail_with_the_others, fail_with_the_others,
                                     fail_with_the_others, fail_with_the_others } };

    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        atomic_store(&failing, 0);
        assert_int_equal(toy_run(&toy, HOST_PARALLEL, 4, seed), HOST_PANIC);
        const char *report = strstr(host_report(), "all at once");
        assert_non_null(report);
        assert_null(strstr(report + 1, "all at once"));
    }
}

const struct CMUnitTest parallel_tests[] = {
    cmocka_unit_test(test_parallel_spinlock_excludes),
    cmocka_unit_test(test_parallel_ipi_wakes_idle_cpu),
    cmocka_unit_test(test_parallel_time_jumps_when_idle),
    cmocka_unit_test(test_parallel_hang_is_reported),
    cmocka_unit_test(test_parallel_failures_of_many_cpus_are_one),
};
const size_t parallel_test_count = countof(parallel_tests);
