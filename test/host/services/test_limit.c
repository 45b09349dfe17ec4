// SPDX-License-Identifier: MIT
//
// How many crashes are reported: some at once, then one in so much time.

#include "services.h"

#include <limit.h>

static unsigned take_all(struct limit *limit, zx_time_t now)
{
    unsigned taken = 0;

    while (taken < 1000 && limit_take(limit, now))
        taken++;
    return taken;
}

static void test_some_at_once_then_one_an_interval(void **state)
{
    struct limit limit = limit_make(5, 100);
    zx_time_t now = 1000000;

    (void)state;
    assert_int_equal(take_all(&limit, now), 5);
    assert_int_equal(take_all(&limit, now + 99), 0);
    assert_int_equal(take_all(&limit, now + 100), 1);
    assert_int_equal(take_all(&limit, now + 350), 2);
    assert_int_equal(take_all(&limit, now + 399), 0);
    assert_int_equal(take_all(&limit, now + 400), 1);
    assert_int_equal(take_all(&limit, now + 100000), 5); // no more is saved up
}

static void test_a_limit_begins_full(void **state)
{
    struct limit limit = limit_make(3, ZX_SEC(1));

    (void)state;
    assert_int_equal(take_all(&limit, 0), 3);
}

int run_limit_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_some_at_once_then_one_an_interval),
        cmocka_unit_test(test_a_limit_begins_full),
    };

    return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
