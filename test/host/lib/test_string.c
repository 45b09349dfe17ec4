// SPDX-License-Identifier: MIT
// The target's string functions (renamed by rename.h) against the host's C library; and strlcpy.
#include "suites.h"

#include <lib/string.h>

void *target_memcpy(void *restrict dst, const void *restrict src, size_t n);
void *target_memmove(void *dst, const void *src, size_t n);
void *target_memset(void *dst, int byte, size_t n);
int target_memcmp(const void *a, const void *b, size_t n);
void *target_memchr(const void *s, int byte, size_t n);
size_t target_strlen(const char *s);
size_t target_strnlen(const char *s, size_t max);
int target_strcmp(const char *a, const char *b);
int target_strncmp(const char *a, const char *b, size_t n);
char *target_strchr(const char *s, int c);
char *target_strrchr(const char *s, int c);

#define ROOM 512u

static unsigned char source[ROOM], got[ROOM], want[ROOM];

static void fill(uint64_t *seed)
{
    for (size_t i = 0; i < ROOM; i++) {
        source[i] = (unsigned char)test_random(seed);
        got[i] = want[i] = (unsigned char)test_random(seed);
    }
}

static void test_memcpy_every_alignment_and_length(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (size_t to = 16; to < 24; to++) {
        for (size_t from = 16; from < 24; from++) {
            for (size_t n = 0; n < 200; n++) {
                fill(&seed);
                assert_ptr_equal(target_memcpy(got + to, source + from, n), got + to);
                for (size_t i = 0; i < n; i++)
                    want[to + i] = source[from + i];
                assert_memory_equal(got, want, ROOM);
            }
        }
    }
}

static void test_memmove_overlapping_both_ways(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (size_t to = 100; to < 140; to += 3) {
        for (size_t from = 100; from < 140; from++) {
            for (size_t n = 0; n < 100; n += 1 + n / 20) {
                fill(&seed);
                for (size_t i = 0; i < ROOM; i++)
                    got[i] = want[i] = source[i];
                for (size_t i = 0; i < n; i++)
                    want[to + i] = source[from + i];
                assert_ptr_equal(target_memmove(got + to, got + from, n), got + to);
                assert_memory_equal(got, want, ROOM);
            }
        }
    }
}

static void test_memset_every_alignment_and_length(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (size_t to = 16; to < 24; to++) {
        for (size_t n = 0; n < 200; n++) {
            fill(&seed);
            for (size_t i = 0; i < n; i++)
                want[to + i] = 0xa5;
            assert_ptr_equal(target_memset(got + to, 0x7a5, n), got + to);
            assert_memory_equal(got, want, ROOM);
        }
    }
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void test_memcmp_finds_the_first_difference(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (unsigned round = 0; round < 5000; round++) {
        fill(&seed);
        size_t a = 16 + test_random(&seed) % 8, b = 16 + test_random(&seed) % 8;
        size_t n = test_random(&seed) % 100;
        for (size_t i = 0; i < n; i++)
            got[b + i] = source[a + i];
        if (n && test_random(&seed) % 4)
            got[b + test_random(&seed) % n] ^= (unsigned char)(1 + test_random(&seed) % 255);
        assert_int_equal(sign(target_memcmp(source + a, got + b, n)),
                         sign(memcmp(source + a, got + b, n)));
        int byte = (int)(test_random(&seed) % 256);
        assert_ptr_equal(target_memchr(source + a, byte, n), memchr(source + a, byte, n));
    }
}

static void test_str_functions_match_the_c_library(void **state)
{
    (void)state;
    static const char *const words[] = {
        "", "a", "ab", "abc", "abd", "ABC", "abcabcabcabc", "\xff", "a\x80", "zz/yy/xx"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *s = words[i];
        assert_int_equal(target_strlen(s), strlen(s));
        for (size_t n = 0; n < 15; n++)
            assert_int_equal(target_strnlen(s, n), strnlen(s, n));
        for (const char *c = "abcz/\xff";; c++) {
            assert_ptr_equal(target_strchr(s, *c), strchr(s, *c));
            assert_ptr_equal(target_strrchr(s, *c), strrchr(s, *c));
            if (!*c)
                break;
        }
        for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
            assert_int_equal(sign(target_strcmp(s, words[j])), sign(strcmp(s, words[j])));
            for (size_t n = 0; n < 15; n++)
                assert_int_equal(sign(target_strncmp(s, words[j], n)),
                                 sign(strncmp(s, words[j], n)));
        }
    }
}

static void test_strlcpy_cuts_and_terminates(void **state)
{
    (void)state;
    char buf[8] = "xxxxxxx";
    assert_int_equal(strlcpy(buf, "hello", sizeof(buf)), 5);
    assert_string_equal(buf, "hello");
    assert_int_equal(strlcpy(buf, "hello, world", sizeof(buf)), 12);
    assert_string_equal(buf, "hello, ");
    assert_int_equal(strlcpy(buf, "abc", 1), 3);
    assert_string_equal(buf, "");
    buf[0] = 'k';
    assert_int_equal(strlcpy(buf, "abc", 0), 3);
    assert_int_equal(buf[0], 'k');
}

int run_string_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy_every_alignment_and_length),
        cmocka_unit_test(test_memmove_overlapping_both_ways),
        cmocka_unit_test(test_memset_every_alignment_and_length),
        cmocka_unit_test(test_memcmp_finds_the_first_difference),
        cmocka_unit_test(test_str_functions_match_the_c_library),
        cmocka_unit_test(test_strlcpy_cuts_and_terminates),
    };
    return cmocka_run_group_tests_name("string", tests, NULL, NULL);
}
