// SPDX-License-Identifier: MIT
//
// Text as a row of lines in memory.

#ifndef COMMANDS_LINES_H
#define COMMANDS_LINES_H

#include <stddef.h>

// Lines without their newlines, each allocated.
struct lines {
    char **line;
    size_t count, room;
};

// Appends the lines of `path` ("-": standard input). Complains if it cannot be read.
void lines_read(struct lines *lines, const char *path);

#endif
