// SPDX-License-Identifier: MIT
// debug/crashlog.h: what one boot writes the next one reads, and nothing else.
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <debug/crashlog.h>
#include <debug/log.h>
#include <debug/panic.h>
#include <lib/crc32.h>

#include "stub_hal.h"

#define REGION_BYTES 8192u

static char *region; // shared with the child that panics, as memory is with the next boot

static int make_region(void **state)
{
    (void)state;
    region = stub_shared(REGION_BYTES);
    memset(region, 0xa5, REGION_BYTES); // what a cold start finds
    return 0;
}

static void assert_nothing_left(void)
{
    size_t len = 1;

    crashlog_open(region, REGION_BYTES);
    assert_null(crashlog_last(&len));
    assert_int_equal(len, 0);
}

static void write_text(const char *text, size_t len)
{
    crashlog_open(region, REGION_BYTES);
    crashlog_write(NULL, text, len);
    crashlog_finish();
}

static void test_crc32_check_value(void **state)
{
    (void)state;
    assert_int_equal(crc32(0, "123456789", 9), 0xcbf43926u);
    assert_int_equal(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
}

static void test_told_once(void **state)
{
    size_t len;

    (void)state;
    assert_nothing_left();
    write_text("one\0two\n", 8);
    crashlog_open(region, REGION_BYTES);
    const char *text = crashlog_last(&len);
    assert_int_equal(len, 8);
    assert_memory_equal(text, "one.two\n", 8);
    crashlog_forget();
    assert_null(crashlog_last(&len));
    assert_nothing_left();
}

static void test_unfinished_text_does_not_count(void **state)
{
    (void)state;
    crashlog_open(region, REGION_BYTES);
    crashlog_write(NULL, "text", 4);
    assert_nothing_left();
}

static void test_too_long_is_cut(void **state)
{
    static char big[2 * REGION_BYTES];
    size_t len;

    (void)state;
    memset(big, 'x', sizeof(big));
    crashlog_open(region, REGION_BYTES);
    size_t room = crashlog_room();
    assert_true(room < REGION_BYTES && room > REGION_BYTES - 64);
    crashlog_write(NULL, big, room - 1);
    crashlog_write(NULL, "yz", 2);
    crashlog_write(NULL, "z", 1);
    assert_int_equal(crashlog_room(), 0);
    crashlog_finish();
    crashlog_open(region, REGION_BYTES);
    const char *text = crashlog_last(&len);
    assert_int_equal(len, room);
    assert_int_equal(text[room - 1], 'y');
}

// Whatever byte a reset changes, the text is not taken for one.
static void test_any_changed_byte_shows(void **state)
{
    (void)state;
    write_text("Alas!", 5);
    for (size_t i = 0; i < 16 + 5; i++) {
        region[i] ^= 0x10;
        assert_nothing_left();
        region[i] ^= 0x10;
    }
    size_t len;
    crashlog_open(region, REGION_BYTES);
    assert_non_null(crashlog_last(&len));
}

static void test_no_region(void **state)
{
    size_t len;

    (void)state;
    crashlog_open(NULL, 0);
    crashlog_write(NULL, "text", 4);
    crashlog_finish();
    crashlog_forget();
    assert_int_equal(crashlog_room(), 0);
    crashlog_open(region, CRASHLOG_BYTES_MIN - 8);
    assert_null(crashlog_last(&len));
    assert_int_equal(crashlog_room(), 0);
}

static void panic_with_region(void)
{
    crashlog_open(region, REGION_BYTES);
    for (int i = 0; i < 30; i++)
        klog(LOG_INFO, "line %d", i);
    panic("for the next boot");
}

// More lines than on the console, which has 20.
static void test_panic_leaves_its_report(void **state)
{
    char text[REGION_BYTES];
    size_t len;

    (void)state;
    assert_non_null(stub_panic_text(panic_with_region));
    crashlog_open(region, REGION_BYTES);
    const char *last = crashlog_last(&len);
    assert_non_null(last);
    memcpy(text, last, len);
    text[len] = '\0';
    assert_non_null(strstr(text, "*** KERNEL PANIC: for the next boot\n"));
    assert_non_null(strstr(text, "backtrace:\n"));
    assert_non_null(strstr(text, "> line 5\n"));
    assert_non_null(strstr(text, "> line 29\n*** end of panic report\n"));
}

// ---- a boot that ends without a word ----

// Whether what the last boot left has this in it.
static bool left_has(const char *what)
{
    static char text[REGION_BYTES + 1];
    size_t len;

    crashlog_open(region, REGION_BYTES);
    const char *last = crashlog_last(&len);
    if (last == NULL)
        return false;
    memcpy(text, last, len);
    text[len] = '\0';
    return strstr(text, what) != NULL;
}

static void begin_to_follow(void)
{
    crashlog_open(region, REGION_BYTES);
    crashlog_forget();
    crashlog_follow();
}

static void assert_left(const char *expected)
{
    size_t len;

    crashlog_open(region, REGION_BYTES);
    const char *text = crashlog_last(&len);
    assert_non_null(text);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
    assert_false(crashlog_last_is_panic());
}

static void test_a_reset_leaves_the_end_of_the_log(void **state)
{
    (void)state;
    begin_to_follow();
    assert_nothing_left(); // not a line so far
    begin_to_follow();
    crashlog_tail(NULL, "one\n", 4);
    crashlog_tail(NULL, "t\001o\033\n", 5);
    assert_left("one\nt.o.\n");
    crashlog_forget();
    assert_nothing_left();
}

static void test_who_ends_in_order_leaves_nothing(void **state)
{
    (void)state;
    begin_to_follow();
    crashlog_tail(NULL, "one\n", 4);
    crashlog_forget();
    crashlog_tail(NULL, "two\n", 4); // too late
    assert_nothing_left();
}

// The newest whole lines, as many as fit, wherever the ring begins.
static void test_the_newest_lines_are_left(void **state)
{
    char line[16];
    size_t len;

    (void)state;
    for (unsigned count = 500; count < 2000; count += 7) {
        begin_to_follow();
        for (unsigned i = 0; i < count; i++)
            crashlog_tail(NULL, line, (size_t)snprintf(line, sizeof(line), "line %u\n", i));
        crashlog_open(region, REGION_BYTES);
        const char *text = crashlog_last(&len);
        assert_non_null(text);
        unsigned n = (unsigned)strtoul(text + 5, NULL, 10);
        assert_true(n == 0 || len > REGION_BYTES - 64);
        for (const char *at = text; at < text + len; n++) {
            size_t bytes = (size_t)snprintf(line, sizeof(line), "line %u\n", n);
            assert_memory_equal(at, line, bytes);
            at += bytes;
        }
        assert_int_equal(n, count);
    }
}

static void test_a_changed_header_of_a_log_shows(void **state)
{
    (void)state;
    begin_to_follow();
    crashlog_tail(NULL, "text\n", 5);
    for (size_t i = 0; i < 16; i++) {
        region[i] ^= 0x10;
        assert_nothing_left();
        region[i] ^= 0x10;
    }
    assert_left("text\n");
}

static void panic_while_following(void)
{
    begin_to_follow();
    klog(LOG_INFO, "before");
    log_keep(crashlog_tail);
    klog(LOG_INFO, "after");
    panic("with a report");
}

static void test_a_panic_replaces_the_log(void **state)
{
    (void)state;
    assert_non_null(stub_panic_text(panic_while_following));
    assert_true(left_has("KERNEL PANIC: with a report"));
    assert_true(crashlog_last_is_panic());
}

static void log_while_following(void)
{
    begin_to_follow();
    klog(LOG_INFO, "before");
    log_keep(crashlog_tail);
    klog(LOG_INFO, "after");
    panic("%s", left_has("> before\n") && left_has("> after\n") ? "both lines" : "a line is missing");
}

static void test_lines_of_the_log_are_kept(void **state)
{
    (void)state;
    const char *text = stub_panic_text(log_while_following);
    assert_non_null(text);
    assert_non_null(strstr(text, "both lines"));
}

int run_crashlog_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc32_check_value),
        cmocka_unit_test_setup(test_told_once, make_region),
        cmocka_unit_test_setup(test_unfinished_text_does_not_count, make_region),
        cmocka_unit_test_setup(test_too_long_is_cut, make_region),
        cmocka_unit_test_setup(test_any_changed_byte_shows, make_region),
        cmocka_unit_test_setup(test_no_region, make_region),
        cmocka_unit_test_setup(test_panic_leaves_its_report, make_region),
        cmocka_unit_test_setup(test_a_reset_leaves_the_end_of_the_log, make_region),
        cmocka_unit_test_setup(test_who_ends_in_order_leaves_nothing, make_region),
        cmocka_unit_test_setup(test_the_newest_lines_are_left, make_region),
        cmocka_unit_test_setup(test_a_changed_header_of_a_log_shows, make_region),
        cmocka_unit_test_setup(test_a_panic_replaces_the_log, make_region),
        cmocka_unit_test_setup(test_lines_of_the_log_are_kept, make_region),
    };
    return cmocka_run_group_tests_name("crashlog", tests, NULL, NULL);
}
