// SPDX-License-Identifier: MIT
//
// Completion; the interface is in complete.h. The line up to the cursor is read with the quoting
// rules of the shell, roughly: enough to know the word at the cursor and whether it is a command.

#include "complete.h"

#include <string.h>

// The word at the cursor.
struct place {
    size_t start;    // where it begins, quotes included
    char quote;      // ' or " if it is inside of them
    bool command;    // it is the name of a command
    struct str text; // without quotes
    bool mixed;      // a quote began or ended inside of the word
};

static void begin_word(struct place *p, size_t at, bool command)
{
    p->start = at;
    p->command = command;
    p->mixed = false;
    str_cut(&p->text, 0);
}

// True if what follows this word is still the name of a command.
static bool keeps_command(const struct place *p, const char *line, size_t end)
{
    static const char *const words[] = {"if", "then", "elif", "else",    "while", "until",
                                        "do", "!",    "{",    "command", "exec",  "time"};
    size_t name = name_length(line + p->start);

    if (name != 0 && p->start + name < end && line[p->start + name] == '=') {
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], str_text(&p->text)) == 0) {
            return true;
        }
    }
    return false;
}

static void find_place(const char *line, size_t cursor, struct place *p)
{
    bool in_word = false;

    begin_word(p, 0, true);
    for (size_t i = 0; i < cursor; i++) {
        char c = line[i];

        if (p->quote != '\0') {
            if (c == p->quote) {
                p->quote = '\0';
                p->mixed = true;
            } else {
                if (c == '\\' && p->quote == '"' && i + 1 < cursor &&
                    strchr("\\\"$`", line[i + 1]) != NULL) {
                    c = line[++i];
                }
                str_add_char(&p->text, c);
            }
        } else if (strchr(" \t\n", c) != NULL) {
            bool command = in_word ? p->command && keeps_command(p, line, i) : p->command;

            begin_word(p, i + 1, command);
            in_word = false;
        } else if (strchr(";|&(`", c) != NULL) {
            begin_word(p, i + 1, true);
            in_word = false;
        } else if (strchr("<>)", c) != NULL) {
            begin_word(p, i + 1, false);
            in_word = false;
        } else {
            if (c == '\'' || c == '"') {
                p->mixed = p->mixed || i != p->start;
                p->quote = c;
            } else if (c == '\\' && i + 1 < cursor) {
                str_add_char(&p->text, line[++i]);
            } else if (c != '\\') {
                str_add_char(&p->text, c);
            }
            in_word = true;
        }
    }
}

// Adds a candidate as it would be typed at the place.
static void add_typed(const struct place *p, const char *text, struct str *out)
{
    bool tilde = text[0] == '~' && p->quote == '\0';

    if (p->quote != '\0') {
        str_add_char(out, p->quote);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (p->quote == '"' && strchr("\\\"$`", *c) != NULL) {
            str_add_char(out, '\\');
        } else if (p->quote == '\'' && *c == '\'') {
            str_add_text(out, "'\\'");
        } else if (p->quote == '\0' && !(tilde && c == text) &&
                   strchr(" \t\n'\"\\$`|&;<>()*?[]#~!{}", *c) != NULL) {
            str_add_char(out, '\\');
        }
        str_add_char(out, *c);
    }
}

static void add_candidate(const struct place *p, const char *text, const char *shown,
                          struct completion *out)
{
    struct str typed = {0};

    add_typed(p, text, &typed);
    if (typed.failed) {
        out->items.failed = true;
    } else {
        list_add(&out->items, str_text(&typed));
        list_add(&out->shown, shown);
    }
    str_free(&typed);
}

static void complete_files(const struct complete_sources *s, const struct place *p,
                           bool only_folders, struct completion *out)
{
    const char *text = str_text(&p->text);
    const char *slash = strrchr(text, '/');
    size_t folder_size = slash != NULL ? (size_t)(slash + 1 - text) : 0;
    const char *prefix = text + folder_size;
    const char *home = text[0] == '~' && text[1] == '/' ? s->home(s->context) : NULL;
    struct str folder = {0};
    struct str name = {0};
    struct list names = {0};

    str_add_text(&folder, home != NULL ? home : "");
    str_add(&folder, text + (home != NULL ? 1 : 0), folder_size - (home != NULL ? 1 : 0));
    s->list(s->context, str_text(&folder), &names);
    list_sort(&names, true);
    for (size_t i = 0; i < names.count; i++) {
        const char *its = names.items[i];
        bool directory;

        if (strncmp(its, prefix, strlen(prefix)) != 0 || (its[0] == '.' && prefix[0] != '.')) {
            continue;
        }
        str_cut(&name, 0);
        str_add_text(&name, str_text(&folder));
        str_add_text(&name, its);
        directory = s->is_directory(s->context, str_text(&name));
        if (only_folders && !directory) {
            continue;
        }
        str_cut(&name, 0);
        str_add(&name, text, folder_size);
        str_add_text(&name, its);
        str_add_text(&name, directory ? "/" : "");
        add_candidate(p, str_text(&name), str_text(&name) + folder_size, out);
    }
    list_free(&names);
    str_free(&folder);
    str_free(&name);
}

// $NAME at the end of the word: its start, or NULL.
static const char *variable_start(const char *line, size_t start, size_t cursor, char quote)
{
    size_t at = cursor;

    while (at > start && (line[at - 1] == '_' || (line[at - 1] >= '0' && line[at - 1] <= '9') ||
                          (line[at - 1] >= 'a' && line[at - 1] <= 'z') ||
                          (line[at - 1] >= 'A' && line[at - 1] <= 'Z'))) {
        at--;
    }
    if (at > start + 1 && line[at - 1] == '{' && line[at - 2] == '$' && quote != '\'') {
        return line + at;
    }
    return at > start && line[at - 1] == '$' && quote != '\'' ? line + at : NULL;
}

static void complete_variables(const struct complete_sources *s, const char *line, const char *name,
                               size_t cursor, struct completion *out)
{
    struct str prefix = {0};
    bool braces = name[-1] == '{';
    struct list names = {0};

    out->start = (size_t)(name - line);
    str_add(&prefix, name, cursor - out->start);
    s->variables(s->context, str_text(&prefix), &names);
    list_sort(&names, true);
    for (size_t i = 0; i < names.count; i++) {
        str_cut(&prefix, 0);
        str_add_text(&prefix, names.items[i]);
        str_add_text(&prefix, braces ? "}" : "");
        list_add(&out->items, str_text(&prefix));
        list_add(&out->shown, names.items[i]);
    }
    out->end = "";
    list_free(&names);
    str_free(&prefix);
}

void complete(const struct complete_sources *sources, const char *line, size_t cursor,
              struct completion *out)
{
    struct place p = {0};
    const char *variable;
    const char *assigned;

    find_place(line, cursor, &p);
    if (p.mixed) {
        // The word is typed anew, in one style.
        p.quote = '\0';
    }
    out->start = p.start;
    out->end = p.quote == '\'' ? "' " : p.quote == '"' ? "\" " : " ";
    variable = variable_start(line, p.start, cursor, p.quote);
    assigned = p.quote == '\0' ? strchr(str_text(&p.text), '=') : NULL;
    if (p.text.failed) {
        out->items.failed = true;
    } else if (variable != NULL) {
        complete_variables(sources, line, variable, cursor, out);
    } else if (assigned != NULL && !p.mixed &&
               memchr(line + p.start, '=', cursor - p.start) != NULL) {
        // NAME=file or --option=file: what is behind the sign.
        const char *sign = memchr(line + p.start, '=', cursor - p.start);

        p.start = out->start = (size_t)(sign + 1 - line);
        str_remove(&p.text, 0, (size_t)(assigned + 1 - str_text(&p.text)));
        complete_files(sources, &p, false, out);
    } else if (p.command && strchr(str_text(&p.text), '/') == NULL && p.text.data != NULL &&
               p.text.size != 0) {
        struct list names = {0};

        sources->commands(sources->context, str_text(&p.text), &names);
        list_sort(&names, true);
        for (size_t i = 0; i < names.count; i++) {
            add_candidate(&p, names.items[i], names.items[i], out);
        }
        list_free(&names);
    } else {
        complete_files(sources, &p, strncmp(line, "cd ", 3) == 0 && p.start >= 3, out);
    }
    str_free(&p.text);
}
