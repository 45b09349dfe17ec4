// SPDX-License-Identifier: MIT
//
// When a service that ended is started again.

#include "services.h"

#include <manifest/backoff.h>

#define SECOND INT64_C(1000000000)

// One end, soon after the start; returns the pause.
static int64_t quick_end(struct backoff *backoff, bool failed, uint32_t limit, bool *out_again)
{
    int64_t delay = -1;

    *out_again = backoff_after_end(backoff, SECOND / 100, failed, limit, &delay);
    return delay;
}

static void test_pauses_double_up_to_the_longest(void **state)
{
    struct backoff backoff = {0};
    int64_t expected = BACKOFF_FIRST;
    bool again;

    (void)state;
    for (unsigned i = 0; i < BACKOFF_FREE; i++) {
        assert_int_equal(quick_end(&backoff, true, 0, &again), 0);
        assert_true(again);
    }
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(quick_end(&backoff, true, 0, &again), expected);
        assert_true(again);
        expected = expected * 2 < BACKOFF_LONGEST ? expected * 2 : BACKOFF_LONGEST;
    }
}

static void test_a_long_life_forgives(void **state)
{
    struct backoff backoff = {0};
    int64_t delay;
    bool again;

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        quick_end(&backoff, true, 10, &again);
        assert_true(again);
    }
    assert_true(backoff_after_end(&backoff, BACKOFF_CALM, true, 10, &delay));
    assert_int_equal(delay, 0);
    assert_int_equal(backoff.failures, 1);
    // Just too short a life does not.
    assert_true(backoff_after_end(&backoff, BACKOFF_CALM - 1, true, 10, &delay));
    assert_int_equal(backoff.failures, 2);
}

static void test_the_limit_counts_failures_only(void **state)
{
    struct backoff backoff = {0};
    bool again;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        quick_end(&backoff, false, 2, &again);
        assert_true(again);
    }
    quick_end(&backoff, true, 2, &again);
    assert_true(again);
    quick_end(&backoff, true, 2, &again);
    assert_false(again);
}

static void test_counters_do_not_wrap(void **state)
{
    struct backoff backoff = {UINT32_MAX, UINT32_MAX};
    bool again;

    (void)state;
    assert_int_equal(quick_end(&backoff, true, 0, &again), BACKOFF_LONGEST);
    assert_int_equal(backoff.ends, UINT32_MAX);
    quick_end(&backoff, true, UINT32_MAX, &again);
    assert_false(again);
}

int run_backoff_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_double_up_to_the_longest),
        cmocka_unit_test(test_a_long_life_forgives),
        cmocka_unit_test(test_the_limit_counts_failures_only),
        cmocka_unit_test(test_counters_do_not_wrap),
    };

    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
