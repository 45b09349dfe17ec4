// SPDX-License-Identifier: MIT
//
// Host tests of the parts of the C library that need no kernel.

#include "tests.h"

int main(void)
{
    int failed = run_path_tests();

    failed += run_namespace_tests();
    failed += run_table_tests();
    return failed != 0;
}
