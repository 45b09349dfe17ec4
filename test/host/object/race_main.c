// SPDX-License-Identifier: MIT
// All races of the object layer in one list, so that --test finds any of them.
#include "object_test.h"

TEST_GROUP(race_wait);
TEST_GROUP(race_handle);
TEST_GROUP(race_channel);
TEST_GROUP(race_task);
TEST_GROUP(race_transfer);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {race_wait_tests, race_wait_test_count},
        {race_handle_tests, race_handle_test_count},
        {race_channel_tests, race_channel_test_count},
        {race_task_tests, race_task_test_count},
        {race_transfer_tests, race_transfer_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
