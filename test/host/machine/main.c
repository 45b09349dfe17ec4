// SPDX-License-Identifier: MIT
// The laboratory's own tests.
#include "tests.h"

int main(void)
{
    const struct {
        const char *name;
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        { "interleave", interleave_tests, interleave_test_count },
        { "time", time_tests, time_test_count },
        { "fiber", fiber_tests, fiber_test_count },
        { "mmu", mmu_tests, mmu_test_count },
        { "parallel", parallel_tests, parallel_test_count },
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        failed += _cmocka_run_group_tests(groups[i].name, groups[i].tests, groups[i].count, NULL,
                                          NULL);
    return failed != 0;
}
