// SPDX-License-Identifier: MIT
//
// Builtins that write: echo, printf, pwd; and cd.

#include "shell.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Adds the character that an escape sequence stands for; `text` is behind its backslash. Returns
// what follows, or NULL: \c, nothing more is to be written.
static const char *add_escape(struct str *out, const char *text, bool zero)
{
    static const char names[] = "abefnrtv\\";
    static const char values[] = "\a\b\033\f\n\r\t\v\\";
    const char *name = *text != '\0' ? strchr(names, *text) : NULL;
    int value = 0;

    if (name != NULL) {
        str_add_char(out, values[name - names]);
        return text + 1;
    }
    if (*text == 'c') {
        return NULL;
    }
    if (*text >= '0' && *text <= '7') {
        // echo and %b want \0ooo, printf \ooo.
        int digits = zero && *text == '0' ? 4 : 3;

        for (; digits > 0 && *text >= '0' && *text <= '7'; digits--) {
            value = value * 8 + (*text++ - '0');
        }
        str_add_char(out, (char)value);
        return text;
    }
    if (*text == 'x' && strspn(text + 1, "0123456789abcdefABCDEF") != 0) {
        char hex[3] = {text[1], '\0', '\0'};

        if (strspn(text + 1, "0123456789abcdefABCDEF") > 1) {
            hex[1] = text[2];
        }
        str_add_char(out, (char)strtol(hex, NULL, 16));
        return text + 1 + strlen(hex);
    }
    str_add_char(out, '\\');
    return text;
}

// Text with escapes; false after \c.
static bool add_escaped(struct str *out, const char *text)
{
    while (*text != '\0') {
        if (*text != '\\') {
            str_add_char(out, *text++);
            continue;
        }
        text = add_escape(out, text + 1, true);
        if (text == NULL) {
            return false;
        }
    }
    return true;
}

BUILTIN(echo)
{
    bool newline = true;
    bool escapes = false;
    int first = 1;

    for (; first < argc && argv[first][0] == '-' && argv[first][1] != '\0' &&
           argv[first][1 + strspn(argv[first] + 1, "neE")] == '\0';
         first++) {
        newline = newline && strchr(argv[first], 'n') == NULL;
        escapes = escapes || strchr(argv[first], 'e') != NULL;
    }
    for (int i = first; i < argc; i++) {
        if (i > first) {
            str_add_char(&sh->out, ' ');
        }
        if (!escapes) {
            str_add_text(&sh->out, argv[i]);
        } else if (!add_escaped(&sh->out, argv[i])) {
            return 0;
        }
    }
    if (newline) {
        str_add_char(&sh->out, '\n');
    }
    return 0;
}

// ---- printf -------------------------------------------------------------------------------------

struct format {
    struct shell *sh;
    char **arguments; // what is left
    int count;
    int status;
    bool stopped;
};

static const char *next_argument(struct format *f)
{
    if (f->count == 0) {
        return NULL;
    }
    f->count--;
    return *f->arguments++;
}

static void bad_number(struct format *f, const char *text)
{
    shell_error(f->sh, "printf: %s: not a number", text);
    f->status = 1;
}

static long long integer_argument(struct format *f, bool is_unsigned)
{
    const char *text = next_argument(f);
    char *end;
    long long value;

    if (text == NULL) {
        return 0;
    }
    if (text[0] == '\'' || text[0] == '"') {
        return (unsigned char)text[1];
    }
    errno = 0;
    value =
        is_unsigned && text[0] != '-' ? (long long)strtoull(text, &end, 0) : strtoll(text, &end, 0);
    if (*end != '\0' || end == text || errno != 0) {
        bad_number(f, text);
    }
    return value;
}

static double float_argument(struct format *f)
{
    const char *text = next_argument(f);
    char *end;
    double value;

    if (text == NULL) {
        return 0;
    }
    value = strtod(text, &end);
    if (*end != '\0' || end == text) {
        bad_number(f, text);
    }
    return value;
}

// Width or precision: digits or *. At most 9999, whatever is asked for.
static const char *add_count(struct format *f, struct str *directive, const char *p)
{
    long value = 0;

    if (*p == '*') {
        value = (long)integer_argument(f, false);
        p++;
    } else if (*p >= '0' && *p <= '9') {
        while (*p >= '0' && *p <= '9') {
            value = value > 9999 ? value : value * 10 + (*p - '0');
            p++;
        }
    } else {
        return p;
    }
    value = value > 9999 ? 9999 : value < -9999 ? -9999 : value;
    str_printf(directive, "%ld", value);
    return p;
}

// %b: a string with escapes.
static void add_escaped_argument(struct format *f, const char *directive)
{
    const char *text = next_argument(f);
    struct str escaped = {0};

    f->stopped = !add_escaped(&escaped, text != NULL ? text : "");
    str_printf(&f->sh->out, directive, str_text(&escaped));
    str_free(&escaped);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
// One directive, put together by us: its conversion is known to fit the argument.
static void add_directive(struct format *f, struct str *directive, char conversion)
{
    struct str *out = &f->sh->out;
    const char *text;
    char character[2] = "";

    switch (conversion) {
    case 'd':
    case 'i':
        str_add_text(directive, "lld");
        str_printf(out, str_text(directive), integer_argument(f, false));
        break;
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        str_add_text(directive, "ll");
        str_add_char(directive, conversion);
        str_printf(out, str_text(directive), integer_argument(f, true));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        str_add_char(directive, conversion);
        str_printf(out, str_text(directive), float_argument(f));
        break;
    case 'c':
    case 's':
        text = next_argument(f);
        if (conversion == 'c' && text != NULL) {
            character[0] = text[0];
            text = character;
        }
        str_add_char(directive, 's');
        str_printf(out, str_text(directive), text != NULL ? text : "");
        break;
    case 'b':
        str_add_char(directive, 's');
        add_escaped_argument(f, str_text(directive));
        break;
    default:
        shell_error(f->sh, "printf: %%%c: cannot format this", conversion);
        f->status = 1;
        f->stopped = true;
        break;
    }
}
#pragma GCC diagnostic pop

// A directive of the format, behind its %. Returns what follows it.
static const char *format_directive(struct format *f, const char *p)
{
    struct str directive = {0};

    if (*p == '%') {
        str_add_char(&f->sh->out, '%');
        return p + 1;
    }
    str_add_char(&directive, '%');
    for (int i = 0; i < 8 && *p != '\0' && strchr("-+ #0", *p) != NULL; i++) {
        str_add_char(&directive, *p++);
    }
    p = add_count(f, &directive, p);
    if (*p == '.') {
        size_t dot = directive.size;

        str_add_char(&directive, *p++);
        p = add_count(f, &directive, p);
        if (!directive.failed && str_text(&directive)[dot + 1] == '-') {
            str_cut(&directive, dot); // a negative precision is none
        }
    }
    if (*p == '\0') {
        shell_error(f->sh, "printf: the format ends in %%");
        f->status = 1;
        f->stopped = true;
    } else if (!directive.failed) {
        add_directive(f, &directive, *p++);
    }
    str_free(&directive);
    return p;
}

BUILTIN(printf)
{
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    struct format f = {.sh = sh, .arguments = argv + first + 1, .count = argc - first - 1};
    int before;

    if (first >= argc) {
        shell_error(sh, "usage: printf FORMAT [ARG...]");
        return STATUS_SYNTAX;
    }
    do {
        before = f.count;
        for (const char *p = argv[first]; *p != '\0' && !f.stopped;) {
            if (*p == '%') {
                p = format_directive(&f, p + 1);
            } else if (*p == '\\') {
                p = add_escape(&sh->out, p + 1, false);
                f.stopped = p == NULL;
                p = p == NULL ? "" : p;
            } else {
                str_add_char(&sh->out, *p++);
            }
        }
        // Once more for the arguments that are left, if it takes any.
    } while (f.count > 0 && f.count < before && !f.stopped && !sh->out.failed);
    return f.status;
}

// ---- directories --------------------------------------------------------------------------------

static bool current_directory(struct str *out)
{
    char path[4096];

    if (getcwd(path, sizeof(path)) == NULL) {
        return false;
    }
    str_add_text(out, path);
    return !out->failed;
}

BUILTIN(pwd)
{
    (void)argv;
    (void)argc;
    if (!current_directory(&sh->out)) {
        shell_error(sh, "pwd: %s", strerror(errno));
        return 1;
    }
    str_add_char(&sh->out, '\n');
    return 0;
}

BUILTIN(cd)
{
    const char *to = argc > 1 ? argv[1] : variable_get(sh, "HOME");
    bool back = argc > 1 && strcmp(argv[1], "-") == 0;
    struct str target = {0};
    struct str before = {0};
    struct str after = {0};
    int status = 1;

    if (argc > 2) {
        shell_error(sh, "cd: too many arguments");
        return STATUS_SYNTAX;
    }
    to = back ? variable_get(sh, "OLDPWD") : to;
    if (to == NULL) {
        shell_error(sh, "cd: %s is not set", back ? "OLDPWD" : "HOME");
        return 1;
    }
    str_add_text(&target, to);
    (void)current_directory(&before);
    if (chdir(str_text(&target)) != 0) {
        shell_error(sh, "cd: %s: %s", str_text(&target), strerror(errno));
    } else {
        status = 0;
        if (before.size != 0) {
            (void)variable_set(sh, "OLDPWD", str_text(&before));
        }
        if (current_directory(&after)) {
            (void)variable_set(sh, "PWD", str_text(&after));
        }
        if (back) {
            str_printf(&sh->out, "%s\n", str_text(&after));
        }
    }
    str_free(&target);
    str_free(&before);
    str_free(&after);
    return status;
}
