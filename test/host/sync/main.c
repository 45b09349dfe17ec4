// SPDX-License-Identifier: MIT
// The sync library's protocols: see lab/lab.h.
// CALLS(zx_futex_wait, zx_futex_wake, zx_futex_requeue)
#include "sync_test.h"

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {mutex_tests, mutex_test_count},
        {completion_tests, completion_test_count},
        {condition_tests, condition_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
