// SPDX-License-Identifier: MIT
// Seeded interleavings: planted bugs are found, their repaired twins pass, seeds replay.
#include "toy.h"

#include "tests.h"

#define SEEDS 60u
#define ROUNDS 20u

static atomic_uint counter;
static struct spinlock lock;

// The planted race: a read and a write with nothing that keeps them together.
static void add_racy(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned seen = atomic_load_explicit(&counter, memory_order_relaxed);
        hal_preempt_point();
        atomic_store_explicit(&counter, seen + 1, memory_order_relaxed);
    }
}

static void add_locked(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        spin_lock(&lock);
        unsigned seen = counter;
        hal_preempt_point();
        counter = seen + 1;
        spin_unlock(&lock);
    }
}

// Number of seeds for which an update was lost.
static unsigned lost_updates(void (*add)(void))
{
    struct toy toy = { .cpu_main = { add, add, add } };
    unsigned lost = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        counter = 0;
        spin_init(&lock, &toy_lock_class);
        assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 3, seed), HOST_FINISHED);
        lost += counter != 3 * ROUNDS;
    }
    return lost;
}

static void test_race_lost_update_is_found(void **state)
{
    (void)state;
    assert_true(lost_updates(add_racy) > SEEDS / 2);
}

static void test_race_spinlock_repairs_it(void **state)
{
    (void)state;
    assert_int_equal(lost_updates(add_locked), 0);
}

static bool flag, check_first;

static void wake_ipi(unsigned ipi)
{
    if (ipi == HAL_IPI_CALL)
        flag = true;
}

// Waits until CPU 1 sends its interrupt. The planted bug looks at the flag with interrupts on: one
// that comes between the look and the idling is lost.
static void wait_for_flag(void)
{
    for (;;) {
        if (check_first) {
            bool seen = flag;
            hal_preempt_point();
            if (seen)
                return;
            hal_irq_disable();
        } else {
            hal_irq_disable();
            if (flag) {
                hal_irq_enable();
                return;
            }
        }
        hal_cpu_idle();
        hal_irq_enable();
    }
}

static void send_flag(void)
{
    for (unsigned i = 0; i < 5; i++)
        hal_preempt_point();
    hal_ipi_send(0, HAL_IPI_CALL);
    // Stays busy: only the interrupt can end CPU 0's sleep.
    for (unsigned i = 0; i < 5; i++)
        hal_preempt_point();
    for (;;) {
        hal_irq_disable();
        hal_cpu_idle();
        hal_irq_enable();
    }
}

static void finish_after_flag(void)
{
    wait_for_flag();
    host_finish(HOST_FINISHED);
}

static unsigned hangs(bool buggy)
{
    struct toy toy = { .cpu_main = { finish_after_flag, send_flag }, .ipi = wake_ipi };
    unsigned count = 0;

    check_first = buggy;
    for (uint64_t seed = 1; seed <= 4 * SEEDS; seed++) {
        flag = false;
        enum host_outcome outcome = toy_run(&toy, HOST_DETERMINISTIC, 2, seed);
        if (outcome == HOST_HANG)
            count++;
        else
            assert_int_equal(outcome, HOST_FINISHED);
    }
    return count;
}

static void test_wake_lost_wakeup_is_found(void **state)
{
    (void)state;
    assert_true(hangs(true) > 0);
}

static void test_wake_repaired_never_hangs(void **state)
{
    (void)state;
    assert_int_equal(hangs(false), 0);
}

static void test_seed_replays_exactly(void **state)
{
    struct toy toy = { .cpu_main = { add_racy, add_racy, add_racy, add_locked } };
    uint64_t previous = 0;
    unsigned different = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t hash[2], steps[2];
        unsigned result[2];
        for (unsigned i = 0; i < 2; i++) {
            counter = 0;
            spin_init(&lock, &toy_lock_class);
            assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 4, seed), HOST_FINISHED);
            hash[i] = host_trace_hash();
            steps[i] = host_step_count();
            result[i] = counter;
        }
        assert_true(hash[0] == hash[1] && steps[0] == steps[1]);
        assert_int_equal(result[0], result[1]);
        different += hash[0] != previous;
        previous = hash[0];
    }
    assert_int_equal(different, 20);
}

static void spin_for_ever(void) NO_TSA
{
    spin_lock(&lock);
    spin_lock(&lock);
}

static void points_for_ever(void)
{
    for (;;)
        hal_preempt_point();
}

static void test_hang_self_deadlock_is_reported(void **state)
{
    struct toy toy = { .cpu_main = { spin_for_ever } };

    (void)state;
    spin_init(&lock, &toy_lock_class);
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 1, 1), HOST_HANG);
    toy.cpu_main[1] = spin_for_ever;
    spin_init(&lock, &toy_lock_class);
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 2, 1), HOST_HANG);
}

static void test_hang_endless_loop_meets_the_step_limit(void **state)
{
    struct toy toy = { .cpu_main = { points_for_ever } };

    (void)state;
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 1, 1), HOST_STEPS);
}

const struct CMUnitTest interleave_tests[] = {
    cmocka_unit_test(test_race_lost_update_is_found),
    cmocka_unit_test(test_race_spinlock_repairs_it),
    cmocka_unit_test(test_wake_lost_wakeup_is_found),
    cmocka_unit_test(test_wake_repaired_never_hangs),
    cmocka_unit_test(test_seed_replays_exactly),
    cmocka_unit_test(test_hang_self_deadlock_is_reported),
    cmocka_unit_test(test_hang_endless_loop_meets_the_step_limit),
};
const size_t interleave_test_count = countof(interleave_tests);
