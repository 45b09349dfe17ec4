// SPDX-License-Identifier: MIT
//
// Tests of the C library, run on the target. A test program is a row of TESTs:
//
//     TEST(read_of_a_directory_is_eisdir)
//     {
//         int fd = open("/tmp", O_RDONLY);
//
//         ASSERT_TRUE(fd >= 0);
//         EXPECT_ERRNO(read(fd, buffer, 1), EISDIR);
//     }
//
// EXPECT_* notes a failure and goes on; ASSERT_* leaves the function it stands in, which must
// return void. Both may be used in any thread.
//
// The program prints TAP on the kernel's console, whatever its descriptors are. If it is the first
// program (environment `jacinth.nonce`) it then tells its status and powers off; otherwise it exits
// with it. Arguments select tests by name.

#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_case {
    const char *name;
    void (*run)(void);
    int line; // tests run in the order of the file
};

#define TEST(test_name)                                                                        \
    static void test_##test_name(void);                                                        \
    static const struct check_case check_case_##test_name                                      \
        __attribute__((used, retain, section("check_cases"))) = {#test_name, test_##test_name, \
                                                                 __LINE__};                    \
    static void test_##test_name(void)

// Notes a failure of the running test.
void check_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Compares; notes a failure that shows both values and returns false if they differ.
bool check_equal(const char *file, int line, int64_t left, int64_t right, const char *text);
bool check_text(const char *file, int line, const char *left, const char *right, const char *text);
// True if the call failed (-1) with that errno.
bool check_errno(const char *file, int line, int64_t result, int error, int wanted,
                 const char *text);

// Prints on the console, with a leading "# " if the text has one.
void check_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The root resource, or ZX_HANDLE_INVALID when the program was not given it.
uint32_t check_root_resource(void);

// Handles that this process has open now: for leak checks.
uint64_t check_handle_count(void);

// Waits until there are no more than `before`: threads that have been joined, and servers in threads,
// may still be closing some. False: there are more even after a long time.
bool check_handles_return(uint64_t before);

#define EXPECT_EQ(left, right) \
    ((void)check_equal(__FILE__, __LINE__, (int64_t)(left), (int64_t)(right), #left " == " #right))
#define EXPECT_STR(left, right) \
    ((void)check_text(__FILE__, __LINE__, left, right, #left " == " #right))
#define EXPECT_TRUE(condition) \
    ((void)((condition) || (check_fail(__FILE__, __LINE__, "%s is false", #condition), false)))
#define EXPECT_FALSE(condition) EXPECT_TRUE(!(condition))
#define EXPECT_ERRNO(call, wanted)                                           \
    do {                                                                     \
        errno = 0;                                                           \
        int64_t check_result = (int64_t)(call);                              \
        check_errno(__FILE__, __LINE__, check_result, errno, wanted, #call); \
    } while (0)
#define ASSERT_EQ(left, right)                                                  \
    do {                                                                        \
        if (!check_equal(__FILE__, __LINE__, (int64_t)(left), (int64_t)(right), \
                         #left " == " #right)) {                                \
            return;                                                             \
        }                                                                       \
    } while (0)
#define ASSERT_TRUE(condition)                                         \
    do {                                                               \
        if (!(condition)) {                                            \
            check_fail(__FILE__, __LINE__, "%s is false", #condition); \
            return;                                                    \
        }                                                              \
    } while (0)

#endif
