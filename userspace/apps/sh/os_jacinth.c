// SPDX-License-Identifier: MIT
//
// The shell on Jacinth: a group is a job, Ctrl-C is the console service's.
//
// In cooked mode the console kills the foreground job on Ctrl-C. Without one, and in any case for
// us to know why, it raises FILE_SIGNAL_INTERRUPT on the terminal's connection until the interrupt
// is taken.

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/spawn.h>
#include <protocol/file.h>
#include <protocol/terminal.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

// What a console that does not answer may cost.
#define PATIENCE ZX_SEC(5)

// The console does it by itself.
const char os_after_interrupt[] = "";

static int terminal_fd = -1;

static zx_handle_t terminal_channel(void)
{
    zx_handle_t channel = ZX_HANDLE_INVALID;

    if (terminal_fd < 0 || fd_borrow_handle(terminal_fd, &channel, NULL) != ZX_OK) {
        return ZX_HANDLE_INVALID;
    }
    return channel;
}

void os_init(int terminal)
{
    // A descriptor of its own: redirections of 0 do not change whose Ctrl-C it is.
    terminal_fd = terminal >= 0 ? os_duplicate(terminal) : -1;
    (void)signal(SIGPIPE, SIG_IGN);
}

const char *os_self(void)
{
    return "/boot/bin/sh";
}

int os_group_create(struct os_group *group)
{
    zx_handle_t job;
    zx_status_t status = zx_job_create(zx_job_default(), 0, &job);

    if (status == ZX_OK) {
        // For those who look at the tree of tasks.
        (void)zx_object_set_property(job, ZX_PROP_NAME, "pipeline", 8);
    }
    group->id = status == ZX_OK ? (long)job : 0;
    return status == ZX_OK ? 0 : status == ZX_ERR_NO_MEMORY ? ENOMEM : EAGAIN;
}

void os_group_kill(const struct os_group *group)
{
    (void)zx_task_kill((zx_handle_t)group->id);
}

void os_group_close(struct os_group *group)
{
    (void)zx_handle_close((zx_handle_t)group->id);
    group->id = 0;
}

static int prepare_files(posix_spawn_file_actions_t *actions, const struct os_start *what)
{
    int error = 0;

    for (int i = 0; error == 0 && i < OS_FDS; i++) {
        if (what->fds[i] >= 0 && what->fds[i] != i) {
            error = posix_spawn_file_actions_adddup2(actions, what->fds[i], i);
        } else if (what->fds[i] < 0 && fcntl(i, F_GETFD) >= 0) {
            error = posix_spawn_file_actions_addclose(actions, i);
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
    pid_t pid = 0;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        if (what->group != NULL) {
            error = posix_spawnattr_setjob_np(&attributes, (zx_handle_t)what->group->id);
        }
        error = error == 0 ? prepare_files(&actions, what) : error;
        if (error == 0) {
            error =
                posix_spawn(&pid, what->path, &actions, &attributes, what->argv, what->environment);
        }
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    *out_pid = (int)pid;
    return error;
}

// Until the process ends or Ctrl-C is typed.
static void wait_for_either(int pid)
{
    zx_wait_item_t items[2] = {
        {.waitfor = ZX_PROCESS_TERMINATED},
        {.handle = terminal_channel(), .waitfor = FILE_SIGNAL_INTERRUPT | ZX_CHANNEL_PEER_CLOSED}};

    if (spawn_borrow_child(pid, &items[0].handle) == ZX_OK) {
        (void)zx_object_wait_many(items, items[1].handle != ZX_HANDLE_INVALID ? 2 : 1,
                                  ZX_TIME_INFINITE);
    }
}

int os_wait(int pid, enum os_waiting how, int *out_status, int *out_signal)
{
    pid_t result;
    int status;

    if (how == OS_UNTIL_CTRL_C) {
        wait_for_either(pid);
    }
    do {
        result = waitpid(pid, &status, how == OS_UNTIL_DONE ? 0 : WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result <= 0) {
        return result < 0 ? -1 : 0;
    }
    *out_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *out_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return 1;
}

void os_foreground(const struct os_group *group)
{
    zx_handle_t channel = terminal_channel();
    zx_handle_t job = ZX_HANDLE_INVALID;

    if (channel == ZX_HANDLE_INVALID ||
        (group != NULL &&
         zx_handle_duplicate((zx_handle_t)group->id, ZX_RIGHT_SAME_RIGHTS, &job) != ZX_OK)) {
        return;
    }
    (void)terminal_set_foreground(channel, zx_deadline_after(PATIENCE), job);
}

bool os_interrupted(void)
{
    zx_handle_t channel = terminal_channel();
    zx_signals_t signals = 0;
    uint32_t interrupted = 0;

    // The usual answer is no, and costs one call of the kernel.
    if (channel == ZX_HANDLE_INVALID ||
        zx_object_wait_one(channel, FILE_SIGNAL_INTERRUPT, 0, &signals) != ZX_OK) {
        return false;
    }
    return terminal_take_interrupt(channel, zx_deadline_after(PATIENCE), &interrupted) == ZX_OK &&
           interrupted != 0;
}

bool os_wait_input(int fd)
{
    struct pollfd items[2] = {{.fd = fd, .events = POLLIN}, {.fd = terminal_fd, .events = POLLPRI}};

    while (poll(items, 2, -1) < 0) {
        if (errno != EINTR) {
            return true; // reading will tell
        }
    }
    return (items[1].revents & POLLPRI) == 0;
}
