// SPDX-License-Identifier: MIT
//
// What the files of this library share.

#ifndef MANIFEST_PRIVATE_H
#define MANIFEST_PRIVATE_H

#include <manifest/manifest.h>
#include <manifest/words.h>

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

// Leaves out services whose needs nobody can meet, or not in any order.
void check_needs(struct parse *parse);

#endif
