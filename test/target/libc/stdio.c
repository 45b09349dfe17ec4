// SPDX-License-Identifier: MIT
//
// Formatted output and input, and streams. Streams are on memory and pipes here: what descriptors do
// has tests of its own.

#define _GNU_SOURCE
#include <check/check.h>

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

static char text[512];

#define EXPECT_PRINTS(wanted, ...)                                                 \
    do {                                                                           \
        EXPECT_EQ(snprintf(text, sizeof(text), __VA_ARGS__), (int)strlen(wanted)); \
        EXPECT_STR(text, wanted);                                                  \
    } while (0)

TEST(printf_integers)
{
    EXPECT_PRINTS("0 -1 4294967295 ff FF 017", "%d %i %u %x %X %#o", 0, -1, UINT_MAX, 255, 255, 15);
    EXPECT_PRINTS("-9223372036854775808", "%" PRId64, INT64_MIN);
    EXPECT_PRINTS("18446744073709551615", "%zu", SIZE_MAX);
    EXPECT_PRINTS("[   42] [42   ] [00042] [+42] [ 42]", "[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42,
                  42, 42, 42);
    EXPECT_PRINTS("[0x1f] [  007] [] [0]", "[%#x] [%5.3d] [%.0d] [%.1d]", 31, 7, 0, 0);
    EXPECT_PRINTS("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, -1, -1, -1);
    EXPECT_PRINTS("[    7][7    ]", "[%*d][%-*d]", 5, 7, 5, 7);
    EXPECT_PRINTS("b a", "%2$s %1$s", "a", "b");
}

TEST(printf_text)
{
    EXPECT_PRINTS("[abc] [  abc] [ab ] [(null)]", "[%s] [%5s] [%-3.2s] [%s]", "abc", "abc", "abc",
                  (char *)NULL);
    EXPECT_PRINTS("a%b", "%c%%%c", 'a', 'b');
    EXPECT_PRINTS("[wide]", "[%ls]", L"wide");
    EXPECT_PRINTS("0x10", "%p", (void *)16);
    int count = 0;

    EXPECT_EQ(snprintf(text, sizeof(text), "four%n", &count), 4);
    EXPECT_EQ(count, 4);
    errno = ENOENT;
    EXPECT_PRINTS("No such file or directory", "%m");
}

TEST(printf_doubles)
{
    EXPECT_PRINTS("3.141593 -0.500000", "%f %f", 3.14159265358979, -0.5);
    EXPECT_PRINTS("1e+100 1.5e-07 100000 1e+06", "%g %g %g %g", 1e100, 1.5e-7, 1e5, 1e6);
    EXPECT_PRINTS("1.234568e+08", "%e", 123456789.0);
    EXPECT_PRINTS("2 4 2 0.1250", "%.0f %.0f %.0f %.4f", 2.5, 3.5, 1.5, 0.125);
    EXPECT_PRINTS("inf -inf nan INF", "%f %f %f %F", INFINITY, -INFINITY, NAN, INFINITY);
    EXPECT_PRINTS("0x1p+0 0x1.8p+1", "%a %a", 1.0, 3.0);
    EXPECT_PRINTS("0.1000000000000000055511151231257827021181583404541015625", "%.55f", 0.1);
    EXPECT_PRINTS("1.7976931348623157e+308 4.9406564584124654e-324", "%.17g %.17g", DBL_MAX,
                  0x1p-1074);
    EXPECT_EQ(snprintf(text, sizeof(text), "%.0f", DBL_MAX), 309);
    EXPECT_EQ(memcmp(text, "17976931348623157081452742373170435679807056752584", 50), 0);
    EXPECT_PRINTS("1.000000000000000000000000000000000193", "%.36Lf", 1.0L + LDBL_EPSILON);
}

TEST(printf_cuts_and_counts)
{
    char small[4] = "zzz";

    EXPECT_EQ(snprintf(small, sizeof(small), "abcdef"), 6);
    EXPECT_STR(small, "abc");
    EXPECT_EQ(snprintf(NULL, 0, "%d", 12345), 5);
    char *made = NULL;

    EXPECT_EQ(asprintf(&made, "%s-%d", "made", 7), 6);
    EXPECT_STR(made, "made-7");
    free(made);
    // 8 KiB of zeros are more than any buffer inside.
    EXPECT_EQ(snprintf(NULL, 0, "%09000d", 1), 9000);
}

TEST(scanf_numbers)
{
    int a = 0, b = 0, used = 0;
    unsigned c = 0;
    long long d = 0;
    double x = 0;
    float y = 0;

    EXPECT_EQ(sscanf("12 -7 0xff 99999999999", "%d %i %x %lld", &a, &b, &c, &d), 4);
    EXPECT_TRUE(a == 12 && b == -7 && c == 255 && d == 99999999999);
    EXPECT_EQ(sscanf("1.5e3 -0x1p-1 tail", "%lf %f%n", &x, &y, &used), 2);
    EXPECT_TRUE(x == 1500 && y == -0.5f && used == 13);
    EXPECT_EQ(sscanf("x", "%d", &a), 0);
    EXPECT_EQ(sscanf("", "%d", &a), EOF);
    EXPECT_EQ(sscanf("1234", "%2d%d", &a, &b), 2);
    EXPECT_TRUE(a == 12 && b == 34);
}

TEST(scanf_text)
{
    char word[16], set[16], *made = NULL;

    EXPECT_EQ(sscanf("  hello world", "%15s %[a-o]", word, set), 1);
    EXPECT_STR(word, "hello");
    EXPECT_EQ(sscanf("abc123", "%15[a-z]%15[^4]", word, set), 2);
    EXPECT_STR(word, "abc");
    EXPECT_STR(set, "123");
    EXPECT_EQ(sscanf("key=value", "%*[^=]=%ms", &made), 1);
    EXPECT_STR(made, "value");
    free(made);
}

TEST(streams_on_memory)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);

    ASSERT_TRUE(file != NULL);
    EXPECT_TRUE(fprintf(file, "%d lines\n", 2) > 0 && fputs("second", file) >= 0);
    EXPECT_EQ(fclose(file), 0);
    EXPECT_STR(out, "2 lines\nsecond");
    EXPECT_EQ(size, 14);
    file = fmemopen(out, size, "r");
    ASSERT_TRUE(file != NULL);
    EXPECT_TRUE(fgets(text, sizeof(text), file) != NULL);
    EXPECT_STR(text, "2 lines\n");
    EXPECT_EQ(ungetc('X', file), 'X');
    EXPECT_EQ(getc(file), 'X');
    EXPECT_EQ(fseek(file, 2, SEEK_SET), 0);
    EXPECT_EQ(ftell(file), 2);
    EXPECT_EQ(fread(text, 1, 5, file), 5);
    EXPECT_EQ(memcmp(text, "lines", 5), 0);
    fclose(file);
    free(out);
}

// Two ends of a pipe as streams.
static bool open_pipe(FILE **out_read, FILE **out_write)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return false;
    }
    *out_read = fdopen(ends[0], "r");
    *out_write = fdopen(ends[1], "w");
    return *out_read != NULL && *out_write != NULL;
}

TEST(streams_on_a_pipe)
{
    FILE *from, *to;
    char *line = NULL;
    size_t capacity = 0;
    static char block[3000];

    ASSERT_TRUE(open_pipe(&from, &to));
    EXPECT_TRUE(fputs("one\ntwo\n", to) >= 0);
    EXPECT_EQ(fwrite(block, 1, sizeof(block), to), sizeof(block));
    EXPECT_EQ(fclose(to), 0);
    EXPECT_EQ(getline(&line, &capacity, from), 4);
    EXPECT_STR(line, "one\n");
    EXPECT_EQ(getline(&line, &capacity, from), 4);
    EXPECT_EQ(fread(block, 1, sizeof(block), from), sizeof(block));
    EXPECT_EQ(getc(from), EOF);
    EXPECT_TRUE(feof(from) && !ferror(from));
    EXPECT_EQ(fclose(from), 0);
    free(line);
}

TEST(output_waits_in_the_buffer_until_it_is_flushed)
{
    FILE *from, *to;
    char got[8] = "";

    ASSERT_TRUE(open_pipe(&from, &to));
    EXPECT_EQ(setvbuf(to, NULL, _IOLBF, 512), 0);
    EXPECT_TRUE(fputs("ab", to) >= 0);
    EXPECT_TRUE(fputs("cd\n", to) >= 0); // the end of the line sends all of it
    EXPECT_EQ(read(fileno(from), got, sizeof(got)), 5);
    EXPECT_EQ(setvbuf(to, NULL, _IOFBF, 512), 0);
    EXPECT_TRUE(fputs("e\n", to) >= 0);
    EXPECT_EQ(fflush(to), 0);
    EXPECT_EQ(read(fileno(from), got, sizeof(got)), 2);
    fclose(to);
    fclose(from);
}

TEST(errors_of_streams)
{
    FILE *from, *to;

    ASSERT_TRUE(open_pipe(&from, &to));
    EXPECT_EQ(fputc('x', from), EOF);
    EXPECT_TRUE(ferror(from));
    clearerr(from);
    EXPECT_FALSE(ferror(from));
    EXPECT_EQ(close(fileno(to)), 0);
    EXPECT_EQ(fputs("lost", to), 4 - 4);
    EXPECT_EQ(fflush(to), EOF);
    EXPECT_EQ(errno, EBADF);
    fclose(from);
    EXPECT_EQ(fclose(to), EOF);
    EXPECT_TRUE(fopen("/nowhere/at/all", "r") == NULL && errno == ENOENT);
}
