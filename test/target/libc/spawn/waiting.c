// SPDX-License-Identifier: MIT
//
// waitpid in all its forms, kill, and what is left after a thousand children.

#define _GNU_SOURCE

#include <stdbool.h>

#include "world.h"

#include <check/check.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

#define CHILDREN 1000
#define WARM_UP  20
// What the kernel may keep in its caches after a thousand processes, and what other services take.
#define SLACK (512u * 1024)

static pid_t start_sleeper(void)
{
    char *const argv[] = {(char *)"spawn-child", (char *)"sleep", NULL};
    pid_t pid = -1;

    EXPECT_EQ(posix_spawn(&pid, CHILD, NULL, NULL, argv, environ), 0);
    return pid;
}

TEST(waiting_without_hanging)
{
    int status = 12345;

    ASSERT_TRUE(world_make());
    EXPECT_ERRNO(waitpid(-1, &status, 0), ECHILD);
    EXPECT_ERRNO(waitpid(-1, &status, WNOHANG), ECHILD);
    EXPECT_ERRNO(waitpid(4, &status, 0), ECHILD);
    EXPECT_ERRNO(waitpid(-7, &status, 0), ECHILD);
    EXPECT_ERRNO(waitpid(-1, &status, 0x100000), EINVAL);
    pid_t pid = start_sleeper();

    EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
    EXPECT_EQ(waitpid(-1, &status, WNOHANG), 0);
    EXPECT_EQ(status, 12345);
    EXPECT_EQ(kill(pid, 0), 0);
    EXPECT_EQ(kill(pid, SIGTERM), 0);
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    EXPECT_ERRNO(waitpid(pid, &status, WNOHANG), ECHILD);
    EXPECT_ERRNO(kill(pid, SIGKILL), ESRCH);
}

TEST(kill_knows_children_and_signals)
{
    ASSERT_TRUE(world_make());
    pid_t pid = start_sleeper();

    EXPECT_ERRNO(kill(1, SIGKILL), ESRCH);
    EXPECT_ERRNO(kill(pid, 1000), EINVAL);
    EXPECT_ERRNO(kill(pid, SIGSTOP), ENOSYS);
    EXPECT_EQ(kill(pid, SIGCHLD), 0);
    EXPECT_EQ(waitpid(pid, NULL, WNOHANG), 0);
    EXPECT_EQ(kill(pid, SIGKILL), 0);
    // Dead, and not waited for.
    zx_handle_t process;

    ASSERT_EQ(spawn_borrow_child(pid, &process), ZX_OK);
    EXPECT_EQ(zx_object_wait_one(process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL), ZX_OK);
    EXPECT_EQ(kill(pid, SIGKILL), 0);
    EXPECT_EQ(wait(NULL), pid);
    EXPECT_EQ(spawn_borrow_child(pid, &process), ZX_ERR_NOT_FOUND);
}

TEST(any_child_in_the_order_of_their_ends)
{
    pid_t pids[3];
    int status;

    ASSERT_TRUE(world_make());
    for (int i = 0; i < 3; i++) {
        pids[i] = start_sleeper();
    }
    for (int i = 2; i >= 0; i--) {
        EXPECT_EQ(kill(pids[i], SIGKILL), 0);
        EXPECT_EQ(waitpid(-1, &status, 0), pids[i]);
    }
    EXPECT_ERRNO(wait(&status), ECHILD);
}

// Waits for any child in a thread, while the only one is waited for by its number.
static void *wait_for_any(void *out)
{
    *(long *)out = waitpid(-1, NULL, 0) < 0 ? -errno : 0;
    return NULL;
}

TEST(who_waits_for_any_child_hears_that_there_is_none_left)
{
    ASSERT_TRUE(world_make());
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        long result = 1;
        pid_t pid = start_sleeper();

        ASSERT_EQ(pthread_create(&thread, NULL, wait_for_any, &result), 0);
        if (i % 2 == 0) {
            (void)zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
        }
        EXPECT_EQ(kill(pid, SIGKILL), 0);
        bool mine = waitpid(pid, NULL, 0) == pid;

        ASSERT_EQ(pthread_join(thread, NULL), 0);
        // One of the two got it, and the other was told.
        EXPECT_EQ(result, mine ? -ECHILD : 0);
    }
}

static void *spawn_many(void *out)
{
    int *failures = out;

    for (int i = 0; i < 25; i++) {
        int status = run(CHILD, CHILD, "exit", "5", (char *)NULL);

        *failures += status < 0 || WEXITSTATUS(status) != 5;
    }
    return NULL;
}

TEST(threads_spawn_side_by_side)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int failures[THREADS] = {0};

    ASSERT_TRUE(world_make());
    for (int i = 0; i < THREADS; i++) {
        ASSERT_EQ(pthread_create(&threads[i], NULL, spawn_many, &failures[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
        EXPECT_EQ(failures[i], 0);
    }
}

TEST(a_thousand_children_leave_nothing)
{
    uint64_t handles = 0, memory = 0;

    ASSERT_TRUE(world_make());
    for (int i = 0; i < WARM_UP + CHILDREN; i++) {
        if (i == WARM_UP) {
            handles = check_handle_count();
            memory = free_memory();
        }
        int status = run(CHILD, CHILD, "exit", "3", (char *)NULL);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != 3) {
            check_fail(__FILE__, __LINE__, "child %d: status %d", i, status);
            return;
        }
    }
    EXPECT_EQ(check_handle_count(), handles);
    (void)zx_nanosleep(
        zx_deadline_after(ZX_MSEC(200))); // processes are taken apart in the background
    uint64_t left = free_memory();

    check_print("# %lu KiB free before, %lu KiB after\n", (unsigned long)(memory / 1024),
                (unsigned long)(left / 1024));
    EXPECT_TRUE(memory != 0 && left + SLACK >= memory);
}
