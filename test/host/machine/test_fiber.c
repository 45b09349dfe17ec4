// SPDX-License-Identifier: MIT
// Threads as fibers: switching on one CPU, deep stacks, and the rules that a switch checks.
#include "toy.h"

#include "tests.h"

static struct hal_thread threads[2];
static struct hal_thread *main_thread;
static unsigned trace[64], trace_used;

static void thread_make(struct hal_thread *t, void (*entry)(void *), void *arg)
{
    size_t size;

    memset(t, 0, sizeof(*t));
    t->kstack_base = (uintptr_t)hal_kstack_alloc(&size);
    t->kstack_size = size;
    hal_thread_init(t, entry, arg);
}

// Uses much stack, so that AddressSanitizer sees frames on the right one.
static unsigned deep(unsigned n)
{
    volatile char space[512];

    space[n % sizeof(space)] = (char)n;
    return n == 0 ? 0 : 1 + deep(n - 1) + (unsigned)(space[n % sizeof(space)] == 99 && n > 1000);
}

static void ping(void *arg)
{
    unsigned self = (unsigned)(uintptr_t)arg;

    for (unsigned i = 0; i < 10; i++) {
        trace[trace_used++] = self;
        if (deep(50) != 50)
            host_fail(HOST_PANIC, "the stack is broken");
        hal_thread_switch(&threads[self], &threads[!self]);
    }
    hal_thread_switch(&threads[self], main_thread);
}

static void run_ping(void)
{
    main_thread = hal_current();
    trace_used = 0;
    hal_irq_disable();
    for (unsigned i = 0; i < 2; i++)
        thread_make(&threads[i], ping, (void *)(uintptr_t)i);
    hal_thread_switch(main_thread, &threads[0]);
    hal_irq_enable();
    for (unsigned i = 0; i < 2; i++) {
        void *stack = (void *)threads[i].kstack_base;
        hal_thread_destroy(&threads[i]);
        hal_kstack_free(stack);
    }
}

static void test_switch_alternates(void **state)
{
    struct toy toy = { .cpu_main = { run_ping, NULL } };

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 2, seed), HOST_FINISHED);
        assert_int_equal(trace_used, 20);
        for (unsigned i = 0; i < 20; i++)
            assert_int_equal(trace[i], i % 2);
    }
    assert_int_equal(host_usage().kstacks, 0);
}

static void switch_to_running(void)
{
    hal_irq_disable();
    threads[0] = *hal_current();
    hal_thread_switch(hal_current(), &threads[0]);
}

static void switch_with_irqs_on(void)
{
    hal_thread_switch(hal_current(), &threads[0]);
}

static void test_switch_broken_rules_are_reported(void **state)
{
    struct toy toy = { .cpu_main = { switch_to_running } };

    (void)state;
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 1, 1), HOST_BROKEN);
    assert_non_null(strstr(host_report(), "runs on cpu 0"));
    toy.cpu_main[0] = switch_with_irqs_on;
    assert_int_equal(toy_run(&toy, HOST_DETERMINISTIC, 1, 1), HOST_BROKEN);
    assert_non_null(strstr(host_report(), "interrupts on"));
}

const struct CMUnitTest fiber_tests[] = {
    cmocka_unit_test(test_switch_alternates),
    cmocka_unit_test(test_switch_broken_rules_are_reported),
};
const size_t fiber_test_count = countof(fiber_tests);
