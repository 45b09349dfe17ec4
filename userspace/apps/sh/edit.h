// SPDX-License-Identifier: MIT
//
// The line editor: bytes of a keyboard in, bytes for a terminal out, a line at the end.
//
// It makes no calls: interactive.c reads and writes. A line that is wider than the terminal scrolls
// sideways; < and > show that there is more. Any byte is input: what means nothing is ignored.

#pragma once

#include "history.h"

#define EDIT_LINE_MAX 65536u
#define EDIT_COLUMNS  80u // if nobody knows the terminal's width

enum edit_result {
    EDIT_MORE,      // wants more keys
    EDIT_LINE,      // Enter
    EDIT_END,       // Ctrl-D on an empty line
    EDIT_INTERRUPT, // Ctrl-C
};

// What may stand at the cursor.
struct completion {
    size_t start;      // the candidates replace the line from here to the cursor
    struct list items; // as they would be typed; one that ends in / is not complete
    struct list shown; // the same for the eyes, in the same order
    const char *end;   // what follows a single candidate that is complete: " ", "' " and so on
};

struct editor {
    // Set by the user of the editor.
    struct history *history; // may be NULL
    void (*complete)(void *context, const char *line, size_t cursor, struct completion *out);
    void *context;
    size_t columns; // 0: unknown

    struct str line;
    size_t cursor;
    struct str output; // to be written and cut to 0 by whoever writes it

    struct str prompt; // its last line
    struct str killed; // what Ctrl-Y brings back
    bool killing;      // the last key killed too: both become one text
    size_t browsed;    // index in the history, its count: the new line
    struct str kept;   // the new line while another one is shown
    char keys[32];     // an escape sequence or UTF-8 character, not complete yet
    size_t key_count;

    bool searching; // Ctrl-R
    bool not_found;
    struct str wanted;
    size_t found; // index in the history
    struct str before_search;

    // What the terminal shows.
    bool redraw;      // it is not known
    size_t scroll;    // first byte of the line that is visible
    struct str shown; // text behind the prompt
    size_t column;    // where the cursor is, counted from the prompt's end
};

// Begins a line. Colours and other sequences may be in the prompt.
void edit_begin(struct editor *e, const char *prompt);
// A byte from the terminal. After EDIT_LINE the text is in e->line.
enum edit_result edit_key(struct editor *e, unsigned char byte);
// Adds to e->output what brings the terminal up to date.
void edit_draw(struct editor *e);
// The line is finished: the cursor goes to the start of the next one. `mark`: what is shown behind
// it.
void edit_finish(struct editor *e, const char *mark);
void edit_free(struct editor *e);

// ---- between the files of the editor ------------------------------------------------------------

void edit_beep(struct editor *e);
// Puts text in at the cursor.
void edit_insert(struct editor *e, const char *text, size_t size);
// Takes out the bytes from `from` to `to`, and leaves the cursor at `from`.
void edit_remove(struct editor *e, size_t from, size_t to);
// Replaces the line; the cursor goes to its end.
void edit_replace(struct editor *e, const char *text);
void edit_tab(struct editor *e);
void edit_search_begin(struct editor *e);
// A key during the search. False: the search is over, and the key is still to be handled.
bool edit_search_key(struct editor *e, unsigned char byte);
void edit_search_cancel(struct editor *e);
// Columns of a prompt, without escape sequences.
size_t edit_prompt_width(const char *prompt);
