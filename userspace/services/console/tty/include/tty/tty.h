// SPDX-License-Identifier: MIT
//
// The line discipline of a terminal: what happens between the keys and a program's read(), and
// between its write() and the screen. Cooked mode edits a line (DEL and BS, Ctrl-W, Ctrl-U, Ctrl-R,
// Ctrl-V, Ctrl-D) and hands it over whole; raw mode hands over each byte. Flags and characters are
// those of <termios.h>.
//
// Pure: no system calls, no allocation, no clock of its own, one thread. Times are nanoseconds of any
// clock, as long as it is always the same one.
//
// Invariants:
//   T1  start <= commit <= end, end - start <= TTY_QUEUE_SIZE (free-running indices of the ring).
//   T2  cells [start, commit) may be read; [commit, end) is the line being edited (cooked mode only;
//       in raw mode commit == end).
//   T3  nothing blocks and nothing grows: what has no room is not taken while there is something to be read; of a
//       line that is longer than the queue, which nobody can read yet, the end is dropped, with a bell.

#ifndef TTY_TTY_H
#define TTY_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that were typed and not yet read, and so the longest line. A power of two.
#define TTY_QUEUE_SIZE 4096u

// Control characters of an attribute set (VINTR and so on are indices).
#define TTY_CONTROL_COUNT 32u

// "Never", as a time.
#define TTY_FOREVER INT64_MAX

// The fields of struct termios that mean something here.
struct tty_attributes {
    uint32_t iflag;
    uint32_t oflag;
    uint32_t cflag;
    uint32_t lflag;
    uint8_t control[TTY_CONTROL_COUNT];
};

// What the discipline asks of its owner.
struct tty_hooks {
    // Bytes for the screen: echo and processed output.
    void (*screen)(void *context, const char *bytes, size_t size);
    // The interrupt (or quit) character was typed in a mode with ISIG.
    void (*interrupt)(void *context);
};

// A terminal. All fields are private to this library.
struct tty {
    struct tty_hooks hooks;
    void *context;
    struct tty_attributes attributes;
    uint16_t cells[TTY_QUEUE_SIZE]; // a byte and the CELL_ bits of tty.c
    uint32_t start, commit, end;
    int64_t last_input; // when the latest byte came
    bool literal_next;  // Ctrl-V was typed
    uint32_t column;    // of the cursor, 0 at the left margin
    uint32_t edge;      // column where the line being edited begins
    uint8_t escape;     // state of the scanner for escape sequences in output
    char pending[256];  // output being gathered for the screen hook
    uint32_t pending_size;
};

// What a read is to do now.
enum tty_answer {
    TTY_READ_NOW, // tty_read() gives what there is: bytes, or none: end of file, or time over
    TTY_WAIT,     // ask again after more input, or at the deadline
};

// Makes a terminal in cooked mode with echo and the usual control characters.
void tty_init(struct tty *tty, const struct tty_hooks *hooks, void *context);

// The attributes in force.
void tty_get_attributes(const struct tty *tty, struct tty_attributes *out);

// Puts others in force. With `flush`, what was typed and not read is thrown away. Else a line that is
// being edited when cooked mode ends can be read as it stands, and what came in raw mode is edited
// anew, with echo, when cooked mode begins.
void tty_set_attributes(struct tty *tty, const struct tty_attributes *attributes, bool flush);

// Throws away what was typed and not read.
void tty_flush(struct tty *tty);

// Takes what was typed, at the time `now`. Echo, editing and interrupts happen in here. Returns how many of the
// bytes were taken: there is room for the others when something has been read (T3).
size_t tty_input(struct tty *tty, const char *bytes, size_t size, int64_t now);

// True if this byte, now, is a key that interrupts; such a one is always taken. *out_flushes: what was typed before
// it goes with it.
bool tty_interrupts(const struct tty *tty, uint8_t byte, bool *out_flushes);

// True if this byte, typed now and not quoted itself, quotes the next one (Ctrl-V): that is taken as it is.
bool tty_quotes(const struct tty *tty, uint8_t byte);

// True if a read would give something at once: bytes or an end of file.
bool tty_readable(const struct tty *tty);

// What a read of up to `count` bytes, which began at the time `began`, is to do at the time `now`.
// *out_deadline: when to ask again at the latest (TTY_FOREVER: only after more input).
enum tty_answer tty_poll(const struct tty *tty, size_t count, int64_t began, int64_t now,
                         int64_t *out_deadline);

// Takes bytes out of the queue: at most one line in cooked mode. Returns their number; 0 is the end of
// file (which is taken out too), or that there is nothing.
size_t tty_read(struct tty *tty, char *buffer, size_t capacity);

// Passes a program's output to the screen hook, processed.
void tty_write(struct tty *tty, const char *bytes, size_t size);

#endif
