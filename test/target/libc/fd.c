// SPDX-License-Identifier: MIT
//
// Descriptors themselves, and paths, in a process that was given neither descriptors nor mounts.

#include <check/check.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <jacinth/namespace.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/log.h>
#include <zircon/syscalls/object.h>

TEST(nothing_given_means_no_input_and_output_to_the_log)
{
    struct stat info;
    char byte;

    EXPECT_EQ(read(0, &byte, 1), 0);
    EXPECT_ERRNO(write(0, "x", 1), EBADF);
    EXPECT_EQ(write(1, "a line for the log\n", 19), 19);
    EXPECT_EQ(write(2, "the first half ", 15), 15);
    EXPECT_EQ(write(2, "and the second\n", 15), 15);
    EXPECT_ERRNO(read(1, &byte, 1), EBADF);
    EXPECT_EQ(isatty(1), 0);
    EXPECT_EQ(fstat(1, &info), 0);
    EXPECT_TRUE(S_ISCHR(info.st_mode));
    EXPECT_ERRNO(lseek(1, 0, SEEK_CUR), ESPIPE);
    EXPECT_ERRNO(fcntl(3, F_GETFD), EBADF);
}

// The next record of the log that this process has written, as a string; false: none.
static bool next_own_record(zx_handle_t log, char text[ZX_LOG_RECORD_DATA_MAX + 1])
{
    union {
        char bytes[ZX_LOG_RECORD_MAX];
        zx_log_record_t record;
    } log_record;
    zx_info_handle_basic_t self;

    if (zx_object_get_info(zx_process_self(), ZX_INFO_HANDLE_BASIC, &self, sizeof(self), NULL,
                           NULL) != ZX_OK) {
        return false;
    }
    while (zx_debuglog_read(log, 0, log_record.bytes, sizeof(log_record.bytes)) > 0) {
        if (log_record.record.pid == self.koid) {
            memcpy(text, log_record.record.data, log_record.record.datalen);
            text[log_record.record.datalen] = '\0';
            return true;
        }
    }
    return false;
}

TEST(a_long_line_becomes_several_records)
{
    char line[1000], text[ZX_LOG_RECORD_DATA_MAX + 1] = "";
    size_t length = 0;
    zx_handle_t log;

    ASSERT_EQ(zx_debuglog_create(check_root_resource(), ZX_LOG_FLAG_READABLE, &log), ZX_OK);
    EXPECT_EQ(write(1, "the long line follows\n", 22), 22);
    memset(line, 'l', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    EXPECT_EQ(write(1, line, sizeof(line)), sizeof(line));
    EXPECT_EQ(write(1, "\nbehind it\n", 11), 11);
    while (strcmp(text, "the long line follows") != 0) {
        ASSERT_TRUE(next_own_record(log, text));
    }
    // Full records, then one with the rest; an empty line is a record, too.
    while (length < sizeof(line) - 1) {
        size_t left = sizeof(line) - 1 - length;

        ASSERT_TRUE(next_own_record(log, text));
        EXPECT_EQ(strlen(text), left < ZX_LOG_RECORD_DATA_MAX ? left : ZX_LOG_RECORD_DATA_MAX);
        EXPECT_EQ(strspn(text, "l"), strlen(text));
        ASSERT_TRUE(text[0] == 'l');
        length += strlen(text);
    }
    EXPECT_EQ(length, sizeof(line) - 1);
    ASSERT_TRUE(next_own_record(log, text));
    EXPECT_STR(text, "");
    ASSERT_TRUE(next_own_record(log, text));
    EXPECT_STR(text, "behind it");
    EXPECT_EQ(zx_handle_close(log), ZX_OK);
}

TEST(numbers_that_are_not_open_are_ebadf)
{
    static const int numbers[] = {-1, 3, 1023, 1024, INT_MAX, INT_MIN};
    char byte = 0;
    struct stat info;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        int fd = numbers[i];

        EXPECT_ERRNO(read(fd, &byte, 1), EBADF);
        EXPECT_ERRNO(write(fd, &byte, 1), EBADF);
        EXPECT_ERRNO(read(fd, &byte, 0), EBADF);
        EXPECT_ERRNO(lseek(fd, 0, SEEK_SET), EBADF);
        EXPECT_ERRNO(fstat(fd, &info), EBADF);
        EXPECT_ERRNO(close(fd), EBADF);
        EXPECT_ERRNO(dup(fd), EBADF);
        EXPECT_ERRNO(dup2(fd, 5), EBADF);
        EXPECT_ERRNO(fcntl(fd, F_GETFL), EBADF);
        EXPECT_ERRNO(ftruncate(fd, 0), EBADF);
        EXPECT_ERRNO(fsync(fd), EBADF);
        EXPECT_ERRNO(fchdir(fd), EBADF);
        EXPECT_ERRNO(openat(fd, "x", O_RDONLY), EBADF);
    }
}

TEST(dup_takes_the_lowest_number)
{
    int first = dup(1), second = dup(1);

    EXPECT_EQ(first, 3);
    EXPECT_EQ(second, 4);
    EXPECT_EQ(close(first), 0);
    EXPECT_ERRNO(close(first), EBADF);
    EXPECT_EQ(dup(0), 3);
    EXPECT_EQ(close(3), 0);
    EXPECT_EQ(close(4), 0);
}

TEST(dup2_and_dup3_follow_posix)
{
    EXPECT_EQ(dup2(1, 7), 7);
    EXPECT_EQ(dup2(7, 7), 7);
    EXPECT_EQ(fcntl(7, F_GETFD), 0);
    EXPECT_EQ(dup3(1, 7, O_CLOEXEC), 7);
    EXPECT_EQ(fcntl(7, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(dup2(1, 7), 7);
    EXPECT_EQ(fcntl(7, F_GETFD), 0);
    EXPECT_ERRNO(dup3(7, 7, 0), EINVAL);
    EXPECT_ERRNO(dup3(1, 7, O_APPEND), EINVAL);
    EXPECT_ERRNO(dup2(1, 1024), EBADF);
    EXPECT_ERRNO(dup2(1, -1), EBADF);
    EXPECT_ERRNO(dup2(9, 7), EBADF);
    EXPECT_EQ(close(7), 0);
}

TEST(fcntl_duplicates_and_keeps_flags_apart)
{
    int fd = fcntl(1, F_DUPFD, 100), other = fcntl(1, F_DUPFD_CLOEXEC, 100);

    EXPECT_EQ(fd, 100);
    EXPECT_EQ(other, 101);
    EXPECT_EQ(fcntl(fd, F_GETFD), 0);
    EXPECT_EQ(fcntl(other, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(other, F_SETFD, 0), 0);
    EXPECT_EQ(fcntl(other, F_GETFD), 0);
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
    EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    EXPECT_EQ(fcntl(other, F_GETFL) & O_NONBLOCK, O_NONBLOCK); // of the open file, not the number
    EXPECT_EQ(fcntl(fd, F_SETFL, 0), 0);
    EXPECT_ERRNO(fcntl(1, F_DUPFD, 1024), EINVAL);
    EXPECT_ERRNO(fcntl(1, F_DUPFD, -1), EINVAL);
    EXPECT_ERRNO(fcntl(1, 12345), EINVAL);
    EXPECT_EQ(close(fd), 0);
    EXPECT_EQ(close(other), 0);
}

TEST(numbers_run_out_and_come_back)
{
    uint64_t before = check_handle_count();
    int fd = 0, last = 0;

    while ((fd = dup(1)) >= 0) {
        last = fd;
    }
    EXPECT_EQ(errno, EMFILE);
    EXPECT_EQ(last, 1023);
    EXPECT_ERRNO(open("/", O_RDONLY), EMFILE);
    EXPECT_ERRNO(pipe((int[2]){0}), EMFILE);
    EXPECT_EQ(close(500), 0);
    EXPECT_ERRNO(pipe((int[2]){0}), EMFILE); // one number is not enough, and is not lost
    EXPECT_EQ(dup(1), 500);
    for (int i = 3; i <= last; i++) {
        close(i);
    }
    EXPECT_EQ(dup(1), 3);
    close(3);
    EXPECT_TRUE(check_handles_return(before));
}

TEST(sizes_of_vectors_are_checked)
{
    struct iovec none = {NULL, 0};

    EXPECT_EQ(writev(1, &none, 0), 0);
    EXPECT_EQ(writev(1, &none, 1), 0);
    EXPECT_ERRNO(writev(1, &none, -1), EINVAL);
    EXPECT_ERRNO(writev(1, &none, IOV_MAX + 1), EINVAL);
    struct iovec large[2] = {{NULL, SSIZE_MAX}, {NULL, SSIZE_MAX}};

    EXPECT_ERRNO(writev(1, large, 2), EINVAL);
}

TEST(the_root_is_a_directory_of_mounts)
{
    struct stat info;
    DIR *directory = opendir("/");
    int fd;

    ASSERT_TRUE(directory != NULL);
    errno = 0;
    EXPECT_TRUE(readdir(directory) == NULL);
    EXPECT_EQ(errno, 0);
    EXPECT_EQ(closedir(directory), 0);
    EXPECT_EQ(stat("/", &info), 0);
    EXPECT_TRUE(S_ISDIR(info.st_mode));
    EXPECT_EQ(stat("/.././/..", &info), 0);
    EXPECT_ERRNO(open("/", O_RDWR), EISDIR);
    EXPECT_ERRNO(open("/", O_RDONLY | O_CREAT, 0666), EISDIR);
    EXPECT_ERRNO(open("/", O_RDONLY | O_CREAT | O_EXCL, 0666), EEXIST);
    fd = open("/", O_RDONLY);
    EXPECT_EQ(fd, 3);
    EXPECT_ERRNO(read(fd, &info, 1), EISDIR);
    EXPECT_ERRNO(openat(fd, "nothing", O_RDONLY), ENOENT);
    EXPECT_EQ(fchdir(fd), 0);
    EXPECT_EQ(close(fd), 0);
    EXPECT_ERRNO(rmdir("/"), EBUSY);
    EXPECT_ERRNO(unlink("/"), EISDIR);
    EXPECT_ERRNO(mkdir("/", 0777), EEXIST);
    EXPECT_ERRNO(mkdir("/new", 0777), EROFS);
    EXPECT_ERRNO(rename("/", "/x"), EBUSY);
}

TEST(paths_that_lead_nowhere)
{
    char name[5000];
    struct stat info;

    EXPECT_ERRNO(open("/nothing/here", O_RDONLY), ENOENT);
    EXPECT_ERRNO(open("/nothing", O_RDWR | O_CREAT, 0666), EROFS);
    EXPECT_ERRNO(open("", O_RDONLY), ENOENT);
    EXPECT_ERRNO(stat("", &info), ENOENT);
    EXPECT_ERRNO(access("/nothing", F_OK), ENOENT);
    EXPECT_ERRNO(access("/", 1000), EINVAL);
    EXPECT_ERRNO(unlink("/nothing"), ENOENT);
    EXPECT_ERRNO(rename("/nothing", "/other"), ENOENT);
    EXPECT_ERRNO(readlink("/nothing", name, 10), ENOENT);
    EXPECT_ERRNO(readlink("/", name, 10), EINVAL);
    EXPECT_ERRNO(truncate("/nothing", 0), ENOENT);
    EXPECT_ERRNO(symlink("/a", "/b"), EPERM);
    EXPECT_ERRNO(link("/a", "/b"), EPERM);
    memset(name, 'n', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    EXPECT_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    name[257] = '\0'; // a component of 256
    EXPECT_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    name[256] = '\0';
    EXPECT_ERRNO(open(name, O_RDONLY), ENOENT);
}

TEST(the_current_directory_is_checked)
{
    char path[100], *real;

    EXPECT_EQ(chdir("/"), 0);
    EXPECT_STR(getcwd(path, sizeof(path)), "/");
    EXPECT_STR(getcwd(path, 2), "/");
    EXPECT_TRUE(getcwd(path, 1) == NULL && errno == ERANGE);
    EXPECT_TRUE(getcwd(path, 0) == NULL && errno == EINVAL);
    EXPECT_ERRNO(chdir("/nothing"), ENOENT);
    EXPECT_STR(getcwd(path, sizeof(path)), "/");
    EXPECT_EQ(chdir("../.."), 0);
    real = realpath("/..//.", NULL);
    EXPECT_STR(real, "/");
    free(real);
}

TEST(the_mask_is_kept)
{
    EXPECT_EQ(umask(027), 022);
    EXPECT_EQ(umask(07777), 027);
    EXPECT_EQ(umask(022), 0777);
}

TEST(mounts_are_checked_and_listed_once)
{
    zx_handle_t ends[2];
    struct dirent *entry;
    DIR *directory;
    struct stat info;
    int seen = 0;

    for (int i = 0; i < 3; i++) {
        static const char *const paths[] = {"/m/a", "/m/./b//", "/m/a"};

        ASSERT_EQ(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
        EXPECT_EQ(namespace_mount(paths[i], ends[0]), ZX_OK);
        zx_handle_close(ends[1]);
    }
    ASSERT_EQ(zx_channel_create(0, &ends[0], &ends[1]), ZX_OK);
    EXPECT_EQ(namespace_mount("relative", ends[0]), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_handle_close(ends[0]), ZX_ERR_BAD_HANDLE); // consumed all the same
    zx_handle_close(ends[1]);

    directory = opendir("/");
    ASSERT_TRUE(directory != NULL);
    while ((entry = readdir(directory)) != NULL) {
        EXPECT_STR(entry->d_name, "m");
        EXPECT_EQ(entry->d_type, DT_DIR);
        seen++;
    }
    EXPECT_EQ(seen, 1);
    closedir(directory);
    directory = opendir("/m");
    ASSERT_TRUE(directory != NULL);
    entry = readdir(directory);
    ASSERT_TRUE(entry != NULL);
    EXPECT_STR(entry->d_name, "a");
    entry = readdir(directory);
    ASSERT_TRUE(entry != NULL);
    EXPECT_STR(entry->d_name, "b");
    EXPECT_TRUE(readdir(directory) == NULL);
    rewinddir(directory);
    entry = readdir(directory);
    EXPECT_STR(entry != NULL ? entry->d_name : NULL, "a");
    closedir(directory);

    EXPECT_EQ(stat("/m", &info), 0);
    EXPECT_EQ(chdir("/m"), 0);
    EXPECT_ERRNO(rmdir("/m"), EBUSY);
    EXPECT_ERRNO(rmdir("/m/a"), EBUSY);
    EXPECT_ERRNO(unlink("/m/a"), EISDIR);
    EXPECT_ERRNO(mkdir("/m/a", 0777), EEXIST);
    EXPECT_ERRNO(stat("a", &info), EIO); // its server is gone
    EXPECT_ERRNO(open("a/x", O_RDONLY), EIO);
    EXPECT_ERRNO(mkdir("a/x", 0777), EIO);
    EXPECT_ERRNO(rename("/m/a/x", "/m/b/x"), EXDEV);
    EXPECT_EQ(chdir("/"), 0);
    EXPECT_EQ(namespace_unmount("/m/b"), ZX_OK);
    EXPECT_EQ(namespace_unmount("/m/b"), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(namespace_unmount("/m"), ZX_ERR_NOT_FOUND);
    EXPECT_EQ(namespace_unmount("//m//a/"), ZX_OK);
    EXPECT_ERRNO(stat("/m", &info), ENOENT);
}

TEST(handles_become_descriptors_and_back)
{
    uint64_t before = check_handle_count();
    zx_handle_t handle, borrowed;
    uint32_t kind;
    int fd = -1, ends[2];

    ASSERT_EQ(pipe(ends), 0);
    EXPECT_EQ(fd_borrow_handle(ends[0], &borrowed, &kind), ZX_OK);
    EXPECT_EQ(kind, PA_FDIO_SOCKET);
    EXPECT_EQ(fd_clone(ends[0], &handle, &kind), ZX_OK);
    EXPECT_EQ(kind, PA_FDIO_SOCKET);
    EXPECT_TRUE(handle != borrowed);
    EXPECT_EQ(fd_from_handle(handle, kind, &fd), ZX_OK);
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY); // the socket knows which end it is
    EXPECT_EQ(close(fd), 0);
    EXPECT_EQ(fd_transfer(ends[0], &handle, &kind), ZX_OK);
    EXPECT_EQ(handle, borrowed); // nobody else had it
    EXPECT_ERRNO(close(ends[0]), EBADF);
    zx_handle_close(handle);
    EXPECT_EQ(fd_clone(ends[1], &handle, &kind), ZX_OK);
    EXPECT_EQ(fd_from_handle(handle, 0x77, &fd), ZX_ERR_INVALID_ARGS);
    EXPECT_EQ(zx_handle_close(handle), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(close(ends[1]), 0);
    EXPECT_EQ(fd_clone(77, &handle, &kind), ZX_ERR_BAD_HANDLE);
    EXPECT_EQ(fd_clone(0, &handle, &kind), ZX_ERR_NOT_SUPPORTED);
    EXPECT_EQ(fd_clone(1, &handle, &kind), ZX_OK);
    EXPECT_EQ(kind, PA_FDIO_LOGGER);
    zx_handle_close(handle);
    EXPECT_EQ(fd_next(0, 0), 0);
    EXPECT_EQ(fd_next(3, 0), -1);
    EXPECT_EQ(dup3(1, 9, O_CLOEXEC), 9);
    EXPECT_EQ(fd_next(3, 0), 9);
    EXPECT_EQ(fd_next(3, 1), -1);
    close(9);
    EXPECT_TRUE(check_handles_return(before));
}

TEST(ioctl_knows_what_is_no_terminal)
{
    struct winsize size;

    EXPECT_ERRNO(ioctl(1, TIOCGWINSZ, &size), ENOTTY);
    EXPECT_ERRNO(ioctl(99, TIOCGWINSZ, &size), EBADF);
}
