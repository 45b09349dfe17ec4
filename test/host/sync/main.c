// SPDX-License-Identifier: MIT
// The sync library's protocols: see lab/lab.h.
// CALLS(zx_futex_wait, zx_futex_wake, zx_futex_requeue)
#include "sync_test.h"

int main(int argc, char **argv)
{
    static struct CMUnitTest all[32];
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        {mutex_tests, mutex_test_count},
        {completion_tests, completion_test_count},
        {condition_tests, condition_test_count},
    };
    size_t used = 0;

    for (size_t g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < groups[g].count && used < countof(all); i++)
            all[used++] = groups[g].tests[i];
    }
    return lab_main(argc, argv, all, used);
}
