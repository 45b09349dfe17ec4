// SPDX-License-Identifier: MIT
//
// Words of the command language: quotes, escapes, $ in all its forms, `...`.

#include "parse.h"

#include <stdlib.h>
#include <string.h>

// Where characters are read, which decides what is special and what ends.
enum mode {
    MODE_WORD,         // up to a blank or operator
    MODE_DOUBLE,       // up to "
    MODE_BRACE,        // the word of ${x-word}, up to }
    MODE_BRACE_DOUBLE, // the same inside of double quotes
    MODE_ARITH,        // up to the ) that has no (
    MODE_HERE,         // up to the end of the text
};

static struct part *parse_parts(struct parser *p, enum mode mode);

static bool inside_quotes(enum mode mode)
{
    return mode != MODE_WORD && mode != MODE_BRACE;
}

static struct part *new_part(struct parser *p, enum part_kind kind)
{
    struct part *part = parse_alloc(p, sizeof(*part));

    part->kind = kind;
    return part;
}

// Parts are chained at the end; text is gathered in the scratch string from `mark` on.
struct chain {
    struct part *first;
    struct part **end;
    size_t mark;
};

static void chain_add(struct chain *chain, struct part *part)
{
    *chain->end = part;
    chain->end = &part->next;
}

// What was gathered becomes a part.
static void flush(struct parser *p, struct chain *chain, enum part_kind kind)
{
    size_t size = p->scratch.size - chain->mark;
    struct part *part;

    if (p->scratch.failed) {
        parse_fail(p, "command too large");
    }
    if (size != 0) {
        part = new_part(p, kind);
        part->text = parse_copy(p, str_text(&p->scratch) + chain->mark, size);
        chain_add(chain, part);
        str_cut(&p->scratch, chain->mark);
    }
}

static void add_quoted_text(struct parser *p, struct chain *chain, const char *text, size_t size)
{
    struct part *part = new_part(p, PART_QUOTED);

    part->text = parse_copy(p, text, size);
    chain_add(chain, part);
}

// '...', after the opening quote.
static void parse_single_quotes(struct parser *p, struct chain *chain)
{
    size_t mark = p->scratch.size;
    int line = p->line;
    int c;

    while ((c = parse_peek_raw(p)) != '\'') {
        if (c < 0) {
            p->line = line;
            parse_fail(p, "syntax error: no closing '");
        }
        str_add_char(&p->scratch, (char)parse_take(p));
    }
    (void)parse_take(p);
    if (p->scratch.failed) {
        parse_fail(p, "command too large");
    }
    add_quoted_text(p, chain, str_text(&p->scratch) + mark, p->scratch.size - mark);
    str_cut(&p->scratch, mark);
}

static int digits(struct parser *p, int value, int base, int count)
{
    for (; count > 0; count--) {
        int c = parse_peek_raw(p);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : 99;

        if (digit >= base) {
            break;
        }
        value = value * base + digit;
        (void)parse_take(p);
    }
    return value;
}

// A character of $'...' after its backslash, or -1 for nothing.
static int escaped_character(struct parser *p, int c)
{
    static const char names[] = "abefnrtv";
    static const char values[] = "\a\b\033\f\n\r\t\v";
    const char *name = c > 0 ? strchr(names, c) : NULL;

    if (name != NULL) {
        return values[name - names];
    }
    if (c == 'x') {
        return digits(p, 0, 16, 2);
    }
    if (c >= '0' && c <= '7') {
        return digits(p, c - '0', 8, 2);
    }
    return c;
}

// $'...', after the opening quote.
static void parse_dollar_quotes(struct parser *p, struct chain *chain)
{
    size_t mark = p->scratch.size;
    int c;

    while ((c = parse_take(p)) != '\'') {
        if (c == '\\') {
            c = escaped_character(p, parse_take(p)) & 0xff;
        } else if (c < 0) {
            parse_fail(p, "syntax error: no closing '");
        }
        if (c != 0) {
            str_add_char(&p->scratch, (char)c);
        }
    }
    if (p->scratch.failed) {
        parse_fail(p, "command too large");
    }
    add_quoted_text(p, chain, str_text(&p->scratch) + mark, p->scratch.size - mark);
    str_cut(&p->scratch, mark);
}

// "...", after the opening quote.
static struct part *parse_double_quotes(struct parser *p)
{
    struct part *part = new_part(p, PART_DOUBLE);
    int line = p->line;

    parse_enter(p);
    part->children = parse_parts(p, MODE_DOUBLE);
    parse_leave(p);
    if (parse_take(p) != '"') {
        p->line = line;
        parse_fail(p, "syntax error: no closing \"");
    }
    return part;
}

// The name after $ or ${: letters, one digit (several in braces) or a special character. NULL:
// none.
static const char *parse_parameter_name(struct parser *p, bool braces)
{
    size_t mark = p->scratch.size;
    const char *name;
    int c = parse_peek(p);

    if (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        do {
            str_add_char(&p->scratch, (char)parse_take(p));
            c = parse_peek(p);
        } while (c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 (c >= '0' && c <= '9'));
    } else if (c >= '0' && c <= '9') {
        do {
            str_add_char(&p->scratch, (char)parse_take(p));
            c = parse_peek(p);
        } while (braces && c >= '0' && c <= '9');
    } else if (c > 0 && strchr("@*#?-$!", c) != NULL) {
        str_add_char(&p->scratch, (char)parse_take(p));
    } else {
        return NULL;
    }
    if (p->scratch.failed) {
        parse_fail(p, "command too large");
    }
    name = parse_copy(p, str_text(&p->scratch) + mark, p->scratch.size - mark);
    str_cut(&p->scratch, mark);
    return name;
}

// What follows the name in ${name OP word}.
static enum param_op parse_operator(struct parser *p, struct part *part)
{
    static const char simple[] = "-=?+";
    static const enum param_op simple_ops[] = {PARAM_DEFAULT, PARAM_ASSIGN, PARAM_ERROR,
                                               PARAM_ALTERNATIVE};
    int c = parse_peek(p);
    const char *found;

    if (c == ':') {
        part->colon = true;
        (void)parse_take(p);
        c = parse_peek(p);
    }
    found = c > 0 ? strchr(simple, c) : NULL;
    if (found != NULL) {
        (void)parse_take(p);
        return simple_ops[found - simple];
    }
    if (!part->colon && (c == '%' || c == '#')) {
        (void)parse_take(p);
        if (parse_peek(p) == c) {
            (void)parse_take(p);
            return c == '%' ? PARAM_LONG_SUFFIX : PARAM_LONG_PREFIX;
        }
        return c == '%' ? PARAM_SUFFIX : PARAM_PREFIX;
    }
    if (c < 0) {
        parse_fail(p, "syntax error: no closing }");
    }
    parse_fail(p, "bad substitution: ${%s", part->text);
}

// ${...}, after the brace.
static struct part *parse_braces(struct parser *p, enum mode mode)
{
    struct part *part = new_part(p, PART_PARAM);
    enum mode inner;

    if (parse_peek(p) == '#' && parse_peek_second(p) != '}') {
        int second = parse_peek_second(p);

        // ${#-word} and the like are operators on $#; ${#-} is a length.
        if (second < 0 || strchr(":%=+#", second) == NULL) {
            (void)parse_take(p);
            part->op = PARAM_LENGTH;
        }
    }
    part->text = parse_parameter_name(p, true);
    if (part->text == NULL) {
        parse_fail(p, "bad substitution: ${");
    }
    if (parse_peek(p) != '}') {
        if (part->op == PARAM_LENGTH) {
            parse_fail(p, "bad substitution: ${#%s", part->text);
        }
        part->op = parse_operator(p, part);
        inner = inside_quotes(mode) && part->op < PARAM_SUFFIX ? MODE_BRACE_DOUBLE : MODE_BRACE;
        parse_enter(p);
        part->children = parse_parts(p, inner);
        parse_leave(p);
    }
    if (parse_take(p) != '}') {
        parse_fail(p, "syntax error: no closing }");
    }
    return part;
}

// $((...)), after the second parenthesis.
static struct part *parse_arithmetic(struct parser *p)
{
    struct part *part = new_part(p, PART_ARITH);

    parse_enter(p);
    part->children = parse_parts(p, MODE_ARITH);
    parse_leave(p);
    if (parse_take(p) != ')' || parse_peek(p) != ')') {
        parse_fail(p, "syntax error: no closing )) ");
    }
    (void)parse_take(p);
    return part;
}

// $(...), after the parenthesis.
static struct part *parse_substitution(struct parser *p)
{
    struct part *part = new_part(p, PART_COMMAND);

    parse_enter(p);
    part->command = parse_list(p);
    parse_leave(p);
    if (parse_token(p) == TOKEN_END) {
        parse_fail(p, "syntax error: no closing )");
    }
    if (parse_token(p) != TOKEN_CLOSE) {
        parse_unexpected(p);
    }
    p->token.kind = TOKEN_NONE;
    return part;
}

// `...`, after the opening one: one level of backslashes is taken off, the rest is a list.
static struct part *parse_backquotes(struct parser *p, enum mode mode)
{
    struct part *part = new_part(p, PART_COMMAND);
    size_t mark = p->scratch.size;
    const char *text;
    int c;

    while ((c = parse_take(p)) != '`') {
        if (c < 0) {
            parse_fail(p, "syntax error: no closing `");
        }
        if (c == '\\') {
            int next = parse_peek_raw(p);

            if (next == '$' || next == '`' || next == '\\' ||
                (next == '"' && mode == MODE_DOUBLE)) {
                c = parse_take(p);
            }
        }
        str_add_char(&p->scratch, (char)c);
    }
    if (p->scratch.failed) {
        parse_fail(p, "command too large");
    }
    text = parse_copy(p, str_text(&p->scratch) + mark, p->scratch.size - mark);
    str_cut(&p->scratch, mark);
    parse_enter(p);
    parse_push(p, text, strlen(text), NULL);
    part->command = parse_list(p);
    if (parse_token(p) != TOKEN_END) {
        parse_unexpected(p);
    }
    p->token.kind = TOKEN_NONE;
    parse_pop(p);
    parse_leave(p);
    return part;
}

// What begins with $, which is taken already. NULL: nothing, the $ is a character.
static struct part *parse_dollar(struct parser *p, enum mode mode)
{
    int c = parse_peek(p);
    struct part *part;

    if (c == '{') {
        (void)parse_take(p);
        return parse_braces(p, mode);
    }
    if (c == '(') {
        (void)parse_take(p);
        if (parse_peek(p) == '(') {
            (void)parse_take(p);
            return parse_arithmetic(p);
        }
        return parse_substitution(p);
    }
    part = new_part(p, PART_PARAM);
    part->text = parse_parameter_name(p, false);
    return part->text != NULL ? part : NULL;
}

// A backslash, which is next, and what it does.
static void parse_backslash(struct parser *p, enum mode mode, struct chain *chain)
{
    int c;
    char quoted;

    (void)parse_take(p);
    c = parse_peek_raw(p);
    if (c < 0) {
        str_add_char(&p->scratch, '\\');
        return;
    }
    if (inside_quotes(mode) && strchr("$`\\", c) == NULL && !(c == '"' && mode != MODE_HERE) &&
        !(c == '}' && mode == MODE_BRACE_DOUBLE)) {
        str_add_char(&p->scratch, '\\');
        return;
    }
    quoted = (char)parse_take(p);
    if (inside_quotes(mode)) {
        str_add_char(&p->scratch, quoted);
    } else {
        flush(p, chain, PART_TEXT);
        add_quoted_text(p, chain, &quoted, 1);
    }
}

// True if the character ends what is being read.
static bool ends(int c, enum mode mode, unsigned depth)
{
    switch (mode) {
    case MODE_WORD: return strchr(" \t\n;&|<>()", c) != NULL;
    case MODE_DOUBLE: return c == '"';
    case MODE_BRACE:
    case MODE_BRACE_DOUBLE: return c == '}';
    case MODE_ARITH: return c == ')' && depth == 0;
    case MODE_HERE: break;
    }
    return false;
}

// The character c, which is next, if it begins something. False: it is a character like any other.
static bool parse_special(struct parser *p, int c, enum mode mode, struct chain *chain)
{
    enum part_kind kind = inside_quotes(mode) ? PART_QUOTED : PART_TEXT;
    struct part *part = NULL;

    if (c == '\\') {
        parse_backslash(p, mode, chain);
        return true;
    }
    if (c == '\'' && !inside_quotes(mode)) {
        (void)parse_take(p);
        flush(p, chain, kind);
        parse_single_quotes(p, chain);
        return true;
    }
    if (c == '"' && mode != MODE_HERE) {
        (void)parse_take(p);
        if (mode == MODE_ARITH) {
            return true;
        }
        flush(p, chain, kind);
        chain_add(chain, parse_double_quotes(p));
        return true;
    }
    if (c != '$' && c != '`') {
        return false;
    }
    (void)parse_take(p);
    // Flushed before the part is read, which uses the scratch string too.
    flush(p, chain, kind);
    chain->mark = p->scratch.size;
    if (c == '$' && parse_peek(p) == '\'' && !inside_quotes(mode)) {
        (void)parse_take(p);
        parse_dollar_quotes(p, chain);
        return true;
    }
    part = c == '$' ? parse_dollar(p, mode) : parse_backquotes(p, mode);
    if (part != NULL) {
        chain_add(chain, part);
    } else {
        str_add_char(&p->scratch, '$');
    }
    return true;
}

static struct part *parse_parts(struct parser *p, enum mode mode)
{
    struct chain chain = {.mark = p->scratch.size};
    unsigned depth = 0;
    int c;

    chain.end = &chain.first;
    while ((c = parse_peek(p)) >= 0 && !ends(c, mode, depth)) {
        if (!parse_special(p, c, mode, &chain)) {
            if (mode == MODE_ARITH) {
                depth += c == '(';
                depth -= c == ')';
            }
            str_add_char(&p->scratch, (char)parse_take(p));
        }
    }
    flush(p, &chain, inside_quotes(mode) ? PART_QUOTED : PART_TEXT);
    return chain.first;
}

struct word *parse_word(struct parser *p)
{
    struct word *word = parse_alloc(p, sizeof(*word));

    word->parts = parse_parts(p, MODE_WORD);
    return word;
}

struct word *parse_here_body(struct parser *p, const char *text, size_t size, bool quoted)
{
    struct word *word = parse_alloc(p, sizeof(*word));

    if (quoted) {
        struct chain chain = {.end = &chain.first};

        add_quoted_text(p, &chain, text, size);
        word->parts = chain.first;
        return word;
    }
    parse_push(p, text, size, NULL);
    word->parts = parse_parts(p, MODE_HERE);
    parse_pop(p);
    return word;
}

void parse_add_newline(struct parser *p, struct word *word)
{
    struct part **end = &word->parts;
    struct chain chain = {0};

    while (*end != NULL) {
        end = &(*end)->next;
    }
    chain.end = end;
    add_quoted_text(p, &chain, "\n", 1);
}
