// SPDX-License-Identifier: MIT
//
// The rescue monitor's parts, to each other. The monitor is one process whose first thread does
// everything but reading the console. Commands are functions of struct command; each returns its
// exit status, 0 for success, and reports its own failures on the console.

#ifndef MON_MON_H
#define MON_MON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/types.h>

// What the monitor holds. Set up by main() and only read afterwards; a handle that the monitor was
// not given is ZX_HANDLE_INVALID, and commands that need it say so.
struct mon {
    zx_handle_t root;    // root resource
    zx_handle_t job;     // root of the tree that ps shows; programs run in children of it
    zx_handle_t vdso;    // VMO for new processes
    zx_handle_t bootfs;  // VMO of the initrd
    const void *archive; // the initrd, mapped; NULL if there is none
    size_t archive_size;
    const char *nonce; // of a run that a machine started (jacinth.cmd); NULL at the prompt
};

extern struct mon mon;

#define STATUS_OK          0
#define STATUS_FAILED      1
#define STATUS_USAGE       2
#define STATUS_INTERRUPTED 130

struct command {
    const char *name;
    const char *arguments; // for the usage line; "" if there are none
    const char *summary;
    int (*run)(int argc, char **argv);
    int min_arguments;
    int max_arguments;
};

// commands.c: cuts text at `;` and newlines, runs each command, returns the last one's status.
// Writes into `text`.
int commands_run(char *text);

// input.c: the console as input.

// Starts reading the console. Without a console input_line() never returns a line.
void input_start(void);

// The koid of the thread that reads the console, 0 if there is none.
zx_koid_t input_reader_koid(void);

// Reads a line with echo and editing; waits for as long as it takes. The line has no newline.
void input_line(char *line, size_t size);

// Waits until `handle` has one of `signals`. ZX_ERR_CANCELED: Ctrl-C was typed first. What else is
// typed meanwhile is kept for the next line.
zx_status_t input_wait(zx_handle_t handle, zx_signals_t signals);

// programs.c: running programs of the initrd.

// A program that was started in a job of its own. Both handles are the caller's.
struct program {
    zx_handle_t job;
    zx_handle_t process;
};

// A handle to give to a program.
struct gift {
    zx_handle_t handle; // consumed
    uint32_t info;      // PA_HND word
};

// Starts `argv[0]` (a path in the initrd, or a name in its bin/) with arguments, the handles every
// program gets and `gift_count` more. Reports a failure on the console.
zx_status_t program_start(int argc, char **argv, const struct gift *gifts, uint32_t gift_count,
                          struct program *out);

// Waits for the end of a program and stores its return code; Ctrl-C kills it and returns
// ZX_ERR_CANCELED. Closes both handles.
zx_status_t program_finish(struct program *program, int64_t *out_code);

// util.c

// Prints "COMMAND: WHAT: STATUS" and returns STATUS_FAILED.
int report(const char *command, const char *what, zx_status_t status);

// The commands.
int cmd_ps(int argc, char **argv);
int cmd_handles(int argc, char **argv);
int cmd_kill(int argc, char **argv);
int cmd_mem(int argc, char **argv);
int cmd_dmesg(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_crash(int argc, char **argv);

#endif
