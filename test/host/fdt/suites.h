// SPDX-License-Identifier: MIT
/*
 * The groups of tests, one per file test_<group>.c; each returns the number of failed tests.
 */
#pragma once

int run_tree_tests(void);
int run_node_tests(void);
int run_prop_tests(void);
int run_reg_tests(void);
int run_interrupt_tests(void);
int run_memory_tests(void);
int run_chosen_tests(void);
int run_stdout_tests(void);
int run_cpus_tests(void);
int run_devices_tests(void);
int run_driver_tests(void);
int run_boards_tests(void);
int run_next_tests(void);
