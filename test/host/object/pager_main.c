// SPDX-License-Identifier: MIT
// The tests of pagers: their list.
#include "object_test.h"

TEST_GROUP(pager);
TEST_GROUP(pager_ipc);
TEST_GROUP(pager_race);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {pager_tests, pager_test_count},
        {pager_ipc_tests, pager_ipc_test_count},
        {pager_race_tests, pager_race_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
