// SPDX-License-Identifier: MIT
//
// Expansion of words; the interface is in expand.h.
//
// A field grows in two forms side by side: its text, and the same as a pattern in which every
// character that was quoted has a backslash. What an expansion yields outside of quotes is split
// while it is added. A field exists once something was added to it or it had quotes (`started`).

#include "expand.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

enum how {
    TO_FIELDS,
    TO_TEXT,
    TO_PATTERN,
};

struct expansion {
    const struct expand_env *env;
    enum how how;
    bool assignment;
    struct list *fields;
    struct str text;
    struct str pattern;
    bool started;
    bool special;     // the pattern has an unquoted * ? [
    bool after_space; // a blank has just ended a field: one more separator belongs to it
};

static bool expand_parts(struct expansion *e, const struct part *parts, bool quoted, bool inner);

static bool out_of_memory(struct expansion *e)
{
    if (!e->text.failed && !e->pattern.failed && (e->fields == NULL || !e->fields->failed)) {
        return false;
    }
    e->env->error(e->env->context, "the words of the command are too large");
    return true;
}

// ---- fields -------------------------------------------------------------------------------------

static void end_field(struct expansion *e)
{
    bool glob = e->special && !e->env->no_glob && !e->text.failed && !e->pattern.failed;

    if (!glob || !glob_expand(&e->env->files, str_text(&e->pattern), e->fields)) {
        list_add_bytes(e->fields, str_text(&e->text), e->text.size);
    }
    str_cut(&e->text, 0);
    str_cut(&e->pattern, 0);
    e->started = e->special = false;
}

static void add_literal(struct expansion *e, const char *text, size_t size, bool quoted)
{
    e->started = true;
    e->after_space = false;
    str_add(&e->text, text, size);
    for (size_t i = 0; i < size && e->how != TO_TEXT; i++) {
        bool glob = !quoted && strchr("*?[", text[i]) != NULL && text[i] != '\0';

        // ] ! ^ - stay bare outside of quotes, for they have a meaning inside of [ ].
        if (quoted || text[i] == '\\') {
            pattern_add_literal(&e->pattern, text + i, 1);
        } else {
            str_add_char(&e->pattern, text[i]);
        }
        e->special = e->special || glob;
    }
}

static const char *separators(struct expansion *e)
{
    const char *ifs = e->env->get(e->env->context, "IFS");

    return ifs != NULL ? ifs : " \t\n";
}

// What an expansion yields outside of quotes.
static void add_split(struct expansion *e, const char *text, size_t size)
{
    struct str ifs = {0};
    size_t start = 0;

    str_add_text(&ifs, separators(e));
    for (size_t i = 0; i <= size; i++) {
        bool separator = i < size && text[i] != '\0' && strchr(str_text(&ifs), text[i]) != NULL;

        if (i < size && !separator) {
            continue;
        }
        if (i > start) {
            add_literal(e, text + start, i - start, false);
        }
        start = i + 1;
        if (!separator) {
            continue;
        }
        if (strchr(" \t\n", text[i]) != NULL) {
            e->after_space = e->after_space || e->started;
            if (e->started) {
                end_field(e);
            }
        } else if (e->after_space) {
            e->after_space = false;
        } else {
            end_field(e);
        }
    }
    str_free(&ifs);
}

static void add_value(struct expansion *e, const char *text, size_t size, bool quoted)
{
    if (quoted || e->how != TO_FIELDS) {
        add_literal(e, text, size, quoted);
    } else {
        add_split(e, text, size);
    }
}

// ---- parameters ---------------------------------------------------------------------------------

static bool is_all(const char *name)
{
    return (name[0] == '@' || name[0] == '*') && name[1] == '\0';
}

// $@ and $*.
static void add_all(struct expansion *e, const char *name, bool quoted)
{
    size_t count;
    char *const *arguments = e->env->arguments(e->env->context, &count);
    bool apart = e->how == TO_FIELDS && (!quoted || name[0] == '@');
    char between[4] = " ";
    size_t between_size = 1;

    if (!apart && name[0] == '*') {
        const char *ifs = separators(e);

        between_size = ifs[0] != '\0' ? utf8_next(ifs, strlen(ifs), NULL) : 0;
        memcpy(between, ifs, between_size);
    }
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && apart && (quoted || e->started)) {
            end_field(e);
        } else if (i != 0 && !apart) {
            add_literal(e, between, between_size, quoted);
        }
        if (quoted) {
            e->started = true;
        }
        add_value(e, arguments[i], strlen(arguments[i]), quoted);
    }
}

// The value of a parameter in *out, which is added to. False: unset.
static bool parameter(struct expansion *e, const char *name, struct str *out)
{
    const char *value;

    if (is_all(name)) {
        size_t count;
        char *const *arguments = e->env->arguments(e->env->context, &count);

        for (size_t i = 0; i < count; i++) {
            str_add_text(out, i != 0 ? " " : "");
            str_add_text(out, arguments[i]);
        }
        return count != 0;
    }
    value = e->env->get(e->env->context, name);
    if (value != NULL) {
        str_add_text(out, value);
    }
    return value != NULL;
}

// The parts of ${x OP word} as one text or pattern.
static bool expand_inner(struct expansion *e, const struct part *parts, enum how how, bool quoted,
                         struct str *out)
{
    struct expansion inner = {.env = e->env, .how = how};
    bool good = expand_parts(&inner, parts, quoted, false) && !out_of_memory(&inner);

    if (how == TO_PATTERN) {
        str_add(out, str_text(&inner.pattern), inner.pattern.size);
    } else {
        str_add(out, str_text(&inner.text), inner.text.size);
    }
    str_free(&inner.text);
    str_free(&inner.pattern);
    return good;
}

// How many bytes ${x#pattern} and its relatives take off: from the start or from the end. Tries
// where characters begin, the shortest piece first or the longest.
static size_t trimmed(enum param_op op, const char *pattern, const struct str *value)
{
    const char *text = str_text(value);
    bool prefix = op == PARAM_PREFIX || op == PARAM_LONG_PREFIX;
    bool longest = op == PARAM_LONG_PREFIX || op == PARAM_LONG_SUFFIX;
    bool forwards = prefix != longest; // the way in which the place of the cut moves
    size_t cut = forwards ? 0 : value->size;

    for (;;) {
        size_t size = prefix ? cut : value->size - cut;

        if (pattern_match_bytes(pattern, prefix ? text : text + cut, size)) {
            return size;
        }
        if (cut == (forwards ? value->size : 0)) {
            return 0;
        }
        cut = forwards ? cut + utf8_next(text + cut, value->size - cut, NULL)
                       : cut - utf8_before(text, cut);
    }
}

static bool expand_trim(struct expansion *e, const struct part *part, const struct str *value,
                        bool quoted)
{
    struct str pattern = {0};
    bool good = expand_inner(e, part->children, TO_PATTERN, false, &pattern);

    if (good) {
        bool prefix = part->op == PARAM_PREFIX || part->op == PARAM_LONG_PREFIX;
        size_t size = trimmed(part->op, str_text(&pattern), value);

        add_value(e, str_text(value) + (prefix ? size : 0), value->size - size, quoted);
    }
    str_free(&pattern);
    return good;
}

// ${x=word} and ${x?word} of a parameter that is not set.
static bool expand_missing(struct expansion *e, const struct part *part, bool quoted)
{
    struct str value = {0};
    bool good = expand_inner(e, part->children, TO_TEXT, quoted, &value);

    if (good && part->op == PARAM_ERROR) {
        e->env->error(e->env->context, "%s: %s", part->text,
                      value.size != 0 ? str_text(&value) : "parameter not set");
        good = false;
    } else if (good && !is_name(part->text)) {
        e->env->error(e->env->context, "%s: cannot be assigned to", part->text);
        good = false;
    } else if (good) {
        good = e->env->set(e->env->context, part->text, str_text(&value));
        add_value(e, str_text(&value), value.size, quoted);
    }
    str_free(&value);
    return good;
}

static bool expand_set_or_not(struct expansion *e, const struct part *part, bool quoted, bool set,
                              const struct str *value)
{
    bool usable = set && !(part->colon && value->size == 0);

    switch (part->op) {
    case PARAM_ALTERNATIVE: return !usable || expand_parts(e, part->children, quoted, true);
    case PARAM_DEFAULT:
        if (!usable) {
            return expand_parts(e, part->children, quoted, true);
        }
        break;
    case PARAM_ASSIGN:
    case PARAM_ERROR:
        if (!usable) {
            return expand_missing(e, part, quoted);
        }
        break;
    default:
        if (!set && e->env->unset_is_error && !is_all(part->text)) {
            e->env->error(e->env->context, "%s: parameter not set", part->text);
            return false;
        }
        break;
    }
    if (part->op == PARAM_LENGTH) {
        struct str number = {0};
        size_t length = 0;

        for (size_t at = 0; at < value->size; length++) {
            at += utf8_next(str_text(value) + at, value->size - at, NULL);
        }
        str_printf(&number, "%zu", length);
        add_value(e, str_text(&number), number.size, quoted);
        str_free(&number);
        return true;
    }
    if (part->op >= PARAM_SUFFIX) {
        return expand_trim(e, part, value, quoted);
    }
    if (is_all(part->text)) {
        add_all(e, part->text, quoted);
    } else {
        add_value(e, str_text(value), value->size, quoted);
    }
    return true;
}

static bool expand_param(struct expansion *e, const struct part *part, bool quoted)
{
    struct str value = {0};
    bool set, good;

    if (part->op == PARAM_PLAIN && is_all(part->text)) {
        add_all(e, part->text, quoted);
        return true;
    }
    set = parameter(e, part->text, &value);
    if (value.failed) {
        e->text.failed = true;
    }
    good = expand_set_or_not(e, part, quoted, set, &value);
    str_free(&value);
    return good;
}

// ---- parts --------------------------------------------------------------------------------------

static bool expand_command(struct expansion *e, const struct part *part, bool quoted)
{
    struct str output = {0};
    size_t size = 0;
    bool good = part->command == NULL || e->env->run(e->env->context, part->command, &output);

    // Texts of the shell have no NUL bytes, and no newline ends a substitution.
    for (size_t i = 0; i < output.size; i++) {
        if (output.data[i] != '\0') {
            output.data[size++] = output.data[i];
        }
    }
    while (size != 0 && output.data[size - 1] == '\n') {
        size--;
    }
    e->text.failed = e->text.failed || output.failed;
    if (good) {
        add_value(e, str_text(&output), size, quoted);
    }
    str_free(&output);
    return good;
}

static bool expand_arithmetic(struct expansion *e, const struct part *part, bool quoted)
{
    struct str text = {0};
    long long value;
    bool good = expand_inner(e, part->children, TO_TEXT, true, &text) &&
                arithmetic(e->env, str_text(&text), &value);

    if (good) {
        str_cut(&text, 0);
        str_printf(&text, "%lld", value);
        add_value(e, str_text(&text), text.size, quoted);
    }
    str_free(&text);
    return good;
}

// "$@" without arguments is no field at all; every other "..." is one.
static bool is_empty_all(const struct expansion *e, const struct part *children)
{
    size_t count;

    if (children == NULL || children->next != NULL || children->kind != PART_PARAM ||
        children->op != PARAM_PLAIN || strcmp(children->text, "@") != 0) {
        return false;
    }
    (void)e->env->arguments(e->env->context, &count);
    return count == 0;
}

// ~ or ~user at the start of `text`; returns how many characters it takes.
static size_t expand_tilde(struct expansion *e, const char *text)
{
    size_t size = 1 + strcspn(text + 1, e->assignment ? "/:" : "/");
    struct str user = {0};
    const char *home;

    if (text[0] != '~') {
        return 0;
    }
    str_add(&user, text + 1, size - 1);
    home = e->env->home(e->env->context, str_text(&user));
    str_free(&user);
    if (home == NULL) {
        return 0;
    }
    add_literal(e, home, strlen(home), true);
    return size;
}

static void expand_plain(struct expansion *e, const char *text, bool first, bool quoted, bool inner)
{
    size_t taken = first && !quoted ? expand_tilde(e, text) : 0;

    text += taken;
    while (e->assignment && !quoted && strstr(text, ":~") != NULL) {
        const char *tilde = strstr(text, ":~") + 1;

        add_literal(e, text, (size_t)(tilde - text), false);
        text = tilde + expand_tilde(e, tilde);
        if (text == tilde) {
            add_literal(e, text++, 1, false);
        }
    }
    if (*text != '\0' && inner) {
        add_value(e, text, strlen(text), quoted);
    } else if (*text != '\0') {
        add_literal(e, text, strlen(text), quoted);
    }
}

static bool expand_part(struct expansion *e, const struct part *part, bool first, bool quoted,
                        bool inner)
{
    switch (part->kind) {
    case PART_TEXT: expand_plain(e, part->text, first, quoted, inner); return true;
    case PART_QUOTED: add_literal(e, part->text, strlen(part->text), true); return true;
    case PART_DOUBLE:
        if (!is_empty_all(e, part->children)) {
            e->started = true;
            e->after_space = false;
        }
        return expand_parts(e, part->children, true, inner);
    case PART_PARAM: return expand_param(e, part, quoted);
    case PART_COMMAND: return expand_command(e, part, quoted);
    case PART_ARITH: return expand_arithmetic(e, part, quoted);
    }
    return false;
}

// `quoted`: inside of double quotes. `inner`: the word of a ${x-word}, which is split like a value.
static bool expand_parts(struct expansion *e, const struct part *parts, bool quoted, bool inner)
{
    for (const struct part *part = parts; part != NULL; part = part->next) {
        if (!expand_part(e, part, part == parts, quoted, inner) || out_of_memory(e)) {
            return false;
        }
    }
    return true;
}

static void expansion_free(struct expansion *e)
{
    str_free(&e->text);
    str_free(&e->pattern);
}

bool expand_words(const struct expand_env *env, const struct word *words, struct list *fields)
{
    bool good = true;

    for (const struct word *word = words; good && word != NULL; word = word->next) {
        struct expansion e = {.env = env, .how = TO_FIELDS, .fields = fields};

        good = expand_parts(&e, word->parts, false, false);
        if (good && e.started) {
            end_field(&e);
        }
        good = good && !out_of_memory(&e);
        expansion_free(&e);
    }
    return good;
}

bool expand_text(const struct expand_env *env, const struct word *word, bool assignment,
                 struct str *out)
{
    struct expansion e = {.env = env, .how = TO_TEXT, .assignment = assignment};
    bool good = expand_parts(&e, word->parts, false, false) && !out_of_memory(&e);

    str_add(out, str_text(&e.text), e.text.size);
    expansion_free(&e);
    return good && !out->failed;
}

bool expand_pattern(const struct expand_env *env, const struct word *word, struct str *out)
{
    struct expansion e = {.env = env, .how = TO_PATTERN};
    bool good = expand_parts(&e, word->parts, false, false) && !out_of_memory(&e);

    str_add(out, str_text(&e.pattern), e.pattern.size);
    expansion_free(&e);
    return good && !out->failed;
}
