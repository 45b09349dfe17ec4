// SPDX-License-Identifier: MIT
// All scenarios in one list, so that --test finds any of them.
#include "scenarios.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct CMUnitTest all[128];
    const struct {
        const struct CMUnitTest *tests;
        size_t count;
    } groups[] = {
        { wait_tests, wait_test_count },     { channel_tests, channel_test_count },
        { handle_tests, handle_test_count }, { task_tests, task_test_count },
        { sweep_tests, sweep_test_count },   { port_tests, port_test_count },
        { futex_tests, futex_test_count },   { stream_tests, stream_test_count },
        { timer_tests, timer_test_count },
    };
    size_t used = 0;

    for (size_t g = 0; g < countof(groups); g++) {
        for (size_t i = 0; i < groups[g].count && used < countof(all); i++)
            all[used++] = groups[g].tests[i];
    }
    return lab_main(argc, argv, all, used);
}
