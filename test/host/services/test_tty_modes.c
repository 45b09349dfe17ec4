// SPDX-License-Identifier: MIT
//
// The line discipline's other modes: raw reads with VMIN and VTIME, changes of mode, echo, output
// processing.

#include "person.h"

#define TENTH INT64_C(100000000)

static struct person person;

static int set_up(void **state)
{
    (void)state;
    person_init(&person);
    return 0;
}

// Sets and clears flags.
static void set_mode(uint32_t lflag_off, uint32_t lflag_on)
{
    struct tty_attributes attributes;

    tty_get_attributes(&person.tty, &attributes);
    attributes.lflag = (attributes.lflag & ~lflag_off) | lflag_on;
    tty_set_attributes(&person.tty, &attributes, false);
}

static void set_control(unsigned index, uint8_t value)
{
    struct tty_attributes attributes;

    tty_get_attributes(&person.tty, &attributes);
    attributes.control[index] = value;
    tty_set_attributes(&person.tty, &attributes, false);
}

static void set_flags(uint32_t iflag, uint32_t oflag)
{
    struct tty_attributes attributes;

    tty_get_attributes(&person.tty, &attributes);
    attributes.iflag = iflag;
    attributes.oflag = oflag;
    tty_set_attributes(&person.tty, &attributes, false);
}

static void test_raw_mode_hands_over_each_byte(void **state)
{
    (void)state;
    set_mode(ICANON | ECHO | ISIG | IEXTEN, 0);
    type_bytes(&person, "a\x7f\x03\x04\x15\0b", 7);
    assert_int_equal(person.interrupts, 0);
    assert_int_equal(person.raw_size, 0);
    char buffer[16];

    assert_int_equal(tty_read(&person.tty, buffer, sizeof(buffer)), 7);
    assert_memory_equal(buffer, "a\x7f\x03\x04\x15\0b", 7);
}

static void test_isig_works_in_raw_mode(void **state)
{
    (void)state;
    set_mode(ICANON, 0);
    type_keys(&person, "abc\x03");
    assert_int_equal(person.interrupts, 1);
    assert_false(tty_readable(&person.tty));
}

static void test_a_line_in_progress_can_be_read_when_raw_mode_begins(void **state)
{
    (void)state;
    type_keys(&person, "par");
    assert_false(tty_readable(&person.tty));
    set_mode(ICANON | ECHO, 0);
    assert_read(&person, "par");
}

static void test_what_was_typed_raw_is_edited_when_cooked_mode_begins(void **state)
{
    (void)state;
    set_mode(ICANON | ECHO, 0);
    type_keys(&person, "first\rsecx\x7f");
    assert_int_equal(person.raw_size, 0);
    set_mode(0, ICANON | ECHO);
    assert_int_equal(person.lines, 1);
    assert_line(&person, "sec");
    assert_read(&person, "first\n");
    type_keys(&person, "ond\r");
    assert_read(&person, "second\n");
}

static void test_whole_lines_survive_a_visit_to_raw_mode(void **state)
{
    (void)state;
    type_keys(&person, "one\rtwo\rthr");
    set_mode(ICANON | ECHO, 0);
    set_mode(0, ICANON | ECHO);
    type_keys(&person, "ee\r");
    assert_read(&person, "one\n");
    assert_read(&person, "two\n");
    assert_read(&person, "three\n");
}

static void test_flush_drops_input(void **state)
{
    struct tty_attributes attributes;

    (void)state;
    type_keys(&person, "one\rtwo");
    tty_get_attributes(&person.tty, &attributes);
    tty_set_attributes(&person.tty, &attributes, true);
    assert_false(tty_readable(&person.tty));
    type_keys(&person, "three\r");
    assert_read(&person, "three\n");
}

static void test_polling_a_cooked_terminal(void **state)
{
    int64_t deadline = 0;

    (void)state;
    assert_int_equal(tty_poll(&person.tty, 10, 0, 99 * TENTH, &deadline), TTY_WAIT);
    assert_int_equal(deadline, TTY_FOREVER);
    assert_int_equal(tty_poll(&person.tty, 0, 0, 0, &deadline), TTY_READ_NOW);
    type_keys(&person, "x");
    assert_int_equal(tty_poll(&person.tty, 1, 0, 99 * TENTH, &deadline), TTY_WAIT);
    type_keys(&person, "\r");
    assert_int_equal(tty_poll(&person.tty, 10, 0, 0, &deadline), TTY_READ_NOW);
}

static void test_vmin(void **state)
{
    int64_t deadline = 0;

    (void)state;
    set_mode(ICANON, 0);
    set_control(VMIN, 3);
    type_keys(&person, "ab");
    assert_int_equal(tty_poll(&person.tty, 10, 0, 99 * TENTH, &deadline), TTY_WAIT);
    assert_int_equal(deadline, TTY_FOREVER);
    // As many as were asked for will do.
    assert_int_equal(tty_poll(&person.tty, 2, 0, 0, &deadline), TTY_READ_NOW);
    type_keys(&person, "c");
    assert_int_equal(tty_poll(&person.tty, 10, 0, 0, &deadline), TTY_READ_NOW);
    // None at all: never a wait.
    set_control(VMIN, 0);
    tty_flush(&person.tty);
    assert_int_equal(tty_poll(&person.tty, 10, 0, 0, &deadline), TTY_READ_NOW);
}

static void test_vtime(void **state)
{
    int64_t deadline = 0;

    (void)state;
    set_mode(ICANON, 0);
    set_control(VMIN, 0);
    set_control(VTIME, 5);
    // With VMIN 0: from the beginning of the read.
    assert_int_equal(tty_poll(&person.tty, 10, 7, 8, &deadline), TTY_WAIT);
    assert_int_equal(deadline, 7 + 5 * TENTH);
    assert_int_equal(tty_poll(&person.tty, 10, 7, 7 + 5 * TENTH, &deadline), TTY_READ_NOW);
    // Else: from the last byte, once there is one.
    set_control(VMIN, 4);
    assert_int_equal(tty_poll(&person.tty, 10, 0, 99 * TENTH, &deadline), TTY_WAIT);
    assert_int_equal(deadline, TTY_FOREVER);
    (void)tty_input(&person.tty, "a", 1, 100 * TENTH);
    assert_int_equal(tty_poll(&person.tty, 10, 0, 101 * TENTH, &deadline), TTY_WAIT);
    assert_int_equal(deadline, 105 * TENTH);
    assert_int_equal(tty_poll(&person.tty, 10, 0, 105 * TENTH, &deadline), TTY_READ_NOW);
}

static void test_echo_can_be_switched_off(void **state)
{
    (void)state;
    set_mode(ECHO, 0);
    type_keys(&person, "secret\x7f\x17pass\r");
    assert_int_equal(person.raw_size, 0);
    assert_read(&person, "pass\n");
    set_mode(0, ECHONL);
    type_keys(&person, "x\r");
    assert_int_equal(person.raw_size, 2);
    assert_memory_equal(person.raw, "\r\n", 2);
}

static void test_input_flags(void **state)
{
    struct tty_attributes attributes;

    (void)state;
    tty_get_attributes(&person.tty, &attributes);
    set_mode(ICANON | ECHO, 0);
    set_flags(0, attributes.oflag);
    type_keys(&person, "\r\n");
    assert_read(&person, "\r\n");
    set_flags(INLCR, attributes.oflag);
    type_keys(&person, "\r\n");
    assert_read(&person, "\r\r");
    set_flags(IGNCR, attributes.oflag);
    type_keys(&person, "a\r\n");
    assert_read(&person, "a\n");
    set_flags(ISTRIP, attributes.oflag);
    type_keys(&person, "\xe1");
    assert_read(&person, "a");
}

static void test_output_processing(void **state)
{
    (void)state;
    tty_write(&person.tty, "a\nb", 3);
    assert_memory_equal(person.raw, "a\r\nb", 4);
    person.raw_size = 0;
    set_flags(0, 0);
    tty_write(&person.tty, "a\nb", 3);
    assert_int_equal(person.raw_size, 3);
    person.raw_size = 0;
    set_flags(0, OPOST | OCRNL);
    tty_write(&person.tty, "a\rb", 3);
    assert_memory_equal(person.raw, "a\nb", 3);
    person.raw_size = 0;
    set_flags(0, OPOST | ONOCR);
    tty_write(&person.tty, "\n\rx\r", 4);
    assert_memory_equal(person.raw, "\nx\r", 3);
    assert_int_equal(person.raw_size, 3);
}

static void test_long_output_comes_in_pieces_and_whole(void **state)
{
    char text[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (char)('a' + i % 26);
    }
    tty_write(&person.tty, text, sizeof(text));
    assert_int_equal(person.raw_size, sizeof(text));
    assert_memory_equal(person.raw, text, sizeof(text));
}

static void see_nothing(void *context, const char *bytes, size_t size)
{
    (void)context, (void)bytes, (void)size;
}

// A coloured prompt, a tab, and the tab erased: the colours take no columns.
static void test_escape_sequences_take_no_column(void **state)
{
    static const char prompt[] = "\x1b[1;32mab\x1b[0m> ";

    (void)state;
    person.tty.hooks.screen = see_nothing;
    tty_write(&person.tty, prompt, sizeof(prompt) - 1);
    person.tty.hooks.screen = person_screen;
    type_keys(&person, "\t\x7f");
    assert_int_equal(person.raw_size, 1 + 4);
    assert_memory_equal(person.raw, "\t\b\b\b\b", 5);
}

int run_tty_mode_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_raw_mode_hands_over_each_byte, set_up),
        cmocka_unit_test_setup(test_isig_works_in_raw_mode, set_up),
        cmocka_unit_test_setup(test_a_line_in_progress_can_be_read_when_raw_mode_begins, set_up),
        cmocka_unit_test_setup(test_what_was_typed_raw_is_edited_when_cooked_mode_begins, set_up),
        cmocka_unit_test_setup(test_whole_lines_survive_a_visit_to_raw_mode, set_up),
        cmocka_unit_test_setup(test_flush_drops_input, set_up),
        cmocka_unit_test_setup(test_polling_a_cooked_terminal, set_up),
        cmocka_unit_test_setup(test_vmin, set_up),
        cmocka_unit_test_setup(test_vtime, set_up),
        cmocka_unit_test_setup(test_echo_can_be_switched_off, set_up),
        cmocka_unit_test_setup(test_input_flags, set_up),
        cmocka_unit_test_setup(test_output_processing, set_up),
        cmocka_unit_test_setup(test_long_output_comes_in_pieces_and_whole, set_up),
        cmocka_unit_test_setup(test_escape_sequences_take_no_column, set_up),
    };

    return cmocka_run_group_tests_name("tty modes", tests, NULL, NULL);
}
