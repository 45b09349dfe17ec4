// SPDX-License-Identifier: MIT
//
// What the files of this library share.

#ifndef TTY_PRIVATE_H
#define TTY_PRIVATE_H

#include <tty/tty.h>

// A cell of the queue: a byte and these bits.
#define CELL_BYTE     0x00ffu
#define CELL_LINE_END 0x0100u // the last one of a line
#define CELL_EOF      0x0200u // no byte: an end of file (always with CELL_LINE_END)

static inline uint16_t *cell_at(struct tty *tty, uint32_t index)
{
    return &tty->cells[index % TTY_QUEUE_SIZE];
}

static inline uint16_t cell_get(const struct tty *tty, uint32_t index)
{
    return tty->cells[index % TTY_QUEUE_SIZE];
}

static inline bool is_set(uint32_t flags, uint32_t flag)
{
    return (flags & flag) != 0;
}

// A byte to the screen, processed as the output flags say; tracks the column.
void screen_put(struct tty *tty, char byte);

// The same for several.
void screen_text(struct tty *tty, const char *text, size_t size);

// A byte to the screen as it is; tracks the column.
void screen_raw(struct tty *tty, char byte);

// Hands what was gathered to the owner.
void screen_flush(struct tty *tty);

// Columns that a character takes on the screen: 0, 1 or 2.
unsigned character_width(uint32_t character);

#endif
