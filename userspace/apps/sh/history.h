// SPDX-License-Identifier: MIT
//
// The lines typed before.

#pragma once

#include "text.h"

#define HISTORY_SIZE     500 // unless HISTSIZE says otherwise
#define HISTORY_SIZE_MAX 5000

struct history {
    struct list lines; // oldest first
    size_t first;      // number of lines[0], for `history`
    size_t limit;
};

// Adds a line, unless it is empty, begins with a blank or repeats the last one.
void history_add(struct history *history, const char *line);
void history_set_limit(struct history *history, size_t limit);
// The newest line before `before` (an index; history->lines.count for the newest of all) that
// contains `text`. Its index, or -1.
long history_search(const struct history *history, const char *text, size_t before);
void history_clear(struct history *history);
