// SPDX-License-Identifier: MIT
// debug/log.h: the ring, kernel messages, the console's side.
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <debug/log.h>

#include "stub_hal.h"

static unsigned notified;

static void count_notify(void)
{
    notified++;
}

static void expect_text(struct log_cursor *c, const char *want)
{
    struct log_record r;
    size_t size = log_read(c, &r);
    assert_int_equal(size, LOG_HEADER_SIZE + strlen(want));
    assert_int_equal(r.datalen, strlen(want));
    assert_memory_equal(r.data, want, strlen(want));
}

static void expect_nothing(struct log_cursor *c)
{
    struct log_record r;
    assert_false(log_readable(c));
    assert_int_equal(log_read(c, &r), 0);
}

static int setup(void **state)
{
    (void)state;
    // Nothing on the console but in the test that looks at it.
    struct log_cursor c;
    log_start_async(&c);
    log_set_notify(NULL);
    log_set_identity(NULL);
    stub_console_clear();
    return 0;
}

static void test_log_record_comes_back_whole(void **state)
{
    (void)state;
    struct log_cursor c;
    struct log_record r;
    log_cursor_newest(&c);
    expect_nothing(&c);
    stub_now = 1234567890123;
    assert_int_equal(log_write(LOG_WARN, 17, 4711, "text", 4), ZX_OK);
    assert_true(log_readable(&c));
    assert_int_equal(log_read(&c, &r), 36);
    assert_int_equal(r.flags, LOG_WARN);
    assert_int_equal(r.pid, 17);
    assert_int_equal(r.tid, 4711);
    assert_true(r.timestamp == 1234567890123);
    assert_int_equal(r.datalen, 4);
    assert_memory_equal(r.data, "text", 4);
    expect_nothing(&c);
}

static void test_log_write_limits(void **state)
{
    (void)state;
    char big[LOG_DATA_MAX + 1];
    struct log_cursor c;
    struct log_record r;
    memset(big, 'b', sizeof(big));
    log_cursor_newest(&c);
    assert_int_equal(log_write(0, 0, 0, big, sizeof(big)), ZX_ERR_OUT_OF_RANGE);
    expect_nothing(&c);
    assert_int_equal(log_write(0xffff, 0, 0, big, LOG_DATA_MAX), ZX_OK);
    assert_int_equal(log_write(0, 0, 0, NULL, 0), ZX_OK);
    assert_int_equal(log_read(&c, &r), LOG_RECORD_MAX);
    assert_int_equal(r.flags, 0xffff);
    assert_int_equal(log_read(&c, &r), LOG_HEADER_SIZE);
    assert_int_equal(r.datalen, 0);
}

// Writes numbered records of varying length until the ring has gone round several times; a reader that
// keeps up sees all, one that does not continues at the oldest survivor.
static void test_log_ring_wraps_and_overtakes(void **state)
{
    (void)state;
    struct log_cursor fast, slow;
    struct log_record r;
    char text[LOG_DATA_MAX + 1];
    log_cursor_newest(&fast);
    log_cursor_newest(&slow);
    unsigned total = 6000;
    for (unsigned i = 0; i < total; i++) {
        int len = snprintf(text, sizeof(text), "%u ", i);
        memset(text + len, 'x', sizeof(text) - (size_t)len);
        size_t size = (size_t)len + i * 7 % (LOG_DATA_MAX - (size_t)len);
        assert_int_equal(log_write(LOG_INFO, i, 0, text, size), ZX_OK);
        assert_int_equal(log_read(&fast, &r), LOG_HEADER_SIZE + size);
        assert_memory_equal(r.data, text, size);
        assert_int_equal(r.pid, i);
    }
    expect_nothing(&fast);
    unsigned seen = 0, next = 0;
    size_t bytes = 0;
    while (log_read(&slow, &r)) {
        if (seen++)
            assert_int_equal(r.pid, next);
        next = (unsigned)r.pid + 1;
        bytes += LOG_HEADER_SIZE + ROUND_UP(r.datalen, 8u);
    }
    assert_int_equal(next, total);
    assert_true(seen < total);
    assert_true(bytes <= LOG_RING_SIZE && bytes > LOG_RING_SIZE - 2 * LOG_RECORD_MAX);
    struct log_cursor oldest;
    log_cursor_oldest(&oldest);
    assert_true(log_readable(&oldest));
    log_read(&oldest, &r);
    assert_int_equal(r.pid, total - seen);
}

static void identity(uint64_t *pid, uint64_t *tid)
{
    *pid = 5;
    *tid = 6;
}

static void test_klog_cuts_at_newlines_and_length(void **state)
{
    (void)state;
    struct log_cursor c;
    struct log_record r;
    char longest[LOG_DATA_MAX + 1], over[LOG_DATA_MAX + 11];
    memset(longest, 'y', LOG_DATA_MAX);
    longest[LOG_DATA_MAX] = '\0';
    log_cursor_newest(&c);
    klog(LOG_INFO, "one %d\ntwo\n", 1);
    klog(LOG_INFO, "three");
    klog(LOG_INFO, "%s", "");
    klog(LOG_INFO, "\n");
    klog(LOG_INFO, "%s\n", longest);
    snprintf(over, sizeof(over), "%s0123456789", longest);
    klog(LOG_INFO, "%s", over);
    expect_text(&c, "one 1");
    expect_text(&c, "two");
    expect_text(&c, "three");
    expect_text(&c, "");
    expect_text(&c, longest);
    expect_text(&c, longest);
    expect_text(&c, "0123456789");
    expect_nothing(&c);
    log_set_identity(identity);
    klog(LOG_ERROR, "who");
    log_read(&c, &r);
    assert_int_equal(r.flags, LOG_ERROR);
    assert_int_equal(r.pid, 5);
    assert_int_equal(r.tid, 6);
}

static void test_log_notify_after_each_write(void **state)
{
    (void)state;
    notified = 0;
    log_set_notify(count_notify);
    klog(LOG_INFO, "a\nb");
    assert_int_equal(notified, 2);
    assert_int_equal(log_write(0, 1, 1, "x", 1), ZX_OK);
    assert_int_equal(notified, 3);
}

static void capture(void *ctx, const char *s, size_t len)
{
    strncat(ctx, s, len);
}

static void test_log_line_format(void **state)
{
    (void)state;
    char text[400] = "";
    struct log_record r = {.datalen = 6, .timestamp = 12345678901234, .pid = 7, .tid = 123456};
    memcpy(r.data, "hello\n", 6);
    log_format_record(&r, capture, text);
    assert_string_equal(text, "[12345.678] 00007.123456> hello\n");
    text[0] = '\0';
    r.datalen = 0;
    r.timestamp = 5000000;
    log_format_record(&r, capture, text);
    assert_string_equal(text, "[00000.005] 00007.123456> \n");
    text[0] = '\0';
    r.datalen = LOG_DATA_MAX;
    memset(r.data, 'z', LOG_DATA_MAX);
    r.pid = r.tid = UINT64_MAX;
    r.timestamp = INT64_MAX;
    log_format_record(&r, capture, text);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void test_log_synchronous_until_drained_by_a_thread(void **state)
{
    (void)state;
    struct log_cursor c;
    stub_now = 2500000000;
    log_start_async(&c);
    klog(LOG_INFO, "first");
    assert_string_equal(stub_console(), "");
    log_stop_async(&c);
    assert_string_equal(stub_console(), "[00002.500] 00000.00000> first\n");
    stub_console_clear();
    klog(LOG_INFO, "second");
    assert_string_equal(stub_console(), "[00002.500] 00000.00000> second\n");
    stub_console_clear();
    log_start_async(&c);
    klog(LOG_INFO, "third\nfourth");
    char text[200] = "";
    assert_true(log_drain_step(&c, capture, text));
    assert_string_equal(text, "[00002.500] 00000.00000> third\n");
    assert_true(log_drain_step(&c, capture, text));
    assert_false(log_drain_step(&c, capture, text));
    assert_string_equal(stub_console(), "");
}

int run_log_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_log_record_comes_back_whole, setup),
        cmocka_unit_test_setup(test_log_write_limits, setup),
        cmocka_unit_test_setup(test_log_ring_wraps_and_overtakes, setup),
        cmocka_unit_test_setup(test_klog_cuts_at_newlines_and_length, setup),
        cmocka_unit_test_setup(test_log_notify_after_each_write, setup),
        cmocka_unit_test_setup(test_log_line_format, setup),
        cmocka_unit_test_setup(test_log_synchronous_until_drained_by_a_thread, setup),
    };
    return cmocka_run_group_tests_name("log", tests, setup, NULL);
}
