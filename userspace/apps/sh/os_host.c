// SPDX-License-Identifier: MIT
//
// The shell on a POSIX system, where its tests run: groups are process groups, Ctrl-C is SIGINT.

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char os_after_interrupt[] = "\n";

static int terminal_fd = -1;
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

void os_init(int terminal)
{
    terminal_fd = terminal;
    (void)signal(SIGPIPE, SIG_IGN);
    if (terminal >= 0) {
        struct sigaction action = {.sa_handler = on_interrupt};

        (void)sigaction(SIGINT, &action, NULL);
        (void)signal(SIGTSTP, SIG_IGN);
        (void)signal(SIGTTOU, SIG_IGN);
        (void)signal(SIGTTIN, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
        if (setpgid(0, 0) == 0) {
            (void)tcsetpgrp(terminal, getpgrp());
        }
    }
}

const char *os_self(void)
{
    return "/proc/self/exe";
}

int os_group_create(struct os_group *group)
{
    group->id = 0;
    return 0;
}

void os_group_kill(const struct os_group *group)
{
    if (group->id > 0) {
        (void)kill(-(pid_t)group->id, SIGKILL);
    }
}

void os_group_close(struct os_group *group)
{
    group->id = 0;
}

// The descriptors of the child: 0 to 9, and the state.
static int prepare_files(posix_spawn_file_actions_t *actions, const struct os_start *what)
{
    int error = 0;

    for (int i = 0; error == 0 && i < OS_FDS; i++) {
        if (what->fds[i] < 0 && fcntl(i, F_GETFD) >= 0) {
            error = posix_spawn_file_actions_addclose(actions, i);
        } else if (what->fds[i] >= 0 && what->fds[i] != i) {
            error = posix_spawn_file_actions_adddup2(actions, what->fds[i], i);
        }
    }
    if (error == 0 && what->state >= 0) {
        error = posix_spawn_file_actions_adddup2(actions, what->state, OS_SUBSHELL_FD);
    }
    return error;
}

int os_spawn(const struct os_start *what, int *out_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    short flags = POSIX_SPAWN_SETSIGDEF;
    sigset_t signals;
    char path[4096];
    pid_t pid = 0;
    int error;

    // The path of this program means something else in the child.
    ssize_t size =
        strcmp(what->path, os_self()) == 0 ? readlink(what->path, path, sizeof(path) - 1) : 0;

    path[size > 0 ? size : 0] = '\0';
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGPIPE);
        (void)sigaddset(&signals, SIGINT);
        (void)sigaddset(&signals, SIGQUIT);
        (void)sigaddset(&signals, SIGTSTP);
        (void)sigaddset(&signals, SIGTTIN);
        (void)sigaddset(&signals, SIGTTOU);
        (void)posix_spawnattr_setsigdefault(&attributes, &signals);
        if (what->group != NULL && terminal_fd >= 0) {
            flags |= POSIX_SPAWN_SETPGROUP;
            (void)posix_spawnattr_setpgroup(&attributes, (pid_t)what->group->id);
        }
        (void)posix_spawnattr_setflags(&attributes, flags);
        error = prepare_files(&actions, what);
        if (error == 0) {
            error = posix_spawn(&pid, path[0] != '\0' ? path : what->path, &actions, &attributes,
                                what->argv, what->environment);
        }
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error == 0 && what->group != NULL && what->group->id == 0 && terminal_fd >= 0) {
        what->group->id = pid;
    }
    *out_pid = (int)pid;
    return error;
}

int os_wait(int pid, enum os_waiting how, int *out_status, int *out_signal)
{
    pid_t result;
    int status;

    do {
        result = waitpid(pid, &status, how == OS_NOW ? WNOHANG : 0);
    } while (result < 0 && errno == EINTR && !(how == OS_UNTIL_CTRL_C && interrupted));
    if (result == 0 || (result < 0 && errno == EINTR)) {
        return 0;
    }
    if (result < 0) {
        return -1;
    }
    *out_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *out_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return 1;
}

void os_foreground(const struct os_group *group)
{
    if (terminal_fd >= 0 && (group == NULL || group->id > 0)) {
        (void)tcsetpgrp(terminal_fd, group != NULL ? (pid_t)group->id : getpgrp());
    }
}

bool os_interrupted(void)
{
    bool result = interrupted != 0;

    interrupted = 0;
    return result;
}

bool os_wait_input(int fd)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    while (poll(&item, 1, -1) < 0) {
        if (errno != EINTR || interrupted) {
            return false;
        }
    }
    return true;
}
