// SPDX-License-Identifier: MIT
//
// What can stand at the cursor: commands, files, variables.

#pragma once

#include "edit.h"

struct complete_sources {
    void *context;
    // Adds what begins with `prefix`.
    void (*commands)(void *context, const char *prefix, struct list *out);
    void (*variables)(void *context, const char *prefix, struct list *out);
    // Names in a directory ("": the current one).
    void (*list)(void *context, const char *directory, struct list *names);
    bool (*is_directory)(void *context, const char *path);
    const char *(*home)(void *context);
};

// Finds the candidates for the word that ends at the cursor.
void complete(const struct complete_sources *sources, const char *line, size_t cursor,
              struct completion *out);
