// SPDX-License-Identifier: MIT
//
// The groups of this executable.

#ifndef TEST_HOST_SERVICES_SERVICES_H
#define TEST_HOST_SERVICES_SERVICES_H

#include "tests.h"

int run_tty_tests(void);
int run_tty_mode_tests(void);
int run_terminal_tests(void);
int run_manifest_tests(void);
int run_backoff_tests(void);
int run_plan_tests(void);
int run_limit_tests(void);

#endif
