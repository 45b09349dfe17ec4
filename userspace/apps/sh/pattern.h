// SPDX-License-Identifier: MIT
//
// Patterns of the shell: * ? [...], with a backslash before each character that stands for itself.
//
// A character is a UTF-8 sequence; bytes that are no UTF-8 count as one character each. A [ without
// its ] stands for itself. No pattern takes more than (its length) x (length of the text) steps.

#pragma once

#include "text.h"

bool pattern_match(const char *pattern, const char *text);
// The same for the first `size` bytes of a text.
bool pattern_match_bytes(const char *pattern, const char *text, size_t size);
// Adds `text` such that it matches itself and nothing else.
void pattern_add_literal(struct str *pattern, const char *text, size_t size);
// True if the first `size` bytes of a pattern can match more than one text.
bool pattern_is_special(const char *pattern, size_t size);
// Adds the text that a pattern which is not special matches.
void pattern_add_text(struct str *out, const char *pattern, size_t size);

// What a directory holds, for glob_expand.
struct glob_files {
    void *context;
    // Adds the names in a directory ("" is the current one). Nothing if it cannot be read.
    void (*list)(void *context, const char *directory, struct list *names);
    bool (*exists)(void *context, const char *path);
};

// Adds the paths that match, sorted. False if there are none.
bool glob_expand(const struct glob_files *files, const char *pattern, struct list *paths);
