// SPDX-License-Identifier: MIT
//
// Text on the serial console; the interface is in minilib/console.h.
//
// State: whether the last character written was a newline. Several threads may write at the same
// time; their texts then mix at pieces of 256 bytes, and the state is that of one of them.

#include <minilib/console.h>

#include <stdbool.h>

#include <minilib/format.h>
#include <minilib/string.h>
#include <zircon/syscalls.h>

// The longest text that the kernel takes in one call.
#define PIECE_SIZE 256u

struct piece {
    char text[PIECE_SIZE];
    size_t used;
};

static bool line_begun;

void console_write(const char *text, size_t size)
{
    if (size == 0) {
        return;
    }
    line_begun = text[size - 1] != '\n';
    while (size != 0) {
        size_t part = size < PIECE_SIZE ? size : PIECE_SIZE;

        (void)zx_debug_write(text, part);
        text += part;
        size -= part;
    }
}

static void piece_sink(void *context, const char *text, size_t size)
{
    struct piece *piece = context;

    while (size != 0) {
        size_t room = PIECE_SIZE - piece->used;
        size_t part = size < room ? size : room;

        memcpy(piece->text + piece->used, text, part);
        piece->used += part;
        text += part;
        size -= part;
        if (piece->used == PIECE_SIZE) {
            console_write(piece->text, piece->used);
            piece->used = 0;
        }
    }
}

void console_printf(const char *format, ...)
{
    struct piece piece;
    va_list arguments;

    piece.used = 0;
    va_start(arguments, format);
    format_to_sink(piece_sink, &piece, format, arguments);
    va_end(arguments);
    console_write(piece.text, piece.used);
}

void console_fresh_line(void)
{
    if (line_begun) {
        console_write("\n", 1);
    }
}
