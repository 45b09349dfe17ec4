// SPDX-License-Identifier: MIT
// debug/crashlog.h: what one boot writes the next one reads, and nothing else.
#include "suites.h"

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
    };
    return cmocka_run_group_tests_name("crashlog", tests, NULL, NULL);
}
