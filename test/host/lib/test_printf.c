// SPDX-License-Identifier: MIT
// lib/printf.h, mostly against the host's snprintf.
#include "suites.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <lib/printf.h>

// Formats with both and compares text and length.
#define SAME(...)                                                     \
    do {                                                              \
        char want_[256], got_[256];                                   \
        int want_len_ = snprintf(want_, sizeof(want_), __VA_ARGS__);  \
        size_t got_len_ = ksnprintf(got_, sizeof(got_), __VA_ARGS__); \
        assert_string_equal(got_, want_);                             \
        assert_int_equal(got_len_, want_len_);                        \
    } while (0)

static void test_printf_integers_match_libc(void **state)
{
    (void)state;
    static const long values[] = {0,     1,       -1,      9,        10,      255,
                                  -4096, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN};
    for (size_t i = 0; i < countof(values); i++) {
        long v = values[i];
        SAME("%d|%i|%u|%x|%X|%o", (int)v, (int)v, (unsigned)v, (unsigned)v, (unsigned)v,
             (unsigned)v);
        SAME("%ld|%lu|%lx|%lX|%lo", v, (unsigned long)v, (unsigned long)v, (unsigned long)v,
             (unsigned long)v);
        SAME("%lld|%llu|%llx", (long long)v, (unsigned long long)v, (unsigned long long)v);
        SAME("%zd|%zu|%zx|%jd|%td", (ssize_t)v, (size_t)v, (size_t)v, (intmax_t)v, (ptrdiff_t)v);
        SAME("%hd|%hu|%hhd|%hhu|%hhx", (short)v, (unsigned short)v, (signed char)v,
             (unsigned char)v, (unsigned char)v);
        SAME("[%8ld][%-8ld][%08ld][%+ld][% ld]", v, v, v, v, v);
        SAME("[%.5ld][%12.5ld][%-12.5ld]", v, v, v);
        SAME("[%#lx][%#18lx][%-#18lx]", (unsigned long)v, (unsigned long)v, (unsigned long)v);
        SAME("[%#018lx][%016lx]", (unsigned long)v, (unsigned long)v);
        SAME("[%*ld][%*ld][%.*ld]", 12, v, -12, v, 4, v);
    }
    SAME("[%.0d][%.0x]", 0, 0);
    SAME("%.*d", -3, 5);
}

static void test_printf_strings_and_chars_match_libc(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%s", "");
    SAME("%s and %s", "one", "two");
    SAME("[%10s][%-10s][%3s]", "abcde", "abcde", "abcde");
    SAME("[%.3s][%10.3s][%-10.3s][%.0s]", "abcde", "abcde", "abcde", "abcde");
    SAME("[%*s][%.*s]", 8, "abc", 2, "abc");
    SAME("[%c][%5c][%-5c]", 'x', 'y', 'z');
    SAME("100%% of %d%%", 5);
    SAME("[%60d]", 1); // wider than one run of padding
    char unterminated[3] = {'a', 'b', 'c'};
    SAME("%.3s", unterminated);
}

static void test_printf_pointers_have_prefix(void **state)
{
    (void)state;
    char buf[64];
    ksnprintf(buf, sizeof(buf), "%p %20p", (void *)0x1234abcd, (void *)0xff);
    assert_string_equal(buf, "0x1234abcd                 0xff");
    ksnprintf(buf, sizeof(buf), "%p", NULL);
    assert_string_equal(buf, "0x0");
    const char *none = NULL;
    ksnprintf(buf, sizeof(buf), "%s", none);
    assert_string_equal(buf, "(null)");
}

// Through a variable, as the compiler would rightly complain.
static void test_printf_unknown_conversion_is_printed(void **state)
{
    (void)state;
    char buf[64];
    const char *volatile odd = "a %y b %";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    ksnprintf(buf, sizeof(buf), odd);
#pragma GCC diagnostic pop
    assert_string_equal(buf, "a %y b %");
}

static void test_snprintf_cuts_and_reports_length(void **state)
{
    (void)state;
    char buf[8];
    assert_int_equal(ksnprintf(buf, sizeof(buf), "%s", "1234567"), 7);
    assert_string_equal(buf, "1234567");
    assert_int_equal(ksnprintf(buf, sizeof(buf), "%s", "12345678"), 8);
    assert_string_equal(buf, "1234567");
    assert_int_equal(ksnprintf(buf, 1, "%d", 12345), 5);
    assert_string_equal(buf, "");
    assert_int_equal(ksnprintf(NULL, 0, "%d", 12345), 5);
}

static void count_out(void *ctx, const char *s, size_t len)
{
    (void)s;
    *(size_t *)ctx += len;
}

static void test_format_hands_out_every_byte(void **state)
{
    (void)state;
    size_t seen = 0;
    assert_int_equal(kformat(count_out, &seen, "%50s|%-50d|%c", "x", 3, 'c'), 103);
    assert_int_equal(seen, 103);
}

int run_printf_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printf_integers_match_libc),
        cmocka_unit_test(test_printf_strings_and_chars_match_libc),
        cmocka_unit_test(test_printf_pointers_have_prefix),
        cmocka_unit_test(test_printf_unknown_conversion_is_printed),
        cmocka_unit_test(test_snprintf_cuts_and_reports_length),
        cmocka_unit_test(test_format_hands_out_every_byte),
    };
    return cmocka_run_group_tests_name("printf", tests, NULL, NULL);
}
