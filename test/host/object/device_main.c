// SPDX-License-Identifier: MIT
// Device objects in the laboratory, against a fake interrupt controller: the list of the tests.
#include "object_test.h"

TEST_GROUP(interrupt_line);
TEST_GROUP(console);
TEST_GROUP(smc);
TEST_GROUP(bti);
TEST_GROUP(refused);
TEST_GROUP(ktrace);
TEST_GROUP(ktrace_calls);
TEST_GROUP(ktrace_events);
TEST_GROUP(mexec);

int main(int argc, char **argv)
{
    const struct lab_group groups[] = {
        {interrupt_line_tests, interrupt_line_test_count},
        {console_tests, console_test_count},
        {smc_tests, smc_test_count},
        {bti_tests, bti_test_count},
        {refused_tests, refused_test_count},
        {ktrace_tests, ktrace_test_count},
        {ktrace_calls_tests, ktrace_calls_test_count},
        {ktrace_events_tests, ktrace_events_test_count},
        {mexec_tests, mexec_test_count},
    };

    return lab_main_groups(argc, argv, groups, countof(groups));
}
