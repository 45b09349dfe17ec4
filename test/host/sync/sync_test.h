// SPDX-License-Identifier: MIT
#pragma once

#include <lab/lab.h>

#include <lib/sync/completion.h>
#include <lib/sync/condition.h>
#include <lib/sync/mutex.h>

extern const struct CMUnitTest mutex_tests[], completion_tests[], condition_tests[];
extern const size_t mutex_test_count, completion_test_count, condition_test_count;

// A deadline up to `span` nanoseconds from now; one in eight has passed already.
static inline zx_time_t some_deadline(uint64_t span)
{
    return zx_deadline_after((zx_duration_t)host_random(span) - (zx_duration_t)(span / 8));
}
