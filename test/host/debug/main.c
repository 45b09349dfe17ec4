// SPDX-License-Identifier: MIT
// Runs all groups of kernel/debug's tests.
#include "suites.h"

int main(void)
{
    int failed = 0;
    failed += run_log_tests();
    failed += run_panic_tests();
    failed += run_crashlog_tests();
    failed += run_lock_check_tests();
    return failed == 0 ? 0 : 1;
}
