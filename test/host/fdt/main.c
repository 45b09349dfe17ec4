// SPDX-License-Identifier: MIT
/*
 * Runs all groups of the device-tree reader's tests.
 */
#include "fixture.h"
#include "suites.h"

static int run_all(void)
{
    int failed = 0;
    failed += run_tree_tests();
    failed += run_node_tests();
    failed += run_prop_tests();
    failed += run_reg_tests();
    failed += run_interrupt_tests();
    failed += run_memory_tests();
    failed += run_chosen_tests();
    failed += run_stdout_tests();
    failed += run_cpus_tests();
    failed += run_devices_tests();
    failed += run_driver_tests();
    failed += run_boards_tests();
    failed += run_next_tests();
    return failed;
}

int main(void)
{
    int failed = run_all();
    fixture_indexed = true; /* the same trees, asked by way of an index */
    failed += run_all();
    return failed == 0 ? 0 : 1;
}
