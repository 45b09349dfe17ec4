// SPDX-License-Identifier: MIT
// Ports, timers, futexes, sockets, FIFOs and event pairs without opponents: the tests' list.
#include "object_test.h"

TEST_GROUP(ipc_sweep);
TEST_GROUP(ipc);

int main(int argc, char **argv)
{
    static struct CMUnitTest all[128];
    size_t used = 0;

    for (size_t i = 0; i < ipc_sweep_test_count && used < countof(all); i++)
        all[used++] = ipc_sweep_tests[i];
    for (size_t i = 0; i < ipc_test_count && used < countof(all); i++)
        all[used++] = ipc_tests[i];
    return lab_main(argc, argv, all, used);
}
