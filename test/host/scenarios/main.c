// SPDX-License-Identifier: MIT
// All scenarios in one list, so that --test finds any of them.
#include "scenarios.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        { wait_tests, wait_test_count },     { channel_tests, channel_test_count },
        { handle_tests, handle_test_count }, { task_tests, task_test_count },
        { sweep_tests, sweep_test_count },   { port_tests, port_test_count },
        { futex_tests, futex_test_count },   { stream_tests, stream_test_count },
        { timer_tests, timer_test_count },
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
