// SPDX-License-Identifier: MIT
/*
 * Nodes: paths, aliases, phandles, parents, status and walks.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

static void test_node_by_path_finds_with_and_without_unit_address(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    fixture_assert_path(&f, fixture_node(&f, "/soc/serial@7e215040"), "/soc/serial@7e215040");
    fixture_assert_path(&f, fixture_node(&f, "/soc/watchdog"), "/soc/watchdog@7e100000");
    fixture_assert_path(&f, fixture_node(&f, "/"), "/");
    assert_false(fdt_node_valid(fdt_node_by_path(&f.tree, "/soc/none")));
    assert_false(fdt_node_valid(fdt_node_by_path(&f.tree, "")));
    assert_false(fdt_node_valid(fdt_node_by_path(&f.tree, "soc")));
    assert_false(fdt_node_valid(fdt_node_by_path(&f.tree, "serial0"))); /* an alias is no path */
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_node_by_alias_follows_one_step_only(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "broken");
    fixture_assert_path(&f, fdt_node_by_alias(&f.tree, "good"), "/uart");
    fixture_assert_quiet(&f);
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "serial0"))); /* names serial1 names 0 */
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "self")));
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "raw"))); /* "/u" without an end */
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "empty")));
    assert_int_equal(fixture_reported(&f, "/aliases", "an alias that is not a path"), 4);
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "gone")));
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "absent")));
    assert_false(fdt_node_valid(fdt_node_by_alias(&f.tree, "")));
    assert_int_equal(f.report_count, 4);
    fixture_end(&f);
}

static void test_node_by_phandle_refuses_the_two_reserved_values(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t phandle = 0;
    fixture_begin(&f, "rpi4");
    assert_int_equal(fdt_prop_u32(&f.tree, fdt_root(), "interrupt-parent", &phandle), ZX_OK);
    fixture_assert_path(&f, fdt_node_by_phandle(&f.tree, phandle),
                        "/soc/interrupt-controller@40041000");
    assert_false(fdt_node_valid(fdt_node_by_phandle(&f.tree, 0)));
    assert_false(fdt_node_valid(fdt_node_by_phandle(&f.tree, UINT32_MAX)));
    assert_false(fdt_node_valid(fdt_node_by_phandle(&f.tree, 0xdead)));
    fixture_end(&f);
}

static void test_node_name_and_is_named(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    struct fdt_node memory = fixture_node(&f, "/memory@0");
    assert_string_equal(fdt_node_name(&f.tree, memory), "memory@0");
    assert_string_equal(fdt_node_name(&f.tree, fdt_root()), "");
    assert_string_equal(fdt_node_name(&f.tree, FDT_NODE_NONE), "");
    assert_true(fdt_node_is_named(&f.tree, memory, "memory"));
    assert_false(fdt_node_is_named(&f.tree, memory, "mem"));
    assert_false(fdt_node_is_named(&f.tree, memory, "memory@0x"));
    assert_true(fdt_node_is_named(&f.tree, fixture_node(&f, "/cpus"), "cpus"));
    assert_false(fdt_node_is_named(&f.tree, fixture_node(&f, "/cpus"), "cpu"));
    fixture_end(&f);
}

static void test_node_path_too_long_is_shown_as_dots(void **state)
{
    (void)state;
    struct fixture f;
    char buffer[21];
    fixture_begin(&f, "rpi4");
    struct fdt_node uart = fixture_node(&f, "/soc/serial@7e215040"); /* 20 characters */
    assert_string_equal(fdt_node_path(&f.tree, uart, buffer, 21), "/soc/serial@7e215040");
    assert_string_equal(fdt_node_path(&f.tree, uart, buffer, 20), "...");
    assert_string_equal(fdt_node_path(&f.tree, uart, buffer, 4), "...");
    fixture_end(&f);
}

static void test_node_parent_and_children(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    struct fdt_node soc = fixture_node(&f, "/soc");
    fixture_assert_path(&f, fdt_node_parent(&f.tree, fixture_node(&f, "/soc/serial@7e215040")),
                        "/soc");
    assert_true(fdt_node_same(fdt_node_parent(&f.tree, soc), fdt_root()));
    assert_false(fdt_node_valid(fdt_node_parent(&f.tree, fdt_root())));
    assert_false(fdt_node_valid(fdt_node_parent(&f.tree, FDT_NODE_NONE)));
    uint32_t children = 0;
    for (struct fdt_node node = fdt_node_first_child(&f.tree, fixture_node(&f, "/cpus"));
         fdt_node_valid(node); node = fdt_node_next_sibling(&f.tree, node)) {
        children++;
    }
    assert_int_equal(children, 5);
    assert_false(fdt_node_valid(fdt_node_first_child(&f.tree, fixture_node(&f, "/cpus/cpu@0"))));
    fixture_end(&f);
}

/* Trap 10: "okay", "ok" and no status at all are all enabled; anything else is not. */
static void test_trap10_status_okay_ok_and_absent_are_enabled(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "broken");
    assert_true(fdt_node_status_ok(&f.tree, fixture_node(&f, "/uart"))); /* absent */
    assert_true(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-sibling")));
    assert_true(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-ok")));
    assert_false(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-disabled")));
    assert_false(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-reserved")));
    assert_false(fdt_node_status_ok(&f.tree, fixture_node(&f, "/cpus/cpu@6"))); /* "fail" */
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

static void test_status_unreadable_is_disabled_and_reported(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "broken");
    assert_false(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-open")));
    fixture_assert_reported(&f, "/status-open", "status: a string without its end");
    assert_false(fdt_node_status_ok(&f.tree, fixture_node(&f, "/status-empty")));
    fixture_assert_reported(&f, "/status-empty", "status: no string");
    fixture_end(&f);
}

static void test_node_enabled_asks_every_ancestor(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "broken");
    struct fdt_node grandchild = fixture_node(&f, "/status-disabled/child/grandchild");
    assert_true(fdt_node_status_ok(&f.tree, grandchild));
    assert_false(fdt_node_enabled(&f.tree, grandchild));
    assert_true(fdt_node_enabled(&f.tree, fixture_node(&f, "/uart")));
    assert_true(fdt_node_enabled(&f.tree, fdt_root()));
    assert_false(fdt_node_enabled(&f.tree, FDT_NODE_NONE));
    fixture_end(&f);
}

static void test_walk_leaves_out_disabled_subtrees(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_walk walk;
    fixture_begin(&f, "broken");
    fdt_walk_start(&walk);
    assert_false(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,below-disabled")));
    fdt_walk_start(&walk);
    assert_false(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,below-open")));
    fdt_walk_start(&walk);
    fixture_assert_path(&f, fdt_walk_next_compatible(&f.tree, &walk, "test,sibling"),
                        "/status-sibling");
    fixture_assert_path(&f, fdt_walk_next_compatible(&f.tree, &walk, "test,sibling"), "/status-ok");
    assert_false(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,sibling")));
    assert_false(fdt_node_valid(fdt_walk_next(&f.tree, &walk))); /* stays at its end */
    assert_false(fdt_node_valid(fdt_walk_next(&f.tree, &walk)));
    fixture_end(&f);
}

static void test_walk_visits_every_enabled_node_once_in_order(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_walk walk;
    struct fdt_node node;
    int32_t last = -1;
    uint32_t count = 0;
    fixture_begin(&f, "a64");
    fdt_walk_start(&walk);
    while (fdt_node_valid(node = fdt_walk_next(&f.tree, &walk))) {
        assert_true(node.offset > last);
        last = node.offset;
        count++;
    }
    /* /, aliases, chosen, cpus + 4, psci, timer, soc, ccu, watchdog, uart0, uart1, gic, rtc, r_intc;
     * not the disabled framebuffer and uart2 */
    assert_int_equal(count, 18);
    fixture_end(&f);
}

static void test_walk_skips_nodes_too_deep_and_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_walk walk;
    struct fdt_range range;
    fixture_begin(&f, "buses");
    fdt_walk_start(&walk);
    assert_true(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,deepest")));
    fdt_walk_start(&walk);
    assert_false(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,too-deep")));
    fdt_walk_start(&walk);
    assert_true(fdt_node_valid(fdt_walk_next_compatible(&f.tree, &walk, "test,after-deep")));

    struct fdt_node deep =
        fixture_node(&f, "/l1/l2/l3/l4/l5/l6/l7/l8/l9/l10/l11/l12/l13/l14/l15/l16");
    char path[FDT_PATH_BYTES];
    assert_string_equal(fdt_node_path(&f.tree, deep, path, sizeof(path)), "...");
    assert_false(fdt_node_valid(fdt_node_parent(&f.tree, deep)));
    assert_false(fdt_node_enabled(&f.tree, deep));
    assert_int_equal(fdt_node_reg(&f.tree, deep, 0, &range), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_end(&f);
}

static void test_node_compatible_searches_the_whole_list(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, "rpi4");
    assert_true(fdt_node_compatible(&f.tree, fdt_root(), "raspberrypi,4-model-b"));
    assert_true(fdt_node_compatible(&f.tree, fdt_root(), "brcm,bcm2711"));
    assert_false(fdt_node_compatible(&f.tree, fdt_root(), "brcm,bcm27"));
    assert_false(fdt_node_compatible(&f.tree, FDT_NODE_NONE, "brcm,bcm2711"));
    fixture_end(&f);
}

int run_node_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_by_path_finds_with_and_without_unit_address),
        cmocka_unit_test(test_node_by_alias_follows_one_step_only),
        cmocka_unit_test(test_node_by_phandle_refuses_the_two_reserved_values),
        cmocka_unit_test(test_node_name_and_is_named),
        cmocka_unit_test(test_node_path_too_long_is_shown_as_dots),
        cmocka_unit_test(test_node_parent_and_children),
        cmocka_unit_test(test_trap10_status_okay_ok_and_absent_are_enabled),
        cmocka_unit_test(test_status_unreadable_is_disabled_and_reported),
        cmocka_unit_test(test_node_enabled_asks_every_ancestor),
        cmocka_unit_test(test_walk_leaves_out_disabled_subtrees),
        cmocka_unit_test(test_walk_visits_every_enabled_node_once_in_order),
        cmocka_unit_test(test_walk_skips_nodes_too_deep_and_goes_on),
        cmocka_unit_test(test_node_compatible_searches_the_whole_list),
    };
    return cmocka_run_group_tests_name("fdt node", tests, NULL, NULL);
}
