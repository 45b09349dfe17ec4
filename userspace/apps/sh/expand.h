// SPDX-License-Identifier: MIT
//
// Words to texts: parameters, commands, arithmetic, field splitting, globbing, quote removal.
//
// Everything that the shell knows comes through `struct expand_env`, so that this runs in tests
// with nothing behind it.

#pragma once

#include "ast.h"
#include "pattern.h"

struct expand_env {
    void *context;
    // Value of a variable or special parameter other than @ and *; NULL if unset. Valid until the
    // next call of any of these functions.
    const char *(*get)(void *context, const char *name);
    // Sets a variable; false if it cannot be (already reported).
    bool (*set)(void *context, const char *name, const char *value);
    // Positional parameters $1 to $#; valid until the next command is run.
    char *const *(*arguments)(void *context, size_t *count);
    // Runs a command and adds what it writes. False: expansion ends (already reported).
    bool (*run)(void *context, const struct node *command, struct str *output);
    // An error message for the user.
    void (*error)(void *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
    const char *(*home)(void *context, const char *user); // ~user ("" for ~); NULL: unknown
    struct glob_files files;
    bool no_glob;
    bool unset_is_error;
};

// All of these return false after an error, which has been reported.

// Words to fields, added to `fields`.
bool expand_words(const struct expand_env *env, const struct word *words, struct list *fields);
// A word to one text, neither split nor globbed; in an assignment ~ is special behind : too.
bool expand_text(const struct expand_env *env, const struct word *word, bool assignment,
                 struct str *out);
// A word to a pattern of pattern.h.
bool expand_pattern(const struct expand_env *env, const struct word *word, struct str *out);

// The value of an arithmetic expression: 64-bit integers that wrap, variables, all operators of C
// but ++, -- and the comma's relatives.
bool arithmetic(const struct expand_env *env, const char *expression, long long *out);
