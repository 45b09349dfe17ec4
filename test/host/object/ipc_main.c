// SPDX-License-Identifier: MIT
// Ports, timers, futexes, sockets, FIFOs and event pairs at the edges that only the laboratory can reach:
// the list of the tests.
#include "object_test.h"

TEST_GROUP(ipc_sweep);
TEST_GROUP(ipc);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {ipc_sweep_tests, ipc_sweep_test_count},
        {ipc_tests, ipc_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
