// SPDX-License-Identifier: MIT
// The groups of this executable; each returns the number of failed tests.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int run_log_tests(void);
int run_panic_tests(void);
int run_crashlog_tests(void);
int run_lock_check_tests(void);
