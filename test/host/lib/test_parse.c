// SPDX-License-Identifier: MIT
// lib/parse.h and lib/cmdline.h
#include "suites.h"

#include <string.h>

#include <lib/cmdline.h>
#include <lib/parse.h>

static void expect_number(const char *text, uint64_t want)
{
    uint64_t got = ~want;
    assert_true(parse_u64(text, strlen(text), &got));
    assert_true(got == want);
}

static void expect_no_number(const char *text)
{
    uint64_t got = 77;
    assert_false(parse_u64(text, strlen(text), &got));
    assert_true(got == 77);
}

static void test_parse_u64_c_bases(void **state)
{
    (void)state;
    expect_number("0", 0);
    expect_number("42", 42);
    expect_number("0x1F", 31);
    expect_number("0Xffffffffffffffff", UINT64_MAX);
    expect_number("18446744073709551615", UINT64_MAX);
    expect_number("0777", 511);
    expect_number("0b1010", 10);
    expect_number("00", 0);
}

static void test_parse_u64_garbage_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "-1",
                                      "+1",
                                      "0x",
                                      "0b",
                                      "0b2",
                                      "08",
                                      "12a",
                                      "x12",
                                      "0x1g",
                                      "18446744073709551616",
                                      "0x10000000000000000",
                                      "1.5"};
    for (size_t i = 0; i < countof(bad); i++)
        expect_no_number(bad[i]);
}

static void test_parse_u64_prefix_stops_at_garbage(void **state)
{
    (void)state;
    uint64_t v = 0;
    assert_int_equal(parse_u64_prefix("512M", 4, &v), 3);
    assert_int_equal(v, 512);
    assert_int_equal(parse_u64_prefix("0xg", 3, &v), 1);
    assert_int_equal(v, 0);
    assert_int_equal(parse_u64_prefix("12345", 2, &v), 2); // no further than the length
    assert_int_equal(v, 12);
    assert_int_equal(parse_u64_prefix("", 0, &v), 0);
}

static void test_parse_hex_bytes(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    assert_int_equal(parse_hex_bytes("00fF7a", 6, out, sizeof(out)), 3);
    assert_memory_equal(out, "\x00\xff\x7a", 3);
    assert_int_equal(parse_hex_bytes("", 0, out, sizeof(out)), 0);
    assert_int_equal(parse_hex_bytes("0", 1, out, sizeof(out)), -1);
    assert_int_equal(parse_hex_bytes("0g", 2, out, sizeof(out)), -1);
    assert_int_equal(parse_hex_bytes("010203040506", 12, out, sizeof(out)), 4); // cut
}

static const char line[] = "  a b=1 userboot=bin/mon  b=2\taslr.disable kernel.smp.maxcpus=0x2 "
                           "off=off no=false zero=0 empty= bad=12z aa=9";

static void test_cmdline_first_occurrence_wins(void **state)
{
    (void)state;
    char buf[16];
    assert_true(cmdline_u64(line, "b", 9) == 1);
    assert_true(cmdline_str(line, "userboot", buf, sizeof(buf), NULL));
    assert_string_equal(buf, "bin/mon");
    assert_false(cmdline_str(line, "user", buf, sizeof(buf), "fallback"));
    assert_string_equal(buf, "fallback");
    assert_false(cmdline_str(line, "user", buf, sizeof(buf), NULL));
    assert_string_equal(buf, "");
    assert_true(cmdline_str(line, "userboot", buf, 4, NULL));
    assert_string_equal(buf, "bin");
    assert_true(cmdline_u64(line, "aa", 0) == 9);
}

static void test_cmdline_booleans(void **state)
{
    (void)state;
    assert_true(cmdline_bool(line, "a", false));
    assert_true(cmdline_bool(line, "aslr.disable", false));
    assert_true(cmdline_bool(line, "empty", false));
    assert_true(cmdline_bool(line, "b", false));
    assert_false(cmdline_bool(line, "off", true));
    assert_false(cmdline_bool(line, "no", true));
    assert_false(cmdline_bool(line, "zero", true));
    assert_true(cmdline_bool(line, "absent", true));
    assert_false(cmdline_bool(line, "absent", false));
    assert_false(cmdline_bool("", "a", false));
}

static void test_cmdline_numbers_fall_back(void **state)
{
    (void)state;
    assert_true(cmdline_u64(line, "kernel.smp.maxcpus", 4) == 2);
    assert_true(cmdline_u64(line, "bad", 4) == 4);
    assert_true(cmdline_u64(line, "empty", 4) == 4);
    assert_true(cmdline_u64(line, "a", 4) == 4);
    assert_true(cmdline_u64(line, "absent", 4) == 4);
    const char *value;
    size_t len = 9;
    assert_true(cmdline_find(line, "a", &value, &len));
    assert_int_equal(len, 0);
    assert_false(cmdline_find(line, "aslr", NULL, NULL));
}

static zx_status_t take_hex(const char *text, char out_line[300], uint8_t out[64], size_t *out_len)
{
    strcpy(out_line, text);
    return cmdline_take_hex(out_line, "mix", out, out_len);
}

static void test_cmdline_hex_is_taken_out(void **state)
{
    (void)state;
    char changed[300], text[300] = "mix=";
    uint8_t out[CMDLINE_HEX_MAX / 2];
    size_t len = 77;
    assert_int_equal(take_hex("a mix=00fF7 b=1", changed, out, &len), ZX_OK);
    assert_int_equal(len, 2);
    assert_memory_equal(out, "\x00\xff", 2);
    assert_string_equal(changed, "a mix=xxxxx b=1");
    assert_int_equal(take_hex("a mix= mixer=1", changed, out, &len), ZX_ERR_NOT_FOUND);
    assert_int_equal(take_hex("a mix b", changed, out, &len), ZX_ERR_NOT_FOUND);
    assert_int_equal(take_hex("mix=0g mix=1", changed, out, &len), ZX_ERR_INVALID_ARGS);
    assert_string_equal(changed, "mix=xx mix=x");
    assert_int_equal(take_hex("mix=00g", changed, out, &len), ZX_ERR_INVALID_ARGS);
    memset(text + 4, '1', 200);
    assert_int_equal(take_hex(text, changed, out, &len), ZX_OK);
    assert_int_equal(len, CMDLINE_HEX_MAX / 2);
    assert_int_equal(out[CMDLINE_HEX_MAX / 2 - 1], 0x11);
    assert_int_equal(changed[203], 'x');
}

int run_parse_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_u64_c_bases),
        cmocka_unit_test(test_parse_u64_garbage_is_refused),
        cmocka_unit_test(test_parse_u64_prefix_stops_at_garbage),
        cmocka_unit_test(test_parse_hex_bytes),
        cmocka_unit_test(test_cmdline_first_occurrence_wins),
        cmocka_unit_test(test_cmdline_booleans),
        cmocka_unit_test(test_cmdline_numbers_fall_back),
        cmocka_unit_test(test_cmdline_hex_is_taken_out),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
