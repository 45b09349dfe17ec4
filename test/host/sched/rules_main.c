// SPDX-License-Identifier: MIT
// The scheduler's rules in one list, so that --test finds any of them.
#include "sched_test.h"

TEST_GROUP(policy);
TEST_GROUP(mutex);
TEST_GROUP(timer);
TEST_GROUP(place);
TEST_GROUP(next);
TEST_GROUP(hotplug);
TEST_GROUP(fair);
TEST_GROUP(tokens);
TEST_GROUP(graph);
TEST_GROUP(stats);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {policy_tests, policy_test_count},
        {mutex_tests, mutex_test_count},
        {timer_tests, timer_test_count},
        {place_tests, place_test_count},
        {next_tests, next_test_count},
        {hotplug_tests, hotplug_test_count},
        {fair_tests, fair_test_count},
        {tokens_tests, tokens_test_count},
        {graph_tests, graph_test_count},
        {stats_tests, stats_test_count},
    };

    return lab_main_groups(argc, argv, groups, sizeof(groups) / sizeof(groups[0]));
}
