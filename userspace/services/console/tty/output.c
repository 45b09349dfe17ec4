// SPDX-License-Identifier: MIT
//
// The way to the screen: output processing, and the column of the cursor, which erasing a tab needs.
// Bytes are gathered and given to the owner in pieces; whoever calls screen_put() ends with
// screen_flush().

#include "private.h"

#include <termios.h>

#define TAB_STOP 8u

// States of the scanner for escape sequences, whose bytes take no column.
enum { PLAIN, AFTER_ESCAPE, IN_SEQUENCE };

struct range {
    uint32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

unsigned character_width(uint32_t character)
{
    // The large blocks only: a terminal's own table is not known here.
    static const struct range none[] = {
        {0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    if (character < 0x300) {
        return 1;
    }
    if (in_ranges(none, sizeof(none) / sizeof(none[0]), character)) {
        return 0;
    }
    return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), character) ? 2 : 1;
}

// Moves the column past a byte. Wide characters count as one here: only a tab behind one in the same
// line would notice.
static void advance(struct tty *tty, uint8_t byte)
{
    if (tty->escape == AFTER_ESCAPE) {
        tty->escape = byte == '[' ? IN_SEQUENCE : PLAIN;
        return;
    }
    if (tty->escape == IN_SEQUENCE && byte >= 0x20) {
        tty->escape = byte >= 0x40 ? PLAIN : IN_SEQUENCE;
        return;
    }
    switch (byte) {
    case 0x1b: tty->escape = AFTER_ESCAPE; break;
    case '\n': // the serial line's driver adds a carriage return
    case '\r': tty->column = 0; break;
    case '\b': tty->column -= tty->column != 0; break;
    case '\t': tty->column = (tty->column / TAB_STOP + 1) * TAB_STOP; break;
    default:
        // Continuation bytes of UTF-8 belong to the character before them.
        tty->column += byte >= 0x20 && byte != 0x7f && (byte & 0xc0) != 0x80;
    }
}

void screen_flush(struct tty *tty)
{
    if (tty->pending_size != 0) {
        tty->hooks.screen(tty->context, tty->pending, tty->pending_size);
        tty->pending_size = 0;
    }
}

void screen_raw(struct tty *tty, char byte)
{
    advance(tty, (uint8_t)byte);
    if (tty->pending_size == sizeof(tty->pending)) {
        screen_flush(tty);
    }
    tty->pending[tty->pending_size++] = byte;
}

void screen_put(struct tty *tty, char byte)
{
    uint32_t flags = tty->attributes.oflag;

    if (is_set(flags, OPOST)) {
        if (byte == '\n' && is_set(flags, ONLCR)) {
            screen_raw(tty, '\r');
        } else if (byte == '\r' && is_set(flags, OCRNL)) {
            byte = '\n';
        } else if (byte == '\r' && is_set(flags, ONOCR) && tty->column == 0) {
            return;
        }
    }
    screen_raw(tty, byte);
}

void screen_text(struct tty *tty, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        screen_put(tty, text[i]);
    }
}

void tty_write(struct tty *tty, const char *bytes, size_t size)
{
    screen_text(tty, bytes, size);
    screen_flush(tty);
}
