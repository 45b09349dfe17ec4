// SPDX-License-Identifier: MIT
// The contract tests of handles, waiting, messages and memory, which run in the laboratory and, from the same
// source, on the target (test/target/contract): the list of them.
#include "object_test.h"

TEST_GROUP(handle);
TEST_GROUP(wait);
TEST_GROUP(wait_many);
TEST_GROUP(signal);
TEST_GROUP(creators);
TEST_GROUP(channel);
TEST_GROUP(channel_read);
TEST_GROUP(call);
TEST_GROUP(socket);
TEST_GROUP(datagram);
TEST_GROUP(control);
TEST_GROUP(fifo);
TEST_GROUP(eventpair);
TEST_GROUP(port);
TEST_GROUP(async);
TEST_GROUP(timer);
TEST_GROUP(interrupt);
TEST_GROUP(futex);
TEST_GROUP(requeue);
TEST_GROUP(memory_model);
TEST_GROUP(memory_order);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {handle_tests, handle_test_count},
        {wait_tests, wait_test_count},
        {wait_many_tests, wait_many_test_count},
        {signal_tests, signal_test_count},
        {creators_tests, creators_test_count},
        {channel_tests, channel_test_count},
        {channel_read_tests, channel_read_test_count},
        {call_tests, call_test_count},
        {socket_tests, socket_test_count},
        {datagram_tests, datagram_test_count},
        {control_tests, control_test_count},
        {fifo_tests, fifo_test_count},
        {eventpair_tests, eventpair_test_count},
        {port_tests, port_test_count},
        {async_tests, async_test_count},
        {timer_tests, timer_test_count},
        {interrupt_tests, interrupt_test_count},
        {futex_tests, futex_test_count},
        {requeue_tests, requeue_test_count},
        {memory_model_tests, memory_model_test_count},
        {memory_order_tests, memory_order_test_count},
    };

    return lab_main_groups(argc, argv, groups, countof(groups));
}
