// SPDX-License-Identifier: MIT
//
// What the line editor shows: one line of the terminal, brought up to date with few bytes;
// completion lists; the search through the history.

#include "edit.h"

#include "utf8.h"

#include <string.h>

#define CONTROL(c) ((c)&0x1f)
#define LIST_MAX   200u // candidates that are listed

size_t edit_prompt_width(const char *prompt)
{
    size_t width = 0;

    while (*prompt != '\0') {
        uint32_t code;

        if (prompt[0] == '\033' && prompt[1] == '[') {
            prompt += 2;
            while (*prompt != '\0' && (*prompt < '@' || *prompt > '~')) {
                prompt++;
            }
            prompt += *prompt != '\0';
            continue;
        }
        prompt += utf8_next(prompt, strlen(prompt), &code);
        width += code >= 0x20 ? (size_t)utf8_width(code) : 0;
    }
    return width;
}

// Adds the character at `at` as it is shown: controls as ^X, bytes that are none as ?. Its columns.
static size_t show_character(const struct str *line, size_t at, size_t size, struct str *out)
{
    uint32_t code;

    (void)utf8_next(line->data + at, size, &code);
    if (code < 0x20 || code == 0x7f) {
        str_add_char(out, '^');
        str_add_char(out, (char)(code ^ 0x40));
        return 2;
    }
    if (code >= 0x110000 || (code >= 0x80 && code < 0xa0)) {
        str_add_char(out, '?');
        return 1;
    }
    str_add(out, line->data + at, size);
    return (size_t)utf8_width(code);
}

static size_t shown_width(const struct str *line, size_t from, size_t to)
{
    struct str text = {0};
    size_t width = 0;

    while (from < to) {
        size_t size = utf8_next(line->data + from, line->size - from, NULL);

        width += show_character(line, from, size, &text);
        str_cut(&text, 0);
        from += size;
    }
    str_free(&text);
    return width;
}

// Chooses where the visible part begins, so that the cursor is in it.
static void scroll(struct editor *e, size_t room)
{
    if (e->cursor < e->scroll) {
        e->scroll = e->cursor;
        // Some of what is to the left, too.
        while (e->scroll > 0 && shown_width(&e->line, e->scroll, e->cursor) < room / 3) {
            e->scroll -= utf8_before(e->line.data, e->scroll);
        }
    }
    if (e->cursor - e->scroll > 16 * room) {
        // Far away: begin near the cursor, at the start of a character.
        e->scroll = e->cursor;
        for (size_t i = 0; i < room && e->scroll > 0; i++) {
            e->scroll -= utf8_before(e->line.data, e->scroll);
        }
    }
    if (shown_width(&e->line, e->scroll, e->cursor) + 2 > room) {
        while (shown_width(&e->line, e->scroll, e->cursor) > room - room / 3) {
            e->scroll += utf8_next(e->line.data + e->scroll, e->line.size - e->scroll, NULL);
        }
    }
}

// The visible part of the line, and the column of the cursor in it.
static void render(struct editor *e, size_t room, struct str *out, size_t *out_column)
{
    size_t width = 0;
    size_t at = e->scroll;

    if (e->scroll > 0) {
        str_add_char(out, '<');
        width = 1;
    }
    *out_column = width;
    while (at < e->line.size) {
        size_t size = utf8_next(e->line.data + at, e->line.size - at, NULL);
        size_t before = out->size;
        size_t columns = show_character(&e->line, at, size, out);

        if (width + columns + (at + size < e->line.size) > room) {
            str_cut(out, before);
            str_add_char(out, '>');
            break;
        }
        width += columns;
        at += size;
        *out_column = at <= e->cursor ? width : *out_column;
    }
}

static void move(struct editor *e, size_t to)
{
    if (to < e->column && e->column - to <= 4) {
        for (size_t i = to; i < e->column; i++) {
            str_add_char(&e->output, '\b');
        }
    } else if (to < e->column) {
        str_printf(&e->output, "\033[%zuD", e->column - to);
    } else if (to > e->column) {
        str_printf(&e->output, "\033[%zuC", to - e->column);
    }
    e->column = to;
}

// How many bytes of both texts are the same, up to a character behind which nothing is combined.
static size_t common_start(const struct str *a, const struct str *b)
{
    size_t same = 0;
    size_t at = 0;

    while (at < a->size && at < b->size) {
        uint32_t code_a, code_b;
        size_t size = utf8_next(a->data + at, a->size - at, &code_a);

        (void)utf8_next(b->data + at, b->size - at, &code_b);
        if (utf8_width(code_a) != 0 && utf8_width(code_b) != 0) {
            same = at;
        }
        if (code_a != code_b) {
            return same;
        }
        at += size;
    }
    if (at < a->size || at < b->size) {
        uint32_t code;

        (void)utf8_next(at < a->size ? a->data + at : b->data + at,
                        at < a->size ? a->size - at : b->size - at, &code);
        return utf8_width(code) != 0 ? at : same;
    }
    return at;
}

void edit_draw(struct editor *e)
{
    struct str view = {0};
    struct str prompt = {0};
    size_t columns = e->columns >= 10 ? e->columns : EDIT_COLUMNS;
    size_t width, room, column, same;

    if (e->searching) {
        str_printf(&prompt, "(%ssearch)`", e->not_found ? "failed " : "");
        for (size_t at = 0; at < e->wanted.size;) {
            size_t size = utf8_next(e->wanted.data + at, e->wanted.size - at, NULL);

            (void)show_character(&e->wanted, at, size, &prompt);
            at += size;
        }
        str_add_text(&prompt, "': ");
    } else {
        str_add_text(&prompt, str_text(&e->prompt));
    }
    width = edit_prompt_width(str_text(&prompt));
    if (width + 12 > columns) {
        // No room for it: the line stands alone.
        str_cut(&prompt, 0);
        str_add_text(&prompt, "$ ");
        width = columns > 14 ? 2 : 0;
        str_cut(&prompt, width);
    }
    room = columns - width - 1;
    scroll(e, room);
    render(e, room, &view, &column);
    if (e->redraw) {
        str_printf(&e->output, "\r%s", str_text(&prompt));
        str_cut(&e->shown, 0);
        e->column = 0;
    }
    same = common_start(&e->shown, &view);
    if (same < view.size || same < e->shown.size || e->redraw) {
        move(e, utf8_text_width(str_text(&view), same));
        str_add(&e->output, str_text(&view) + same, view.size - same);
        e->column = utf8_text_width(str_text(&view), view.size);
        if (e->redraw || e->column < utf8_text_width(str_text(&e->shown), e->shown.size)) {
            str_add_text(&e->output, "\033[K");
        }
    }
    move(e, column);
    str_free(&e->shown);
    e->shown = view;
    e->redraw = false;
    str_free(&prompt);
}

void edit_finish(struct editor *e, const char *mark)
{
    if (e->searching) {
        e->searching = false;
        e->redraw = true;
    }
    e->cursor = e->line.size;
    edit_draw(e);
    str_add_text(&e->output, mark);
    str_add_text(&e->output, "\r\n");
    e->redraw = true;
}

// ---- completion ---------------------------------------------------------------------------------

static size_t common_prefix(const struct list *items)
{
    size_t size = strlen(items->items[0]);

    for (size_t i = 1; i < items->count; i++) {
        size_t same = 0;

        while (same < size && items->items[i][same] == items->items[0][same]) {
            same++;
        }
        size = same;
    }
    // Not the first half of a character, nor a backslash without what it quotes.
    while (size > 0 && ((unsigned char)items->items[0][size] & 0xc0) == 0x80) {
        size--;
    }
    while (size > 0 && items->count > 1 && items->items[0][size - 1] == '\\' &&
           !(size > 1 && items->items[0][size - 2] == '\\')) {
        size--;
    }
    return size;
}

static void list_candidates(struct editor *e, const struct list *names)
{
    size_t columns = e->columns >= 10 ? e->columns : EDIT_COLUMNS;
    size_t width = 0;
    size_t column = 0;
    size_t count = names->count < LIST_MAX ? names->count : LIST_MAX;

    for (size_t i = 0; i < count; i++) {
        size_t its = utf8_text_width(names->items[i], strlen(names->items[i])) + 2;

        width = its > width ? its : width;
    }
    str_add_text(&e->output, "\r\n");
    for (size_t i = 0; i < count; i++) {
        struct str name = {.data = names->items[i], .size = strlen(names->items[i])};
        size_t used = 0;

        if (column != 0 && column + width > columns) {
            str_add_text(&e->output, "\r\n");
            column = 0;
        }
        for (size_t at = 0; at < name.size;) {
            size_t size = utf8_next(name.data + at, name.size - at, NULL);

            used += show_character(&name, at, size, &e->output);
            at += size;
        }
        for (; used < width && i + 1 < count && column + 2 * width <= columns; used++) {
            str_add_char(&e->output, ' ');
        }
        column += width;
    }
    if (count < names->count) {
        str_printf(&e->output, "\r\n... and %zu more", names->count - count);
    }
    str_add_text(&e->output, "\r\n");
    e->redraw = true;
}

void edit_tab(struct editor *e)
{
    struct completion c = {.end = " "};
    size_t typed, size;

    if (e->complete != NULL) {
        e->complete(e->context, str_text(&e->line), e->cursor, &c);
    }
    if (c.items.count == 0 || c.items.failed || c.shown.failed) {
        edit_beep(e);
    } else {
        size_t last = strlen(c.items.items[0]);
        bool single = c.items.count == 1;

        typed = e->cursor - c.start;
        size = common_prefix(&c.items);
        if (size > typed || single ||
            (size == typed && memcmp(c.items.items[0], str_text(&e->line) + c.start, size) != 0)) {
            edit_remove(e, c.start, e->cursor);
            edit_insert(e, c.items.items[0], size);
            if (single && c.items.items[0][last - 1] != '/') {
                edit_insert(e, c.end, strlen(c.end));
            }
        } else {
            list_candidates(e, &c.shown);
        }
    }
    list_free(&c.items);
    list_free(&c.shown);
}

// ---- search -------------------------------------------------------------------------------------

static void search(struct editor *e, size_t before)
{
    long found = e->history != NULL ? history_search(e->history, str_text(&e->wanted), before) : -1;

    e->not_found = found < 0;
    if (found < 0) {
        edit_beep(e);
    } else {
        e->found = (size_t)found;
        e->browsed = e->found;
        edit_replace(e, e->history->lines.items[found]);
    }
    e->redraw = true;
}

void edit_search_begin(struct editor *e)
{
    str_cut(&e->before_search, 0);
    str_add(&e->before_search, str_text(&e->line), e->line.size);
    str_cut(&e->wanted, 0);
    e->searching = true;
    e->not_found = false;
    e->found = e->history != NULL ? e->history->lines.count : 0;
    e->redraw = true;
}

void edit_search_cancel(struct editor *e)
{
    e->searching = false;
    e->redraw = true;
    edit_replace(e, str_text(&e->before_search));
}

bool edit_search_key(struct editor *e, unsigned char byte)
{
    size_t count = e->history != NULL ? e->history->lines.count : 0;

    if (byte == CONTROL('R')) {
        search(e, e->found);
    } else if (byte == CONTROL('G')) {
        edit_search_cancel(e);
    } else if (byte == CONTROL('H') || byte == 0x7f) {
        if (e->wanted.size != 0) {
            str_cut(&e->wanted, e->wanted.size - utf8_before(e->wanted.data, e->wanted.size));
        }
        search(e, count);
    } else if (byte >= 0x20) {
        str_add_char(&e->wanted, (char)byte);
        search(e, e->found < count ? e->found + 1 : count);
    } else {
        e->searching = false;
        e->redraw = true;
        if (byte == CONTROL('C')) {
            edit_search_cancel(e);
            return true;
        }
        return false;
    }
    return true;
}
