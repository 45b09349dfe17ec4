// SPDX-License-Identifier: MIT
//
// A person at a terminal: types, sees one line of a screen, and counts bells and interrupts.

#ifndef TEST_HOST_SERVICES_PERSON_H
#define TEST_HOST_SERVICES_PERSON_H

#include "services.h"

#include <termios.h>

#include <tty/tty.h>

#define SCREEN_WIDTH 8192u

struct person {
    struct tty tty;
    char raw[65536]; // all that came to the screen
    size_t raw_size;
    char line[SCREEN_WIDTH]; // the line with the cursor, as a screen without wrapping shows it
    size_t cursor;
    unsigned bells;
    unsigned lines;
    unsigned interrupts;
};

static inline void person_see(struct person *person, char c)
{
    if (person->raw_size < sizeof(person->raw)) {
        person->raw[person->raw_size++] = c;
    }
    switch (c) {
    case '\a': person->bells++; break;
    case '\b': person->cursor -= person->cursor != 0; break;
    case '\r': person->cursor = 0; break;
    case '\n':
        person->lines++;
        memset(person->line, 0, sizeof(person->line));
        person->cursor = 0;
        break;
    case '\t':
        do {
            if (person->line[person->cursor] == '\0') {
                person->line[person->cursor] = ' ';
            }
            person->cursor++;
        } while (person->cursor % 8 != 0);
        break;
    default:
        assert_true((unsigned char)c >= 0x20);
        assert_true(person->cursor < SCREEN_WIDTH - 1);
        person->line[person->cursor++] = c;
    }
}

static inline void person_screen(void *context, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        person_see(context, bytes[i]);
    }
}

static inline void person_interrupt(void *context)
{
    ((struct person *)context)->interrupts++;
}

static inline void person_init(struct person *person)
{
    static const struct tty_hooks hooks = {.screen = person_screen, .interrupt = person_interrupt};

    memset(person, 0, sizeof(*person));
    tty_init(&person->tty, &hooks, person);
}

static inline void type_bytes(struct person *person, const char *bytes, size_t size)
{
    (void)tty_input(&person->tty, bytes, size, 0);
}

static inline void type_keys(struct person *person, const char *keys)
{
    type_bytes(person, keys, strlen(keys));
}

// The screen's line up to the cursor, where nothing but blanks may follow.
static inline void assert_line(struct person *person, const char *text)
{
    char shown[SCREEN_WIDTH];

    memcpy(shown, person->line, person->cursor);
    shown[person->cursor] = '\0';
    assert_string_equal(shown, text);
    for (size_t i = person->cursor; i < SCREEN_WIDTH && person->line[i] != '\0'; i++) {
        assert_int_equal(person->line[i], ' ');
    }
}

// What one read gives.
static inline void assert_read(struct person *person, const char *text)
{
    char buffer[TTY_QUEUE_SIZE + 1];

    assert_true(tty_readable(&person->tty));
    buffer[tty_read(&person->tty, buffer, TTY_QUEUE_SIZE)] = '\0';
    assert_string_equal(buffer, text);
}

#endif
