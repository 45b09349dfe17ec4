// SPDX-License-Identifier: MIT
// The laboratory's own tests.
#include "tests.h"

int main(void)
{
    int failed = 0;

    failed += _cmocka_run_group_tests("interleave", interleave_tests, interleave_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("time", time_tests, time_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("fiber", fiber_tests, fiber_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("mmu", mmu_tests, mmu_test_count, NULL, NULL);
    failed += _cmocka_run_group_tests("parallel", parallel_tests, parallel_test_count, NULL, NULL);
    return failed != 0;
}
