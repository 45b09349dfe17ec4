// SPDX-License-Identifier: MIT
//
// Pipes.

#include <check/check.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#define LARGE (10u << 20)

TEST(bytes_come_out_in_order_and_then_the_end)
{
    char buffer[8] = {0};
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    EXPECT_EQ(write(ends[1], "hello", 5), 5);
    EXPECT_EQ(read(ends[0], buffer, 3), 3);
    EXPECT_EQ(memcmp(buffer, "hel", 3), 0);
    EXPECT_EQ(close(ends[1]), 0);
    EXPECT_EQ(read(ends[0], buffer, sizeof(buffer)), 2); // what was written is still there
    EXPECT_EQ(read(ends[0], buffer, sizeof(buffer)), 0);
    EXPECT_EQ(read(ends[0], buffer, sizeof(buffer)), 0);
    EXPECT_EQ(close(ends[0]), 0);
}

TEST(each_end_has_one_direction)
{
    struct stat info;
    char byte = 0;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    EXPECT_ERRNO(write(ends[0], &byte, 1), EBADF);
    EXPECT_ERRNO(read(ends[1], &byte, 1), EBADF);
    EXPECT_ERRNO(lseek(ends[0], 0, SEEK_SET), ESPIPE);
    EXPECT_ERRNO(pread(ends[0], &byte, 1, 0), ESPIPE);
    EXPECT_ERRNO(pwrite(ends[1], &byte, 1, 0), ESPIPE);
    EXPECT_ERRNO(ftruncate(ends[1], 0), EINVAL);
    EXPECT_ERRNO(fsync(ends[1]), EINVAL);
    EXPECT_ERRNO(fchdir(ends[0]), ENOTDIR);
    EXPECT_ERRNO(openat(ends[0], "x", O_RDONLY), ENOTDIR);
    EXPECT_EQ(fstat(ends[0], &info), 0);
    EXPECT_TRUE(S_ISFIFO(info.st_mode));
    EXPECT_EQ(fcntl(ends[0], F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_ACCMODE, O_WRONLY);
    EXPECT_EQ(read(ends[0], &byte, 0), 0);
    EXPECT_EQ(write(ends[1], &byte, 0), 0);
    close(ends[0]);
    close(ends[1]);
}

TEST(the_end_comes_when_the_last_writer_goes)
{
    char byte;
    int ends[2], other;

    ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
    other = dup(ends[1]);
    close(ends[1]);
    EXPECT_ERRNO(read(ends[0], &byte, 1), EAGAIN);
    EXPECT_EQ(write(other, "x", 1), 1);
    close(other);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}

TEST(a_pipe_without_readers_is_epipe_if_sigpipe_is_ignored)
{
    static char data[4096];
    int ends[2];

    signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(pipe(ends), 0);
    EXPECT_EQ(write(ends[1], data, sizeof(data)), sizeof(data));
    close(ends[0]);
    EXPECT_ERRNO(write(ends[1], data, 1), EPIPE);
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

TEST(a_handler_of_sigpipe_is_called)
{
    int ends[2];

    signal(SIGPIPE, on_signal);
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    EXPECT_ERRNO(write(ends[1], "x", 1), EPIPE);
    EXPECT_EQ(caught, SIGPIPE);
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
}

TEST(what_does_not_wait_says_eagain)
{
    static char data[65536];
    char byte;
    ssize_t size, total = 0;
    int ends[2], bytes = -1;

    ASSERT_EQ(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    EXPECT_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    EXPECT_ERRNO(read(ends[0], &byte, 1), EAGAIN);
    while ((size = write(ends[1], data, sizeof(data))) > 0) {
        total += size;
    }
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_TRUE(total >= 8192);
    EXPECT_EQ(ioctl(ends[0], FIONREAD, &bytes), 0);
    EXPECT_EQ(bytes, total);
    EXPECT_EQ(read(ends[0], data, 100), 100);
    EXPECT_EQ(write(ends[1], data, 200), 100); // as much as there is room for
    close(ends[0]);
    close(ends[1]);
    EXPECT_ERRNO(pipe2(ends, O_APPEND), EINVAL);
}

static uint32_t sum_of(uint32_t sum, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    return sum;
}

static void *write_large(void *argument)
{
    unsigned char *data = malloc(100000);
    uint32_t sum = 2166136261u, state = 1;
    size_t done = 0;

    while (data != NULL && done < LARGE) {
        size_t size = 1 + state % 99999;

        size = size < LARGE - done ? size : LARGE - done;
        for (size_t i = 0; i < size; i++) {
            state = state * 1103515245u + 12345u;
            data[i] = (unsigned char)(state >> 16);
        }
        sum = sum_of(sum, data, size);
        if (write(*(int *)argument, data, size) != (ssize_t)size) {
            break;
        }
        done += size;
    }
    free(data);
    close(*(int *)argument);
    return (void *)(uintptr_t)sum;
}

TEST(ten_mebibytes_arrive_as_they_were_sent)
{
    static unsigned char data[30000];
    uint32_t sum = 2166136261u;
    pthread_t thread;
    size_t total = 0;
    void *sent;
    ssize_t size;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, write_large, &ends[1]), 0);
    while ((size = read(ends[0], data, sizeof(data))) > 0) {
        sum = sum_of(sum, data, (size_t)size);
        total += (size_t)size;
    }
    EXPECT_EQ(size, 0);
    EXPECT_EQ(total, LARGE);
    pthread_join(thread, &sent);
    EXPECT_EQ(sum, (uint32_t)(uintptr_t)sent);
    close(ends[0]);
}

static void *read_one(void *argument)
{
    char byte = 0;
    ssize_t size = read(*(int *)argument, &byte, 1);

    return (void *)(intptr_t)(size == 1 ? byte : size);
}

TEST(closing_a_descriptor_leaves_the_read_in_progress_alone)
{
    uint64_t before = check_handle_count();

    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        void *result;
        int ends[2];

        ASSERT_EQ(pipe(ends), 0);
        ASSERT_EQ(pthread_create(&thread, NULL, read_one, &ends[0]), 0);
        if (i % 2 != 0) {
            zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
        }
        // Before the read began it is EBADF, afterwards it ends as if nothing had happened.
        EXPECT_EQ(close(ends[0]), 0);
        signal(SIGPIPE, SIG_IGN);
        write(ends[1], "b", 1);
        close(ends[1]);
        pthread_join(thread, &result);
        EXPECT_TRUE((intptr_t)result == 'b' || (intptr_t)result == -1);
    }
    EXPECT_TRUE(check_handles_return(before));
}

TEST(vectors_are_gathered_and_scattered)
{
    char first[3], second[1], third[100];
    struct iovec out[4] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}, {"g", 1}};
    struct iovec in[3] = {{first, sizeof(first)}, {second, sizeof(second)}, {third, sizeof(third)}};
    static char large[300000];
    struct iovec big[2] = {{"xy", 2}, {large, sizeof(large)}};
    int ends[2];

    ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
    EXPECT_EQ(writev(ends[1], out, 4), 7);
    EXPECT_EQ(readv(ends[0], in, 3), 7);
    EXPECT_EQ(memcmp(first, "abc", 3), 0);
    EXPECT_EQ(second[0], 'd');
    EXPECT_EQ(memcmp(third, "efg", 3), 0);
    ssize_t size = writev(ends[1], big, 2); // more than the pipe holds

    EXPECT_TRUE(size > 8192 && size < (ssize_t)sizeof(large));
    EXPECT_EQ(read(ends[0], third, 4), 4);
    EXPECT_EQ(memcmp(third, "xy\0\0", 4), 0);
    close(ends[0]);
    close(ends[1]);
}
