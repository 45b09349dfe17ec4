// SPDX-License-Identifier: MIT
//
// Numbers from text, sorting, mathematics, and the rest of what programs take for granted.

#define _GNU_SOURCE
#include <check/check.h>

#include <assert.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <getopt.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <regex.h>
#include <search.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TEST(integers_from_text)
{
    char *end;

    EXPECT_EQ(strtol("  -42x", &end, 10), -42);
    EXPECT_EQ(*end, 'x');
    EXPECT_EQ(strtol("0x1F", NULL, 0), 31);
    EXPECT_EQ(strtol("017", NULL, 0), 15);
    EXPECT_EQ(strtoul("zz", NULL, 36), 35 * 36 + 35);
    errno = 0;
    EXPECT_TRUE(strtol("9223372036854775808", NULL, 10) == LONG_MAX && errno == ERANGE);
    errno = 0;
    EXPECT_TRUE(strtoull("-1", NULL, 10) == ULLONG_MAX && errno == 0);
    EXPECT_EQ(strtol("none", &end, 10), 0);
    EXPECT_EQ(*end, 'n');
    EXPECT_EQ(atoi("12abc"), 12);
    EXPECT_EQ(strtoimax("-9", NULL, 10), -9);
}

TEST(doubles_from_text)
{
    char *end;

    EXPECT_TRUE(strtod("3.25e2abc", &end) == 325 && *end == 'a');
    EXPECT_TRUE(strtod("0x1.8p3", NULL) == 12);
    EXPECT_TRUE(strtod("0.1", NULL) == 0.1 && strtod("1e23", NULL) == 1e23);
    EXPECT_TRUE(strtod("2.2250738585072011e-308", NULL) == 0x0.fffffffffffffp-1022);
    EXPECT_TRUE(isinf(strtod("-inf", NULL)) && isnan(strtod("nan(5)", NULL)));
    errno = 0;
    EXPECT_TRUE(isinf(strtod("1e999", NULL)) && errno == ERANGE);
    EXPECT_TRUE(strtof("16777217", NULL) == 16777216.0f);
    EXPECT_TRUE(strtold("0.5", NULL) == 0.5L);
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

TEST(sorting_and_searching)
{
    enum { COUNT = 2000 };
    static uint32_t numbers[COUNT];
    uint64_t sum = 0, sorted_sum = 0;

    srand(7);
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = (uint32_t)rand() % 500;
        sum += numbers[i];
    }
    qsort(numbers, COUNT, sizeof(numbers[0]), compare);
    for (int i = 0; i < COUNT; i++) {
        sorted_sum += numbers[i];
        EXPECT_TRUE(i == 0 || numbers[i - 1] <= numbers[i]);
    }
    EXPECT_EQ(sum, sorted_sum);
    uint32_t wanted = numbers[COUNT / 2], absent = 1000;
    uint32_t *found = bsearch(&wanted, numbers, COUNT, sizeof(numbers[0]), compare);

    EXPECT_TRUE(found != NULL && *found == wanted);
    EXPECT_TRUE(bsearch(&absent, numbers, COUNT, sizeof(numbers[0]), compare) == NULL);
}

TEST(random_sequences_repeat)
{
    srand(5);
    int first = rand(), second = rand();

    srand(5);
    EXPECT_TRUE(rand() == first && rand() == second && first != second);
    srandom(9);
    long third = random();

    srandom(9);
    EXPECT_EQ(random(), third);
}

TEST(whole_numbers)
{
    div_t result = div(-7, 2);

    EXPECT_TRUE(result.quot == -3 && result.rem == -1);
    EXPECT_EQ(labs(-5), 5);
    EXPECT_EQ(ffsll(INT64_C(1) << 40), 41);
}

static bool near(double value, double wanted)
{
    return fabs(value - wanted) <= 4 * DBL_EPSILON * fabs(wanted);
}

TEST(mathematics)
{
    EXPECT_TRUE(sqrt(2) == 1.4142135623730951 && near(pow(2, 0.5), 1.4142135623730951));
    EXPECT_TRUE(near(sin(1), 0.8414709848078965) && near(cos(1), 0.54030230586813977));
    EXPECT_TRUE(near(exp(1), 2.718281828459045) && near(log(10), 2.302585092994046));
    EXPECT_TRUE(near(atan2(1, -1), 2.356194490192345) && near(tgamma(5), 24));
    EXPECT_TRUE(floor(-1.5) == -2 && ceil(-1.5) == -1 && trunc(-1.5) == -1 && round(-1.5) == -2);
    EXPECT_TRUE(lrint(2.5) == 2 && fmod(7, 3) == 1 && fma(2, 3, 4) == 10);
    EXPECT_TRUE(isnan(nan("")) && isnan(sqrt(-1)) && isinf(1 / 0.0));
    EXPECT_TRUE(ldexp(1, 10) == 1024 && nextafter(1, 2) == 1 + DBL_EPSILON);
    EXPECT_TRUE(sqrtl(2.0L) * sqrtl(2.0L) - 2.0L < 1e-30L); // 128 bits wide, by libgcc
    EXPECT_TRUE(sqrtf(9) == 3 && sinf(0) == 0);
    EXPECT_EQ(feclearexcept(FE_ALL_EXCEPT), 0);
    volatile double zero = 0, one = 1;

    zero = one / zero;
    EXPECT_TRUE(fetestexcept(FE_DIVBYZERO) != 0);
    EXPECT_EQ(fesetround(FE_UPWARD), 0);
    EXPECT_TRUE(one + 0x1p-60 > 1);
    EXPECT_EQ(fesetround(FE_TONEAREST), 0);
}

static jmp_buf place;

static void __attribute__((noinline)) jump(int value)
{
    longjmp(place, value);
}

TEST(long_jumps)
{
    volatile int before = 1;
    volatile double kept = 1.5;
    int value = setjmp(place);

    if (value == 0) {
        before = 2;
        jump(7);
    }
    EXPECT_EQ(value, 7);
    EXPECT_EQ(before, 2);
    EXPECT_TRUE(kept == 1.5);
}

TEST(a_jump_buffer_shows_no_address)
{
    uintptr_t low = (uintptr_t)&jump & ~(uintptr_t)0xffffff;
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);

    (void)setjmp(place);
    const unsigned long *words = place[0].__jb;

    // The return address and the stack pointer; x29, in between, is the frame's.
    EXPECT_TRUE((words[11] & ~(uintptr_t)0xffffff) != low);
    EXPECT_TRUE(words[12] > stack + 65536 || words[12] < stack - 65536);
}

static sigjmp_buf signal_place;

TEST(jumps_with_the_signal_mask)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    int value = sigsetjmp(signal_place, 1);

    if (value == 0) {
        EXPECT_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        siglongjmp(signal_place, 5);
    }
    EXPECT_EQ(value, 5);
    EXPECT_EQ(sigprocmask(SIG_SETMASK, NULL, &set), 0);
    EXPECT_EQ(sigismember(&set, SIGUSR1), 0);
    value = sigsetjmp(signal_place, 0);
    if (value == 0) {
        siglongjmp(signal_place, 0);
    }
    EXPECT_EQ(value, 1);
}

TEST(patterns)
{
    regex_t expression;
    regmatch_t found[3];

    ASSERT_EQ(regcomp(&expression, "([a-z]+)=([0-9]+)", REG_EXTENDED), 0);
    EXPECT_EQ(regexec(&expression, "  size=4096;", 3, found, 0), 0);
    EXPECT_TRUE(found[1].rm_so == 2 && found[1].rm_eo == 6 && found[2].rm_eo == 11);
    EXPECT_EQ(regexec(&expression, "nothing", 3, found, 0), REG_NOMATCH);
    regfree(&expression);
    EXPECT_TRUE(regcomp(&expression, "(", REG_EXTENDED) != 0);
}

TEST(options)
{
    char program[] = "p", a[] = "-a", b[] = "-bvalue", rest[] = "rest";
    char *argv[] = {program, a, b, rest, NULL};

    optind = 1;
    EXPECT_EQ(getopt(4, argv, "ab:"), 'a');
    EXPECT_EQ(getopt(4, argv, "ab:"), 'b');
    EXPECT_STR(optarg, "value");
    EXPECT_EQ(getopt(4, argv, "ab:"), -1);
    EXPECT_EQ(optind, 3);
}

TEST(tables)
{
    struct hsearch_data table = {0};
    ENTRY entry = {.key = (char *)"key", .data = (char *)"value"}, *found = NULL;

    ASSERT_TRUE(hcreate_r(10, &table) != 0);
    EXPECT_TRUE(hsearch_r(entry, ENTER, &found, &table) != 0);
    entry.data = NULL;
    EXPECT_TRUE(hsearch_r(entry, FIND, &found, &table) != 0);
    EXPECT_STR(found->data, "value");
    hdestroy_r(&table);
}
