// SPDX-License-Identifier: MIT
// debug/panic.h, debug/assert.h: what a report says, and that it always ends.
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <debug/assert.h>
#include <debug/log.h>
#include <debug/panic.h>
#include <hal/cpu.h>
#include <hal/upcall.h>

#include "stub_hal.h"

static void describe(char *buf, size_t size)
{
    snprintf(buf, size, "process 'mon' (1040), thread 'initial' (1041)");
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        print_error("not found: %s\nin: %s\n", part, text);
        fail();
    }
}

static void panic_plain(void)
{
    stub_set_cpu(2);
    stub_now = 1500000000;
    for (int i = 0; i < 30; i++)
        klog(LOG_INFO, "line %d", i);
    panic_set_describe(describe);
    panic("cannot go on: %s %d", "reason", 7);
}

static void test_panic_report_names_everything(void **state)
{
    (void)state;
    const char *text = stub_panic_text(panic_plain);
    assert_non_null(text);
    assert_contains(text, "\n*** KERNEL PANIC: cannot go on: reason 7\n");
    assert_contains(text, "CPU 2, 1.500 s, process 'mon' (1040), thread 'initial' (1041)\n");
    assert_contains(text, "backtrace:\n  #00 0x");
    assert_contains(text, "00000.00000> line 10\n"); // the last 20 of 30
    assert_contains(text, "00000.00000> line 29\n");
    assert_null(strstr(text, "line 9\n"));
    const char *end = "*** end of panic report\nstub: reboot\n";
    assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void panic_again(void)
{
    panic("again");
}

static void panic_halt(void)
{
    boot_info.cmdline = "kernel.halt-on-panic";
    panic("again");
}

static void test_panic_reboots_unless_told_to_halt(void **state)
{
    (void)state;
    const char *text = stub_panic_text(panic_again);
    assert_non_null(text);
    assert_contains(text, "*** end of panic report\nstub: reboot\n");
    text = stub_panic_text(panic_halt);
    assert_non_null(text);
    assert_contains(text, "*** end of panic report\n");
    assert_null(strstr(text, "stub: reboot"));
}

static void panics_again(char *buf, size_t size)
{
    (void)buf;
    (void)size;
    panic("in the report");
}

static void panic_nested(void)
{
    panic_set_describe(panics_again);
    panic("outer");
}

static void test_panic_inside_the_report_ends_it(void **state)
{
    (void)state;
    const char *text = stub_panic_text(panic_nested);
    assert_non_null(text);
    assert_contains(text, "*** KERNEL PANIC: outer\n");
    assert_contains(text, "*** KERNEL PANIC inside the report: in the report");
    assert_contains(text, "*** end of panic report\n");
}

static void print_registers(const void *frame)
{
    kernel_panic_printf("x0 = 0x%016lx\n", *(const unsigned long *)frame);
}

static void fatal_fault(void)
{
    // A stack with three frame records, then one that leads out of it.
    static uintptr_t stack[64];
    hal_current()->kstack_base = (uintptr_t)stack;
    hal_current()->kstack_size = sizeof(stack);
    stack[4] = (uintptr_t)&stack[10];
    stack[5] = 0x1111;
    stack[10] = (uintptr_t)&stack[20];
    stack[11] = 0x2222;
    stack[20] = (uintptr_t)&stack[8]; // backwards: ends the walk after this frame
    stack[21] = 0x3333;
    boot_info.image_base = 0x2000;
    boot_info.image_size = 0x1000;
    unsigned long frame = 0xabcdef;
    kernel_fatal("data abort", &frame, print_registers, 0x9999, (uintptr_t)&stack[4]);
}

static void test_kernel_fatal_prints_registers_and_frames(void **state)
{
    (void)state;
    const char *text = stub_panic_text(fatal_fault);
    assert_non_null(text);
    assert_contains(text, "*** KERNEL PANIC: data abort\n");
    assert_contains(text, "x0 = 0x0000000000abcdef\n");
    assert_contains(text, "  #00 0x0000000000009999\n  #01 0x0000000000001111\n"
                          "  #02 0x0000000000002222 image+0x222\n  #03 0x0000000000003333\nlast");
}

static unsigned lines;

static void count_line(const char *text)
{
    (void)text;
    lines++;
}

static void test_backtrace_stays_within_the_stack(void **state)
{
    (void)state;
    uintptr_t stack[8] = {0};
    uintptr_t base = (uintptr_t)stack;
    static const struct {
        ptrdiff_t fp;
        unsigned want;
    } cases[] = {{-8, 0}, {4, 0}, {56, 0}, {64, 0}, {1 << 20, 0}, {0, 1}, {48, 1}};
    stack[1] = stack[7] = 0x1000; // return addresses of records at 0 and 48
    for (size_t i = 0; i < countof(cases); i++) {
        lines = 0;
        backtrace_print(0, base + (uintptr_t)cases[i].fp, base, sizeof(stack), count_line);
        assert_int_equal(lines, cases[i].want);
    }
    lines = 0;
    backtrace_print(0x1234, base, base, 0, count_line);
    assert_int_equal(lines, 1); // the pc alone
    stack[0] = base;            // a record that leads to itself
    lines = 0;
    backtrace_print(0, base, base, sizeof(stack), count_line);
    assert_int_equal(lines, 1);
}

static void failing_assert(void)
{
    int one = 1;
    ASSERT(one == 2);
}

static void failing_debug_assert(void)
{
    int one = 1;
    DEBUG_ASSERT(one == 3);
}

static void test_assert_names_place_and_expression(void **state)
{
    (void)state;
    const char *text = stub_panic_text(failing_assert);
    assert_non_null(text);
    assert_contains(text, "test_panic.c:");
    assert_contains(text, "assertion failed: one == 2\n");
    text = stub_panic_text(failing_debug_assert);
    assert_non_null(text);
    assert_contains(text, "assertion failed: one == 3\n");
    ASSERT(1 + 1 == 2);
}

static void log_after_panic(char *buf, size_t size)
{
    log_panic_dump(0, NULL, NULL); // what marks the log as dead
    snprintf(buf, size, "write gives %d", log_write(0, 0, 0, "x", 1));
}

static void panic_with_dead_log(void)
{
    panic_set_describe(log_after_panic);
    panic("x");
}

static void test_log_write_after_panic_bad_state(void **state)
{
    (void)state;
    const char *text = stub_panic_text(panic_with_dead_log);
    assert_non_null(text);
    char want[40];
    snprintf(want, sizeof(want), "write gives %d", ZX_ERR_BAD_STATE);
    assert_contains(text, want);
}

int run_panic_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panic_report_names_everything),
        cmocka_unit_test(test_panic_reboots_unless_told_to_halt),
        cmocka_unit_test(test_panic_inside_the_report_ends_it),
        cmocka_unit_test(test_kernel_fatal_prints_registers_and_frames),
        cmocka_unit_test(test_backtrace_stays_within_the_stack),
        cmocka_unit_test(test_assert_names_place_and_expression),
        cmocka_unit_test(test_log_write_after_panic_bad_state),
    };
    return cmocka_run_group_tests_name("panic", tests, NULL, NULL);
}
