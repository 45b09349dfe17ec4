// SPDX-License-Identifier: MIT
//
// A terminal's queue and its readers; the interface and the invariants are in tty/tty.h.

#include "private.h"

#include <string.h>
#include <termios.h>

// VTIME counts tenths of a second.
#define TENTH INT64_C(100000000)

static bool is_cooked(const struct tty *tty)
{
    return is_set(tty->attributes.lflag, ICANON);
}

void tty_init(struct tty *tty, const struct tty_hooks *hooks, void *context)
{
    struct tty_attributes *attributes = &tty->attributes;
    uint8_t *control = attributes->control;

    memset(tty, 0, sizeof(*tty));
    tty->hooks = *hooks;
    tty->context = context;
    attributes->iflag = ICRNL | IUTF8;
    attributes->oflag = OPOST | ONLCR;
    attributes->cflag = CS8 | CREAD | CLOCAL | B115200;
    attributes->lflag = ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | ISIG | IEXTEN;
    control[VINTR] = 0x03;    // Ctrl-C
    control[VQUIT] = 0x1c;    // Ctrl-backslash
    control[VERASE] = 0x7f;   // DEL; BS erases too
    control[VKILL] = 0x15;    // Ctrl-U
    control[VEOF] = 0x04;     // Ctrl-D
    control[VREPRINT] = 0x12; // Ctrl-R
    control[VWERASE] = 0x17;  // Ctrl-W
    control[VLNEXT] = 0x16;   // Ctrl-V
    control[VMIN] = 1;
    control[VTIME] = 0;
}

void tty_get_attributes(const struct tty *tty, struct tty_attributes *out)
{
    *out = tty->attributes;
}

void tty_flush(struct tty *tty)
{
    tty->start = tty->commit = tty->end;
    tty->literal_next = false;
}

// Cooked mode begins: what came since the last whole line is typed once more, so to speak.
static void type_again(struct tty *tty)
{
    char typed[TTY_QUEUE_SIZE];
    size_t size = 0;
    uint32_t rest = tty->end;

    while (rest != tty->start && !is_set(cell_get(tty, rest - 1), CELL_LINE_END)) {
        rest--;
    }
    for (uint32_t i = rest; i != tty->end; i++) {
        typed[size++] = (char)(cell_get(tty, i) & CELL_BYTE);
    }
    tty->commit = tty->end = rest;
    (void)tty_input(tty, typed, size, tty->last_input); // there was room for all of it
}

void tty_set_attributes(struct tty *tty, const struct tty_attributes *attributes, bool flush)
{
    bool was_cooked = is_cooked(tty);

    tty->attributes = *attributes;
    if (flush) {
        tty_flush(tty);
    }
    tty->literal_next = false;
    if (was_cooked && !is_cooked(tty)) {
        tty->commit = tty->end;
    } else if (!was_cooked && is_cooked(tty)) {
        type_again(tty);
    }
}

bool tty_readable(const struct tty *tty)
{
    return tty->commit != tty->start;
}

// Raw mode's rules: at least VMIN bytes (or as many as asked for); VTIME limits the wait for the
// first byte if VMIN is 0, else the pause between bytes.
static enum tty_answer poll_raw(const struct tty *tty, size_t count, int64_t began, int64_t now,
                                int64_t *out_deadline)
{
    size_t have = tty->commit - tty->start;
    size_t least = tty->attributes.control[VMIN];
    int64_t pause = tty->attributes.control[VTIME] * TENTH;
    int64_t since = began;

    if (have >= count || (have != 0 && have >= least)) {
        return TTY_READ_NOW;
    }
    if (least != 0) {
        if (pause == 0 || have == 0) {
            return TTY_WAIT;
        }
        since = tty->last_input > began ? tty->last_input : began;
    }
    if (now >= since + pause) {
        return TTY_READ_NOW;
    }
    *out_deadline = since + pause;
    return TTY_WAIT;
}

enum tty_answer tty_poll(const struct tty *tty, size_t count, int64_t began, int64_t now,
                         int64_t *out_deadline)
{
    *out_deadline = TTY_FOREVER;
    if (count == 0) {
        return TTY_READ_NOW;
    }
    if (is_cooked(tty)) {
        return tty_readable(tty) ? TTY_READ_NOW : TTY_WAIT;
    }
    return poll_raw(tty, count, began, now, out_deadline);
}

size_t tty_read(struct tty *tty, char *buffer, size_t capacity)
{
    bool cooked = is_cooked(tty);
    size_t size = 0;

    while (size < capacity && tty->start != tty->commit) {
        uint16_t cell = cell_get(tty, tty->start);

        if ((cell & CELL_EOF) != 0) {
            if (cooked && size != 0) {
                break; // the next read's
            }
            tty->start++;
            if (cooked) {
                break;
            }
            continue;
        }
        buffer[size++] = (char)(cell & CELL_BYTE);
        tty->start++;
        if (cooked && (cell & CELL_LINE_END) != 0) {
            break;
        }
    }
    return size;
}
