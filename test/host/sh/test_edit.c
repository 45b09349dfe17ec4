// SPDX-License-Identifier: MIT
//
// The line editor: what keys do to the line, and that a terminal shows what it should. The terminal
// here knows just the sequences that the editor uses, and fails on any other.

#include "tests.h"

#include "edit.h"
#include "utf8.h"

#include <stdio.h>
#include <stdlib.h>

#define COLUMNS 200

struct screen {
    char cells[COLUMNS][8]; // of the current line; "" behind a wide character
    size_t column;
    size_t width;
    int lines; // how often the cursor went down
};

static void clear_from(struct screen *s, size_t column)
{
    for (size_t i = column; i < COLUMNS; i++) {
        strcpy(s->cells[i], " ");
    }
}

static size_t sequence(struct screen *s, const char *text)
{
    size_t count = 0;
    size_t at = 2;
    size_t digits = at;

    assert_int_equal(text[1], '[');
    while (text[at] >= '0' && text[at] <= '9') {
        count = count * 10 + (size_t)(text[at++] - '0');
    }
    count = at == digits ? 1 : count;
    switch (text[at]) {
    case 'C': s->column += count; break;
    case 'D':
        assert_true(count <= s->column);
        s->column -= count;
        break;
    case 'm': break;
    case 'K': clear_from(s, s->column); break;
    case 'H': break;
    case 'J': clear_from(s, 0); break;
    default: fail_msg("the editor sent ESC [ %c", text[at]);
    }
    return at + 1;
}

static void show(struct screen *s, const struct str *output)
{
    const char *text = str_text(output);

    for (size_t at = 0; at < output->size;) {
        uint32_t code;
        size_t size = utf8_next(text + at, output->size - at, &code);

        if (code == '\033') {
            at += sequence(s, text + at);
            continue;
        }
        if (code == '\r') {
            s->column = 0;
        } else if (code == '\n') {
            s->lines++;
            clear_from(s, 0);
        } else if (code == '\b') {
            assert_true(s->column > 0);
            s->column--;
        } else if (code != '\a') {
            int width = utf8_width(code);

            if (code < 0x20 || code == 0x7f || code >= 0x110000) {
                fail_msg("the editor sent %#x", code);
            }
            if (width != 0) {
                memset(s->cells[s->column], 0, 8);
                memcpy(s->cells[s->column], text + at, size);
                if (width == 2) {
                    s->cells[s->column + 1][0] = '\0';
                }
                s->column += (size_t)width;
            }
            // Never into the last column, where terminals differ.
            assert_true(s->column < s->width);
        }
        at += size;
    }
}

struct stage {
    struct editor editor;
    struct screen screen;
    struct history history;
};

static void stage_begin(struct stage *t, size_t columns, const char *prompt)
{
    memset(t, 0, sizeof(*t));
    t->screen.width = columns != 0 ? columns : 80;
    t->history.limit = 100;
    t->editor.columns = columns;
    t->editor.history = &t->history;
    clear_from(&t->screen, 0);
    edit_begin(&t->editor, prompt);
}

static void stage_draw(struct stage *t)
{
    edit_draw(&t->editor);
    show(&t->screen, &t->editor.output);
    str_cut(&t->editor.output, 0);
}

static enum edit_result type(struct stage *t, const char *keys)
{
    enum edit_result result = EDIT_MORE;

    while (*keys != '\0' && result == EDIT_MORE) {
        result = edit_key(&t->editor, (unsigned char)*keys++);
        stage_draw(t);
    }
    return result;
}

// What the line of the screen shows, without blanks at the end.
static void visible(const struct stage *t, struct str *out)
{
    for (size_t i = 0; i < t->screen.width; i++) {
        str_add_text(out, t->screen.cells[i]);
    }
    while (out->size != 0 && out->data[out->size - 1] == ' ') {
        str_cut(out, out->size - 1);
    }
}

static void expect_screen(const struct stage *t, const char *text, size_t column)
{
    struct str seen = {0};

    visible(t, &seen);
    assert_string_equal(str_text(&seen), text);
    assert_int_equal(t->screen.column, column);
    str_free(&seen);
}

static void stage_end(struct stage *t)
{
    edit_free(&t->editor);
    history_clear(&t->history);
}

// Keys, and the line with | at the cursor.
static void expect_line(const char *keys, const char *line)
{
    struct stage t;
    struct str got = {0};

    stage_begin(&t, 80, "$ ");
    assert_int_equal(type(&t, keys), EDIT_MORE);
    str_add(&got, str_text(&t.editor.line), t.editor.line.size);
    str_insert(&got, t.editor.cursor, "|", 1);
    assert_string_equal(str_text(&got), line);
    str_free(&got);
    stage_end(&t);
}

static void test_keys(void **state)
{
    (void)state;
    expect_line("abc", "abc|");
    expect_line("abc\x01x", "x|abc");
    expect_line("abc\x02\x02x\x06y", "axby|c");
    expect_line("abc\x01\x05x", "abcx|");
    expect_line("ab\x7f\x08"
                "c",
                "c|");
    expect_line("abc\x01\x04", "|bc");
    expect_line("abc\033[D\033[Dx\033[C", "axb|c");
    expect_line("abc\033[Hx\033[Fy", "xabcy|");
    expect_line("abc\033[1~\033[3~", "|bc");
    expect_line("abc\033OHx\033OFy", "xabcy|");
    expect_line("one two\033b\033bx\033fy", "xoney| two");
    expect_line("one two\033[1;5D\033[1;5D\033[1;5C", "one| two");
    expect_line("one two three\x17\x17", "one |");
    expect_line("one two\x02\x0b", "one tw|");
    expect_line("one two\x02\x15", "|o");
    expect_line("one two\x17\x17\x19\x19", "one twoone two|");
    expect_line("one two\x01\033d\033d\x19", "one two|");
    expect_line("ab\x14", "ba|");
    expect_line("abc\x01\x06\x14", "ba|c");
    expect_line("äö\x14", "öä|");
    expect_line("aä€𝄞\x7f\x7f\x7f", "a|");
    expect_line("äx\x02\x02\x04", "|x");
    expect_line("\xff\xfe"
                "a\xc3(b\x80",
                "a(b|");
    expect_line("a\033[99;99zb\033[31mc\033Oxd\033xe", "abcde|");
}

static void test_ends(void **state)
{
    struct stage t;

    (void)state;
    stage_begin(&t, 80, "$ ");
    assert_int_equal(type(&t, "\x04"), EDIT_END);
    assert_int_equal(type(&t, "x\x03"), EDIT_INTERRUPT);
    edit_finish(&t.editor, "^C");
    edit_begin(&t.editor, "$ ");
    assert_int_equal(type(&t, "ab\x02\r"), EDIT_LINE);
    assert_string_equal(str_text(&t.editor.line), "ab");
    edit_finish(&t.editor, "");
    edit_begin(&t.editor, "$ ");
    assert_int_equal(type(&t, "\n"), EDIT_LINE);
    stage_end(&t);
}

static void test_history(void **state)
{
    struct stage t;

    (void)state;
    stage_begin(&t, 80, "$ ");
    history_add(&t.history, "first");
    history_add(&t.history, "second");
    history_add(&t.history, "second");
    history_add(&t.history, " hidden");
    history_add(&t.history, "");
    assert_int_equal(t.history.lines.count, 2);
    edit_begin(&t.editor, "$ ");
    (void)type(&t, "new\033[A");
    expect_screen(&t, "$ second", 8);
    (void)type(&t, "\x10\x10\x10");
    expect_screen(&t, "$ first", 7);
    (void)type(&t, "\033[B\x0e\x0e");
    expect_screen(&t, "$ new", 5);
    history_set_limit(&t.history, 1);
    assert_string_equal(t.history.lines.items[0], "second");
    assert_int_equal(t.history.first, 1);
    stage_end(&t);
}

static void test_search(void **state)
{
    struct stage t;

    (void)state;
    stage_begin(&t, 80, "$ ");
    history_add(&t.history, "echo one");
    history_add(&t.history, "echo two");
    history_add(&t.history, "ls");
    edit_begin(&t.editor, "$ ");
    (void)type(&t, "kept\x12"
                   "echo");
    expect_screen(&t, "(search)`echo': echo two", 24);
    (void)type(&t, "\x12");
    expect_screen(&t, "(search)`echo': echo one", 24);
    (void)type(&t, "\x12");
    expect_screen(&t, "(failed search)`echo': echo one", 31);
    (void)type(&t, "\x07");
    expect_screen(&t, "$ kept", 6);
    (void)type(&t, "\x12two\x01X");
    expect_screen(&t, "$ Xecho two", 3);
    (void)type(&t, "\x12l\x7f\x03");
    expect_screen(&t, "$ Xecho two", 11);
    assert_int_equal(type(&t, "\x12"
                              "one\r"),
                     EDIT_LINE);
    assert_string_equal(str_text(&t.editor.line), "echo one");
    stage_end(&t);
}

static void test_screen(void **state)
{
    struct stage t;

    (void)state;
    stage_begin(&t, 20, "\033[1m$\033[m ");
    stage_draw(&t);
    stage_end(&t);
    stage_begin(&t, 20, "$ ");
    (void)type(&t, "0123456789abcde");
    expect_screen(&t, "$ 0123456789abcde", 17);
    (void)type(&t, "fghij");
    stage_draw(&t);
    (void)type(&t, "\x01");
    expect_screen(&t, "$ 0123456789abcdef>", 2);
    (void)type(&t, "\x05");
    assert_int_equal(t.screen.cells[2][0], '<');
    (void)type(&t, "\x0c");
    assert_int_equal(t.screen.cells[2][0], '<');
    edit_begin(&t.editor, "$ ");
    (void)type(&t, "日本\x02x");
    expect_screen(&t, "$ 日x本", 5);
    (void)type(&t, "e\xcc\x81");
    stage_end(&t);
    // No width known, hardly any room, a long prompt.
    stage_begin(&t, 0, "$ ");
    (void)type(&t, "abc");
    expect_screen(&t, "$ abc", 5);
    stage_end(&t);
    stage_begin(&t, 12, "a long prompt> ");
    (void)type(&t, "abcdefghijklmnop\x01");
    stage_end(&t);
    stage_begin(&t, 40, "two\nlines> ");
    (void)type(&t, "x");
    assert_int_equal(t.screen.lines, 1);
    expect_screen(&t, "lines> x", 8);
    stage_end(&t);
}

static void candidates(void *context, const char *line, size_t cursor, struct completion *out)
{
    static const char *const names[] = {"alpha", "alps", "bär", "bö", "dir/", "x\\ y", "x\\ z"};

    (void)context;
    out->start = cursor;
    while (out->start > 0 && line[out->start - 1] != ' ') {
        out->start--;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(names[i], line + out->start, cursor - out->start) == 0) {
            list_add(&out->items, names[i]);
            list_add(&out->shown, names[i]);
        }
    }
}

static void expect_completed(const char *keys, const char *screen)
{
    struct stage t;

    stage_begin(&t, 60, "$ ");
    t.editor.complete = candidates;
    (void)type(&t, keys);
    expect_screen(&t, screen, strlen(screen));
    stage_end(&t);
}

static void test_completion(void **state)
{
    (void)state;
    expect_completed("al\tX", "$ alpX");
    expect_completed("al\t\t", "$ alp");
    expect_completed("alph\tX", "$ alpha X");
    expect_completed("di\tX", "$ dir/X");
    expect_completed("q\tX", "$ qX");
    expect_completed("x\tX", "$ x\\ X");
    expect_completed("y alph\tX", "$ y alpha X");
}

static void test_long_line(void **state)
{
    struct stage t;

    (void)state;
    stage_begin(&t, 80, "$ ");
    for (size_t i = 0; i < EDIT_LINE_MAX + 100; i++) {
        (void)edit_key(&t.editor, 'x');
        str_cut(&t.editor.output, 0);
    }
    assert_int_equal(t.editor.line.size, EDIT_LINE_MAX);
    stage_draw(&t);
    (void)type(&t, "\x01y\x05\x17");
    stage_end(&t);
}

// Random keys: the screen shows the part of the line that the editor says it shows, and the cursor
// is where it says.
static void test_random_keys(void **state)
{
    static const char *const keys[] = {
        "a",     "b",     " ",     "ä",      "日",     "e\xcc\x81", "\x01",   "\x02",
        "\x05",  "\x06",  "\x08",  "\x0b",   "\x14",   "\x15",      "\x17",   "\x19",
        "\033b", "\033f", "\033d", "\033[A", "\033[B", "\033[C",    "\033[D", "\033[3~",
        "\t",    "\x12",  "\x07",  "\x0c",   "\xff",   "\033",      "word "};

    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct dice dice = {.state = seed};
        struct stage t;

        stage_begin(&t, 10 + dice_next(&dice, 60), seed % 2 != 0 ? "prompt$ " : "$ ");
        t.editor.complete = candidates;
        history_add(&t.history, "an old line");
        history_add(&t.history, "a much longer line, which does not fit\ninto a terminal 日本語");
        edit_begin(&t.editor, "$ ");
        for (int i = 0; i < 300; i++) {
            struct str wanted = {0};
            struct str seen = {0};

            (void)type(&t, keys[dice_next(&dice, sizeof(keys) / sizeof(keys[0]))]);
            assert_true(t.editor.cursor <= t.editor.line.size);
            visible(&t, &seen);
            str_add_text(&wanted, str_text(&t.editor.shown));
            while (wanted.size != 0 && wanted.data[wanted.size - 1] == ' ') {
                str_cut(&wanted, wanted.size - 1);
            }
            // Marks that are combined are not kept by the cells.
            if (strstr(str_text(&wanted), "\xcc\x81") == NULL) {
                assert_true(seen.size >= wanted.size);
                assert_string_equal(str_text(&seen) + seen.size - wanted.size, str_text(&wanted));
            }
            str_free(&wanted);
            str_free(&seen);
        }
        stage_end(&t);
    }
}

int run_edit_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),      cmocka_unit_test(test_ends),
        cmocka_unit_test(test_history),   cmocka_unit_test(test_search),
        cmocka_unit_test(test_screen),    cmocka_unit_test(test_completion),
        cmocka_unit_test(test_long_line), cmocka_unit_test(test_random_keys),
    };

    return cmocka_run_group_tests_name("sh: line editor", tests, NULL, NULL);
}
