// SPDX-License-Identifier: MIT
//
// poll() and select().

#include <check/check.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <zircon/syscalls.h>

#include "baseline.h"

TEST(readiness_of_pipes)
{
    struct pollfd entries[2];
    int ends[2];
    char byte;

    ASSERT_EQ(pipe(ends), 0);
    entries[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    entries[1] = (struct pollfd){.fd = ends[1], .events = POLLOUT | POLLIN};
    EXPECT_EQ(poll(entries, 2, 0), 1);
    EXPECT_EQ(entries[0].revents, 0);
    EXPECT_EQ(entries[1].revents, POLLOUT);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    EXPECT_EQ(poll(entries, 2, -1), 2);
    EXPECT_EQ(entries[0].revents, POLLIN);
    close(ends[1]);
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_EQ(entries[0].revents, POLLIN | POLLHUP);
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_EQ(entries[0].revents, POLLHUP);
    entries[0].events = 0;
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_EQ(entries[0].revents, POLLHUP);
    close(ends[0]);
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    entries[0] = (struct pollfd){.fd = ends[1], .events = POLLOUT};
    EXPECT_EQ(poll(entries, 1, -1), 1);
    EXPECT_TRUE((entries[0].revents & POLLERR) != 0);
    close(ends[1]);
}

TEST(numbers_that_are_not_open)
{
    struct pollfd entries[3] = {
        {.fd = -1, .events = POLLIN, .revents = 99},
        {.fd = 77, .events = POLLIN},
        {.fd = -77, .events = POLLOUT, .revents = 99},
    };

    EXPECT_EQ(poll(entries, 3, 1000), 1);
    EXPECT_EQ(entries[0].revents, 0);
    EXPECT_EQ(entries[1].revents, POLLNVAL);
    EXPECT_EQ(entries[2].revents, 0);
    EXPECT_ERRNO(poll(entries, 100000, 0), EINVAL);
    EXPECT_ERRNO(ppoll(entries, 1, &(struct timespec){-1, 0}, NULL), EINVAL);
    EXPECT_ERRNO(ppoll(entries, 1, &(struct timespec){0, 1000000000}, NULL), EINVAL);
}

TEST(what_is_always_ready)
{
    struct pollfd entries[2] = {{.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT | POLLIN}};

    EXPECT_EQ(poll(entries, 2, -1), 2);
    EXPECT_EQ(entries[0].revents, POLLIN);
    EXPECT_EQ(entries[1].revents, POLLOUT);
}

TEST(a_poll_waits_as_long_as_it_was_told)
{
    struct pollfd entry;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    entry = (struct pollfd){.fd = ends[0], .events = POLLIN};
    zx_time_t start = zx_clock_get_monotonic();

    EXPECT_EQ(poll(&entry, 1, 30), 0);
    EXPECT_EQ(poll(NULL, 0, 20), 0);
    EXPECT_TRUE(zx_clock_get_monotonic() - start >= ZX_MSEC(50));
    close(ends[0]);
    close(ends[1]);
}

static void *write_later(void *argument)
{
    zx_nanosleep(zx_deadline_after(ZX_MSEC(5)));
    write(*(int *)argument, "x", 1);
    return NULL;
}

TEST(a_write_in_another_thread_ends_the_poll)
{
    struct pollfd entries[40];
    int ends[40][2];
    pthread_t thread;

    for (int i = 0; i < 40; i++) {
        ASSERT_EQ(pipe(ends[i]), 0);
        entries[i] = (struct pollfd){.fd = ends[i][0], .events = POLLIN};
    }
    ASSERT_EQ(pthread_create(&thread, NULL, write_later, &ends[33][1]), 0);
    EXPECT_EQ(poll(entries, 40, -1), 1);
    for (int i = 0; i < 40; i++) {
        EXPECT_EQ(entries[i].revents, i == 33 ? POLLIN : 0);
    }
    pthread_join(thread, NULL);
    for (int i = 0; i < 40; i++) {
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

// A thousand registrations that are taken back, and one that is not needed any more.
static void poll_often(void)
{
    struct pollfd entries[2];
    int ends[2], more[2];

    ASSERT_EQ(pipe(ends), 0);
    ASSERT_EQ(pipe(more), 0);
    entries[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    entries[1] = (struct pollfd){.fd = more[0], .events = POLLIN};
    for (int i = 0; i < 1000; i++) {
        // A deadline that has just passed: registers, waits, takes back.
        if (ppoll(entries, 2, &(struct timespec){0, 1}, NULL) != 0) {
            check_fail(__FILE__, __LINE__, "poll %d", i);
            break;
        }
    }
    EXPECT_EQ(write(more[1], "x", 1), 1);
    EXPECT_EQ(poll(entries, 2, -1), 1);
    EXPECT_EQ(entries[1].revents, POLLIN);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(more[i]);
    }
}

TEST(thousands_of_polls_leave_nothing_behind)
{
    baseline_check_rounds(poll_often);
}

TEST(select_keeps_what_is_ready)
{
    fd_set in, out;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    EXPECT_EQ(select(ends[1] + 1, &in, &out, NULL, NULL), 1);
    EXPECT_FALSE(FD_ISSET(ends[0], &in));
    EXPECT_TRUE(FD_ISSET(ends[1], &out));
    FD_SET(ends[0], &in);
    EXPECT_EQ(select(ends[1] + 1, &in, NULL, NULL, &(struct timeval){0, 2000}), 0);
    EXPECT_FALSE(FD_ISSET(ends[0], &in));
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    FD_SET(ends[0], &in);
    EXPECT_EQ(select(ends[1] + 1, &in, &out, NULL, NULL), 2);
    close(ends[1]);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &in);
    EXPECT_ERRNO(select(ends[1] + 1, &in, NULL, NULL, NULL), EBADF);
    EXPECT_ERRNO(select(-1, NULL, NULL, NULL, NULL), EINVAL);
    EXPECT_ERRNO(select(FD_SETSIZE + 1, NULL, NULL, NULL, NULL), EINVAL);
    EXPECT_EQ(select(0, NULL, NULL, NULL, &(struct timeval){0, 1000}), 0);
    close(ends[0]);
}
