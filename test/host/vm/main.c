// SPDX-License-Identifier: MIT
// Tests of kernel/vm.
#include "tests.h"

int main(void)
{
    int failed = 0;

#define RUN_GROUP(name) \
    failed += _cmocka_run_group_tests(#name, name##_tests, name##_test_count, NULL, NULL);
    VM_GROUPS(RUN_GROUP)
    return failed != 0;
}
