// SPDX-License-Identifier: MIT
/*
 * Timer, interrupt controllers, UARTs.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

static void test_read_timer_translates_its_four_lines(void **state)
{
    (void)state;
    static const uint32_t intids[FDT_TIMER_LINE_COUNT] = {29, 30, 27, 26};
    struct fixture f;
    struct fdt_timer timer;
    fixture_begin(&f, "virt-gic3");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer"), &timer), ZX_OK);
    assert_int_equal(timer.present, 0xf);
    for (uint32_t i = 0; i < FDT_TIMER_LINE_COUNT; i++) {
        assert_int_equal(timer.lines[i].intid, intids[i]);
        assert_int_equal(timer.lines[i].trigger, FDT_TRIGGER_LEVEL_HIGH);
    }
    assert_int_equal(timer.flags, FDT_TIMER_ALWAYS_ON);
    assert_int_equal(timer.frequency_hz, 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_timer_errata_flags(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_timer timer;
    fixture_begin(&f, "a64");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer"), &timer), ZX_OK);
    assert_int_equal(timer.flags, FDT_TIMER_UNSTABLE_A64 | FDT_TIMER_STOPS_IN_SUSPEND);
    fixture_end(&f);
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer-names"), &timer), ZX_OK);
    assert_int_equal(timer.flags, FDT_TIMER_ERRATUM_A008585 | FDT_TIMER_ERRATUM_161010101);
    fixture_end(&f);
}

static void test_read_timer_by_names(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_timer timer;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer-names"), &timer), ZX_OK);
    assert_int_equal(timer.present, 1u << FDT_TIMER_VIRTUAL | 1u << FDT_TIMER_PHYSICAL);
    assert_int_equal(timer.lines[FDT_TIMER_VIRTUAL].intid, 27);
    assert_int_equal(timer.lines[FDT_TIMER_PHYSICAL].intid, 30);
    assert_int_equal(timer.lines[FDT_TIMER_PHYSICAL].trigger, FDT_TRIGGER_LEVEL_LOW);
    assert_int_equal(timer.frequency_hz, 24000000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_timer_without_virtual_line_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_timer timer;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer-no-virt"), &timer),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/timer-no-virt", "interrupts: no line of the virtual timer");
    assert_int_equal(fdt_read_timer(&f.tree, fixture_node(&f, "/timer-spi"), &timer),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/timer-spi",
                            "interrupts: a timer's line that is not private to a CPU");
    fixture_end(&f);
}

/* Trap 8: two or four entries for GICv2; GICv3's second is the redistributor region. */
static void test_trap8_gicv2_with_2_or_4_regions(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_gicv2 gic;
    fixture_begin(&f, "virt-gic2");
    assert_int_equal(fdt_read_gicv2(&f.tree, fixture_node(&f, "/intc@8000000"), &gic), ZX_OK);
    fixture_assert_range(&gic.distributor, 0x8000000, 0x10000);
    fixture_assert_range(&gic.cpu_interface, 0x8010000, 0x10000);
    fixture_assert_range(&gic.hypervisor, 0, 0);
    fixture_assert_range(&gic.virtual_cpu, 0, 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "virt-gic2-el2");
    assert_int_equal(fdt_read_gicv2(&f.tree, fixture_node(&f, "/intc@8000000"), &gic), ZX_OK);
    fixture_assert_range(&gic.cpu_interface, 0x8010000, 0x10000);
    fixture_assert_range(&gic.hypervisor, 0x8030000, 0x10000);
    fixture_assert_range(&gic.virtual_cpu, 0x8040000, 0x10000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_trap8_gicv3_redistributor_region_is_the_second(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_gicv3 gic;
    fixture_begin(&f, "virt-gic3");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/intc@8000000"), &gic), ZX_OK);
    fixture_assert_range(&gic.distributor, 0x8000000, 0x10000);
    assert_int_equal(gic.redistributor_count, 1);
    fixture_assert_range(&gic.redistributors[0], 0x80a0000, 0xf60000);
    assert_int_equal(gic.redistributor_stride, 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_gicv3_several_regions_and_stride(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_gicv3 gic;
    fixture_begin(&f, "buses");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/gic@1000"), &gic), ZX_OK);
    assert_int_equal(gic.redistributor_count, 2);
    fixture_assert_range(&gic.redistributors[0], 0x100000, 0x100000);
    fixture_assert_range(&gic.redistributors[1], 0x800000, 0x200000);
    assert_int_equal(gic.redistributor_stride, 0x40000);
    fixture_end(&f);
}

static void test_read_gic_lacking_a_region_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_gicv2 gic2;
    struct fdt_gicv3 gic3;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_gicv2(&f.tree, fixture_node(&f, "/gic@1000"), &gic2),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/gic@1000", "reg: lacks a region of the interrupt controller");
    assert_int_equal(fdt_read_gicv2(&f.tree, fixture_node(&f, "/gic-empty@2000"), &gic2),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/gic-empty@2000",
                            "reg: a region of the interrupt controller is empty");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/gicv3-none@7000"), &gic3),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/gicv3-none@7000",
                            "reg: lacks a region of the interrupt controller");
    fixture_end(&f);
}

static void test_read_misaligned_registers_are_refused(void **state)
{
    (void)state;
    static const uint8_t gic_reg[] = {0, 0, 0, 0, 8, 0,  0, 3, 0, 0, 0, 0, 0, 1,  0, 0,
                                      0, 0, 0, 0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0};
    static const uint8_t uart_reg[] = {0, 0, 0, 0, 9, 0, 0, 2, 0, 0, 0, 0, 0, 0, 16, 0};
    struct fixture f;
    struct fdt_gicv3 gic;
    struct fdt_uart uart;
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/intc@8000000", "reg", gic_reg, sizeof(gic_reg));
    fixture_set(&f, "/pl011@9000000", "reg", uart_reg, sizeof(uart_reg));
    fixture_open(&f);
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/intc@8000000"), &gic),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/intc@8000000",
                            "reg: a region of the interrupt controller is not aligned");
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/pl011@9000000"), &uart),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/pl011@9000000", "reg: not aligned");
    fixture_end(&f);
}

static void test_read_gicv3_odd_region_counts_are_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_gicv3 gic;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/gicv3-few@4000"), &gic), ZX_OK);
    assert_int_equal(gic.redistributor_count, 2); /* of the 3 that it claims */
    fixture_assert_reported(&f, "/gicv3-few@4000",
                            "reg: lacks a region of the interrupt controller");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/gicv3-zero@8000"), &gic), ZX_OK);
    assert_int_equal(gic.redistributor_count, 1);
    fixture_assert_reported(&f, "/gicv3-zero@8000", "#redistributor-regions: 0, taken for 1");
    assert_int_equal(gic.redistributor_stride, 0);
    fixture_assert_reported(&f, "/gicv3-zero@8000",
                            "redistributor-stride: not that of whole frames, ignored");
    assert_int_equal(fdt_read_gicv3(&f.tree, fixture_node(&f, "/gicv3-many@a000"), &gic), ZX_OK);
    assert_int_equal(gic.redistributor_count, 1);
    assert_int_equal(gic.redistributor_stride, 0);
    fixture_assert_reported(&f, "/gicv3-many@a000",
                            "#redistributor-regions: more than the kernel has room for");
    fixture_assert_reported(&f, "/gicv3-many@a000",
                            "redistributor-stride: neither 4 nor 8 bytes long");
    fixture_end(&f);
}

static void test_node_is_gic_knows_the_family(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "a64");
    assert_true(fdt_node_is_gic(&f.tree, fixture_node(&f, "/soc/interrupt-controller@1c81000")));
    assert_false(fdt_node_is_gic(&f.tree, fixture_node(&f, "/soc/interrupt-controller@1f00c00")));
    fixture_end(&f);
    fixture_begin(&f, "virt-gic2");
    assert_true(fdt_node_is_gic(&f.tree, fixture_node(&f, "/intc@8000000")));
    fixture_end(&f);
}

static void test_read_uart_facts_of_the_boards(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_uart uart;
    fixture_begin(&f, "virt-gic3"); /* its clock is a fixed one */
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/pl011@9000000"), &uart), ZX_OK);
    fixture_assert_range(&uart.regs, 0x9000000, 0x1000);
    assert_int_equal(uart.clock_hz, 24000000);
    assert_true(uart.has_irq);
    assert_int_equal(uart.irq.intid, 33);
    assert_int_equal(uart.irq.trigger, FDT_TRIGGER_LEVEL_HIGH);
    assert_int_equal(uart.reg_shift, 0);
    assert_int_equal(uart.reg_io_width, 0);
    assert_int_equal(uart.baud, 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "rpi4"); /* its clock needs a driver */
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/soc/serial@7e215040"), &uart),
                     ZX_OK);
    fixture_assert_range(&uart.regs, 0xfe215040, 0x40);
    assert_int_equal(uart.irq.intid, 125);
    assert_int_equal(uart.clock_hz, 0);
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/soc/serial@7e201000"), &uart),
                     ZX_OK);
    fixture_assert_range(&uart.regs, 0xfe201000, 0x200);
    assert_int_equal(uart.irq.intid, 153);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "a64");
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/soc/serial@1c28000"), &uart), ZX_OK);
    fixture_assert_range(&uart.regs, 0x1c28000, 0x400);
    assert_int_equal(uart.irq.intid, 32);
    assert_int_equal(uart.reg_shift, 2);
    assert_int_equal(uart.reg_io_width, 4);
    assert_int_equal(uart.clock_hz, 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_read_uart_odd_values_are_reported_and_replaced(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_uart uart;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/uart"), &uart), ZX_OK);
    fixture_assert_range(&uart.regs, 0x9040, 0xc0);
    assert_int_equal(uart.reg_shift, 0);
    assert_int_equal(uart.reg_io_width, 0);
    assert_int_equal(uart.clock_hz, 1843200);
    assert_int_equal(uart.baud, 115200);
    assert_false(uart.has_irq);
    fixture_assert_reported(&f, "/uart", "reg-shift: too large, ignored");
    fixture_assert_reported(&f, "/uart", "reg-io-width: not 1, 2 or 4, ignored");
    assert_int_equal(f.report_count, 2); /* no interrupt is no problem */

    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/uart-far"), &uart), ZX_OK);
    fixture_assert_range(&uart.regs, 0xa000, 0x100);
    assert_int_equal(uart.clock_hz, 0);
    assert_false(uart.has_irq);
    fixture_assert_reported(&f, "/uart-far", "reg-offset: outside reg, ignored");
    fixture_assert_reported(&f, "/uart-far", "reg-shift: not one cell");
    fixture_assert_reported(&f, "/uart-far", "interrupts: not whole entries");
    fixture_end(&f);
}

static void test_read_uart_without_registers_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_uart uart;
    fixture_begin(&f, "broken");
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/uart-empty"), &uart),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/uart-empty", "reg: absent or empty");
    assert_int_equal(fdt_read_uart(&f.tree, fixture_node(&f, "/uart-noreg"), &uart),
                     ZX_ERR_IO_DATA_INTEGRITY);
    fixture_assert_reported(&f, "/uart-noreg", "reg: absent or empty");
    fixture_end(&f);
}

int run_devices_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_timer_translates_its_four_lines),
        cmocka_unit_test(test_read_timer_errata_flags),
        cmocka_unit_test(test_read_timer_by_names),
        cmocka_unit_test(test_read_timer_without_virtual_line_is_refused),
        cmocka_unit_test(test_trap8_gicv2_with_2_or_4_regions),
        cmocka_unit_test(test_trap8_gicv3_redistributor_region_is_the_second),
        cmocka_unit_test(test_read_gicv3_several_regions_and_stride),
        cmocka_unit_test(test_read_gic_lacking_a_region_is_refused),
        cmocka_unit_test(test_read_misaligned_registers_are_refused),
        cmocka_unit_test(test_read_gicv3_odd_region_counts_are_reported),
        cmocka_unit_test(test_node_is_gic_knows_the_family),
        cmocka_unit_test(test_read_uart_facts_of_the_boards),
        cmocka_unit_test(test_read_uart_odd_values_are_reported_and_replaced),
        cmocka_unit_test(test_read_uart_without_registers_is_refused),
    };
    return cmocka_run_group_tests_name("fdt devices", tests, NULL, NULL);
}
