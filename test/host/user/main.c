// SPDX-License-Identifier: MIT
//
// Host tests of the user-mode libraries that need no kernel.

#include "tests.h"

int main(void)
{
    int failed = run_cpio_tests();

    failed += run_elfload_tests();
    failed += run_processargs_tests();
    failed += run_minilib_tests();
    failed += run_inspect_tests();
    failed += run_trace_tests();
    return failed != 0;
}
