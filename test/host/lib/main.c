// SPDX-License-Identifier: MIT
// Runs all groups of kernel/lib's tests.
#include "suites.h"

int main(void)
{
    int failed = 0;
    failed += run_list_tests();
    failed += run_rbtree_tests();
    failed += run_radix_tests();
    failed += run_bitmap_tests();
    failed += run_string_tests();
    failed += run_printf_tests();
    failed += run_crypto_tests();
    failed += run_parse_tests();
    return failed == 0 ? 0 : 1;
}
