// SPDX-License-Identifier: MIT
//
// The words of a manifest's lines, for all manifests: words are separated by blanks, "..." makes
// one word with \" and \\ in it, # begins a comment. Pure; no allocation.

#ifndef MANIFEST_WORDS_H
#define MANIFEST_WORDS_H

#include <manifest/manifest.h>

// The most words of a line: a key and a full list. One more is how too many are noticed.
#define MANIFEST_LINE_WORDS (MANIFEST_MAX_WORDS + 2)

// Cuts the line at *at into words, in place, quotes and comment taken away, and moves *at to the
// next line; *end must exist and is written to. Returns the number of words, at most
// MANIFEST_LINE_WORDS; 0 with *out_problem set if the line is no row of words, with NULL if it is
// empty.
uint32_t manifest_next_line(char **at, char *end, char *words[MANIFEST_LINE_WORDS],
                            const char **out_problem);

// True for a name of a service or a directory: letters, digits and ._- ; not . or ..
bool manifest_is_name(const char *word);

#endif
