// SPDX-License-Identifier: MIT
#pragma once

#include <lab/lab.h>

extern const struct CMUnitTest wait_tests[], channel_tests[], handle_tests[], task_tests[],
    sweep_tests[];
extern const size_t wait_test_count, channel_test_count, handle_test_count, task_test_count,
    sweep_test_count;
