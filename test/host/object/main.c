// SPDX-License-Identifier: MIT
// The tests of tasks, memory and information in one list, so that --test finds any of them.
#include "object_test.h"

TEST_GROUP(job);
TEST_GROUP(policy);
TEST_GROUP(limits);
TEST_GROUP(limits_lowered);
TEST_GROUP(charged);
TEST_GROUP(oom);
TEST_GROUP(process);
TEST_GROUP(thread);
TEST_GROUP(task_edges);
TEST_GROUP(info);
TEST_GROUP(info_records);
TEST_GROUP(memory);
TEST_GROUP(sweep);
TEST_GROUP(profile);
TEST_GROUP(random);
TEST_GROUP(resource);
TEST_GROUP(cost);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {job_tests, job_test_count},
        {policy_tests, policy_test_count},
        {limits_tests, limits_test_count},
        {limits_lowered_tests, limits_lowered_test_count},
        {charged_tests, charged_test_count},
        {oom_tests, oom_test_count},
        {process_tests, process_test_count},
        {thread_tests, thread_test_count},
        {task_edges_tests, task_edges_test_count},
        {info_tests, info_test_count},
        {info_records_tests, info_records_test_count},
        {memory_tests, memory_test_count},
        {sweep_tests, sweep_test_count},
        {profile_tests, profile_test_count},
        {random_tests, random_test_count},
        {resource_tests, resource_test_count},
        {cost_tests, cost_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
