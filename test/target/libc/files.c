// SPDX-License-Identifier: MIT
//
// Files: opening, reading, writing, positions, sizes, mappings, and stdio on top.

#include <check/check.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <jacinth/fd.h>
#include <zircon/processargs.h>

#include "world.h"

#define LARGE 100000 // several messages

static unsigned char pattern(size_t at)
{
    return (unsigned char)(at * 7 + at / 251);
}

// Makes a file with this text.
static void make_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    EXPECT_TRUE(fd >= 0);
    EXPECT_EQ(write(fd, text, strlen(text)), strlen(text));
    EXPECT_EQ(close(fd), 0);
}

static void expect_content(const char *path, const char *text)
{
    char content[256] = {0};
    int fd = open(path, O_RDONLY);

    EXPECT_TRUE(fd >= 0);
    EXPECT_TRUE(read(fd, content, sizeof(content) - 1) >= 0);
    EXPECT_STR(content, text);
    close(fd);
}

TEST(what_is_written_can_be_read)
{
    char text[16] = {0};
    struct stat info;
    int fd;

    ASSERT_TRUE(world_start());
    EXPECT_ERRNO(open("/tmp/a", O_RDWR), ENOENT);
    fd = open("/tmp/a", O_RDWR | O_CREAT, 0666);
    ASSERT_TRUE(fd >= 0);
    EXPECT_EQ(write(fd, "hello, world", 12), 12);
    EXPECT_EQ(read(fd, text, sizeof(text)), 0);
    EXPECT_EQ(lseek(fd, 7, SEEK_SET), 7);
    EXPECT_EQ(read(fd, text, sizeof(text)), 5);
    EXPECT_STR(text, "world");
    EXPECT_EQ(lseek(fd, -5, SEEK_END), 7);
    EXPECT_EQ(lseek(fd, 2, SEEK_CUR), 9);
    EXPECT_ERRNO(lseek(fd, -20, SEEK_CUR), EINVAL);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 9);
    EXPECT_EQ(pread(fd, text, 5, 0), 5);
    EXPECT_STR(text, "hello");
    EXPECT_EQ(pwrite(fd, "J", 1, 0), 1);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 9);
    EXPECT_ERRNO(pread(fd, text, 1, -1), EINVAL);
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_EQ(info.st_size, 12);
    EXPECT_EQ(info.st_mode, S_IFREG | 0644); // 0666 without the mask
    EXPECT_EQ(info.st_nlink, 1);
    EXPECT_EQ(close(fd), 0);
    expect_content("/tmp/a", "Jello, world");
}

TEST(flags_of_open)
{
    char text[8];
    int fd;

    make_file("/tmp/f", "0123456789");
    EXPECT_ERRNO(open("/tmp/f", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST);
    EXPECT_ERRNO(open("/tmp/f", O_RDONLY | O_DIRECTORY), ENOTDIR);
    EXPECT_ERRNO(open("/tmp/f/", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("/tmp/f/x", O_RDONLY), ENOTDIR);
    EXPECT_ERRNO(open("/tmp/g/", O_RDWR | O_CREAT, 0666), EISDIR);
    EXPECT_ERRNO(open("/tmp/g/x", O_RDWR | O_CREAT, 0666), ENOENT);
    EXPECT_ERRNO(open("/tmp", O_RDWR), EISDIR);
    EXPECT_ERRNO(open("/tmp", O_RDONLY | O_CREAT, 0666), EISDIR);
    fd = open("/tmp/f", O_RDONLY);
    EXPECT_ERRNO(write(fd, "x", 1), EBADF);
    EXPECT_ERRNO(ftruncate(fd, 0), EINVAL);
    EXPECT_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    close(fd);
    fd = open("/tmp/f", O_RDONLY | O_TRUNC); // no meaning, and nothing lost
    close(fd);
    fd = open("/tmp/f", O_WRONLY | O_APPEND);
    EXPECT_ERRNO(read(fd, text, 1), EBADF);
    EXPECT_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_WRONLY | O_APPEND);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(write(fd, "ab", 2), 2);
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 12);
    close(fd);
    expect_content("/tmp/f", "0123456789ab");
    fd = open("/tmp/f", O_WRONLY);
    EXPECT_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
    EXPECT_EQ(write(fd, "cd", 2), 2);
    EXPECT_EQ(fcntl(fd, F_SETFL, 0), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(write(fd, "X", 1), 1);
    close(fd);
    expect_content("/tmp/f", "X123456789abcd");
    fd = open("/tmp/f", O_WRONLY | O_TRUNC);
    close(fd);
    expect_content("/tmp/f", "");
}

TEST(large_reads_and_writes)
{
    unsigned char *data = malloc(LARGE), *back = malloc(LARGE + 100);
    struct iovec parts[3];
    int fd = open("/tmp/large", O_RDWR | O_CREAT | O_TRUNC, 0600);

    ASSERT_TRUE(data != NULL && back != NULL && fd >= 0);
    for (size_t i = 0; i < LARGE; i++) {
        data[i] = pattern(i);
    }
    EXPECT_EQ(write(fd, data, LARGE), LARGE);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(read(fd, back, LARGE + 100), LARGE);
    EXPECT_EQ(memcmp(data, back, LARGE), 0);
    EXPECT_EQ(pread(fd, back, LARGE, 50000), LARGE - 50000);
    EXPECT_EQ(memcmp(data + 50000, back, LARGE - 50000), 0);
    parts[0] = (struct iovec){data, 10};
    parts[1] = (struct iovec){data + 10, 20000};
    parts[2] = (struct iovec){data + 20010, 5};
    EXPECT_EQ(ftruncate(fd, 0), 0);
    EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
    EXPECT_EQ(writev(fd, parts, 3), 20015);
    EXPECT_EQ(pread(fd, back, LARGE, 0), 20015);
    EXPECT_EQ(memcmp(data, back, 20015), 0);
    EXPECT_EQ(close(fd), 0);
    EXPECT_EQ(unlink("/tmp/large"), 0);
    free(data);
    free(back);
}

TEST(sizes_change)
{
    char text[32];
    int fd;

    make_file("/tmp/t", "0123456789");
    EXPECT_EQ(truncate("/tmp/t", 4), 0);
    expect_content("/tmp/t", "0123");
    fd = open("/tmp/t", O_RDWR);
    EXPECT_EQ(ftruncate(fd, 8), 0);
    EXPECT_EQ(read(fd, text, sizeof(text)), 8);
    EXPECT_EQ(memcmp(text, "0123\0\0\0\0", 8), 0);
    EXPECT_EQ(lseek(fd, 20, SEEK_SET), 20);
    EXPECT_EQ(write(fd, "end", 3), 3); // a hole
    EXPECT_EQ(pread(fd, text, sizeof(text), 8), 15);
    EXPECT_EQ(memcmp(text, "\0\0\0\0\0\0\0\0\0\0\0\0end", 15), 0);
    EXPECT_ERRNO(ftruncate(fd, -1), EINVAL);
    EXPECT_ERRNO(truncate("/tmp/t", -1), EINVAL);
    EXPECT_ERRNO(truncate("/tmp", 0), EISDIR);
    EXPECT_ERRNO(ftruncate(fd, (off_t)1 << 60), EFBIG);
    EXPECT_ERRNO(pwrite(fd, "x", 1, (off_t)1 << 60), EFBIG);
    close(fd);
}

TEST(a_full_file_system_is_enospc)
{
    static char block[1 << 16];
    struct statvfs system;
    ssize_t size, total = 0;
    int fd = open("/tmp/full", O_WRONLY | O_CREAT, 0600);

    while ((size = write(fd, block, sizeof(block))) > 0 && total < (64 << 20)) {
        total += size;
    }
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_TRUE(total >= 4 << 20);
    EXPECT_EQ(statvfs("/tmp", &system), 0);
    EXPECT_TRUE(system.f_bfree * system.f_frsize < sizeof(block));
    EXPECT_EQ(close(fd), 0);
    EXPECT_EQ(unlink("/tmp/full"), 0);
    EXPECT_EQ(statvfs("/tmp", &system), 0);
    EXPECT_TRUE(system.f_bfree * system.f_frsize > 4 << 20);
}

TEST(the_position_is_shared_by_duplicates)
{
    zx_handle_t handle;
    uint32_t kind;
    char text[8] = {0};
    int fd, other, cloned;

    make_file("/tmp/d", "0123456789");
    fd = open("/tmp/d", O_RDONLY);
    other = dup(fd);
    ASSERT_EQ(fd_clone(fd, &handle, &kind), 0); // what a child would get
    EXPECT_EQ(kind, PA_FDIO_REMOTE);
    ASSERT_EQ(fd_from_handle(handle, kind, &cloned), 0);
    EXPECT_EQ(read(fd, text, 2), 2);
    EXPECT_EQ(read(other, text, 2), 2);
    EXPECT_EQ(text[0], '2');
    EXPECT_EQ(read(cloned, text, 2), 2);
    EXPECT_EQ(text[0], '4');
    EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 6);
    EXPECT_EQ(fcntl(cloned, F_GETFL) & O_ACCMODE, O_RDONLY); // its server knows
    EXPECT_ERRNO(write(cloned, "x", 1), EBADF);
    close(fd);
    close(other);
    EXPECT_EQ(read(cloned, text, 1), 1);
    close(cloned);
}

TEST(a_file_without_a_name_lives_on)
{
    char text[8] = {0};
    struct stat info;
    int fd;

    make_file("/tmp/u", "still");
    fd = open("/tmp/u", O_RDWR);
    EXPECT_EQ(unlink("/tmp/u"), 0);
    EXPECT_ERRNO(open("/tmp/u", O_RDONLY), ENOENT);
    EXPECT_EQ(read(fd, text, 8), 5);
    EXPECT_STR(text, "still");
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_EQ(info.st_nlink, 0);
    close(fd);
}

TEST(the_initrd_is_read_only)
{
    char head[4];
    struct stat info;
    int fd = open("/boot/test/libc-files", O_RDONLY);

    ASSERT_TRUE(fd >= 0);
    EXPECT_EQ(read(fd, head, 4), 4);
    EXPECT_EQ(memcmp(head,
                     "\x7f"
                     "ELF",
                     4),
              0);
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_TRUE(S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0);
    close(fd);
    EXPECT_ERRNO(open("/boot/test/libc-files", O_RDWR), EROFS);
    EXPECT_ERRNO(open("/boot/new", O_RDWR | O_CREAT, 0666), EROFS);
    EXPECT_ERRNO(mkdir("/boot/new", 0777), EROFS);
    EXPECT_ERRNO(unlink("/boot/test/libc-files"), EROFS);
    EXPECT_ERRNO(rename("/boot/bin", "/boot/nib"), EROFS);
    EXPECT_ERRNO(rename("/boot/bin", "/tmp/bin"), EXDEV);
    EXPECT_EQ(access("/boot/test/libc-files", R_OK | X_OK), 0);
    EXPECT_ERRNO(access("/boot/test/libc-files", W_OK), EACCES);
}

TEST(files_are_mapped)
{
    unsigned char *memory;
    char text[8] = {0};
    int fd;

    make_file("/tmp/m", "mapped");
    fd = open("/tmp/m", O_RDWR);
    memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    ASSERT_TRUE(memory != MAP_FAILED);
    EXPECT_EQ(memcmp(memory, "mapped\0", 7), 0);
    munmap(memory, 4096);
    memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    ASSERT_TRUE(memory != MAP_FAILED);
    memory[0] = 'M';
    munmap(memory, 4096);
    expect_content("/tmp/m", "mapped"); // private
    memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) {
        memory[0] = 'S';
        EXPECT_EQ(pread(fd, text, 6, 0), 6);
        EXPECT_STR(text, "Sapped");
        munmap(memory, 4096);
    } else {
        EXPECT_EQ(errno, ENODEV); // the server may say no
    }
    close(fd);
    fd = open("/tmp/m", O_WRONLY);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EACCES);
    close(fd);
    fd = open("/tmp/m", O_RDONLY);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED &&
                errno == EACCES);
    close(fd);
    fd = open("/tmp", O_RDONLY);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == ENODEV);
    close(fd);
    EXPECT_TRUE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 77, 0) == MAP_FAILED && errno == EBADF);
}

TEST(modes_and_times)
{
    struct timespec times[2] = {{1, 2}, {1000000000, 123456789}};
    struct stat info;

    make_file("/tmp/c", "");
    EXPECT_EQ(chmod("/tmp/c", 0751), 0);
    EXPECT_EQ(stat("/tmp/c", &info), 0);
    EXPECT_EQ(info.st_mode, S_IFREG | 0751);
    EXPECT_EQ(utimensat(AT_FDCWD, "/tmp/c", times, 0), 0);
    EXPECT_EQ(stat("/tmp/c", &info), 0);
    EXPECT_EQ(info.st_mtim.tv_sec, 1000000000);
    EXPECT_EQ(info.st_mtim.tv_nsec, 123456789);
    times[1].tv_nsec = UTIME_OMIT;
    EXPECT_EQ(utimensat(AT_FDCWD, "/tmp/c", times, 0), 0);
    times[1].tv_nsec = 2000000000;
    EXPECT_ERRNO(utimensat(AT_FDCWD, "/tmp/c", times, 0), EINVAL);
    EXPECT_EQ(stat("/tmp/c", &info), 0);
    EXPECT_EQ(info.st_mtim.tv_sec, 1000000000);
    EXPECT_EQ(utimensat(AT_FDCWD, "/tmp/c", NULL, 0), 0);
    EXPECT_EQ(stat("/tmp/c", &info), 0);
    EXPECT_TRUE(info.st_mtim.tv_sec != 1000000000);
    EXPECT_ERRNO(utimensat(AT_FDCWD, "/tmp/nothing", NULL, 0), ENOENT);
    EXPECT_EQ(chown("/tmp/c", 0, 0), 0);
    EXPECT_EQ(chown("/tmp/c", (uid_t)-1, (gid_t)-1), 0);
    EXPECT_ERRNO(chown("/tmp/c", 1000, 0), EPERM);
    EXPECT_ERRNO(chown("/tmp/nothing", 0, 0), ENOENT);
}

TEST(stdio_and_temporary_files)
{
    char line[64], name[] = "/tmp/mk-XXXXXX";
    FILE *file = fopen("/tmp/s", "w+");
    int fd, number = 0;

    ASSERT_TRUE(file != NULL);
    for (int i = 0; i < 5000; i++) {
        fprintf(file, "line %d\n", i);
    }
    EXPECT_EQ(fseek(file, 0, SEEK_SET), 0);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (atoi(line + 5) != number) {
            check_fail(__FILE__, __LINE__, "line %d is \"%s\"", number, line);
            break;
        }
        number++;
    }
    EXPECT_EQ(number, 5000);
    EXPECT_EQ(fclose(file), 0);
    file = fopen("/tmp/s", "a");
    EXPECT_EQ(fputs("more", file), 0);
    EXPECT_EQ(ftell(file), 48894);
    EXPECT_EQ(fclose(file), 0);
    file = tmpfile();
    ASSERT_TRUE(file != NULL);
    EXPECT_EQ(fputs("temporary", file) >= 0, 1);
    rewind(file);
    EXPECT_STR(fgets(line, sizeof(line), file), "temporary");
    EXPECT_EQ(fclose(file), 0);
    fd = mkstemp(name);
    EXPECT_TRUE(fd >= 0);
    EXPECT_EQ(close(fd), 0);
    EXPECT_EQ(unlink(name), 0);
    EXPECT_TRUE(fopen("/tmp/none", "r") == NULL && errno == ENOENT);
}

static void *write_lines(void *argument)
{
    char line[16];
    int fd = open("/tmp/many", O_WRONLY | O_APPEND);

    for (int i = 0; i < 200; i++) {
        memset(line, *(char *)argument, 15);
        line[15] = '\n';
        write(fd, line, 16);
    }
    close(fd);
    return NULL;
}

TEST(appending_threads_do_not_overwrite_each_other)
{
    static char letters[] = "abcd";
    char line[16];
    pthread_t threads[4];
    int counts[4] = {0}, fd = open("/tmp/many", O_RDWR | O_CREAT | O_TRUNC, 0666);

    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(pthread_create(&threads[i], NULL, write_lines, &letters[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    while (read(fd, line, 16) == 16) {
        for (int i = 1; i < 15; i++) {
            if (line[i] != line[0]) {
                check_fail(__FILE__, __LINE__, "a torn line");
                return;
            }
        }
        counts[line[0] - 'a']++;
    }
    for (int i = 0; i < 4; i++) {
        EXPECT_EQ(counts[i], 200);
    }
    close(fd);
}

TEST(a_thousand_files_leave_no_handle)
{
    uint64_t before = check_handle_count();
    char name[32];
    struct stat info;

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "/tmp/n%d", i);
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0666);

        if (fd < 0 || write(fd, name, 4) != 4 || close(fd) != 0 || stat(name, &info) != 0 ||
            info.st_size != 4 || unlink(name) != 0) {
            check_fail(__FILE__, __LINE__, "file %d: %s", i, strerror(errno));
            break;
        }
    }
    EXPECT_TRUE(check_handles_return(before));
}
