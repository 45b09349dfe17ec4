// SPDX-License-Identifier: MIT
/*
 * The choice of the console: stdout-path in its three forms, and the order of what replaces it.
 */
#include "fixture.h"
#include "suites.h"

#include <string.h>

/* Opens the fixture and checks where its console is found. */
static void assert_stdout(struct fixture *f, const char *path, enum fdt_stdout_source source,
                          const char *options)
{
    struct fdt_stdout out;
    fixture_open(f);
    assert_int_equal(fdt_stdout_find(&f->tree, &out), ZX_OK);
    fixture_assert_path(f, out.node, path);
    assert_int_equal(out.source, source);
    assert_int_equal(out.options_bytes, strlen(options));
    assert_memory_equal(out.options, options, strlen(options));
}

/* The console that the vendor's tree has with this command line. */
static void assert_stdout_by_bootargs(const char *bootargs, const char *path,
                                      enum fdt_stdout_source source, const char *options)
{
    struct fixture f;
    fixture_load(&f, "rpi4-vendor");
    fixture_set_string(&f, "/chosen", "bootargs", bootargs);
    assert_stdout(&f, path, source, options);
    fixture_assert_quiet(&f);
    fixture_end(&f);
}

#define MINI_UART "/soc/serial@7e215040"
#define PL011     "/soc/serial@7e201000"

/* Trap 4: a path, an alias, an alias with options. */
static void test_trap4_stdout_path_alias_and_alias_with_options(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "virt-gic3");
    assert_stdout(&f, "/pl011@9000000", FDT_STDOUT_CHOSEN, "");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "rpi4-tfa");
    assert_stdout(&f, PL011, FDT_STDOUT_CHOSEN, "");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "rpi4");
    assert_stdout(&f, MINI_UART, FDT_STDOUT_CHOSEN, "115200n8");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "rpi4");
    fixture_set_string(&f, "/chosen", "stdout-path", PL011 ":9600");
    assert_stdout(&f, PL011, FDT_STDOUT_CHOSEN, "9600");
    fixture_end(&f);
}

static void test_stdout_path_under_its_old_name(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4-vendor");
    fixture_set_string(&f, "/chosen", "linux,stdout-path", PL011);
    assert_stdout(&f, PL011, FDT_STDOUT_CHOSEN, "");
    fixture_end(&f);
}

static void test_stdout_path_leading_nowhere_falls_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4");
    fixture_set_string(&f, "/chosen", "stdout-path", "serial7:115200");
    assert_stdout(&f, PL011, FDT_STDOUT_SERIAL0, "");
    fixture_assert_reported(&f, "/chosen", "stdout-path: leads to no node");
    fixture_end(&f);
    fixture_load(&f, "rpi4");
    fixture_set_string(&f, "/chosen", "stdout-path", "");
    assert_stdout(&f, PL011, FDT_STDOUT_SERIAL0, "");
    fixture_assert_reported(&f, "/chosen", "stdout-path: leads to no node");
    fixture_end(&f);
}

static void test_stdout_path_to_what_is_no_uart_falls_back(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4");
    fixture_set_string(&f, "/chosen", "stdout-path", "/timer");
    assert_stdout(&f, PL011, FDT_STDOUT_SERIAL0, "");
    fixture_assert_reported(&f, "/timer",
                            "stdout-path leads here, but there is no driver for it");
    fixture_end(&f);
}

static void test_stdout_path_to_a_disabled_node_falls_back(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_stdout out;
    fixture_load(&f, "rpi4");
    fixture_set_string(&f, MINI_UART, "status", "disabled");
    assert_stdout(&f, PL011, FDT_STDOUT_SERIAL0, "");
    fixture_assert_reported(&f, "/chosen", "stdout-path: leads to a disabled node");
    assert_int_equal(fdt_stdout_chosen(&f.tree, &out), ZX_ERR_IO_DATA_INTEGRITY);
    fixture_end(&f);
    fixture_load(&f, "rpi4"); /* the bus above it counts as well */
    fixture_set_string(&f, "/soc", "status", "disabled");
    fixture_open(&f);
    assert_int_equal(fdt_stdout_find(&f.tree, &out), ZX_ERR_NOT_FOUND);
    fixture_assert_reported(&f, "/chosen", "stdout-path: leads to a disabled node");
    fixture_end(&f);
}

static void test_stdout_absent_console_argument_decides(void **state)
{
    (void)state;
    struct fixture f;
    /* The vendor's own line: ttyAMA1, then ttyS0, then tty1: the last one that we have. */
    fixture_load(&f, "rpi4-vendor");
    assert_stdout(&f, MINI_UART, FDT_STDOUT_BOOTARGS, "115200n8");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    assert_stdout_by_bootargs("console=ttyAMA1,9600 quiet", PL011, FDT_STDOUT_BOOTARGS, "9600");
    assert_stdout_by_bootargs("quiet console=ttyAMA0", PL011, FDT_STDOUT_BOOTARGS, "");
    assert_stdout_by_bootargs("  console=ttyS0", MINI_UART, FDT_STDOUT_BOOTARGS, "");
    assert_stdout_by_bootargs("console=serial1,115200", PL011, FDT_STDOUT_BOOTARGS, "115200");
    assert_stdout_by_bootargs("console=" PL011 ",1", PL011, FDT_STDOUT_BOOTARGS, "1");
    /* Without aliases the place in the tree counts, among those of the same kind. */
    fixture_load(&f, "rpi4-vendor");
    fixture_set(&f, "/aliases", "serial0", NULL, 0);
    assert_stdout(&f, MINI_UART, FDT_STDOUT_BOOTARGS, "115200n8");
    fixture_end(&f);
}

static void test_stdout_console_argument_for_others_is_ignored(void **state)
{
    (void)state;
    /* serial0 of the vendor's tree is the mini UART. */
    assert_stdout_by_bootargs("console=tty1", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=ttyAMA", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=ttyAMA7", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=ttyS0x", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=ttyS123456789012", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("xconsole=ttyAMA1", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=/soc/serial@7e201400", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("console=/timer", MINI_UART, FDT_STDOUT_SERIAL0, "");
    assert_stdout_by_bootargs("", MINI_UART, FDT_STDOUT_SERIAL0, "");
}

static void test_stdout_last_resort_is_the_first_uart(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "rpi4-vendor");
    fixture_set_string(&f, "/chosen", "bootargs", "");
    fixture_set(&f, "/aliases", "serial0", NULL, 0);
    assert_stdout(&f, PL011, FDT_STDOUT_FIRST, "");
    fixture_assert_quiet(&f);
    fixture_end(&f);
    fixture_load(&f, "rpi4-vendor"); /* serial0 is there, but disabled */
    fixture_set_string(&f, "/chosen", "bootargs", "");
    fixture_set_string(&f, MINI_UART, "status", "disabled");
    assert_stdout(&f, PL011, FDT_STDOUT_FIRST, "");
    fixture_end(&f);
}

static void test_stdout_none_is_reported(void **state)
{
    (void)state;
    struct fixture f;
    struct fdt_stdout out;
    fixture_begin(&f, "banks");
    assert_int_equal(fdt_stdout_find(&f.tree, &out), ZX_ERR_NOT_FOUND);
    fixture_assert_reported(&f, "", "no console: no UART with a driver");
    fixture_end(&f);
}

static void test_stdout_malformed_property_and_circular_alias(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f, "broken"); /* a path without its end; serial0 and serial1 name each other */
    assert_stdout(&f, "/uart", FDT_STDOUT_FIRST, "");
    fixture_assert_reported(&f, "/chosen", "stdout-path: a string without its end");
    fixture_assert_reported(&f, "/aliases", "an alias that is not a path");
    fixture_end(&f);
}

int run_stdout_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trap4_stdout_path_alias_and_alias_with_options),
        cmocka_unit_test(test_stdout_path_under_its_old_name),
        cmocka_unit_test(test_stdout_path_leading_nowhere_falls_back),
        cmocka_unit_test(test_stdout_path_to_what_is_no_uart_falls_back),
        cmocka_unit_test(test_stdout_path_to_a_disabled_node_falls_back),
        cmocka_unit_test(test_stdout_absent_console_argument_decides),
        cmocka_unit_test(test_stdout_console_argument_for_others_is_ignored),
        cmocka_unit_test(test_stdout_last_resort_is_the_first_uart),
        cmocka_unit_test(test_stdout_none_is_reported),
        cmocka_unit_test(test_stdout_malformed_property_and_circular_alias),
    };
    return cmocka_run_group_tests_name("fdt stdout", tests, NULL, NULL);
}
