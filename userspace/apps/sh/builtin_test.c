// SPDX-License-Identifier: MIT
//
// test and [: conditions.
//
// POSIX says what up to four arguments mean by their number; that is what makes `[ "$x" = y ]`
// right whatever $x is. With more arguments: ! ( ) -a -o, -a binding tighter.

#include "shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 100

struct condition {
    struct shell *sh;
    char **words;
    int count;
    int at;
    int depth;
    bool failed;
};

static bool parse_or(struct condition *c);

static bool fail(struct condition *c, const char *word, const char *what)
{
    if (!c->failed) {
        shell_error(c->sh, "test: %s%s%s", word, word[0] != '\0' ? ": " : "", what);
        c->failed = true;
    }
    return false;
}

static bool is_unary(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[2] == '\0' &&
           strchr("bcdefghLnprSstwxz", word[1]) != NULL;
}

static bool is_binary(const char *word)
{
    static const char *const operators[] = {"=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
                                            "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (strcmp(operators[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool test_file(char what, const char *path)
{
    struct stat st;

    if (what == 'L' || what == 'h') {
        return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    }
    if (stat(path, &st) != 0) {
        return false;
    }
    switch (what) {
    case 'b': return S_ISBLK(st.st_mode);
    case 'c': return S_ISCHR(st.st_mode);
    case 'd': return S_ISDIR(st.st_mode);
    case 'f': return S_ISREG(st.st_mode);
    case 'g': return (st.st_mode & S_ISGID) != 0;
    case 'p': return S_ISFIFO(st.st_mode);
    case 'S': return S_ISSOCK(st.st_mode);
    case 's': return st.st_size > 0;
    case 'r': return access(path, R_OK) == 0;
    case 'w': return access(path, W_OK) == 0;
    case 'x': return access(path, X_OK) == 0;
    default: return true;
    }
}

static long long number(struct condition *c, const char *text)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    end += strspn(end, " \t\n");
    if (*end != '\0' || end == text || errno != 0) {
        (void)fail(c, text, "not a number");
    }
    return value;
}

static bool test_unary(struct condition *c, const char *operator, const char * word)
{
    switch (operator[1]) {
    case 'n': return word[0] != '\0';
    case 'z': return word[0] == '\0';
    case 't': return isatty((int)number(c, word)) != 0;
    default: return test_file(operator[1], word);
    }
}

static bool test_numbers(struct condition *c, const char *left, const char *operator,
                         const char * right)
{
    long long a = number(c, left);
    long long b = number(c, right);

    switch (operator[1]) {
    case 'e': return a == b;
    case 'n': return a != b;
    case 'l': return operator[2] == 't' ? a < b : a <= b;
    default: return operator[2] == 't' ? a > b : a >= b;
    }
}

static bool test_ages(const char *left, const char *operator, const char * right)
{
    struct stat a, b;
    bool has_a = stat(left, &a) == 0;
    bool has_b = stat(right, &b) == 0;
    bool newer;

    if (operator[1] == 'e') {
        return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    }
    if (!has_a || !has_b) {
        return operator[1] == 'n' ? has_a && !has_b : has_b && !has_a;
    }
    if (operator[1] == 'o') {
        struct stat swap = a;

        a = b;
        b = swap;
    }
    newer = a.st_mtim.tv_sec != b.st_mtim.tv_sec ? a.st_mtim.tv_sec > b.st_mtim.tv_sec
                                                 : a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
    return newer;
}

static bool test_binary(struct condition *c, const char *left, const char *operator,
                        const char * right)
{
    if (operator[0] == '=') {
        return strcmp(left, right) == 0;
    }
    if (operator[0] == '!') {
        return strcmp(left, right) != 0;
    }
    if (operator[0] == '<' || operator[0] == '>') {
        return operator[0] == '<' ? strcmp(left, right) < 0 : strcmp(left, right) > 0;
    }
    if (strcmp(operator, "-nt") == 0 || strcmp(operator, "-ot") == 0 ||
        strcmp(operator, "-ef") == 0) {
        return test_ages(left, operator, right);
    }
    return test_numbers(c, left, operator, right);
}

static const char *word_at(const struct condition *c, int ahead)
{
    return c->at + ahead < c->count ? c->words[c->at + ahead] : NULL;
}

static bool parse_primary(struct condition *c)
{
    const char *word = word_at(c, 0);
    const char *second = word_at(c, 1);
    bool result;

    if (c->failed || c->depth >= DEPTH_MAX) {
        return fail(c, "", "nested too deeply");
    }
    if (word == NULL) {
        return fail(c, "", "an argument is missing");
    }
    // A binary operator in second place wins: [ ! = x ] and [ -f = -f ] compare.
    if (second != NULL && is_binary(second) && word_at(c, 2) != NULL) {
        c->at += 3;
        return test_binary(c, word, second, c->words[c->at - 1]);
    }
    if (strcmp(word, "!") == 0 && second != NULL) {
        c->at++;
        c->depth++;
        result = !parse_primary(c);
        c->depth--;
        return result;
    }
    if (strcmp(word, "(") == 0 && second != NULL) {
        c->at++;
        c->depth++;
        result = parse_or(c);
        c->depth--;
        if (word_at(c, 0) == NULL || strcmp(word_at(c, 0), ")") != 0) {
            return fail(c, "", "no closing )");
        }
        c->at++;
        return result;
    }
    if (is_unary(word) && second != NULL) {
        c->at += 2;
        return test_unary(c, word, second);
    }
    c->at++;
    return word[0] != '\0';
}

static bool parse_and(struct condition *c)
{
    bool result = parse_primary(c);

    while (!c->failed && word_at(c, 0) != NULL && strcmp(word_at(c, 0), "-a") == 0) {
        c->at++;
        result = parse_primary(c) && result;
    }
    return result;
}

static bool parse_or(struct condition *c)
{
    bool result = parse_and(c);

    while (!c->failed && word_at(c, 0) != NULL && strcmp(word_at(c, 0), "-o") == 0) {
        c->at++;
        result = parse_and(c) || result;
    }
    return result;
}

BUILTIN(test)
{
    struct condition c = {.sh = sh, .words = argv + 1, .count = argc - 1};
    bool result;

    if (strcmp(argv[0], "[") == 0) {
        if (argc < 2 || strcmp(argv[argc - 1], "]") != 0) {
            shell_error(sh, "[: no closing ]");
            return STATUS_SYNTAX;
        }
        c.count--;
    }
    if (c.count == 0) {
        return 1;
    }
    result = parse_or(&c);
    if (!c.failed && c.at != c.count) {
        (void)fail(&c, c.words[c.at], "unexpected");
    }
    return c.failed ? STATUS_SYNTAX : !result;
}
