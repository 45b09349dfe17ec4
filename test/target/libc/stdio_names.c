// SPDX-License-Identifier: MIT
//
// A program may define write, writev, readv, lseek and isatty itself: stdio then goes through these
// (spec 34 section 1), and they do not clash with the library's.

#include <check/check.h>

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char written[256];
static size_t used;
static int asked_for_terminal;

static void keep(const void *data, size_t size)
{
    size_t part = size < sizeof(written) - used ? size : sizeof(written) - used;

    memcpy(written + used, data, part);
    used += part;
}

ssize_t write(int fd, const void *data, size_t size)
{
    (void)fd;
    keep(data, size);
    return (ssize_t)size;
}

// Takes one byte less than it could, once, as a slow descriptor may.
ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    static bool once;
    ssize_t total = 0;

    (void)fd;
    for (int i = 0; i < count; i++) {
        size_t size = pieces[i].iov_len;

        if (!once && size > 1) {
            once = true;
            keep(pieces[i].iov_base, size - 1);
            return total + (ssize_t)size - 1;
        }
        keep(pieces[i].iov_base, size);
        total += (ssize_t)size;
    }
    return total;
}

ssize_t readv(int fd, const struct iovec *pieces, int count)
{
    (void)fd, (void)count;
    memcpy(pieces[0].iov_base, "r", 1);
    return 1;
}

off_t lseek(int fd, off_t offset, int whence)
{
    (void)fd, (void)whence;
    return offset == 0 ? 77 : -1;
}

int isatty(int fd)
{
    (void)fd;
    asked_for_terminal++;
    return 1;
}

TEST(output_goes_to_the_programs_own_write)
{
    EXPECT_EQ(printf("hello %d\n", 5), 8);
    EXPECT_EQ(asked_for_terminal, 1);
    EXPECT_EQ(fprintf(stderr, "error"), 5);
    EXPECT_EQ(used, 13);
    EXPECT_EQ(memcmp(written, "hello 5\nerror", 13), 0);
}

TEST(input_and_seeking_too)
{
    EXPECT_EQ(getchar(), 'r');
    EXPECT_EQ(ftell(stdin), 77);
}
