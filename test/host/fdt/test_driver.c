// SPDX-License-Identifier: MIT
/*
 * The driver table: what FDT_DRIVER put into the section, and the matching.
 */
#include "drivers.h"
#include "fixture.h"
#include "suites.h"

#include <string.h>

static void test_driver_table_holds_every_entry_once(void **state)
{
    (void)state;
    static const char *const names[] = {
        "test_pl011", "test_aux",  "test_dw",   "test_generic", "test_special",
        "test_gic",   "test_psci", "test_spin", "test_power",
    };
    assert_int_equal(__stop_fdt_drivers - __start_fdt_drivers, countof(names));
    for (size_t i = 0; i < countof(names); i++) {
        uint32_t found = 0;
        for (const struct fdt_driver *driver = __start_fdt_drivers; driver < __stop_fdt_drivers;
             driver++) {
            found += strcmp(driver->name, names[i]) == 0;
        }
        assert_int_equal(found, 1);
    }
}

static void test_driver_for_string_asks_kind_and_string(void **state)
{
    (void)state;
    const struct fdt_driver *driver = fdt_driver_for_string(FDT_DRIVER_CPU_ENABLE, "spin-table");
    assert_non_null(driver);
    assert_string_equal(driver->name, "test_spin");
    assert_null(fdt_driver_for_string(FDT_DRIVER_UART, "spin-table"));
    assert_null(fdt_driver_for_string(FDT_DRIVER_CPU_ENABLE, "spin"));
    assert_null(fdt_driver_for_string(FDT_DRIVER_CPU_ENABLE, ""));
    driver = fdt_driver_for_string(FDT_DRIVER_UART, "snps,dw-apb-uart"); /* second in its list */
    assert_non_null(driver);
    assert_string_equal(driver->name, "test_dw");
}

static void test_driver_for_node_takes_the_earliest_compatible(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "broken");
    const struct fdt_driver *driver =
        fdt_driver_for_node(&f.tree, fixture_node(&f, "/uart"), FDT_DRIVER_UART);
    assert_non_null(driver);
    assert_string_equal(driver->name, "test_special");
    driver = fdt_driver_for_node(&f.tree, fixture_node(&f, "/uart-far"), FDT_DRIVER_UART);
    assert_non_null(driver);
    assert_string_equal(driver->name, "test_generic");
    assert_null(fdt_driver_for_node(&f.tree, fixture_node(&f, "/uart"), FDT_DRIVER_POWER));
    assert_null(fdt_driver_for_node(&f.tree, fixture_node(&f, "/strings"), FDT_DRIVER_UART));
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_driver_for_node_second_compatible_will_do(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4"); /* "brcm,bcm2711-pm" is unknown, "brcm,bcm2835-pm-wdt" is known */
    const struct fdt_driver *driver =
        fdt_driver_for_node(&f.tree, fixture_node(&f, "/soc/watchdog"), FDT_DRIVER_POWER);
    assert_non_null(driver);
    assert_string_equal(driver->name, "test_power");
    fixture_end(&f);
}

/* What a visit notes down. */
struct visits {
    uint32_t count;
    uint32_t stop_after;
    struct fdt_node nodes[16];
    const struct fdt_driver *drivers[16];
};

static bool note_visit(void *context, struct fdt_tree *tree, struct fdt_node node,
                       const struct fdt_driver *driver)
{
    struct visits *visits = context;
    (void)tree;
    assert_in_range(visits->count, 0, 15);
    visits->nodes[visits->count] = node;
    visits->drivers[visits->count] = driver;
    visits->count++;
    return visits->count != visits->stop_after;
}

static void test_for_each_match_visits_enabled_nodes_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct visits visits = {0};
    fixture_begin(&f, "rpi4"); /* uart2 is disabled */
    assert_int_equal(fdt_for_each_match(&f.tree, FDT_DRIVER_UART, note_visit, &visits), 2);
    assert_int_equal(visits.count, 2);
    fixture_assert_path(&f, visits.nodes[0], "/soc/serial@7e201000");
    assert_string_equal(visits.drivers[0]->name, "test_pl011");
    fixture_assert_path(&f, visits.nodes[1], "/soc/serial@7e215040");
    assert_string_equal(visits.drivers[1]->name, "test_aux");
    visits = (struct visits){.stop_after = 1};
    assert_int_equal(fdt_for_each_match(&f.tree, FDT_DRIVER_UART, note_visit, &visits), 1);
    visits = (struct visits){0};
    assert_int_equal(fdt_for_each_match(&f.tree, FDT_DRIVER_TIMER, note_visit, &visits), 0);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_driver_init_first_goes_on_after_a_refusal(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_node node = FDT_NODE_NONE;
    fixture_load(&f, "rpi4");
    fixture_set(&f, "/soc/serial@7e201000", "test,refuse", "", 0);
    fixture_open(&f);
    init_count = 0;
    assert_int_equal(fdt_driver_init_first(&f.tree, FDT_DRIVER_UART, &node), ZX_OK);
    fixture_assert_path(&f, node, "/soc/serial@7e215040");
    assert_int_equal(init_count, 1);
    assert_true(fdt_node_same(init_nodes[0], node));
    fixture_assert_reported(&f, "/soc/serial@7e201000", "the driver refused this node");
    fixture_end(&f);
}

static void test_driver_init_first_stops_at_the_first(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    init_count = 0;
    assert_int_equal(fdt_driver_init_first(&f.tree, FDT_DRIVER_UART, NULL), ZX_OK);
    assert_int_equal(init_count, 1);
    fixture_assert_path(&f, init_nodes[0], "/soc/serial@7e201000");
    fixture_end(&f);
}

static void test_driver_init_first_none_left(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_node node = FDT_NODE_NONE;
    fixture_begin(&f, "rpi4");
    assert_int_equal(fdt_driver_init_first(&f.tree, FDT_DRIVER_TIMER, &node), ZX_ERR_NOT_FOUND);
    assert_false(fdt_node_valid(node));
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "virt-gic3");
    fixture_set(&f, "/pl011@9000000", "test,refuse", "", 0);
    fixture_open(&f);
    assert_int_equal(fdt_driver_init_first(&f.tree, FDT_DRIVER_UART, &node), ZX_ERR_NOT_SUPPORTED);
    assert_false(fdt_node_valid(node));
    fixture_end(&f);
}

int run_driver_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_driver_table_holds_every_entry_once),
        cmocka_unit_test(test_driver_for_string_asks_kind_and_string),
        cmocka_unit_test(test_driver_for_node_takes_the_earliest_compatible),
        cmocka_unit_test(test_driver_for_node_second_compatible_will_do),
        cmocka_unit_test(test_for_each_match_visits_enabled_nodes_in_order),
        cmocka_unit_test(test_driver_init_first_goes_on_after_a_refusal),
        cmocka_unit_test(test_driver_init_first_stops_at_the_first),
        cmocka_unit_test(test_driver_init_first_none_left),
    };
    return cmocka_run_group_tests_name("fdt driver", tests, NULL, NULL);
}
