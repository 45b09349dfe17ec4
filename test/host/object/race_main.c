// SPDX-License-Identifier: MIT
// All races of the object layer in one list, so that --test finds any of them.
#include "object_test.h"

TEST_GROUP(race_wait);
TEST_GROUP(race_handle);
TEST_GROUP(race_channel);
TEST_GROUP(race_task);

int main(int argc, char **argv)
{
    static struct CMUnitTest all[128];
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        {race_wait_tests, race_wait_test_count},
        {race_handle_tests, race_handle_test_count},
        {race_channel_tests, race_channel_test_count},
        {race_task_tests, race_task_test_count},
    };
    size_t used = 0;

    for (size_t g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < groups[g].count && used < countof(all); i++)
            all[used++] = groups[g].tests[i];
    }
    return lab_main(argc, argv, all, used);
}
