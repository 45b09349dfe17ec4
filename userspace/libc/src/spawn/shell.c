// SPDX-License-Identifier: MIT
//
// system(), popen(): command lines for the shell, which is /boot/bin/sh. There are no signals to be
// blocked meanwhile.

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// musl's streams.
#include "stdio_impl.h"

#define SHELL "/boot/bin/sh"

static int start_shell(pid_t *pid, const char *command, const posix_spawn_file_actions_t *actions)
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};

    return posix_spawn(pid, SHELL, actions, NULL, argv, environ);
}

int system(const char *command)
{
    pid_t pid;
    int status;

    if (command == NULL) {
        return access(SHELL, X_OK) == 0;
    }
    int error = start_shell(&pid, command, NULL);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

// The ends of other streams of popen() are not for this child: a pipe ends when all its ends are
// closed.
static int close_other_streams(posix_spawn_file_actions_t *actions)
{
    int error = 0;

    for (FILE *other = *__ofl_lock(); other != NULL && error == 0; other = other->next) {
        if (other->pipe_pid != 0) {
            error = posix_spawn_file_actions_addclose(actions, other->fd);
        }
    }
    __ofl_unlock();
    return error;
}

// Starts the command with `theirs` as its descriptor `target`.
static int start_with_pipe(pid_t *pid, const char *command, int theirs, int target)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error == 0) {
        error = close_other_streams(&actions);
        if (error == 0) {
            error = posix_spawn_file_actions_adddup2(&actions, theirs, target);
        }
        if (error == 0) {
            error = start_shell(pid, command, &actions);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    return error;
}

FILE *popen(const char *command, const char *mode)
{
    const bool read = mode[0] == 'r';
    pid_t pid;
    int ends[2];

    if (!read && mode[0] != 'w') {
        errno = EINVAL;
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return NULL;
    }
    const int ours = ends[read ? 0 : 1], theirs = ends[read ? 1 : 0];
    FILE *stream = fdopen(ours, mode);
    int error = stream != NULL ? start_with_pipe(&pid, command, theirs, read ? 1 : 0) : errno;

    close(theirs);
    if (error != 0) {
        if (stream != NULL) {
            fclose(stream);
        } else {
            close(ours);
        }
        errno = error;
        return NULL;
    }
    stream->pipe_pid = pid;
    if (strchr(mode, 'e') == NULL) {
        (void)fcntl(ours, F_SETFD, 0);
    }
    return stream;
}

int pclose(FILE *stream)
{
    pid_t pid = stream->pipe_pid;
    int status;

    fclose(stream);
    return waitpid(pid, &status, 0) == pid ? status : -1;
}
