// SPDX-License-Identifier: MIT
//
// Printing a part of files, a number of lines or bytes: what head and tail share.

#ifndef COMMANDS_PART_H
#define COMMANDS_PART_H

#include <stdbool.h>
#include <stdint.h>

// Prints `count` bytes, or else lines, of what `fd` gives; complains about `path`.
typedef void (*part_printer)(int fd, const char *path, bool bytes, uint64_t count);

// The whole of such a command: options -n LINES (10), or -LINES as the first word, and -c BYTES; files
// or standard input, a title for each of several files. Returns what main() returns.
int part_main(int argc, char **argv, part_printer print);

#endif
