// SPDX-License-Identifier: MIT
//
// What the commands have in common: how they fail, how they end, how they read a number. Each command
// is one file with a main(); messages go to standard error as "NAME: WHAT: WHY".

#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STATUS_FAILED 1
#define STATUS_USAGE  2

// The first thing that main() does: keeps the name for messages and the text for command_usage(), and
// answers `--help` itself. `usage` NULL: the command prints whatever it is given.
void command_start(char **argv, const char *usage);

// "NAME: WHAT: the text of errno" to standard error. command_status() is STATUS_FAILED from now on.
void command_error(const char *what);

// "NAME: the formatted text" to standard error; the same consequence.
void command_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Prints the usage line to standard error and returns STATUS_USAGE.
int command_usage(void);

// What main() returns: flushes standard output, complains if that does not work, and tells whether
// something failed.
int command_end(void);

// A decimal number, with an optional suffix k, M or G (powers of 1024). False: not a number, or too
// large.
bool command_number(const char *text, uint64_t *out);

// Opens `path` to be read, "-" being standard input. On failure complains and returns -1.
int command_open(const char *path);

// Closes what command_open() returned.
void command_close(int fd);

// Writes all of `size` bytes. False with errno if that does not work.
bool command_write(int fd, const void *data, size_t size);

// Copies `from` to `to` until the end. Complains about `from_name` or `to_name` and returns false if
// that does not work.
bool command_copy(int from, const char *from_name, int to, const char *to_name);

// folder/name, allocated; with `name` alone if the folder is "". Ends the command if there is no
// memory.
char *command_path(const char *folder, const char *name);

// The part of `path` behind the last slash that is not at its end, as a pointer into it; its length
// goes to *out_length.
const char *command_last_part(const char *path, size_t *out_length);

// Allocates or ends the command with a message.
void *command_allocate(size_t size);
void *command_grow(void *memory, size_t size);

// Starts argv[0] (searched for in PATH) with the present environment and waits for it. Returns its
// exit status as a shell would give it; 126 or 127 with a message if it could not be started.
int command_run(char **argv);

// The same with attributes for posix_spawn(), or NULL.
int command_run_with(char **argv, const posix_spawnattr_t *attributes);

#endif
