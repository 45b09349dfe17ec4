// SPDX-License-Identifier: MIT
//
// What the files of this library share.

#ifndef MANIFEST_PRIVATE_H
#define MANIFEST_PRIVATE_H

#include <manifest/manifest.h>

// The most words of a line: a key and a full list. One more is how too many are noticed.
#define LINE_WORDS (MANIFEST_MAX_WORDS + 2)

// A parse in progress.
struct parse {
    struct manifest *out;
    manifest_complain complain;
    void *context;
    uint32_t line;
    uint32_t mistakes;
};

// Tells of a mistake.
void mistake(struct parse *parse, uint32_t line, const char *problem, const char *word);

// Cuts a line (NUL-terminated) into words, in place, quotes and comment taken away. Returns their
// number, at most LINE_WORDS; 0 with *out_problem set if the line is no row of words.
uint32_t cut_words(char *line, char *words[LINE_WORDS], const char **out_problem);

// True for a name of a service or a directory: letters, digits and ._- ; not . or ..
bool is_name(const char *word);

// Leaves out services whose needs nobody can meet, or not in any order.
void check_needs(struct parse *parse);

#endif
