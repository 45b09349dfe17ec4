// SPDX-License-Identifier: MIT
/*
 * The A64's counter. The model, by what is known of the erratum (the binding allwinner,erratum-unknown1
 * and the A64's public errata): while a carry ripples out of the low bits, a reading may have lost or
 * gained any of the higher bits that the carry passes; in such a reading the low bits are all zeros or
 * all ones. A reading from any other time is right.
 */
#include "model.h"

#include <arm64/sysreg.h>
#include <hal/cpu.h>
#include <hal/time.h>
#include <hal/upcall.h>
#include <irq/irq.h>
#include <timer/timer.h>

#include <string.h>

#define LOW_BITS 9u
#define CARRIED  11u // of the readings next to a carry out of so many bits, some are wrong

static uint64_t counter; // what is true
static uint64_t step;    // between two readings
static unsigned reads, reads_max, wrong;
static uint64_t dice;

static uint64_t compare, control;
static bool fired;          // the timer, since it was last asked
static unsigned wired = 27; // the line that it is on
static unsigned frequency = 24000000;

static uint64_t read_counter(void)
{
    if (++reads > reads_max)
        fail_msg("%u readings, and no end", reads);
    counter += step;
    uint64_t low = counter & ((1u << CARRIED) - 1);
    bool ones = low == (1u << CARRIED) - 1, zeros = low == 0;
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    if ((!ones && !zeros) || dice >> 62 != 0)
        return counter;
    // The carry has come too far or not far enough.
    wrong++;
    uint64_t bits = (dice >> 20 & 0xff) << CARRIED;
    return ones ? counter + bits : counter - bits;
}

uint64_t model_sysreg_read(const char *name)
{
    if (strcmp(name, "cntvct_el0") == 0)
        return read_counter();
    if (strcmp(name, "cntfrq_el0") == 0)
        return frequency;
    fail_msg("read of %s", name);
    return 0;
}

void model_sysreg_write(const char *name, uint64_t value)
{
    if (strcmp(name, "cntv_cval_el0") == 0)
        compare = value;
    else if (strcmp(name, "cntv_ctl_el0") == 0) {
        control = value;
        fired |= value == 1 && compare <= counter;
    } else if (strcmp(name, "cntkctl_el1") != 0)
        fail_msg("write of %s: a time to go is counted from a reading", name);
}

// ---- what the driver asks of the machine ----

uint64_t hal_ticks(void)
{
    return arm64_counter_unstable ? arm64_ticks_unstable() : read_counter();
}

void irq_private_register(unsigned intid, const char *name, void (*handler)(void))
{
    (void)handler;
    assert_string_equal(name, "timer");
    assert_int_equal(intid, 27);
}

void irq_private_unmask(unsigned intid)
{
    assert_int_equal(intid, 27);
}

unsigned irq_take(void)
{
    bool came = fired && control == 1;
    return came ? wired : IRQ_SPURIOUS;
}

// ---- tests ----

static zx_status_t bind_timer(const char *tree)
{
    struct fixture fixture;
    fixture_begin(&fixture, tree);
    zx_status_t status = arm_timer_init(&fixture.tree);
    fixture_end(&fixture);
    return status;
}

static int start(void **state)
{
    (void)state;
    counter = 0x123456789a;
    step = 1;
    reads = wrong = 0;
    dice = 1;
    reads_max = ~0u;
    return bind_timer("a64") == ZX_OK ? 0 : -1;
}

// The model's readings are wrong now and then; what the kernel makes of them never is.
static void test_no_jump_is_seen(void **state)
{
    (void)state;
    assert_true(arm64_counter_unstable);
    assert_true(hal_ticks_unstable());
    for (step = 1; step < 200; step += 13) {
        uint64_t last = counter;
        for (unsigned i = 0; i < 20000; i++) {
            uint64_t ticks = hal_ticks();
            assert_true(ticks > last);
            assert_true(ticks <= counter && counter - ticks < 2 * step);
            last = ticks;
        }
    }
    assert_true(wrong > 10);
}

// A counter that shows such bits for ever does not hang the kernel.
static void test_readings_are_bounded(void **state)
{
    (void)state;
    counter = ~0ull << LOW_BITS;
    step = 1ull << LOW_BITS;
    reads = 0;
    reads_max = 1000;
    (void)hal_ticks();
    assert_true(reads > 10);
}

static void test_only_where_the_tree_says_so(void **state)
{
    (void)state;
    assert_int_equal(bind_timer("rpi4"), ZX_OK);
    assert_false(hal_ticks_unstable());
    reads = 0;
    counter = (1u << LOW_BITS) - 2;
    (void)hal_ticks();
    assert_int_equal(reads, 1);
}

static void test_timer_is_set_by_its_compare_value(void **state)
{
    (void)state;
    hal_timer_set(ZX_SEC(5));
    assert_true(compare >= 5ull * frequency && compare <= 5ull * frequency + 1);
    assert_int_equal(control, 1);
    hal_timer_cancel();
    assert_int_equal(control, 0);
}

// The line of the tree is tried before anybody relies on it; the timer is off afterwards.
static void test_line_is_tried(void **state)
{
    (void)state;
    assert_int_equal(timer_check(), ZX_OK);
    assert_int_equal(control, 0);
    wired = 30;
    assert_int_equal(timer_check(), ZX_ERR_TIMED_OUT);
    assert_int_equal(control, 0);
    wired = 27;
}

int run_counter_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_jump_is_seen, start),
        cmocka_unit_test_setup(test_readings_are_bounded, start),
        cmocka_unit_test_setup(test_only_where_the_tree_says_so, start),
        cmocka_unit_test_setup(test_timer_is_set_by_its_compare_value, start),
        cmocka_unit_test_setup(test_line_is_tried, start),
    };
    return cmocka_run_group_tests_name("A64 counter", tests, NULL, NULL);
}

int main(void)
{
    return run_counter_tests();
}
