// SPDX-License-Identifier: MIT
//
// Servers that close, lie, flood or say nothing: what a program sees of them is an error, in time,
// and nothing is left behind.

#include <check/check.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/namespace.h>
#include <jacinth/service.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

#include "server.h"

// Mounts a server at /s.
static bool mount_server(enum server_manner manner)
{
    return namespace_mount("/s", server_start(manner)) == ZX_OK;
}

// Everything that asks a server something by a path.
static void ask_everything(int error)
{
    struct stat info;
    DIR *directory;

    EXPECT_ERRNO(stat("/s/x", &info), error);
    EXPECT_ERRNO(access("/s/x", R_OK), error);
    EXPECT_ERRNO(mkdir("/s/x", 0777), error);
    EXPECT_ERRNO(unlink("/s/x"), error);
    EXPECT_ERRNO(rmdir("/s/x"), error);
    EXPECT_ERRNO(rename("/s/x", "/s/y"), error);
    EXPECT_ERRNO(chdir("/s"), error);
    EXPECT_ERRNO(chmod("/s/x", 0600), error);
    EXPECT_ERRNO(truncate("/s/x", 1), error);
    EXPECT_ERRNO(open("/s/x", O_RDWR | O_CREAT, 0666), error);
    directory = opendir("/s");
    EXPECT_TRUE(directory == NULL && errno == error);
    EXPECT_EQ(fcntl(3, F_GETFD), -1); // no number was lost

    zx_handle_t connection;

    if (namespace_clone_mount("/s", &connection) == ZX_OK) {
        check_fail(__FILE__, __LINE__, "a broken server gave a connection");
        zx_handle_close(connection);
    }
}

// The same for a descriptor; `fd` is closed at the end.
static void ask_descriptor(int fd, int error)
{
    struct stat info;
    char text[16];

    EXPECT_ERRNO(read(fd, text, sizeof(text)), error);
    EXPECT_ERRNO(write(fd, text, sizeof(text)), error);
    EXPECT_ERRNO(pread(fd, text, sizeof(text), 3), error);
    EXPECT_ERRNO(pwrite(fd, text, sizeof(text), 3), error);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_END), error);
    EXPECT_ERRNO(fstat(fd, &info), error);
    EXPECT_ERRNO(ftruncate(fd, 1), error);
    EXPECT_EQ(isatty(fd), 0);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == error);
    EXPECT_EQ(close(fd), 0);
}

static void check_broken(enum server_manner manner, int error)
{
    uint64_t before = check_handle_count();
    zx_handle_t connection;
    int fd;

    ASSERT_TRUE(mount_server(manner));
    ask_everything(error);
    EXPECT_EQ(namespace_unmount("/s"), ZX_OK);
    connection = server_start(manner);
    ASSERT_TRUE(connection != ZX_HANDLE_INVALID);
    ASSERT_EQ(fd_from_handle(connection, PA_FDIO_REMOTE, &fd), ZX_OK);
    ask_descriptor(fd, error);
    server_wait_all();
    EXPECT_TRUE(check_handles_return(before));
}

TEST(a_server_that_closes)
{
    check_broken(SERVER_CLOSES, EIO);
}

TEST(a_server_that_answers_too_little)
{
    check_broken(SERVER_SHORT, EIO);
}

TEST(a_server_that_answers_nonsense)
{
    check_broken(SERVER_GARBAGE, EIO);
}

TEST(a_server_with_a_status_of_its_own)
{
    check_broken(SERVER_STATUS, EIO);
}

TEST(a_server_that_adds_handles)
{
    check_broken(SERVER_HANDLES, EIO);
}

TEST(a_server_that_floods)
{
    check_broken(SERVER_FLOODS, ENOSPC); // its answer is still found
}

TEST(a_server_that_says_more_than_can_be)
{
    char text[64];
    struct stat info;
    int fd;

    ASSERT_TRUE(mount_server(SERVER_TOO_MUCH));
    EXPECT_ERRNO(stat("/s/x", &info), EIO);
    fd = open("/s/x", O_RDWR);
    ASSERT_TRUE(fd >= 0);
    memset(text, 'u', sizeof(text));
    EXPECT_ERRNO(read(fd, text, 8), EIO);
    EXPECT_EQ(text[8], 'u'); // nothing was written behind the buffer
    EXPECT_ERRNO(write(fd, text, 8), EIO);
    EXPECT_ERRNO(lseek(fd, 0, SEEK_SET), EIO);
    EXPECT_ERRNO(fstat(fd, &info), EIO);
    EXPECT_ERRNO(fchdir(fd), EIO);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    EXPECT_EQ(close(fd), 0);
    namespace_unmount("/s");
    server_wait_all();
}

TEST(a_server_that_takes_nothing_does_not_hang_writers)
{
    int fd;

    ASSERT_TRUE(mount_server(SERVER_TAKES_NONE));
    fd = open("/s/x", O_WRONLY);
    EXPECT_ERRNO(write(fd, "text", 4), EIO);
    close(fd);
    namespace_unmount("/s");
    server_wait_all();
}

TEST(names_that_lead_elsewhere_are_not_passed_on)
{
    static const enum server_manner manners[] = {SERVER_BAD_NAMES, SERVER_DOTS};

    for (int i = 0; i < 2; i++) {
        DIR *directory;

        ASSERT_TRUE(mount_server(manners[i]));
        directory = opendir("/s");
        ASSERT_TRUE(directory != NULL);
        errno = 0;
        EXPECT_TRUE(readdir(directory) == NULL);
        EXPECT_EQ(errno, EIO);
        closedir(directory);
    }
    namespace_unmount("/s");
    server_wait_all();
}

TEST(a_directory_without_end_costs_no_memory)
{
    DIR *directory;

    ASSERT_TRUE(mount_server(SERVER_ENDLESS));
    directory = opendir("/s");
    ASSERT_TRUE(directory != NULL);
    for (int i = 0; i < 2000; i++) {
        struct dirent *entry = readdir(directory);

        if (entry == NULL || strcmp(entry->d_name, "again") != 0) {
            check_fail(__FILE__, __LINE__, "entry %d", i);
            break;
        }
    }
    closedir(directory);
    namespace_unmount("/s");
    server_wait_all();
}

// Whatever it answers: an error or not, but back in time and with nothing left behind.
TEST(a_server_that_answers_at_random)
{
    uint64_t before = check_handle_count();
    struct stat info;
    char text[64], directory_path[64];

    for (int round = 0; round < 300; round++) {
        int fd;
        DIR *directory;

        ASSERT_TRUE(mount_server(SERVER_RANDOM));
        memset(text, 'u', sizeof(text));
        stat("/s/x", &info);
        chdir("/s");
        fd = open("/s/x", O_RDWR | O_CREAT, 0666);
        read(fd, text, 32);
        EXPECT_EQ(text[32], 'u');
        write(fd, text, 32);
        lseek(fd, 1, SEEK_SET);
        fstat(fd, &info);
        isatty(fd);
        close(fd);
        directory = opendir("/s");
        for (int i = 0; directory != NULL && i < 3; i++) {
            struct dirent *entry = readdir(directory);

            if (entry != NULL && (entry->d_name[0] == '\0' || strchr(entry->d_name, '/') != NULL)) {
                check_fail(__FILE__, __LINE__, "a name that is none");
            }
        }
        if (directory != NULL) {
            closedir(directory);
        }
        fd_from_handle(server_start(SERVER_RANDOM), PA_FDIO_REMOTE, &fd);
        read(fd, text, 32);
        EXPECT_EQ(text[32], 'u');
        pread(fd, text, 32, 7);
        fstat(fd, &info);
        void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

        if (memory != MAP_FAILED) {
            munmap(memory, 4096);
        }
        close(fd);
        namespace_unmount("/s");
        server_wait_all();
    }
    chdir("/");
    EXPECT_STR(getcwd(directory_path, sizeof(directory_path)), "/");
    EXPECT_TRUE(check_handles_return(before));
}

static void *stat_silent(void *argument)
{
    struct stat info;

    (void)argument;
    return (void *)(intptr_t)(stat("/s/x", &info) == -1 ? errno : 0);
}

static void *open_silent(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)(open("/s/x", O_RDONLY) == -1 ? errno : 0);
}

static void *copy_silent(void *argument)
{
    struct namespace_copy *copy = NULL;
    zx_status_t status = namespace_copy(&copy);
    intptr_t result = status == ZX_OK && copy->count == 0 ? ETIMEDOUT : 0;

    (void)argument;
    namespace_copy_free(copy);
    return (void *)result;
}

static void *connect_silent(void *argument)
{
    zx_handle_t channel;

    (void)argument;
    return (void *)(intptr_t)(service_connect("/s/x", &channel) == ZX_ERR_TIMED_OUT ? ETIMEDOUT
                                                                                    : 0);
}

TEST(a_server_that_never_answers_is_given_up)
{
    static void *(*const asks[])(void *) = {stat_silent, open_silent, copy_silent, connect_silent};
    uint64_t before = check_handle_count();
    pthread_t threads[4];

    ASSERT_TRUE(mount_server(SERVER_SILENT));
    zx_time_t first = zx_clock_get_monotonic();

    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(pthread_create(&threads[i], NULL, asks[i], NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *result;

        pthread_join(threads[i], &result);
        EXPECT_EQ((intptr_t)result, ETIMEDOUT);
    }
    EXPECT_ERRNO(fcntl(3, F_GETFD), EBADF);
    // The second copy of the namespace does not wait as long again.
    zx_time_t second = zx_clock_get_monotonic();

    EXPECT_EQ((intptr_t)copy_silent(NULL), ETIMEDOUT);
    EXPECT_TRUE(zx_clock_get_monotonic() - second < second - first);
    namespace_unmount("/s");
    server_wait_all();
    EXPECT_TRUE(check_handles_return(before));
}
