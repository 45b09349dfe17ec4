// SPDX-License-Identifier: MIT
//
// posix_spawn and waitpid: what a child is given and how it ends.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

TEST(the_exit_code_comes_back)
{
    const int codes[] = {0, 1, 42, 255, 256 + 7};

    ASSERT_TRUE(world_make());
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        char text[16];

        snprintf(text, sizeof(text), "%d", codes[i]);
        int status = run(CHILD, CHILD, "exit", text, (char *)NULL);

        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), codes[i] & 0xff);
    }
}

TEST(a_child_that_crashes_was_killed)
{
    ASSERT_TRUE(world_make());
    int status = run(CHILD, CHILD, "crash", (char *)NULL);

    EXPECT_EQ(status, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(what_is_constant_after_relocation_cannot_be_written)
{
    ASSERT_TRUE(world_make());
    EXPECT_EQ(run(CHILD, CHILD, "constant", (char *)NULL), SIGKILL);
}

TEST(arguments_arrive_as_they_are)
{
    char text[300];
    pid_t pid;
    int fd;

    ASSERT_TRUE(world_make());
    ASSERT_EQ(start_child(&pid, &fd, NULL, "args", "", "two words", "\xc3\xa4=*", (char *)NULL), 0);
    read_all(fd, text, sizeof(text));
    EXPECT_STR(text, "[spawn-child][args][][two words][\xc3\xa4=*]");
    EXPECT_EQ(finish(pid), 0);
}

TEST(the_environment_is_the_one_given)
{
    char *const argv[] = {(char *)"spawn-child", (char *)"env", NULL};
    char *const environment[] = {(char *)"A=1", (char *)"B=", (char *)"PWD=/lies", NULL};
    posix_spawn_file_actions_t actions;
    char text[300];
    int ends[2];
    pid_t pid;

    ASSERT_TRUE(world_make());
    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    ASSERT_EQ(posix_spawn_file_actions_addclose(&actions, ends[0]), 0);
    ASSERT_EQ(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
    ASSERT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environment), 0);
    close(ends[1]);
    read_all(ends[0], text, sizeof(text));
    EXPECT_STR(text, "[A=1][B=][PWD=/]");
    EXPECT_EQ(finish(pid), 0);
    posix_spawn_file_actions_destroy(&actions);
}

TEST(a_pipeline_of_three_carries_a_megabyte)
{
    enum { SIZE = 1 << 20, STAGES = 3 };
    static unsigned char block[4096];
    char *const argv[] = {(char *)"spawn-child", (char *)"cat", (char *)"1", NULL};
    pid_t pids[STAGES], writer;
    int input, output, ends[2];

    ASSERT_TRUE(world_make());
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    input = ends[0];
    output = ends[1];
    for (int i = 0; i < STAGES; i++) {
        posix_spawn_file_actions_t actions;

        ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
        ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
        ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, input, 0), 0);
        ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
        ASSERT_EQ(posix_spawn(&pids[i], CHILD, &actions, NULL, argv, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(input);
        close(ends[1]);
        input = ends[0];
    }
    // One more writes into it, from a file, so that nobody here has to do two things at once.
    memset(block, 'a', sizeof(block));
    unlink("/tmp/megabyte");
    int fd = open("/tmp/megabyte", O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    for (size_t done = 0; done < SIZE; done += sizeof(block)) {
        ASSERT_EQ(write(fd, block, sizeof(block)), sizeof(block));
    }
    ASSERT_EQ(lseek(fd, 0, SEEK_SET), 0);
    posix_spawn_file_actions_t actions;
    char *const copy[] = {(char *)"spawn-child", (char *)"cat", NULL};

    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, fd, 0), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, output, 1), 0);
    ASSERT_EQ(posix_spawn(&writer, CHILD, &actions, NULL, copy, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(output);
    close(fd);
    size_t total = 0, wrong = 0;
    ssize_t size;

    while ((size = read(input, block, sizeof(block))) > 0) {
        for (ssize_t i = 0; i < size; i++) {
            wrong += block[i] != 'a' + STAGES;
        }
        total += (size_t)size;
    }
    close(input);
    EXPECT_EQ(total, SIZE);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(finish(writer), 0);
    for (int i = 0; i < STAGES; i++) {
        EXPECT_EQ(finish(pids[i]), 0);
    }
    unlink("/tmp/megabyte");
}

TEST(descriptors_are_those_that_the_actions_leave)
{
    posix_spawn_file_actions_t actions;
    char text[100];
    int ends[2];
    pid_t pid;
    char *const argv[] = {(char *)"spawn-child", (char *)"fds", NULL};

    ASSERT_TRUE(world_make());
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    int inherited = open("/tmp", O_RDONLY), hidden = open("/tmp", O_RDONLY | O_CLOEXEC);

    ASSERT_TRUE(inherited >= 0 && hidden >= 0);
    ASSERT_EQ(dup2(inherited, 40), 40);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    ASSERT_EQ(posix_spawn_file_actions_addclose(&actions, inherited), 0);
    ASSERT_EQ(posix_spawn_file_actions_addclose(&actions, 999), 0); // not open: no matter
    ASSERT_EQ(posix_spawn_file_actions_addopen(&actions, 50, "/tmp/made", O_RDWR | O_CREAT, 0600),
              0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, 50, 51), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, hidden, hidden), 0); // no longer hidden
    ASSERT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), 0);
    close(ends[1]);
    read_all(ends[0], text, sizeof(text));
    char expected[100];

    snprintf(expected, sizeof(expected), "0 1 2 %d 40 50 51 ", hidden);
    EXPECT_STR(text, expected);
    EXPECT_EQ(finish(pid), 0);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(access("/tmp/made", F_OK), 0);
    close(inherited);
    close(hidden);
    close(40);
    unlink("/tmp/made");
}

TEST(actions_come_in_order_and_see_the_directory)
{
    posix_spawn_file_actions_t actions;
    char text[100];
    int ends[2];
    pid_t pid;
    char *const argv[] = {(char *)"spawn-child", (char *)"pwd", NULL};

    ASSERT_TRUE(world_make());
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    (void)mkdir("/tmp/folder", 0777);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    ASSERT_EQ(posix_spawn_file_actions_addchdir_np(&actions, "/tmp"), 0);
    ASSERT_EQ(posix_spawn_file_actions_addchdir_np(&actions, "folder"), 0);
    ASSERT_EQ(posix_spawn_file_actions_addopen(&actions, 9, "here", O_RDWR | O_CREAT, 0600), 0);
    ASSERT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), 0);
    close(ends[1]);
    read_all(ends[0], text, sizeof(text));
    EXPECT_STR(text, "/tmp/folder");
    EXPECT_EQ(finish(pid), 0);
    EXPECT_EQ(access("/tmp/folder/here", F_OK), 0);
    posix_spawn_file_actions_destroy(&actions);
    unlink("/tmp/folder/here");
    rmdir("/tmp/folder");
}

TEST(actions_that_fail_fail_the_start)
{
    posix_spawn_file_actions_t actions;
    char *const argv[] = {(char *)"spawn-child", (char *)"pwd", NULL};
    pid_t pid;

    ASSERT_TRUE(world_make());
    uint64_t handles = check_handle_count();

    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_addopen(&actions, 7, "/boot/bin/hello", O_RDONLY, 0), 0);
    ASSERT_EQ(posix_spawn_file_actions_addchdir_np(&actions, "/boot/bin"), 0);
    ASSERT_EQ(posix_spawn_file_actions_addchdir_np(&actions, "spawn-child"), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), ENOTDIR);
    posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_addfchdir_np(&actions, 0), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), ENOSYS);
    posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, 999, 1), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), EBADF);
    posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_addopen(&actions, 0, "/tmp/absent", O_RDONLY, 0), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, &actions, NULL, argv, environ), ENOENT);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(check_handle_count(), handles);
}
