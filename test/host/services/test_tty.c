// SPDX-License-Identifier: MIT
//
// The line discipline in cooked mode: what a program reads, and what is on the screen.

#include "person.h"

#include <stdlib.h>

static struct person person;

static int set_up(void **state)
{
    (void)state;
    person_init(&person);
    return 0;
}

static void test_a_line_is_handed_over_whole(void **state)
{
    (void)state;
    type_keys(&person, "hello");
    assert_false(tty_readable(&person.tty));
    assert_line(&person, "hello");
    type_keys(&person, "\r");
    assert_read(&person, "hello\n");
    assert_false(tty_readable(&person.tty));
    assert_int_equal(person.lines, 1);
    // Also by a newline, several at once, one read each.
    type_keys(&person, "one\ntwo\n\n");
    assert_read(&person, "one\n");
    assert_read(&person, "two\n");
    assert_read(&person, "\n");
}

static void test_a_short_read_leaves_the_rest(void **state)
{
    char buffer[4] = {0};

    (void)state;
    type_keys(&person, "abcdef\r");
    assert_int_equal(tty_read(&person.tty, buffer, 3), 3);
    assert_string_equal(buffer, "abc");
    assert_int_equal(tty_read(&person.tty, buffer, 3), 3);
    assert_string_equal(buffer, "def");
    assert_read(&person, "\n");
}

static void test_erasing(void **state)
{
    (void)state;
    tty_write(&person.tty, "$ ", 2);
    type_keys(&person, "echpo\x7f\x7fo\b\bho");
    assert_line(&person, "$ echo");
    // Not past the beginning of the line.
    type_keys(&person, "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f");
    assert_line(&person, "$ ");
    type_keys(&person, "ok\r");
    assert_read(&person, "ok\n");
}

static void test_kill_and_word_erase(void **state)
{
    (void)state;
    tty_write(&person.tty, "$ ", 2);
    type_keys(&person, "wrong line\x15right");
    assert_line(&person, "$ right");
    type_keys(&person, "  one\ttwo  \x17");
    assert_line(&person, "$ right  one    ");
    type_keys(&person, "\x17");
    assert_line(&person, "$ right  ");
    type_keys(&person, "\x17\x17\x17x\r");
    assert_read(&person, "x\n");
}

static void test_control_characters_take_two_columns(void **state)
{
    (void)state;
    type_keys(&person, "a\x01\x1b");
    assert_line(&person, "a^A^[");
    type_keys(&person, "\x7f");
    assert_line(&person, "a^A");
    type_keys(&person, "\x7f\x7f"
                       "b\r");
    assert_read(&person, "b\n");
}

static void test_tabs_are_erased_as_wide_as_they_were(void **state)
{
    (void)state;
    tty_write(&person.tty, "ab> ", 4);
    type_keys(&person, "x\ty");
    assert_line(&person, "ab> x   y");
    type_keys(&person, "\x7f\x7f");
    assert_line(&person, "ab> x");
    type_keys(&person, "\t\t\x7f");
    assert_line(&person, "ab> x   ");
    type_keys(&person, "\x15");
    assert_line(&person, "ab> ");
}

static void test_utf8_is_erased_character_by_character(void **state)
{
    (void)state;
    type_keys(&person, "a\xc3\xa9\x7f"); // e with acute: two bytes, one column
    assert_int_equal(person.raw_size, 6);
    assert_memory_equal(person.raw + 3, "\b \b", 3);
    type_keys(&person, "\xe6\xbc\xa2"); // a Chinese character: three bytes, two columns
    person.raw_size = 0;
    type_keys(&person, "\x7f");
    assert_memory_equal(person.raw, "\b \b\b \b", 6);
    assert_int_equal(person.raw_size, 6);
    type_keys(&person, "e\xcc\x81"); // e and a combining acute: two characters, one column
    person.raw_size = 0;
    type_keys(&person, "\x7f");
    assert_int_equal(person.raw_size, 0);
    type_keys(&person, "\x7f\xf0\x9f\x98\x80\x7f"
                       "b\r"); // an emoji: four bytes
    assert_read(&person, "ab\n");
    // Broken sequences are erased too, some way or other, and nothing before them.
    type_keys(&person, "\x80\x80\x80\x80\x80\xff\x7f\x7f\x7f\x7f\x7f\x7f"
                       "c\r");
    assert_read(&person, "c\n");
}

static void test_utf8_off_erases_bytes(void **state)
{
    struct tty_attributes attributes;

    (void)state;
    tty_get_attributes(&person.tty, &attributes);
    attributes.iflag &= ~(uint32_t)IUTF8;
    tty_set_attributes(&person.tty, &attributes, false);
    type_keys(&person, "\xc3\xa9\x7f\r");
    assert_read(&person, "\xc3\n");
}

static void test_end_of_file(void **state)
{
    char buffer[8];

    (void)state;
    type_keys(&person, "\x04");
    assert_true(tty_readable(&person.tty));
    assert_int_equal(tty_read(&person.tty, buffer, sizeof(buffer)), 0);
    assert_false(tty_readable(&person.tty));
    // In a line: what there is of it, without a newline; a second one ends the file.
    type_keys(&person, "abc\x04");
    assert_read(&person, "abc");
    type_keys(&person, "abc\x04\x04");
    assert_read(&person, "abc");
    assert_true(tty_readable(&person.tty));
    assert_int_equal(tty_read(&person.tty, buffer, sizeof(buffer)), 0);
    // Not shown on the screen.
    assert_null(memchr(person.raw, '^', person.raw_size));
}

static void test_reprint_shows_the_line_again(void **state)
{
    (void)state;
    tty_write(&person.tty, "$ ", 2);
    type_keys(&person, "ab\tc\x12");
    assert_line(&person, "ab      c");
    type_keys(&person, "\x7f\x7f");
    assert_line(&person, "ab");
    type_keys(&person, "\r");
    assert_read(&person, "ab\n");
}

static void test_literal_next(void **state)
{
    (void)state;
    type_keys(&person, "a\x16\x03\x16\x7f\x16\rb");
    assert_int_equal(person.interrupts, 0);
    assert_line(&person, "a^C^?^Mb");
    type_keys(&person, "\r");
    assert_read(&person, "a\x03\x7f\rb\n");
}

static void test_interrupt_drops_what_was_typed(void **state)
{
    (void)state;
    type_keys(&person, "first\rsecond\x03");
    assert_int_equal(person.interrupts, 1);
    assert_false(tty_readable(&person.tty));
    assert_non_null(strstr(person.raw, "second^C\r\n"));
    type_keys(&person, "third\r");
    assert_read(&person, "third\n");
    type_keys(&person, "\x1c");
    assert_int_equal(person.interrupts, 2);
}

static void test_noflsh_keeps_it(void **state)
{
    struct tty_attributes attributes;

    (void)state;
    tty_get_attributes(&person.tty, &attributes);
    attributes.lflag |= NOFLSH;
    tty_set_attributes(&person.tty, &attributes, false);
    type_keys(&person, "first\r\x03");
    assert_int_equal(person.interrupts, 1);
    assert_read(&person, "first\n");
}

static void test_too_much_waits_or_is_dropped_with_a_bell(void **state)
{
    char *flood = malloc(3 * TTY_QUEUE_SIZE);
    char *line = malloc(TTY_QUEUE_SIZE + 1);

    (void)state;
    memset(flood, 'x', 3 * TTY_QUEUE_SIZE);
    type_bytes(&person, flood, 3 * TTY_QUEUE_SIZE);
    assert_int_equal(person.bells, 2 * TTY_QUEUE_SIZE + 1);
    assert_false(tty_readable(&person.tty));
    // It can still be edited and sent off.
    type_keys(&person, "\x7f\x7f"
                       "yz\r");
    assert_int_equal(tty_read(&person.tty, line, TTY_QUEUE_SIZE + 1), TTY_QUEUE_SIZE);
    assert_memory_equal(line + TTY_QUEUE_SIZE - 4, "xyz\n", 4);
    // Lines that nobody reads wait, and so does what is typed behind them; an interrupt gets through.
    memset(flood, '\r', 3 * TTY_QUEUE_SIZE);
    person.bells = 0;
    assert_int_equal(tty_input(&person.tty, flood, 3 * TTY_QUEUE_SIZE, 0), TTY_QUEUE_SIZE - 1);
    assert_int_equal(tty_input(&person.tty, "\x04\r", 2, 0), 0);
    assert_int_equal(person.bells, 0);
    assert_int_equal(tty_read(&person.tty, line, 1), 1);
    assert_int_equal(tty_input(&person.tty, flood, 3, 0), 1);
    assert_int_equal(tty_input(&person.tty, "\x03", 1, 0), 1);
    assert_int_equal(person.interrupts, 1);
    assert_false(tty_readable(&person.tty));
    type_keys(&person, "a\r");
    assert_read(&person, "a\n");
    free(flood);
    free(line);
}

// What a line of plain keys comes to, by the simplest possible rules.
static void model_key(char *line, size_t *used, char key)
{
    switch (key) {
    case 0x7f: *used -= *used != 0; break;
    case 0x15: *used = 0; break;
    case 0x17:
        while (*used != 0 && line[*used - 1] == ' ') {
            --*used;
        }
        while (*used != 0 && line[*used - 1] != ' ') {
            --*used;
        }
        break;
    default: line[(*used)++] = key;
    }
}

static void test_random_editing_agrees_with_a_model(void **state)
{
    static const char keys[] = "abc defg  h\x7f\x7f\x7f\x15\x17\x17";
    struct mutator dice = {1};
    char expected[256];

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        size_t used = 0;

        tty_write(&person.tty, "> ", 2);
        for (uint64_t i = mutator_next(&dice) % 60; i != 0; i--) {
            char key = keys[mutator_next(&dice) % (sizeof(keys) - 1)];

            model_key(expected, &used, key);
            type_bytes(&person, &key, 1);
        }
        expected[used] = '\0';
        char shown[300] = "> ";

        assert_line(&person, strcat(shown, expected));
        type_keys(&person, "\r");
        assert_read(&person, strcat(expected, "\n"));
    }
}

// Any bytes at all, with reads between: nothing breaks, and the queue's invariants hold.
static void test_random_bytes(void **state)
{
    struct mutator dice = {2};
    char *buffer = malloc(TTY_QUEUE_SIZE);
    struct tty tty;
    static const struct tty_hooks hooks = {.screen = person_screen, .interrupt = person_interrupt};

    (void)state;
    for (unsigned seed = 0; seed < 300; seed++) {
        static struct person other;

        person_init(&other);
        tty_init(&tty, &hooks, &other);
        for (unsigned step = 0; step < 200; step++) {
            char bytes[64];
            size_t size = mutator_next(&dice) % sizeof(bytes);
            struct tty_attributes attributes;

            for (size_t i = 0; i < size; i++) {
                uint64_t key = mutator_next(&dice);

                // Bytes that a model of a screen understands are echoed; raw modes come below.
                bytes[i] = (char)(key % 3 == 0 ? key >> 8 & 0x1f : key >> 8 | 0x20);
            }
            switch (mutator_next(&dice) % 8) {
            case 0:
                tty_get_attributes(&tty, &attributes);
                attributes.lflag ^= ICANON;
                attributes.control[VMIN] = (uint8_t)mutator_next(&dice);
                tty_set_attributes(&tty, &attributes, mutator_next(&dice) % 4 == 0);
                break;
            case 1: (void)tty_read(&tty, buffer, mutator_next(&dice) % TTY_QUEUE_SIZE); break;
            default: (void)tty_input(&tty, bytes, size, (int64_t)step); break;
            }
            assert_true(tty.end - tty.start <= TTY_QUEUE_SIZE);
            assert_true(tty.commit - tty.start <= tty.end - tty.start);
        }
    }
    free(buffer);
}

int run_tty_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_line_is_handed_over_whole, set_up),
        cmocka_unit_test_setup(test_a_short_read_leaves_the_rest, set_up),
        cmocka_unit_test_setup(test_erasing, set_up),
        cmocka_unit_test_setup(test_kill_and_word_erase, set_up),
        cmocka_unit_test_setup(test_control_characters_take_two_columns, set_up),
        cmocka_unit_test_setup(test_tabs_are_erased_as_wide_as_they_were, set_up),
        cmocka_unit_test_setup(test_utf8_is_erased_character_by_character, set_up),
        cmocka_unit_test_setup(test_utf8_off_erases_bytes, set_up),
        cmocka_unit_test_setup(test_end_of_file, set_up),
        cmocka_unit_test_setup(test_reprint_shows_the_line_again, set_up),
        cmocka_unit_test_setup(test_literal_next, set_up),
        cmocka_unit_test_setup(test_interrupt_drops_what_was_typed, set_up),
        cmocka_unit_test_setup(test_noflsh_keeps_it, set_up),
        cmocka_unit_test_setup(test_too_much_waits_or_is_dropped_with_a_bell, set_up),
        cmocka_unit_test_setup(test_random_editing_agrees_with_a_model, set_up),
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests_name("tty", tests, NULL, NULL);
}
