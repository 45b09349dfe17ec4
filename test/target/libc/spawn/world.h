// SPDX-License-Identifier: MIT
//
// What the tests of spawning share: a session of their own (the initrd at /boot, memory at /tmp,
// the loader service at /svc), and short ways of starting the child program.

#ifndef WORLD_H
#define WORLD_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD "/boot/bin/spawn-child"

// Starts the services and mounts what they serve; false (and a failure of the test) if that fails.
// Once it was called with success, further calls do nothing.
bool world_make(void);

// The most arguments that the functions below take.
#define MAX_ARGUMENTS 8

// Starts the child program with these arguments (up to a NULL), descriptor 1 going into a new pipe;
// *out_fd is its other end. Returns posix_spawn's error.
int start_child(pid_t *out_pid, int *out_fd, const posix_spawn_file_actions_t *actions, ...);

// Starts a program; returns what waitpid reports, or -1 - error if it was not started.
int run(const char *path, const char *first, ...);

// Waits for a child and returns the status that waitpid reports, or -1.
int finish(pid_t pid);

// Reads all that comes from a descriptor, closes it; the text is NUL-terminated.
size_t read_all(int fd, char *text, size_t size);

// Writes a file with these contents and mode.
bool write_file(const char *path, const void *data, size_t size, mode_t mode);

// A whole file in memory (free()); NULL: it cannot be read.
uint8_t *read_file(const char *path, size_t *out_size);

// Bytes of memory that the kernel has left.
uint64_t free_memory(void);

#endif
