// SPDX-License-Identifier: MIT
/*
 * Interrupts: finding the controller, and what a GIC makes of the cells.
 */
#include "fixture.h"
#include "suites.h"

static void assert_irq(struct fixture *f, const char *path, uint32_t index, uint32_t intid,
                       enum fdt_trigger trigger)
{
    struct fdt_irq irq = {0};
    assert_int_equal(fdt_node_irq(&f->tree, fixture_node(f, path), index, &irq), ZX_OK);
    assert_int_equal(irq.intid, intid);
    assert_int_equal(irq.trigger, trigger);
}

/* Line `index` cannot be resolved, and this is said about the node `blamed`. */
static void assert_bad_irq(struct fixture *f, const char *path, uint32_t index, zx_status_t status,
                           const char *blamed, const char *message)
{
    struct fdt_irq irq = {.intid = 77};
    f->report_count = 0;
    f->tree.report_count = 0;
    assert_int_equal(fdt_node_irq(&f->tree, fixture_node(f, path), index, &irq), status);
    assert_int_equal(irq.intid, 77);
    fixture_assert_reported(f, blamed, message);
}

static void test_node_irq_decodes_all_kinds_of_lines(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t count = 0;
    fixture_begin(&f, "buses");
    assert_irq(&f, "/irq-plain", 0, 32 + 5, FDT_TRIGGER_LEVEL_HIGH);
    assert_irq(&f, "/irq-plain", 1, 16 + 3, FDT_TRIGGER_LEVEL_LOW);
    assert_irq(&f, "/irq-plain", 2, 4096 + 7, FDT_TRIGGER_EDGE_RISING);
    assert_irq(&f, "/irq-plain", 3, 1056 + 9, FDT_TRIGGER_EDGE_FALLING);
    struct fdt_node node = fixture_node(&f, "/irq-plain");
    assert_int_equal(fdt_node_interrupt_count(&f.tree, node, &count), ZX_OK);
    assert_int_equal(count, 4);
    struct fdt_irq irq;
    assert_int_equal(fdt_node_irq(&f.tree, node, 4, &irq), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_node_irq(&f.tree, node, UINT32_MAX, &irq), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_node_irq(&f.tree, fixture_node(&f, "/passes"), 0, &irq), ZX_ERR_NOT_FOUND);
    assert_int_equal(f.report_count, 1); /* the depth, on opening */
    fixture_end(&f);
}

static void test_node_irq_mask_of_cpus_is_no_trigger(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4"); /* flags 0xf08 */
    assert_irq(&f, "/timer", 2, 27, FDT_TRIGGER_LEVEL_LOW);
    fixture_end(&f);
    fixture_begin(&f, "virt-gic2"); /* flags 0xf04 */
    assert_irq(&f, "/timer", 2, 27, FDT_TRIGGER_LEVEL_HIGH);
    assert_irq(&f, "/virtio_mmio@a000000", 0, 48, FDT_TRIGGER_EDGE_RISING);
    fixture_end(&f);
}

static void test_node_irq_that_a_gic_cannot_have_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    const char *path = "/irq-bad-number";
    const char *message = "interrupts: not an interrupt that a GIC can have";
    fixture_begin(&f, "buses");
    for (uint32_t i = 0; i < 3; i++) {
        assert_bad_irq(&f, path, i, ZX_ERR_IO_DATA_INTEGRITY, path, message);
    }
    f.report_count = 0;
    assert_irq(&f, "/irq-bad-trigger", 0, 32 + 5, FDT_TRIGGER_DEFAULT);
    fixture_assert_reported(&f, "/irq-bad-trigger",
                            "interrupts: a contradictory trigger is ignored");
    fixture_end(&f);
}

static void test_node_irq_short_property_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_bad_irq(&f, "/irq-short", 0, ZX_ERR_IO_DATA_INTEGRITY, "/irq-short",
                   "interrupts: not whole entries");
    assert_bad_irq(&f, "/irq-bytes", 0, ZX_ERR_IO_DATA_INTEGRITY, "/irq-bytes",
                   "interrupts: not a whole number of cells");
    assert_bad_irq(&f, "/irq-extended-short", 1, ZX_ERR_IO_DATA_INTEGRITY, "/irq-extended-short",
                   "interrupts-extended: cut short");
    uint32_t count = 0;
    assert_int_equal(
        fdt_node_interrupt_count(&f.tree, fixture_node(&f, "/irq-extended-short"), &count),
        ZX_ERR_IO_DATA_INTEGRITY);
    fixture_end(&f);
}

static void test_node_interrupt_other_controllers(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_interrupt line;
    fixture_begin(&f, "buses");
    assert_int_equal(fdt_node_interrupt(&f.tree, fixture_node(&f, "/irq-gpio"), 0, &line), ZX_OK);
    fixture_assert_path(&f, line.controller, "/gpio");
    assert_int_equal(line.cell_count, 2);
    assert_int_equal(line.cells[0], 17);
    assert_int_equal(line.cells[1], 2);
    assert_int_equal(fdt_node_interrupt(&f.tree, fixture_node(&f, "/irq-one"), 0, &line), ZX_OK);
    assert_int_equal(line.cell_count, 1);
    assert_int_equal(line.cells[0], 17);
    assert_bad_irq(&f, "/irq-gpio", 0, ZX_ERR_NOT_SUPPORTED, "/irq-gpio",
                   "interrupts: not a line of the GIC");
    fixture_end(&f);
    fixture_begin(&f, "a64"); /* a controller whose cells look like a GIC's, and is none */
    assert_bad_irq(&f, "/soc/rtc@1f00000", 0, ZX_ERR_NOT_SUPPORTED, "/soc/rtc@1f00000",
                   "interrupts: not a line of the GIC");
    fixture_end(&f);
}

static void test_node_interrupt_extended_comes_first(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_interrupt line;
    uint32_t count = 0;
    fixture_begin(&f, "buses");
    struct fdt_node node = fixture_node(&f, "/irq-extended");
    assert_int_equal(fdt_node_interrupt_count(&f.tree, node, &count), ZX_OK);
    assert_int_equal(count, 4);
    assert_int_equal(fdt_node_interrupt(&f.tree, node, 0, &line), ZX_OK);
    fixture_assert_path(&f, line.controller, "/gpio");
    assert_int_equal(line.cells[1], 2);
    assert_int_equal(fdt_node_interrupt(&f.tree, node, 1, &line), ZX_ERR_NOT_FOUND); /* a hole */
    assert_irq(&f, "/irq-extended", 2, 32 + 6, FDT_TRIGGER_EDGE_RISING);
    assert_int_equal(fdt_node_interrupt(&f.tree, node, 3, &line), ZX_OK);
    fixture_assert_path(&f, line.controller, "/one-cell");
    assert_int_equal(line.cells[0], 9);
    assert_int_equal(fdt_node_interrupt(&f.tree, node, 4, &line), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_node_interrupt(&f.tree, node, UINT32_MAX, &line), ZX_ERR_OUT_OF_RANGE);
    fixture_end(&f);
}

static void test_node_interrupt_unusable_parents_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    const zx_status_t bad = ZX_ERR_IO_DATA_INTEGRITY;
    fixture_begin(&f, "buses");
    assert_bad_irq(&f, "/irq-nexus", 0, ZX_ERR_NOT_SUPPORTED, "/irq-nexus",
                   "interrupts: behind an interrupt-map, which is not supported");
    assert_bad_irq(&f, "/irq-nothing", 0, bad, "/irq-nothing",
                   "interrupts: the interrupt parent is not a controller");
    assert_bad_irq(&f, "/irq-five", 0, bad, "/five", "#interrupt-cells: not 1 to 4");
    assert_bad_irq(&f, "/irq-none", 0, bad, "/none", "#interrupt-cells: not 1 to 4");
    assert_bad_irq(&f, "/irq-bare-extended", 0, bad, "/bare",
                   "#interrupt-cells: absent from an interrupt parent");
    assert_bad_irq(&f, "/irq-dangling", 0, bad, "/irq-dangling", "interrupt-parent: names no node");
    assert_bad_irq(&f, "/irq-dangling-extended", 0, bad, "/irq-dangling-extended",
                   "interrupts-extended: names no node");
    assert_bad_irq(&f, "/irq-off", 0, ZX_ERR_NOT_SUPPORTED, "/irq-off",
                   "interrupts: the interrupt parent is disabled");
    fixture_end(&f);
    fixture_begin(&f, "virt-gic3"); /* a card on PCI: the bus is the nexus */
    assert_bad_irq(&f, "/pcie@10000000/card@800", 0, ZX_ERR_NOT_SUPPORTED,
                   "/pcie@10000000/card@800",
                   "interrupts: behind an interrupt-map, which is not supported");
    fixture_end(&f);
}

static void test_node_interrupt_circles_end(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_bad_irq(&f, "/circle-a", 0, ZX_ERR_IO_DATA_INTEGRITY, "/circle-a",
                   "interrupt-parent: the chain of parents is a circle");
    assert_bad_irq(&f, "/myself", 0, ZX_ERR_IO_DATA_INTEGRITY, "/myself",
                   "interrupt-parent: the chain of parents is a circle");
    fixture_end(&f);
}

static void test_node_interrupt_without_any_parent_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/", "interrupt-parent", NULL, 0);
    fixture_open(&f);
    assert_bad_irq(&f, "/timer", 0, ZX_ERR_IO_DATA_INTEGRITY, "/",
                   "interrupt-parent: none up to the root");
    fixture_end(&f);
}

int run_interrupt_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_irq_decodes_all_kinds_of_lines),
        cmocka_unit_test(test_node_irq_mask_of_cpus_is_no_trigger),
        cmocka_unit_test(test_node_irq_that_a_gic_cannot_have_is_refused),
        cmocka_unit_test(test_node_irq_short_property_is_refused),
        cmocka_unit_test(test_node_interrupt_other_controllers),
        cmocka_unit_test(test_node_interrupt_extended_comes_first),
        cmocka_unit_test(test_node_interrupt_unusable_parents_are_refused),
        cmocka_unit_test(test_node_interrupt_circles_end),
        cmocka_unit_test(test_node_interrupt_without_any_parent_is_refused),
    };
    return cmocka_run_group_tests_name("fdt interrupt", tests, NULL, NULL);
}
