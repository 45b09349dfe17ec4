// SPDX-License-Identifier: MIT
// All tests of the object layer in one list, so that --test finds any of them.
#include "object_test.h"

TEST_GROUP(handle);
TEST_GROUP(wait);
TEST_GROUP(wait_many);
TEST_GROUP(signal);
TEST_GROUP(channel);
TEST_GROUP(call);
TEST_GROUP(job);
TEST_GROUP(process);
TEST_GROUP(thread);
TEST_GROUP(info);
TEST_GROUP(memory);
TEST_GROUP(sweep);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {handle_tests, handle_test_count},
        {wait_tests, wait_test_count},
        {wait_many_tests, wait_many_test_count},
        {signal_tests, signal_test_count},
        {channel_tests, channel_test_count},
        {call_tests, call_test_count},
        {job_tests, job_test_count},
        {process_tests, process_test_count},
        {thread_tests, thread_test_count},
        {info_tests, info_test_count},
        {memory_tests, memory_test_count},
        {sweep_tests, sweep_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
