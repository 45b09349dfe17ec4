// SPDX-License-Identifier: MIT
// The races of ports, timers, futexes, sockets, FIFOs and event pairs: the tests' list.
#include "object_test.h"

TEST_GROUP(ipc_race_port);
TEST_GROUP(ipc_race_close);
TEST_GROUP(ipc_race_timer);
TEST_GROUP(ipc_race_futex);
TEST_GROUP(futex_owner);
TEST_GROUP(ipc_race_socket);
TEST_GROUP(ipc_race_datagram);
TEST_GROUP(ipc_race_pair);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {ipc_race_port_tests, ipc_race_port_test_count},
        {ipc_race_close_tests, ipc_race_close_test_count},
        {ipc_race_timer_tests, ipc_race_timer_test_count},
        {ipc_race_futex_tests, ipc_race_futex_test_count},
        {futex_owner_tests, futex_owner_test_count},
        {ipc_race_socket_tests, ipc_race_socket_test_count},
        {ipc_race_datagram_tests, ipc_race_datagram_test_count},
        {ipc_race_pair_tests, ipc_race_pair_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
