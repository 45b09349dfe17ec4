// SPDX-License-Identifier: MIT
#pragma once

#include <lab/lab.h>
#include <zircon/syscalls/port.h>

extern const struct CMUnitTest wait_tests[], channel_tests[], handle_tests[], task_tests[],
    sweep_tests[], port_tests[], futex_tests[], stream_tests[], timer_tests[];
extern const size_t wait_test_count, channel_test_count, handle_test_count, task_test_count,
    sweep_test_count, port_test_count, futex_test_count, stream_test_count, timer_test_count;
