// SPDX-License-Identifier: MIT
// lib/bitmap.h and lib/timemath.h
#include "suites.h"

#include <lib/bitmap.h>
#include <lib/timemath.h>

static void test_bitmap_next_finds_every_bit(void **state)
{
    (void)state;
    BITMAP_DECLARE(map, 200);
    bitmap_zero(map, 200);
    assert_int_equal(bitmap_next_set(map, 200, 0), 200);
    assert_int_equal(bitmap_next_clear(map, 200, 199), 199);
    static const size_t bits[] = {0, 1, 63, 64, 127, 128, 191, 199};
    for (size_t i = 0; i < countof(bits); i++)
        bitmap_set(map, bits[i]);
    size_t at = 0;
    for (size_t i = 0; i < countof(bits); i++, at++) {
        at = bitmap_next_set(map, 200, at);
        assert_int_equal(at, bits[i]);
        assert_true(bitmap_test(map, at));
    }
    assert_int_equal(bitmap_next_set(map, 200, at), 200);
    assert_int_equal(bitmap_next_set(map, 200, 5000), 200);
    assert_int_equal(bitmap_next_clear(map, 200, 0), 2);
    assert_int_equal(bitmap_next_clear(map, 200, 63), 65);
    assert_int_equal(bitmap_next_clear(map, 200, 199), 200);
    assert_int_equal(bitmap_count(map, 200), countof(bits));
    bitmap_clear(map, 64);
    assert_false(bitmap_test(map, 64));
    assert_int_equal(bitmap_count(map, 200), countof(bits) - 1);
    // A bit beyond the end in the last word is not seen.
    assert_int_equal(bitmap_next_set(map, 199, 192), 199);
}

static void test_time_arithmetic_saturates(void **state)
{
    (void)state;
    assert_true(time_add_sat(1, 2) == 3);
    assert_true(time_add_sat(INT64_MAX, 1) == INT64_MAX);
    assert_true(time_add_sat(INT64_MAX - 1, INT64_MAX) == INT64_MAX);
    assert_true(time_add_sat(INT64_MIN, -1) == INT64_MIN);
    assert_true(time_add_sat(INT64_MIN, INT64_MAX) == -1);
    assert_true(time_sub_sat(INT64_MIN, 1) == INT64_MIN);
    assert_true(time_sub_sat(0, INT64_MIN) == INT64_MAX);
    assert_true(time_sub_sat(-1, INT64_MIN) == INT64_MAX);
    assert_true(time_sub_sat(5, 7) == -2);
    assert_true(time_mul_sat(INT64_MAX, 2) == INT64_MAX);
    assert_true(time_mul_sat(INT64_MAX, -2) == INT64_MIN);
    assert_true(time_mul_sat(INT64_MIN, -1) == INT64_MAX);
    assert_true(time_mul_sat(-3, 4) == -12);
}

int run_bitmap_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitmap_next_finds_every_bit),
        cmocka_unit_test(test_time_arithmetic_saturates),
    };
    return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
