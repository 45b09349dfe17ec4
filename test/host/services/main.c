// SPDX-License-Identifier: MIT
//
// Host tests of the services' pure parts.

#include "services.h"

int main(void)
{
    int failed = run_tty_tests();

    failed += run_tty_mode_tests();
    failed += run_terminal_tests();
    failed += run_manifest_tests();
    failed += run_backoff_tests();
    failed += run_plan_tests();
    failed += run_limit_tests();
    return failed != 0;
}
