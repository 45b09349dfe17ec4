// SPDX-License-Identifier: MIT
//
// Copying files and trees, for cp and mv.

#ifndef COMMANDS_COPY_H
#define COMMANDS_COPY_H

#include <stdbool.h>

// Copies the file `from` to `to`, which is made or overwritten; a directory with all that is in it if
// `recursive`. Complains and returns false if something could not be copied.
bool copy_path(const char *from, const char *to, bool recursive);

// Calls one(from, to) for each of the operands of cp and mv: `count` sources and a target behind
// them, which must be a directory if there are several. In a directory the copy keeps its name.
void copy_operands(char **operands, int count, bool (*one)(const char *from, const char *to));

#endif
