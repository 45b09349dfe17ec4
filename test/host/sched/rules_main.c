// SPDX-License-Identifier: MIT
// The scheduler's rules in one list, so that --test finds any of them.
#include "sched_test.h"

TEST_GROUP(policy);
TEST_GROUP(mutex);
TEST_GROUP(timer);

int main(int argc, char **argv)
{
    static struct CMUnitTest all[64];
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        {policy_tests, policy_test_count},
        {mutex_tests, mutex_test_count},
        {timer_tests, timer_test_count},
    };
    size_t used = 0;

    for (size_t g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < groups[g].count && used < countof(all); i++)
            all[used++] = groups[g].tests[i];
    }
    return lab_main(argc, argv, all, used);
}
