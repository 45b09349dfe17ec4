// SPDX-License-Identifier: MIT
//
// PATH, jobs, handles, stacks, the dynamic linker, the shell: what else a start can be told.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/namespace.h>
#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define SHELL "/boot/bin/sh"

TEST(path_is_searched)
{
    char *const argv[] = {(char *)"spawn-child", (char *)"exit", (char *)"6", NULL};
    pid_t pid;

    ASSERT_TRUE(world_make());
    ASSERT_TRUE(write_file("/tmp/spawn-child", "#!/boot/bin/spawn-child exit\n", 29, 0644));
    ASSERT_EQ(setenv("PATH", "/absent:/tmp::/boot/bin", 1), 0);
    ASSERT_EQ(posix_spawnp(&pid, "spawn-child", NULL, NULL, argv, environ), 0);
    EXPECT_EQ(WEXITSTATUS(finish(pid)), 6);
    EXPECT_EQ(posix_spawnp(&pid, "absent", NULL, NULL, argv, environ), ENOENT);
    EXPECT_EQ(posix_spawnp(&pid, "", NULL, NULL, argv, environ), ENOENT);
    EXPECT_EQ(posix_spawnp(&pid, "boot/bin/spawn-child", NULL, NULL, argv, environ), 0);
    EXPECT_EQ(WEXITSTATUS(finish(pid)), 6);
    // What is there and may not be run is told of when nothing else is found.
    ASSERT_EQ(setenv("PATH", "/tmp:/absent", 1), 0);
    EXPECT_EQ(posix_spawnp(&pid, "spawn-child", NULL, NULL, argv, environ), EACCES);
    unsetenv("PATH");
    unlink("/tmp/spawn-child");
}

TEST(attributes_that_mean_something_and_those_that_do_not)
{
    char *const argv[] = {(char *)"spawn-child", (char *)"exit", (char *)"0", NULL};
    posix_spawnattr_t attributes;
    pid_t pid;

    ASSERT_TRUE(world_make());
    ASSERT_EQ(posix_spawnattr_init(&attributes), 0);
    ASSERT_EQ(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETPGROUP),
              0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, NULL, &attributes, argv, environ), 0);
    EXPECT_EQ(finish(pid), 0);
    ASSERT_EQ(posix_spawnattr_setpgroup(&attributes, 5), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, NULL, &attributes, argv, environ), ENOSYS);
    ASSERT_EQ(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID), 0);
    EXPECT_EQ(posix_spawn(&pid, CHILD, NULL, &attributes, argv, environ), ENOSYS);
    posix_spawnattr_destroy(&attributes);
}

TEST(a_job_ends_with_all_that_was_started_in_it)
{
    char *const argv[] = {(char *)"spawn-child", (char *)"grandchild", (char *)CHILD, NULL};
    zx_koid_t koids[4];
    posix_spawnattr_t attributes;
    zx_handle_t job;
    pid_t pid;
    size_t count = 0;

    ASSERT_TRUE(world_make());
    ASSERT_EQ(zx_job_create(zx_job_default(), 0, &job), ZX_OK);
    ASSERT_EQ(posix_spawnattr_init(&attributes), 0);
    ASSERT_EQ(posix_spawnattr_setjob_np(&attributes, job), 0);
    ASSERT_EQ(posix_spawn(&pid, CHILD, NULL, &attributes, argv, environ), 0);
    posix_spawnattr_destroy(&attributes);
    EXPECT_EQ(finish(pid), 0);
    // The grandchild sleeps, in the same job.
    EXPECT_EQ(zx_object_get_info(job, ZX_INFO_JOB_PROCESSES, koids, sizeof(koids), &count, NULL),
              ZX_OK);
    EXPECT_EQ(count, 1);
    EXPECT_EQ(zx_task_kill(job), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(job, ZX_JOB_NO_PROCESSES, zx_deadline_after(ZX_SEC(60)), NULL),
              ZX_OK);
    zx_handle_close(job);
}

TEST(spawn_hands_over_handles)
{
    const char *const argv[] = {"spawn-child", "handle", NULL};
    const zx_time_t patience = ZX_SEC(60);

    ASSERT_TRUE(world_make());
    for (uint32_t flags = 0; flags <= SPAWN_NO_JOB; flags += SPAWN_NO_JOB) {
        struct spawn_handle handle = {.info = PA_HND(PA_USER0, 7)};
        struct spawn what = {
            .flags = flags,
            .path = CHILD,
            .argv = argv,
            .name = "a name",
            .handle_count = 1,
            .handles = &handle,
        };
        struct spawned spawned;
        const char *reason;
        zx_handle_t channel;
        char answer = 0, name[ZX_MAX_NAME_LEN];

        ASSERT_EQ(zx_channel_create(0, &channel, &handle.handle), ZX_OK);
        ASSERT_EQ(spawn_start(&what, &spawned, &reason), ZX_OK);
        EXPECT_EQ(zx_object_wait_one(spawned.process, ZX_PROCESS_TERMINATED,
                                     zx_deadline_after(patience), NULL),
                  ZX_OK);
        EXPECT_EQ(zx_channel_read(channel, 0, &answer, NULL, 1, 0, NULL, NULL), ZX_OK);
        EXPECT_EQ(answer, flags == 0 ? 'j' : '-');
        EXPECT_EQ(zx_object_get_property(spawned.process, ZX_PROP_NAME, name, sizeof(name)), ZX_OK);
        EXPECT_STR(name, "a name");
        EXPECT_ERRNO(waitpid(spawned.pid, NULL, 0), ECHILD);
        zx_handle_close(channel);
        zx_handle_close(spawned.process);
        zx_handle_close(spawned.thread);
    }
}

TEST(spawn_that_fails_consumes_what_it_was_given)
{
    struct spawn_handle handle = {.info = PA_HND(PA_USER0, 0)};
    struct spawn_mount mount = {.path = "/x"};
    struct spawn what = {
        .path = "/boot/bin/absent",
        .handle_count = 1,
        .handles = &handle,
        .mount_count = 1,
        .mounts = &mount,
    };
    struct spawned spawned;
    const char *reason = NULL;

    ASSERT_TRUE(world_make());
    uint64_t handles = check_handle_count();
    zx_handle_t ends[2];

    for (int i = 0; i < 3; i++) {
        // Not there; a channel for a job, which cannot be duplicated for the child; not a program.
        const zx_status_t expected[] = {ZX_ERR_NOT_FOUND, ZX_ERR_ACCESS_DENIED, ZX_ERR_NOT_FOUND};

        ASSERT_EQ(zx_channel_create(0, &ends[0], &handle.handle), ZX_OK);
        ASSERT_EQ(zx_channel_create(0, &ends[1], &mount.directory), ZX_OK);
        what.path = i == 0 ? "/boot/bin/absent" : CHILD;
        what.job = i == 1 ? ends[0] : ZX_HANDLE_INVALID;
        if (i == 2) {
            ASSERT_TRUE(write_file("/tmp/text", "text", 4, 0755));
            what.path = "/tmp/text";
        }
        zx_status_t status = spawn_start(&what, &spawned, &reason);

        EXPECT_EQ(status, expected[i]);
        EXPECT_TRUE(reason != NULL);
        EXPECT_EQ(zx_handle_close_many(ends, 2), ZX_OK);
        EXPECT_EQ(check_handle_count(), handles);
    }
    unlink("/tmp/text");
}

TEST(the_stack_is_what_the_program_or_the_caller_asks_for)
{
    const char *const programs[] = {CHILD, CHILD "-stack"};
    const char *const sizes[] = {"262144", "1048576"};
    char text[40];
    pid_t pid;
    int ends[2];

    ASSERT_TRUE(world_make());
    for (int i = 0; i < 2; i++) {
        char *const argv[] = {(char *)"spawn-child", (char *)"stack", NULL};
        posix_spawn_file_actions_t actions;

        ASSERT_EQ(pipe(ends), 0);
        ASSERT_EQ(posix_spawn_file_actions_init(&actions), 0);
        ASSERT_EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 1), 0);
        ASSERT_EQ(posix_spawn_file_actions_addclose(&actions, ends[1]), 0);
        ASSERT_EQ(posix_spawn(&pid, programs[i], &actions, NULL, argv, environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        read_all(ends[0], text, sizeof(text));
        EXPECT_STR(text, sizes[i]);
        EXPECT_EQ(finish(pid), 0);
    }
}

TEST(a_dynamically_linked_program_finds_its_libraries)
{
    ASSERT_TRUE(world_make());
    uint64_t handles = check_handle_count();

    // It prints what it thinks of its start.
    EXPECT_EQ(run("/boot/test/dynamic", "test-dynamic", "spawned", (char *)NULL), 0);
    EXPECT_EQ(check_handle_count(), handles);
}

TEST(the_shell_runs_command_lines)
{
    char text[100];

    ASSERT_TRUE(world_make());
    if (access(SHELL, X_OK) != 0) {
        EXPECT_EQ(system(NULL), 0);
        EXPECT_EQ(system("true"), -1);
        check_print("# no shell: nothing more to try\n");
        return;
    }
    EXPECT_TRUE(system(NULL) != 0);
    int status = system("exit 7");

    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    FILE *stream = popen("echo from the shell", "r");

    ASSERT_TRUE(stream != NULL);
    EXPECT_TRUE(fgets(text, sizeof(text), stream) != NULL);
    EXPECT_STR(text, "from the shell\n");
    EXPECT_EQ(pclose(stream), 0);
    stream = popen("read line; test \"$line\" = sent; exit $?", "w");
    ASSERT_TRUE(stream != NULL);
    fputs("sent\n", stream);
    EXPECT_EQ(pclose(stream), 0);
    EXPECT_TRUE(popen("true", "x") == NULL);
}
