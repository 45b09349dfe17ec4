// SPDX-License-Identifier: MIT
/*
 * Addresses: reg entries and their translation through the buses.
 */
#include "fixture.h"
#include "suites.h"

/* Translates entry `index` of the node at the path. */
static zx_status_t reg(struct fixture *f, const char *path, uint32_t index, struct fdt_range *out)
{
    return fdt_node_reg(&f->tree, fixture_node(f, path), index, out);
}

static void assert_reg(struct fixture *f, const char *path, uint32_t index, uint64_t base,
                       uint64_t bytes)
{
    struct fdt_range range = {0};
    assert_int_equal(reg(f, path, index, &range), ZX_OK);
    fixture_assert_range(&range, base, bytes);
}

/* The reg cannot be used, and this is said about the node `blamed`. */
static void assert_bad_reg(struct fixture *f, const char *path, zx_status_t status,
                           const char *blamed, const char *message)
{
    struct fdt_range range = {0};
    f->report_count = 0;
    f->tree.report_count = 0;
    assert_int_equal(reg(f, path, 0, &range), status);
    assert_int_equal(range.bytes, 0);
    fixture_assert_reported(f, blamed, message);
}

/* Trap 2: root 2/2, 2/1 and 1/1, buses of other counts; empty ranges are identity. */
static void test_trap2_cells_differ_between_root_and_bus(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4"); /* root 2/1, soc 1/1 */
    assert_reg(&f, "/soc/serial@7e215040", 0, 0xfe215040, 0x40);
    assert_reg(&f, "/scb/ethernet@7d580000", 0, 0xfd580000, 0x10000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "rpi4-vendor"); /* the same with 2/2 on scb */
    assert_reg(&f, "/scb/ethernet@7d580000", 0, 0xfd580000, 0x10000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "a64"); /* root 1/1, identity */
    assert_reg(&f, "/soc/serial@1c28000", 0, 0x1c28000, 0x400);
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_begin(&f, "virt-gic2"); /* root 2/2, and ranges of its own below the controller */
    assert_reg(&f, "/intc@8000000/v2m@8020000", 0, 0x8020000, 0x1000);
    assert_reg(&f, "/platform-bus@c000000/device@1000", 0, 0xc001000, 0x100);
    assert_reg(&f, "/pcie@10000000", 0, 0x4010000000, 0x10000000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_trap2_bus_without_ranges_is_not_addressable(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_range range = {0};
    fixture_begin(&f, "buses");
    assert_bad_reg(&f, "/outer/sealed/dev@3", ZX_ERR_NOT_SUPPORTED, "/outer/sealed/dev@3",
                   "reg: not addressable: a bus above has no ranges");
    assert_int_equal(fdt_node_reg_bus(&f.tree, fixture_node(&f, "/outer/sealed/dev@3"), 0, &range),
                     ZX_OK);
    fixture_assert_range(&range, 3, 0);
    fixture_end(&f);
}

/* Trap 3: the soc has three windows, and the interrupt controller lies in the third. */
static void test_trap3_gic_behind_the_third_window(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    assert_reg(&f, "/soc/interrupt-controller@40041000", 0, 0xff841000, 0x1000);
    assert_reg(&f, "/soc/interrupt-controller@40041000", 1, 0xff842000, 0x2000);
    assert_reg(&f, "/soc/interrupt-controller@40041000", 3, 0xff846000, 0x2000);
    assert_reg(&f, "/soc/watchdog@7e100000", 1, 0xfe00a000, 0x24);
    fixture_end(&f);
}

static void test_node_reg_translates_level_by_level(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    f.report_count = 0;
    assert_reg(&f, "/outer/dev@100", 0, 0x800000100, 0x10);
    assert_reg(&f, "/outer/edge@ff0", 0, 0x800000ff0, 0x10);
    assert_reg(&f, "/outer/empty@200", 0, 0x800000200, 0);
    assert_reg(&f, "/outer/inner@10000000/dev@100000020", 0, 0x900000020, 0x4);
    assert_reg(&f, "/outer/inner@10000000/dev@100000020", 1, 0x900000080, 0x8);
    assert_reg(&f, "/outer/inner@10000000/identity/dev@100000040", 0, 0x900000040, 0x4);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_node_reg_outside_every_window_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_bad_reg(&f, "/outer/outside@5000", ZX_ERR_NOT_SUPPORTED, "/outer/outside@5000",
                   "reg: not covered by the ranges of its buses");
    assert_bad_reg(&f, "/outer/straddle@ff8", ZX_ERR_NOT_SUPPORTED, "/outer/straddle@ff8",
                   "reg: not covered by the ranges of its buses");
    assert_bad_reg(&f, "/outer/wrap@f0002000", ZX_ERR_IO_DATA_INTEGRITY, "/outer",
                   "ranges: an entry wraps round the end of the address space");
    assert_bad_reg(&f, "/outer/ragged@0/dev@0", ZX_ERR_IO_DATA_INTEGRITY, "/outer/ragged@0",
                   "ranges: not whole entries");
    fixture_end(&f);
}

static void test_node_reg_short_or_wrapping_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_bad_reg(&f, "/short@0", ZX_ERR_IO_DATA_INTEGRITY, "/short@0",
                   "reg: shorter than one entry");
    assert_bad_reg(&f, "/odd@0", ZX_ERR_IO_DATA_INTEGRITY, "/odd@0", "reg: not whole entries");
    assert_bad_reg(&f, "/wrap@0", ZX_ERR_IO_DATA_INTEGRITY, "/wrap@0",
                   "reg: an entry wraps round the end of the address space");
    fixture_end(&f);
}

static void test_node_reg_cell_counts_absent_or_unusable(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "buses");
    assert_bad_reg(&f, "/wide/dev@0", ZX_ERR_NOT_SUPPORTED, "/wide",
                   "#address-cells: more than 2 cells are not supported");
    assert_bad_reg(&f, "/zero/dev@0", ZX_ERR_NOT_SUPPORTED, "/zero",
                   "#address-cells: 0 gives its children no addresses");
    assert_bad_reg(&f, "/longcells/dev@0", ZX_ERR_IO_DATA_INTEGRITY, "/longcells",
                   "#address-cells: not one cell");
    f.report_count = 0;
    assert_reg(&f, "/nocells/dev@10", 0, 0x10, 4); /* the specification's 2 and 1 */
    fixture_assert_reported(&f, "/nocells", "#address-cells: absent, the default is used");
    fixture_assert_reported(&f, "/nocells", "#size-cells: absent, the default is used");
    fixture_end(&f);
}

static void test_node_reg_count_and_index(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_range range;
    uint32_t count = 0;
    fixture_begin(&f, "rpi4");
    struct fdt_node gic = fixture_node(&f, "/soc/interrupt-controller@40041000");
    assert_int_equal(fdt_node_reg_count(&f.tree, gic, &count), ZX_OK);
    assert_int_equal(count, 4);
    assert_int_equal(fdt_node_reg(&f.tree, gic, 4, &range), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_node_reg(&f.tree, gic, UINT32_MAX, &range), ZX_ERR_OUT_OF_RANGE);
    assert_int_equal(fdt_node_reg(&f.tree, fixture_node(&f, "/timer"), 0, &range),
                     ZX_ERR_NOT_FOUND);
    assert_int_equal(fdt_node_reg_count(&f.tree, fixture_node(&f, "/timer"), &count),
                     ZX_ERR_NOT_FOUND);
    assert_int_equal(fdt_node_reg_bus(&f.tree, gic, 1, &range), ZX_OK);
    fixture_assert_range(&range, 0x40042000, 0x2000);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

int run_reg_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trap2_cells_differ_between_root_and_bus),
        cmocka_unit_test(test_trap2_bus_without_ranges_is_not_addressable),
        cmocka_unit_test(test_trap3_gic_behind_the_third_window),
        cmocka_unit_test(test_node_reg_translates_level_by_level),
        cmocka_unit_test(test_node_reg_outside_every_window_is_refused),
        cmocka_unit_test(test_node_reg_short_or_wrapping_is_refused),
        cmocka_unit_test(test_node_reg_cell_counts_absent_or_unusable),
        cmocka_unit_test(test_node_reg_count_and_index),
    };
    return cmocka_run_group_tests_name("fdt reg", tests, NULL, NULL);
}
