// SPDX-License-Identifier: MIT
// Dispatch of what an interrupt controller gives: a fake one with a list of tokens.
#include "model.h"

#include <hal/cpu.h>
#include <hal/mmu.h>
#include <hal/upcall.h>
#include <irq/irq.h>

#define TIMER   27u
#define NOTHING 1023u

static const uint32_t *tokens; // the last one is NOTHING
static uint32_t ended[16];
static unsigned end_count, ipi_count, ipi_last, timer_count, masked;

static uint32_t fake_acknowledge(void)
{
    return *tokens == NOTHING ? NOTHING : *tokens++;
}

static void fake_end(uint32_t token)
{
    assert_true(end_count < sizeof(ended) / sizeof(ended[0]));
    ended[end_count++] = token;
}

static void fake_mask(unsigned intid)
{
    masked = intid;
}

static const struct irqchip_ops fake = {
    .name = "fake", .acknowledge = fake_acknowledge, .end = fake_end, .mask = fake_mask};

static void timer_came(void)
{
    timer_count++;
}

static void dispatch(const uint32_t *list)
{
    tokens = list;
    end_count = ipi_count = timer_count = masked = 0;
    irqchip_attach(&fake, 256);
    irq_private_register(TIMER, "timer", timer_came);
    irq_dispatch();
    assert_int_equal(*tokens, NOTHING);
}

// Firmware before may have left LPIs or extended lines on: they are nobody's, whatever their low bits are, and are
// ended, for what is not holds all others back.
static void test_what_the_kernel_never_enabled_is_only_ended(void **state)
{
    static const uint32_t list[] = {8192, 8194, 8192 + TIMER, 8192 + 40, 1056, 4096 + TIMER,
                                    0xffffff, NOTHING};
    (void)state;
    dispatch(list);
    assert_int_equal(end_count, 7);
    for (unsigned i = 0; i < end_count; i++)
        assert_int_equal(ended[i], list[i]);
    assert_int_equal(ipi_count + timer_count + masked, 0);

    tokens = list;
    end_count = 0;
    assert_int_equal(irq_take(), 8192);
    assert_int_equal(end_count, 1);
}

// What the controller keeps above the INTID comes back with the end. Nothing is ended when nothing was pending.
static void test_lines_are_told_apart(void **state)
{
    static const uint32_t list[] = {0x60000001, TIMER, 40, NOTHING};
    (void)state;
    dispatch(list);
    assert_int_equal(ipi_count, 1);
    assert_int_equal(ipi_last, 1);
    assert_int_equal(timer_count, 1);
    assert_int_equal(masked, 40); // has no handler
    assert_int_equal(end_count, 3);
    for (unsigned i = 0; i < end_count; i++)
        assert_int_equal(ended[i], list[i]);
    assert_int_equal(irq_take(), NOTHING);
    assert_int_equal(end_count, 3);
}

// ---- what dispatch asks of the kernel ----

void kernel_ipi(unsigned ipi)
{
    ipi_count++;
    ipi_last = ipi;
}

paddr_t kernel_table_page_alloc(void)
{
    fail_msg("no line is bound here");
    return 0;
}

void kernel_table_page_free(paddr_t pa)
{
    (void)pa;
}

void *hal_phys_to_virt(paddr_t pa)
{
    (void)pa;
    fail_msg("no line is bound here");
    return NULL;
}

struct hal_thread *hal_current(void)
{
    fail_msg("nobody watches here");
    return NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_kernel_never_enabled_is_only_ended),
        cmocka_unit_test(test_lines_are_told_apart),
    };
    return cmocka_run_group_tests_name("interrupt dispatch", tests, NULL, NULL);
}
