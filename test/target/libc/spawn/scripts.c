// SPDX-License-Identifier: MIT
//
// Scripts: files that begin with #! and name what runs them.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Writes a script with this text.
static bool write_script(const char *path, const char *text)
{
    return write_file(path, text, strlen(text), 0755);
}

// Runs a script and compares what it prints.
static void expect_output(const char *path, const char *expected)
{
    posix_spawn_file_actions_t actions;
    char *const argv[] = {(char *)"zero", (char *)"one", NULL};
    char text[400];
    int ends[2];
    pid_t pid;

    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
    ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
    int error = posix_spawn(&pid, path, &actions, NULL, argv, environ);

    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    EXPECT_EQ(error, 0);
    if (error == 0) {
        read_all(ends[0], text, sizeof(text));
        EXPECT_STR(text, expected);
        EXPECT_EQ(finish(pid), 0);
    } else {
        close(ends[0]);
    }
}

TEST(a_script_is_run_by_what_it_names)
{
    ASSERT_TRUE(world_make());
    ASSERT_TRUE(write_script("/tmp/script", "#!" CHILD " args\nanything else\n"));
    expect_output("/tmp/script", "[" CHILD "][args][/tmp/script][one]");
    ASSERT_TRUE(write_script("/tmp/script", "#! \t" CHILD "   args"));
    expect_output("/tmp/script", "[" CHILD "][args][/tmp/script][one]");
    // Whatever stands behind the program is one argument.
    ASSERT_TRUE(write_script("/tmp/script", "#!" CHILD " args and more \n"));
    EXPECT_EQ(WEXITSTATUS(run("/tmp/script", "x", (char *)NULL)), 99);
    // The boot file system is meant by other absolute paths too.
    ASSERT_TRUE(write_script("/tmp/script", "#!/bin/spawn-child args\n"));
    expect_output("/tmp/script", "[/bin/spawn-child][args][/tmp/script][one]");
    unlink("/tmp/script");
}

TEST(scripts_run_scripts_five_deep)
{
    char path[20], text[60];

    ASSERT_TRUE(world_make());
    ASSERT_TRUE(write_script("/tmp/s1", "#!" CHILD " args\n"));
    for (int i = 2; i <= 6; i++) {
        snprintf(path, sizeof(path), "/tmp/s%d", i);
        snprintf(text, sizeof(text), "#!/tmp/s%d\n", i - 1);
        ASSERT_TRUE(write_script(path, text));
    }
    expect_output("/tmp/s5", "[" CHILD "][args][/tmp/s1][/tmp/s2][/tmp/s3][/tmp/s4][/tmp/s5][one]");
    EXPECT_EQ(run("/tmp/s6", "x", (char *)NULL), -1 - ELOOP);
    ASSERT_TRUE(write_script("/tmp/s1", "#!/tmp/s1\n"));
    EXPECT_EQ(run("/tmp/s1", "x", (char *)NULL), -1 - ELOOP);
    for (int i = 1; i <= 6; i++) {
        snprintf(path, sizeof(path), "/tmp/s%d", i);
        unlink(path);
    }
}

TEST(scripts_that_cannot_be_run)
{
    char text[400] = "#!/boot/bin/";

    ASSERT_TRUE(world_make());
    uint64_t handles = check_handle_count();

    ASSERT_TRUE(write_script("/tmp/script", "#!/boot/bin/absent\n"));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOENT);
    ASSERT_TRUE(write_script("/tmp/script", "#!spawn-child\n"));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOEXEC);
    ASSERT_TRUE(write_script("/tmp/script", "#!\n"));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOEXEC);
    ASSERT_TRUE(write_script("/tmp/script", "#!"));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOEXEC);
    ASSERT_TRUE(write_script("/tmp/script", "#!/boot/bin\n"));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - EACCES);
    // The longest first line has 127 characters.
    memset(text + 12, 'x', 115);
    strcpy(text + 127, "\n");
    ASSERT_TRUE(write_script("/tmp/script", text));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOENT);
    strcpy(text + 127, "x\n");
    ASSERT_TRUE(write_script("/tmp/script", text));
    EXPECT_EQ(run("/tmp/script", "x", (char *)NULL), -1 - ENOEXEC);
    EXPECT_EQ(check_handle_count(), handles);
    unlink("/tmp/script");
}
