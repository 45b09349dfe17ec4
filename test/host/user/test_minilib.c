// SPDX-License-Identifier: MIT
//
// Formatting and small parsing of programs without a libc.

#include "tests.h"

#include <stdio.h>

#include <minilib/format.h>
#include <minilib/text.h>

// Formats with both implementations and compares.
#define SAME(...)                                                       \
    do {                                                                \
        char ours[200], theirs[200];                                    \
        size_t length = format_string(ours, sizeof(ours), __VA_ARGS__); \
        int expected = snprintf(theirs, sizeof(theirs), __VA_ARGS__);   \
        assert_string_equal(ours, theirs);                              \
        assert_int_equal(length, expected);                             \
    } while (0)

static void test_conversions_agree_with_the_libc(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%d %i %u %x %X", -5, 7, 4000000000u, 0xbeefu, 0xBEEFu);
    SAME("%ld %lu %lx %zu", INT64_MIN, UINT64_MAX, 0x123456789abcdefl, (size_t)12);
    SAME("%hhd %hd %hhx", (signed char)-1, (short)-2, (unsigned char)0xfe);
    SAME("[%8d] [%-8d] [%08d] [%-8s] [%8s]", 42, 42, 42, "ab", "cd");
    SAME("[%08d] [%6x]", -42, 255u);
    SAME("[%.3s] [%.*s] [%*d] [%-*d]", "abcdef", 2, "xyz", 6, 1, 6, 2);
    SAME("[%5c] %% [%-3c]", 'x', 'y');
    SAME("%lu.%03lu", 5ul, 7ul);
}

static void test_output_is_cut_to_the_buffer(void **state)
{
    char small[8];

    (void)state;
    assert_int_equal(format_string(small, sizeof(small), "%s-%d", "abcdef", 12345), 7);
    assert_string_equal(small, "abcdef-");
    assert_int_equal(format_string(small, 1, "x"), 0);
    assert_string_equal(small, "");
}

static void test_odd_formats_are_copied(void **state)
{
    char text[40];
    const char *volatile unknown = "a%qb%";

    (void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    format_string(text, sizeof(text), unknown);
#pragma GCC diagnostic pop
    assert_string_equal(text, "a%qb%");
    const char *volatile none = NULL;

    format_string(text, sizeof(text), "%s", none);
    assert_string_equal(text, "(null)");
}

static void test_numbers_are_read_whole_or_not_at_all(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_true(text_parse_u64("1024", &value) && value == 1024);
    assert_true(text_parse_u64("0x1F", &value) && value == 31);
    assert_true(text_parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
    value = 5;
    assert_false(text_parse_u64("18446744073709551616", &value));
    assert_false(text_parse_u64("", &value));
    assert_false(text_parse_u64("0x", &value));
    assert_false(text_parse_u64("12a", &value));
    assert_false(text_parse_u64("-1", &value));
    assert_int_equal(value, 5);
}

static void test_lines_are_split_at_blanks(void **state)
{
    char line[] = "  run \t hello a  b ";
    char *words[4];

    (void)state;
    assert_int_equal(text_split(line, words, 4), 4);
    assert_string_equal(words[0], "run");
    assert_string_equal(words[3], "b");
    char more[] = "a b c";

    assert_int_equal(text_split(more, words, 2), 3);
    char blank[] = "   ";

    assert_int_equal(text_split(blank, words, 2), 0);
}

static void test_hex_is_decoded_strictly(void **state)
{
    char buffer[4];

    (void)state;
    assert_int_equal(text_decode_hex("70733B", buffer, sizeof(buffer)), 3);
    assert_memory_equal(buffer, "ps;", 3);
    assert_int_equal(text_decode_hex("", buffer, sizeof(buffer)), 0);
    assert_int_equal(text_decode_hex("7", buffer, sizeof(buffer)), SIZE_MAX);
    assert_int_equal(text_decode_hex("7g", buffer, sizeof(buffer)), SIZE_MAX);
    assert_int_equal(text_decode_hex("0102030405", buffer, sizeof(buffer)), SIZE_MAX);
}

int run_minilib_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversions_agree_with_the_libc),
        cmocka_unit_test(test_output_is_cut_to_the_buffer),
        cmocka_unit_test(test_odd_formats_are_copied),
        cmocka_unit_test(test_numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(test_lines_are_split_at_blanks),
        cmocka_unit_test(test_hex_is_decoded_strictly),
    };

    return cmocka_run_group_tests_name("minilib", tests, NULL, NULL);
}
