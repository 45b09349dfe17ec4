// SPDX-License-Identifier: MIT
// All tests of stopped threads in one list, so that --test finds any of them.
#include "object_test.h"

TEST_GROUP(suspend);
TEST_GROUP(suspend_ipc);
TEST_GROUP(exception);
TEST_GROUP(events);
TEST_GROUP(elsewhere);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {suspend_tests, suspend_test_count},
        {suspend_ipc_tests, suspend_ipc_test_count},
        {exception_tests, exception_test_count},
        {events_tests, events_test_count},
        {elsewhere_tests, elsewhere_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
