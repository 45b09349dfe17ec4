// SPDX-License-Identifier: MIT
//
// What a process gets from the one that starts it: descriptors, namespace, current directory.

#include <check/check.h>

#define _GNU_SOURCE // environ
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/namespace.h>
#include <jacinth/spawn.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>

#include "world.h"

#define CHILD "/boot/test/libc-child"

// Starts the child with these descriptors as its only ones; -1 if that failed.
static zx_handle_t start(const char *what, const struct spawn_fd *fds, size_t count)
{
    const char *argv[] = {CHILD, what, NULL};
    struct spawn spawn = {
        .flags = SPAWN_INHERIT_NAMESPACE,
        .path = CHILD,
        .argv = argv,
        .fds = fds,
        .fd_count = count,
    };
    struct spawned child;
    const char *reason = "";
    zx_status_t status = spawn_start(&spawn, &child, &reason);

    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "%s: %s (%d)", what, reason, status);
        return ZX_HANDLE_INVALID;
    }
    zx_handle_close(child.thread);
    return child.process;
}

static int64_t finish(zx_handle_t process)
{
    zx_info_process_t info = {.return_code = -99};

    zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL);
    zx_object_get_info(process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    zx_handle_close(process);
    return info.return_code;
}

// Runs the child with its output (and what else `more` gives it) in a pipe; text is what it said.
static int64_t run(const char *what, char *text, size_t size, const struct spawn_fd *more)
{
    struct spawn_fd fds[2] = {{-1, 1}};
    zx_handle_t process;
    size_t done = 0;
    ssize_t got;
    int ends[2];

    memset(text, 0, size);
    if (pipe(ends) != 0) {
        return -98;
    }
    fds[0].fd = ends[1];
    if (more != NULL) {
        fds[1] = *more;
    }
    process = start(what, fds, more != NULL ? 2 : 1);
    close(ends[1]);
    while ((got = read(ends[0], text + done, size - 1 - done)) > 0) {
        done += (size_t)got;
    }
    close(ends[0]);
    return process != ZX_HANDLE_INVALID ? finish(process) : -97;
}

TEST(pipes_go_to_children_and_end_with_them)
{
    uint64_t before;
    char text[64];
    int in[2], out[2], err[2];

    ASSERT_TRUE(world_start());
    EXPECT_EQ(run("numbers", text, sizeof(text), NULL), 0); // what is kept from the first time on
    before = check_handle_count();
    ASSERT_EQ(pipe(in), 0);
    ASSERT_EQ(pipe(out), 0);
    ASSERT_EQ(pipe(err), 0);
    struct spawn_fd fds[] = {{in[0], 0}, {out[1], 1}, {err[1], 2}};
    zx_handle_t process = start("upper", fds, 3);

    ASSERT_TRUE(process != ZX_HANDLE_INVALID);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    memset(text, 0, sizeof(text));
    EXPECT_EQ(write(in[1], "some text", 9), 9);
    EXPECT_EQ(read(out[0], text, sizeof(text)), 9);
    EXPECT_STR(text, "SOME TEXT");
    close(in[1]);
    EXPECT_EQ(read(out[0], text, sizeof(text)), 0);
    memset(text, 0, sizeof(text));
    EXPECT_EQ(read(err[0], text, sizeof(text)), 4);
    EXPECT_STR(text, "done");
    EXPECT_EQ(finish(process), 3);
    close(out[0]);
    close(err[0]);
    EXPECT_TRUE(check_handles_return(before));
}

TEST(sigpipe_ends_a_child_with_141)
{
    struct spawn_fd fd = {-1, 1};
    zx_handle_t process;
    char byte;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    fd.fd = ends[1];
    process = start("forever", &fd, 1);
    close(ends[1]);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    EXPECT_EQ(finish(process), 141);
}

TEST(exactly_what_was_given_is_open)
{
    char text[64];

    EXPECT_EQ(run("numbers", text, sizeof(text), &(struct spawn_fd){1, 700}), 0);
    EXPECT_STR(text, "1 700 ");
}

TEST(files_share_their_position_with_children)
{
    char text[64] = {0};
    int fd = open("/tmp/shared", O_RDWR | O_CREAT, 0666);

    EXPECT_EQ(write(fd, "abcdefghijkl", 12), 12);
    close(fd);
    fd = open("/tmp/shared", O_RDONLY);
    EXPECT_EQ(read(fd, text, 2), 2);
    EXPECT_EQ(run("four-bytes", text, sizeof(text), &(struct spawn_fd){fd, 5}), 0);
    EXPECT_STR(text, "cdef1");
    EXPECT_EQ(read(fd, text, 1), 1);
    EXPECT_EQ(text[0], 'g');
    close(fd);
}

TEST(two_numbers_of_one_file_stay_one_file)
{
    char text[64] = {0};
    int fd = open("/tmp/both", O_RDWR | O_CREAT | O_TRUNC, 0666), in[2];
    zx_handle_t process;

    ASSERT_EQ(pipe(in), 0);
    struct spawn_fd fds[] = {{in[0], 0}, {fd, 1}, {fd, 2}};

    process = start("upper", fds, 3);
    close(in[0]);
    EXPECT_EQ(write(in[1], "x", 1), 1);
    close(in[1]);
    EXPECT_EQ(finish(process), 3);
    EXPECT_EQ(pread(fd, text, sizeof(text), 0), 5);
    EXPECT_STR(text, "Xdone"); // not one over the other
    close(fd);
}

TEST(children_see_the_same_mounts_and_directory)
{
    char text[64];
    int fd;

    EXPECT_EQ(run("mounts", text, sizeof(text), NULL), 0);
    EXPECT_STR(text, "tmp boot ");
    EXPECT_EQ(mkdir("/tmp/here", 0777), 0);
    EXPECT_EQ(chdir("/tmp/here"), 0);
    fd = open("marker", O_WRONLY | O_CREAT, 0666);
    close(fd);
    EXPECT_EQ(run("where", text, sizeof(text), NULL), 0);
    EXPECT_STR(text, "/tmp/here 0\n");
    EXPECT_EQ(chdir("/"), 0);
}

// Reads the log until a record with this text, or its end.
static bool log_has(zx_handle_t log, const char *text)
{
    union {
        char bytes[ZX_LOG_RECORD_MAX + 1];
        zx_log_record_t record;
    } record;
    zx_status_t size;

    while ((size = zx_debuglog_read(log, 0, record.bytes, ZX_LOG_RECORD_MAX)) > 0) {
        record.bytes[size] = '\0';
        if (strcmp(record.record.data, text) == 0) {
            return true;
        }
    }
    return false;
}

TEST(a_last_line_without_end_reaches_the_log)
{
    zx_handle_t log;

    ASSERT_EQ(zx_debuglog_create(check_root_resource(), ZX_LOG_FLAG_READABLE, &log), ZX_OK);
    EXPECT_EQ(finish(start("bell", &(struct spawn_fd){1, 1}, 1)), 0);
    EXPECT_TRUE(log_has(log, "no end of this line: bell"));
    // And of one that was given nothing at all.
    EXPECT_EQ(finish(start("chime", NULL, 0)), 0);
    EXPECT_TRUE(log_has(log, "no end of this line: chime"));
    zx_handle_close(log);
}

TEST(close_on_exec_is_not_inherited)
{
    pid_t pid;
    char text[64] = {0}, *argv[] = {"child", "numbers", NULL};
    int ends[2], status = 0;

    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(dup2(ends[1], 50), 50); // not close-on-exec
    posix_spawn_file_actions_t actions;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 50, 1);
    ASSERT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(50);
    close(ends[1]);
    EXPECT_TRUE(read(ends[0], text, sizeof(text) - 1) > 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
    while (read(ends[0], text + strlen(text), sizeof(text) - 1 - strlen(text)) > 0) {}
    EXPECT_STR(text, "1 2 50 "); // 0 of the first process is nothing that could be handed on
    close(ends[0]);
}
