// SPDX-License-Identifier: MIT
//
// Keys of the line editor; the interface is in edit.h. Drawing is in edit_draw.c.
//
// Invariant: e->cursor is at the start of a character of e->line, or at its end.

#include "edit.h"

#include "utf8.h"

#include <string.h>

#define CONTROL(c) ((c)&0x1f)
#define ESCAPE     0x1b
#define DELETE     0x7f

void edit_beep(struct editor *e)
{
    str_add_char(&e->output, '\a');
}

// ---- the line -----------------------------------------------------------------------------------

void edit_insert(struct editor *e, const char *text, size_t size)
{
    if (e->line.size + size > EDIT_LINE_MAX) {
        edit_beep(e);
        return;
    }
    str_insert(&e->line, e->cursor, text, size);
    if (e->line.failed) {
        e->line.failed = false;
        edit_beep(e);
        return;
    }
    e->cursor += size;
}

void edit_remove(struct editor *e, size_t from, size_t to)
{
    str_remove(&e->line, from, to - from);
    e->cursor = from;
}

void edit_replace(struct editor *e, const char *text)
{
    size_t size = strlen(text);

    str_cut(&e->line, 0);
    str_add(&e->line, text, size < EDIT_LINE_MAX ? size : EDIT_LINE_MAX);
    e->line.failed = false;
    e->cursor = e->line.size;
}

static size_t next_character(const struct editor *e, size_t at)
{
    return at < e->line.size ? at + utf8_next(e->line.data + at, e->line.size - at, NULL) : at;
}

static size_t previous_character(const struct editor *e, size_t at)
{
    return at > 0 ? at - utf8_before(e->line.data, at) : 0;
}

static bool is_word_byte(const struct editor *e, size_t at)
{
    unsigned char c = (unsigned char)e->line.data[at];

    return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static size_t word_end(const struct editor *e)
{
    size_t at = e->cursor;

    while (at < e->line.size && !is_word_byte(e, at)) {
        at++;
    }
    while (at < e->line.size && is_word_byte(e, at)) {
        at++;
    }
    return at;
}

static size_t word_start(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && !is_word_byte(e, at - 1)) {
        at--;
    }
    while (at > 0 && is_word_byte(e, at - 1)) {
        at--;
    }
    return at;
}

// Start of the text up to a blank before the cursor.
static size_t blank_word_start(const struct editor *e)
{
    size_t at = e->cursor;

    while (at > 0 && e->line.data[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && e->line.data[at - 1] != ' ') {
        at--;
    }
    return at;
}

// Takes text out and keeps it for Ctrl-Y, together with what the key before this one took.
static void kill_text(struct editor *e, size_t from, size_t to, bool killing_before)
{
    bool backwards = to == e->cursor && from != to;

    if (!killing_before) {
        str_cut(&e->killed, 0);
    }
    str_insert(&e->killed, backwards ? 0 : e->killed.size, str_text(&e->line) + from, to - from);
    e->killed.failed = false;
    e->killing = true;
    edit_remove(e, from, to);
}

// Exchanges the characters around the cursor.
static void transpose(struct editor *e)
{
    size_t middle = e->cursor == e->line.size ? previous_character(e, e->cursor) : e->cursor;
    size_t left = previous_character(e, middle);
    size_t right = next_character(e, middle);
    char saved[4];

    if (left == middle || middle == right) {
        edit_beep(e);
        return;
    }
    memcpy(saved, e->line.data + left, middle - left);
    memmove(e->line.data + left, e->line.data + middle, right - middle);
    memcpy(e->line.data + right - (middle - left), saved, middle - left);
    e->cursor = right;
}

// ---- history ------------------------------------------------------------------------------------

static void browse(struct editor *e, bool up)
{
    size_t count = e->history != NULL ? e->history->lines.count : 0;

    if (up ? e->browsed == 0 : e->browsed >= count) {
        edit_beep(e);
        return;
    }
    if (e->browsed >= count) {
        str_cut(&e->kept, 0);
        str_add(&e->kept, str_text(&e->line), e->line.size);
    }
    e->browsed = up ? e->browsed - 1 : e->browsed + 1;
    edit_replace(e, e->browsed < count ? e->history->lines.items[e->browsed] : str_text(&e->kept));
}

// ---- keys ---------------------------------------------------------------------------------------

static void delete_forwards(struct editor *e)
{
    if (e->cursor == e->line.size) {
        edit_beep(e);
    } else {
        edit_remove(e, e->cursor, next_character(e, e->cursor));
    }
}

static void delete_backwards(struct editor *e)
{
    if (e->cursor == 0) {
        edit_beep(e);
    } else {
        edit_remove(e, previous_character(e, e->cursor), e->cursor);
    }
}

// The letter at the end of ESC [ ... or ESC O, and the number before it.
static void handle_sequence(struct editor *e, char final, int number, bool with_control)
{
    switch (final) {
    case 'A': browse(e, true); break;
    case 'B': browse(e, false); break;
    case 'C': e->cursor = with_control ? word_end(e) : next_character(e, e->cursor); break;
    case 'D': e->cursor = with_control ? word_start(e) : previous_character(e, e->cursor); break;
    case 'H': e->cursor = 0; break;
    case 'F': e->cursor = e->line.size; break;
    case '~':
        if (number == 1 || number == 7) {
            e->cursor = 0;
        } else if (number == 4 || number == 8) {
            e->cursor = e->line.size;
        } else if (number == 3) {
            delete_forwards(e);
        }
        break;
    default: break;
    }
}

// ESC and a key.
static void handle_alt(struct editor *e, char key, bool killing_before)
{
    switch (key) {
    case 'b':
    case 'B': e->cursor = word_start(e); break;
    case 'f':
    case 'F': e->cursor = word_end(e); break;
    case 'd':
    case 'D': kill_text(e, e->cursor, word_end(e), killing_before); break;
    case DELETE:
    case '\b': kill_text(e, word_start(e), e->cursor, killing_before); break;
    default: break;
    }
}

// Bytes of an escape sequence are gathered until its last one.
static void handle_escape(struct editor *e, unsigned char byte, bool killing_before)
{
    int number = 0;
    bool with_control;

    if (e->key_count == 1 && byte != '[' && byte != 'O') {
        e->key_count = 0;
        handle_alt(e, (char)byte, killing_before);
        return;
    }
    if (e->key_count < sizeof(e->keys)) {
        e->keys[e->key_count++] = (char)byte;
    }
    if (e->key_count == 2 || byte < 0x40 || byte > 0x7e) {
        // A control character in the middle: no sequence at all.
        e->key_count = byte < 0x20 ? 0 : e->key_count;
        return;
    }
    for (size_t i = 2; i < e->key_count && e->keys[i] >= '0' && e->keys[i] <= '9'; i++) {
        number = number > 999 ? number : number * 10 + (e->keys[i] - '0');
    }
    with_control = memchr(e->keys, ';', e->key_count) != NULL;
    e->key_count = 0;
    handle_sequence(e, (char)byte, number, with_control);
}

// A character of several bytes is put in when it is complete.
static void handle_text(struct editor *e, unsigned char byte)
{
    size_t needed;

    e->keys[e->key_count++] = (char)byte;
    needed = (unsigned char)e->keys[0] < 0xc2   ? 1
             : (unsigned char)e->keys[0] < 0xe0 ? 2
             : (unsigned char)e->keys[0] < 0xf0 ? 3
             : (unsigned char)e->keys[0] < 0xf5 ? 4
                                                : 1;
    if (e->key_count < needed) {
        return;
    }
    if (utf8_next(e->keys, e->key_count, NULL) == needed) {
        uint32_t code;

        (void)utf8_next(e->keys, e->key_count, &code);
        if (code < 0x110000) {
            edit_insert(e, e->keys, needed);
        } else {
            edit_beep(e);
        }
    }
    e->key_count = 0;
}

static enum edit_result handle_control(struct editor *e, unsigned char byte, bool killing_before)
{
    switch (byte) {
    case CONTROL('A'): e->cursor = 0; break;
    case CONTROL('B'): e->cursor = previous_character(e, e->cursor); break;
    case CONTROL('C'): return EDIT_INTERRUPT;
    case CONTROL('D'):
        if (e->line.size == 0) {
            return EDIT_END;
        }
        delete_forwards(e);
        break;
    case CONTROL('E'): e->cursor = e->line.size; break;
    case CONTROL('F'): e->cursor = next_character(e, e->cursor); break;
    case CONTROL('H'):
    case DELETE: delete_backwards(e); break;
    case '\t': edit_tab(e); break;
    case '\n':
    case '\r': return EDIT_LINE;
    case CONTROL('K'): kill_text(e, e->cursor, e->line.size, killing_before); break;
    case CONTROL('L'):
        str_add_text(&e->output, "\033[H\033[2J");
        e->redraw = true;
        break;
    case CONTROL('N'): browse(e, false); break;
    case CONTROL('P'): browse(e, true); break;
    case CONTROL('R'): edit_search_begin(e); break;
    case CONTROL('T'): transpose(e); break;
    case CONTROL('U'): kill_text(e, 0, e->cursor, killing_before); break;
    case CONTROL('W'): kill_text(e, blank_word_start(e), e->cursor, killing_before); break;
    case CONTROL('Y'): edit_insert(e, str_text(&e->killed), e->killed.size); break;
    case ESCAPE: e->keys[e->key_count++] = ESCAPE; break;
    default: edit_beep(e); break;
    }
    return EDIT_MORE;
}

enum edit_result edit_key(struct editor *e, unsigned char byte)
{
    bool killing_before = e->killing;

    if (e->key_count != 0 && e->keys[0] == ESCAPE) {
        e->killing = false;
        handle_escape(e, byte, killing_before);
        return EDIT_MORE;
    }
    if (byte >= 0x80 && e->key_count != 0 && (byte & 0xc0) != 0x80) {
        e->key_count = 0; // the character before was cut short
    }
    if (byte < 0x80) {
        e->key_count = 0;
    }
    if (e->searching && e->key_count == 0 && edit_search_key(e, byte)) {
        return EDIT_MORE;
    }
    if (byte != ESCAPE) {
        e->killing = false;
    }
    if (byte < 0x20 || byte == DELETE) {
        return handle_control(e, byte, killing_before);
    }
    handle_text(e, byte);
    return EDIT_MORE;
}

void edit_begin(struct editor *e, const char *prompt)
{
    const char *last = strrchr(prompt, '\n');

    str_cut(&e->line, 0);
    e->cursor = e->scroll = e->column = e->key_count = 0;
    e->killing = e->searching = false;
    e->browsed = e->history != NULL ? e->history->lines.count : 0;
    str_cut(&e->prompt, 0);
    str_cut(&e->shown, 0);
    if (last != NULL) {
        for (const char *c = prompt; c <= last; c++) {
            str_add_text(&e->output, *c == '\n' ? "\r" : "");
            str_add_char(&e->output, *c);
        }
    }
    str_add_text(&e->prompt, last != NULL ? last + 1 : prompt);
    e->redraw = true;
}

void edit_free(struct editor *e)
{
    struct str *all[] = {&e->line, &e->output, &e->prompt, &e->killed,
                         &e->kept, &e->wanted, &e->shown,  &e->before_search};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        str_free(all[i]);
    }
}
