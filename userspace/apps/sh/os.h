// SPDX-License-Identifier: MIT
//
// What the shell asks of the system beyond plain POSIX files: programs, groups of processes,
// Ctrl-C. os_jacinth.c does it with jobs and the console service, os_host.c with process groups and
// signals. Files and descriptors are the same on both (os_posix.c).

#pragma once

#include "text.h"

// Descriptors that a user can name. The shell's own are above OS_HIGH_FD and are closed in
// programs.
#define OS_FDS         10
#define OS_SUBSHELL_FD 10 // where a child shell finds its state
#define OS_HIGH_FD     20

// The processes of one pipeline, which Ctrl-C and `kill %1` hit together.
struct os_group {
    long id; // Jacinth: handle of a job; host: process group, 0 before the first process
};

struct os_start {
    const char *path;
    char *const *argv;
    char *const *environment;
    int fds[OS_FDS];        // which of our descriptors becomes number i; -1: none
    int state;              // becomes OS_SUBSHELL_FD; -1: none
    struct os_group *group; // NULL: our own
};

enum os_waiting {
    OS_NOW,          // do not wait
    OS_UNTIL_DONE,   // Ctrl-C is not ours: it ends the child
    OS_UNTIL_CTRL_C, // Ctrl-C ends the waiting
};

// Once, at the start. `terminal`: the terminal of an interactive shell, else -1.
void os_init(int terminal);
// The file of this program, for child shells.
const char *os_self(void);
// 0 or an errno.
int os_group_create(struct os_group *group);
void os_group_kill(const struct os_group *group);
void os_group_close(struct os_group *group);
// 0 and the process, or an errno; ENOEXEC: neither a program nor #!.
int os_spawn(const struct os_start *what, int *out_pid);
// 1: ended, *out_status is what $? becomes, *out_signal the signal it died of or 0. 0: not yet.
// -1: no such child.
int os_wait(int pid, enum os_waiting how, int *out_status, int *out_signal);
// Whom Ctrl-C hits. NULL: the shell itself.
void os_foreground(const struct os_group *group);
// True if Ctrl-C was typed for the shell itself, or killed the foreground, since the last call.
bool os_interrupted(void);
// What still has to be written after ^C to be at the start of a line.
extern const char os_after_interrupt[];
// Waits until there is something to read. False: Ctrl-C came first.
bool os_wait_input(int fd);

// ---- os_posix.c: all return a descriptor >= OS_HIGH_FD, closed in programs, or -errno -----------

int os_open(const char *path, int flags);
// An existing descriptor once more.
int os_duplicate(int fd);
// 0 and both ends, or -errno.
int os_pipe(int *out_read, int *out_write);
// A descriptor that reads `text`.
int os_text_file(const char *text, size_t size);
// All of it; 0 or an errno.
int os_write(int fd, const char *data, size_t size);
// Adds what can be read up to the end, at most TEXT_MAX; false: Ctrl-C or an error.
bool os_read_all(int fd, struct str *out);
// For struct glob_files: the names in a directory ("": the current one), and whether a path exists.
void os_list(void *context, const char *directory, struct list *names);
bool os_exists(void *context, const char *path);
