// SPDX-License-Identifier: MIT
//
// Matching patterns, and finding the files that match; the interface is in pattern.h.
//
// A * is tried shortest first. When what follows it fails, the last * takes one character more: an
// earlier * never has to be looked at again, which keeps the time bounded.

#include "pattern.h"

#include "utf8.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define GLOB_MAX       100000u // paths
#define GLOB_DEPTH_MAX 64u     // path elements with a * in them

static bool in_class(const char *name, size_t size, uint32_t c)
{
    static const struct {
        const char *name;
        int (*is)(int);
    } classes[] = {
        {"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum}, {"upper", isupper},
        {"lower", islower}, {"space", isspace}, {"blank", isblank}, {"punct", ispunct},
        {"print", isprint}, {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit},
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strlen(classes[i].name) == size && memcmp(classes[i].name, name, size) == 0) {
            return c < 0x80 && classes[i].is((int)c) != 0;
        }
    }
    return false;
}

// One character of a bracket expression, a backslash before it taken off.
static size_t bracket_character(const char *p, uint32_t *out)
{
    size_t skip = p[0] == '\\' && p[1] != '\0' ? 1 : 0;

    return skip + utf8_next(p + skip, strlen(p + skip), out);
}

// Size of [:name:] at p, or 0.
static size_t class_size(const char *p)
{
    const char *end = p[0] == '[' && p[1] == ':' ? strstr(p + 2, ":]") : NULL;

    return end != NULL ? (size_t)(end + 2 - p) : 0;
}

// Looks whether c is in the bracket expression at p, which begins with [. Its size, or 0 if there
// is no closing ].
static size_t match_bracket(const char *p, uint32_t c, bool *out_match)
{
    const char *start = p++;
    bool negated = *p == '!' || *p == '^';
    bool match = false;
    bool first = true;

    p += negated;
    for (; *p != '\0' && (*p != ']' || first); first = false) {
        size_t size = class_size(p);
        uint32_t low, high;

        if (size != 0) {
            match = match || in_class(p + 2, size - 4, c);
            p += size;
            continue;
        }
        if (*p == '/') {
            return 0;
        }
        p += bracket_character(p, &low);
        high = low;
        if (p[0] == '-' && p[1] != ']' && p[1] != '\0') {
            p++;
            p += bracket_character(p, &high);
        }
        match = match || (c >= low && c <= high);
    }
    if (*p != ']') {
        return 0;
    }
    *out_match = match != negated;
    return (size_t)(p + 1 - start);
}

// Matches one character of the pattern with one of the text. The sizes of both, or false.
static bool match_one(const char *p, const char *text, size_t size, size_t *p_size, size_t *t_size)
{
    uint32_t c, wanted;
    bool match = false;

    *t_size = utf8_next(text, size, &c);
    if (*p == '?') {
        *p_size = 1;
        return true;
    }
    if (*p == '[') {
        *p_size = match_bracket(p, c, &match);
        if (*p_size != 0) {
            return match;
        }
    }
    *p_size = bracket_character(p, &wanted);
    return c == wanted;
}

bool pattern_match_bytes(const char *pattern, const char *text, size_t size)
{
    const char *end = text + size;
    const char *star = NULL;  // what follows the last *
    const char *retry = NULL; // where the text goes on if that * takes one character more

    for (;;) {
        size_t p_size, t_size;

        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        if (text == end && *pattern == '\0') {
            return true;
        }
        if (text != end && *pattern != '\0' &&
            match_one(pattern, text, (size_t)(end - text), &p_size, &t_size)) {
            pattern += p_size;
            text += t_size;
            continue;
        }
        if (star == NULL || retry == end) {
            return false;
        }
        retry += utf8_next(retry, (size_t)(end - retry), NULL);
        pattern = star;
        text = retry;
    }
}

bool pattern_match(const char *pattern, const char *text)
{
    return pattern_match_bytes(pattern, text, strlen(text));
}

void pattern_add_literal(struct str *pattern, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\0' && strchr("*?[]\\!^-", text[i]) != NULL) {
            str_add_char(pattern, '\\');
        }
        str_add_char(pattern, text[i]);
    }
}

bool pattern_is_special(const char *pattern, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (pattern[i] == '\\') {
            i++;
        } else if (strchr("*?[", pattern[i]) != NULL) {
            return true;
        }
    }
    return false;
}

void pattern_add_text(struct str *out, const char *pattern, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (pattern[i] == '\\' && i + 1 < size) {
            i++;
        }
        str_add_char(out, pattern[i]);
    }
}

// ---- files --------------------------------------------------------------------------------------

struct glob {
    const struct glob_files *files;
    struct list *paths;
    struct str path;
    unsigned depth;
};

static void glob_rest(struct glob *g, const char *pattern);

// Tries every name in the directory g->path against one element of the pattern.
static void glob_element(struct glob *g, const char *element, const char *rest)
{
    struct list names = {0};
    size_t size = g->path.size;
    bool hidden = element[0] == '.' || (element[0] == '\\' && element[1] == '.');

    g->files->list(g->files->context, str_text(&g->path), &names);
    for (size_t i = 0; i < names.count && !g->path.failed; i++) {
        const char *name = names.items[i];

        if ((name[0] == '.' && !hidden) || !pattern_match(element, name)) {
            continue;
        }
        str_add_text(&g->path, name);
        if (*rest == '\0') {
            list_add(g->paths, str_text(&g->path));
        } else {
            glob_rest(g, rest);
        }
        str_cut(&g->path, size);
        if (g->paths->count > GLOB_MAX) {
            g->paths->failed = true;
            break;
        }
    }
    list_free(&names);
}

static size_t element_size(const char *pattern)
{
    size_t size = 0;

    while (pattern[size] != '\0' && pattern[size] != '/') {
        size += pattern[size] == '\\' && pattern[size + 1] != '\0' ? 2 : 1;
    }
    return size;
}

// Goes on with the pattern behind what is in g->path.
static void glob_rest(struct glob *g, const char *pattern)
{
    size_t size;
    struct str element = {0};

    for (;;) {
        while (*pattern == '/') {
            str_add_char(&g->path, *pattern++);
        }
        size = element_size(pattern);
        if (size == 0 || pattern_is_special(pattern, size)) {
            break;
        }
        pattern_add_text(&g->path, pattern, size);
        pattern += size;
    }
    if (size == 0) {
        if (g->files->exists(g->files->context, str_text(&g->path))) {
            list_add(g->paths, str_text(&g->path));
        }
        return;
    }
    if (g->depth >= GLOB_DEPTH_MAX) {
        return;
    }
    str_add(&element, pattern, size);
    g->depth++;
    if (!element.failed) {
        glob_element(g, str_text(&element), pattern + size);
    }
    g->depth--;
    str_free(&element);
}

bool glob_expand(const struct glob_files *files, const char *pattern, struct list *paths)
{
    struct glob g = {.files = files};
    struct list found = {0};
    bool any;

    g.paths = &found;
    glob_rest(&g, pattern);
    list_sort(&found, true);
    any = found.count != 0 && !found.failed;
    for (size_t i = 0; any && i < found.count; i++) {
        list_add(paths, found.items[i]);
    }
    paths->failed = paths->failed || found.failed || g.path.failed;
    list_free(&found);
    str_free(&g.path);
    return any;
}
