// SPDX-License-Identifier: MIT
// Ports, timers, futexes, sockets, FIFOs and event pairs without opponents: the list of the tests.
#include "object_test.h"

TEST_GROUP(socket);
TEST_GROUP(datagram);
TEST_GROUP(control);
TEST_GROUP(fifo);
TEST_GROUP(eventpair);
TEST_GROUP(port);
TEST_GROUP(async);
TEST_GROUP(timer);
TEST_GROUP(futex);
TEST_GROUP(requeue);
TEST_GROUP(ipc_sweep);
TEST_GROUP(ipc);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {socket_tests, socket_test_count},
        {datagram_tests, datagram_test_count},
        {control_tests, control_test_count},
        {fifo_tests, fifo_test_count},
        {eventpair_tests, eventpair_test_count},
        {port_tests, port_test_count},
        {async_tests, async_test_count},
        {timer_tests, timer_test_count},
        {futex_tests, futex_test_count},
        {requeue_tests, requeue_test_count},
        {ipc_sweep_tests, ipc_sweep_test_count},
        {ipc_tests, ipc_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
