// SPDX-License-Identifier: MIT
// Private to the harness.
#pragma once

#include <lab/lab.h>

// lab_boot.c: boots the kernel on the machine, runs the scenario, checks for leaks. In the child.
struct lab_result lab_child_run(const struct lab_config *config);

// In the child, when a status is not as expected: does not return if that may be, because the chosen
// allocation has failed and the scenario is one that ends then.
void lab_end_without_memory(zx_status_t got);

// lab_report.c
void lab_reporter(void);
// lab_user.c
void lab_user_thread_exit(void);
