// SPDX-License-Identifier: MIT
//
// What happens to what is typed: translation, interrupts, line editing, echo. The queue's cells from
// `commit` on are the line being edited; ending the line moves `commit` (tty/tty.h, T2).

#include "private.h"

#include <termios.h>

#define KEY_BELL      0x07
#define KEY_BACKSPACE 0x08
#define KEY_DELETE    0x7f
#define TAB_STOP      8u

static bool has_flag(const struct tty *tty, uint32_t flag)
{
    return is_set(tty->attributes.lflag, flag);
}

// True if `byte` is the control character at `index`; 0 in the table switches one off.
static bool is_key(const struct tty *tty, unsigned index, uint8_t byte)
{
    return byte != 0 && tty->attributes.control[index] == byte;
}

static bool is_control(uint8_t byte)
{
    return byte < 0x20 || byte == KEY_DELETE;
}

// True for a byte that is shown as ^X.
static bool is_shown_with_caret(const struct tty *tty, uint8_t byte)
{
    return is_control(byte) && byte != '\t' && has_flag(tty, ECHOCTL);
}

// ---- echo ----

static void echo(struct tty *tty, uint8_t byte)
{
    if (is_shown_with_caret(tty, byte)) {
        screen_raw(tty, '^');
        screen_raw(tty, (char)(byte ^ 0x40));
    } else {
        screen_put(tty, (char)byte);
    }
}

// Puts a byte at the end of the queue; a bell if it has no room. One cell is kept for what ends a
// line, so that a line that is too long can be sent off.
static bool push(struct tty *tty, uint16_t cell)
{
    uint32_t limit = is_set(cell, CELL_LINE_END) ? TTY_QUEUE_SIZE : TTY_QUEUE_SIZE - 1;

    if (tty->end - tty->start >= limit) {
        screen_raw(tty, KEY_BELL);
        return false;
    }
    *cell_at(tty, tty->end++) = cell;
    return true;
}

// ---- characters of the line ----

// Start of the character that ends before `end`: one byte, or a whole UTF-8 sequence.
static uint32_t character_start(const struct tty *tty, uint32_t end)
{
    uint32_t start = end - 1;

    if (!is_set(tty->attributes.iflag, IUTF8)) {
        return start;
    }
    // Broken sequences: no further back than the longest could reach.
    for (int i = 0; i < 3 && start != tty->commit; i++) {
        if ((cell_get(tty, start) & 0xc0) != 0x80) {
            break;
        }
        start--;
    }
    return start;
}

// The character in cells [start, end), which character_start() found.
static uint32_t character_value(const struct tty *tty, uint32_t start, uint32_t end)
{
    uint32_t value = cell_get(tty, start) & CELL_BYTE;

    if (end - start > 1) {
        value &= 0x7fu >> (end - start);
        for (uint32_t i = start + 1; i != end; i++) {
            value = value << 6 | (cell_get(tty, i) & 0x3fu);
        }
    }
    return value;
}

// The column behind the cell before `end`, if the line began at its edge.
static uint32_t column_at(const struct tty *tty, uint32_t end)
{
    uint32_t column = tty->edge;

    for (uint32_t i = tty->commit; i != end;) {
        uint8_t byte = (uint8_t)(cell_get(tty, i) & CELL_BYTE);
        uint32_t next = i + 1;

        if (byte == '\t') {
            column = (column / TAB_STOP + 1) * TAB_STOP;
        } else if (is_shown_with_caret(tty, byte)) {
            column += 2;
        } else if (byte >= 0xc0 && is_set(tty->attributes.iflag, IUTF8)) {
            while (next != end && next - i < 4 && (cell_get(tty, next) & 0xc0) == 0x80) {
                next++;
            }
            column += character_width(character_value(tty, i, next));
        } else {
            column += !is_control(byte);
        }
        i = next;
    }
    return column;
}

// Takes the last character off the line and off the screen.
static void erase_character(struct tty *tty)
{
    uint32_t start = character_start(tty, tty->end);
    uint32_t columns = column_at(tty, tty->end) - column_at(tty, start);
    bool is_tab = cell_get(tty, start) == '\t';

    tty->end = start;
    if (!has_flag(tty, ECHO)) {
        return;
    }
    if (!has_flag(tty, ECHOE)) {
        echo(tty, tty->attributes.control[VERASE]);
        return;
    }
    for (uint32_t i = 0; i < columns; i++) {
        screen_raw(tty, '\b');
        if (!is_tab) {
            screen_raw(tty, ' ');
            screen_raw(tty, '\b');
        }
    }
}

static void erase_line(struct tty *tty)
{
    if (has_flag(tty, ECHO) && !(has_flag(tty, ECHOKE) && has_flag(tty, ECHOE))) {
        // Not one by one: the character is shown, and a new line begun.
        tty->end = tty->commit;
        echo(tty, tty->attributes.control[VKILL]);
        if (has_flag(tty, ECHOK)) {
            screen_put(tty, '\n');
        }
        return;
    }
    while (tty->end != tty->commit) {
        erase_character(tty);
    }
}

static bool is_word_byte(uint16_t cell)
{
    uint8_t byte = (uint8_t)(cell & CELL_BYTE);

    return byte != ' ' && byte != '\t';
}

// Takes the blanks at the end and the word before them.
static void erase_word(struct tty *tty)
{
    while (tty->end != tty->commit && !is_word_byte(cell_get(tty, tty->end - 1))) {
        erase_character(tty);
    }
    while (tty->end != tty->commit && is_word_byte(cell_get(tty, tty->end - 1))) {
        erase_character(tty);
    }
}

// Shows the line again, on a line of its own.
static void reprint(struct tty *tty)
{
    if (!has_flag(tty, ECHO)) {
        return;
    }
    echo(tty, tty->attributes.control[VREPRINT]);
    screen_put(tty, '\n');
    tty->edge = tty->column;
    for (uint32_t i = tty->commit; i != tty->end; i++) {
        echo(tty, (uint8_t)(cell_get(tty, i) & CELL_BYTE));
    }
}

// ---- keys ----

bool tty_interrupts(const struct tty *tty, uint8_t byte, bool *out_flushes)
{
    *out_flushes = !has_flag(tty, NOFLSH);
    return !tty->literal_next && has_flag(tty, ISIG) &&
           (is_key(tty, VINTR, byte) || is_key(tty, VQUIT, byte));
}

bool tty_quotes(const struct tty *tty, uint8_t byte)
{
    return has_flag(tty, ICANON) && has_flag(tty, IEXTEN) && is_key(tty, VLNEXT, byte);
}

// Ctrl-C and Ctrl-\: true if the byte was one of them.
static bool take_interrupt(struct tty *tty, uint8_t byte)
{
    bool flushes;

    if (!tty_interrupts(tty, byte, &flushes)) {
        return false;
    }
    if (flushes) {
        tty_flush(tty);
    }
    if (has_flag(tty, ECHO)) {
        echo(tty, byte);
        screen_put(tty, '\n');
    }
    screen_flush(tty);
    tty->hooks.interrupt(tty->context);
    return true;
}

static void end_line(struct tty *tty, uint8_t byte)
{
    if (push(tty, byte | CELL_LINE_END)) {
        tty->commit = tty->end;
        if (has_flag(tty, ECHO) || (byte == '\n' && has_flag(tty, ECHONL))) {
            screen_put(tty, (char)byte);
        }
    }
}

// Ctrl-D: what there is of the line can be read; if there is nothing, that is the end of file.
static void end_file(struct tty *tty)
{
    if (tty->end != tty->commit) {
        *cell_at(tty, tty->end - 1) |= CELL_LINE_END;
        tty->commit = tty->end;
    } else if (push(tty, CELL_EOF | CELL_LINE_END)) {
        tty->commit = tty->end;
    }
}

static void insert(struct tty *tty, uint8_t byte)
{
    if (tty->end == tty->commit) {
        tty->edge = tty->column;
    }
    if (push(tty, byte) && has_flag(tty, ECHO)) {
        echo(tty, byte);
    }
}

// Editing keys: true if the byte was one.
static bool take_editing_key(struct tty *tty, uint8_t byte)
{
    bool extended = has_flag(tty, IEXTEN);

    if (is_key(tty, VERASE, byte) || byte == KEY_BACKSPACE || byte == KEY_DELETE) {
        if (tty->end != tty->commit) {
            erase_character(tty);
        }
    } else if (is_key(tty, VKILL, byte)) {
        erase_line(tty);
    } else if (extended && is_key(tty, VWERASE, byte)) {
        erase_word(tty);
    } else if (extended && is_key(tty, VREPRINT, byte)) {
        reprint(tty);
    } else if (tty_quotes(tty, byte)) {
        tty->literal_next = true;
    } else if (is_key(tty, VEOF, byte)) {
        end_file(tty);
    } else {
        return false;
    }
    return true;
}

static void take_cooked(struct tty *tty, uint8_t byte)
{
    if (take_editing_key(tty, byte)) {
        return;
    }
    if (byte == '\n' || is_key(tty, VEOL, byte) || is_key(tty, VEOL2, byte)) {
        end_line(tty, byte);
    } else {
        insert(tty, byte);
    }
}

static void take_raw(struct tty *tty, uint8_t byte)
{
    if (push(tty, byte) && has_flag(tty, ECHO)) {
        echo(tty, byte);
    }
    tty->commit = tty->end;
}

// Carriage returns and newlines as the input flags say; false if the byte is to be ignored.
static bool translate(const struct tty *tty, uint8_t *byte)
{
    uint32_t flags = tty->attributes.iflag;

    if (is_set(flags, ISTRIP)) {
        *byte &= 0x7f;
    }
    if (*byte == '\r') {
        if (is_set(flags, IGNCR)) {
            return false;
        }
        *byte = is_set(flags, ICRNL) ? '\n' : '\r';
    } else if (*byte == '\n' && is_set(flags, INLCR)) {
        *byte = '\r';
    }
    return true;
}

static void take_byte(struct tty *tty, uint8_t byte)
{
    if (tty->literal_next) {
        tty->literal_next = false;
        insert(tty, byte);
        return;
    }
    if (!translate(tty, &byte) || take_interrupt(tty, byte)) {
        return;
    }
    if (has_flag(tty, ICANON)) {
        take_cooked(tty, byte);
    } else {
        take_raw(tty, byte);
    }
}

// T3: true if the byte has to wait for a read.
static bool has_to_wait(const struct tty *tty, uint8_t byte)
{
    bool flushes;

    return tty->end - tty->start >= TTY_QUEUE_SIZE - 1 && tty->commit != tty->start &&
           !tty_interrupts(tty, byte, &flushes);
}

size_t tty_input(struct tty *tty, const char *bytes, size_t size, int64_t now)
{
    size_t taken = 0;

    while (taken < size && !has_to_wait(tty, (uint8_t)bytes[taken])) {
        tty->last_input = now;
        take_byte(tty, (uint8_t)bytes[taken++]);
    }
    screen_flush(tty);
    return taken;
}
