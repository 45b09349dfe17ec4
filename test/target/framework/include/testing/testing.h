// SPDX-License-Identifier: MIT
//
// Tests that run on the target, without a libc. A test program is a row of TESTs:
//
//     // CALLS(zx_event_create, zx_object_signal)
//     TEST(event_keeps_user_signals)
//     {
//         zx_handle_t event;
//
//         ASSERT_OK(zx_event_create(0, &event));
//         EXPECT_EQ(zx_object_signal(event, 0, ZX_USER_SIGNAL_0), ZX_OK);
//     }
//
// Tests are named after the behaviour they check. The CALLS comment names the system calls that the
// test is about; docs/ledger.md is made from these.
//
// EXPECT_* notes a failure and goes on; ASSERT_* leaves the function it stands in, which must return
// void. Both may be used in functions that a test calls, in any thread of the program.
//
// The program prints TAP. If it is the first program (environment `jacinth.nonce`, minilib/session.h) it
// then tells its status and powers off. Arguments select tests by name; those
// that begin with "--" are options of the program, each with a number.

#ifndef TESTING_TESTING_H
#define TESTING_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

// ---- declaring tests ----

struct test_case {
    const char *name;
    void (*run)(void);
    int line; // tests run in the order of the file, whatever the compiler makes of it
};

#define TEST(test_name)                                                                          \
    static void test_##test_name(void);                                                          \
    static const struct test_case test_case_##test_name                                          \
        __attribute__((used, section("test_cases"))) = {#test_name, test_##test_name, __LINE__}; \
    static void test_##test_name(void)

// ---- checking ----

// Notes a failure of the running test, with a formatted reason.
void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Ends the running test as skipped, unless it has failed already. The caller returns afterwards.
void test_skip(const char *reason);

// Compares two numbers; if they are not as wanted, notes a failure that shows both (as status codes
// where they look like ones) and returns false.
enum test_relation { TEST_EQ, TEST_NE, TEST_LT, TEST_LE, TEST_GT, TEST_GE };
bool test_compare(const char *file, int line, enum test_relation relation, int64_t left,
                  int64_t right, const char *left_text, const char *right_text);

#define TEST_COMPARE(relation, left, right) \
    test_compare(__FILE__, __LINE__, relation, (int64_t)(left), (int64_t)(right), #left, #right)

#define EXPECT_EQ(left, right) ((void)TEST_COMPARE(TEST_EQ, left, right))
#define EXPECT_NE(left, right) ((void)TEST_COMPARE(TEST_NE, left, right))
#define EXPECT_LT(left, right) ((void)TEST_COMPARE(TEST_LT, left, right))
#define EXPECT_LE(left, right) ((void)TEST_COMPARE(TEST_LE, left, right))
#define EXPECT_GT(left, right) ((void)TEST_COMPARE(TEST_GT, left, right))
#define EXPECT_GE(left, right) ((void)TEST_COMPARE(TEST_GE, left, right))
#define EXPECT_OK(expression)  EXPECT_EQ(expression, ZX_OK)
#define EXPECT_TRUE(condition) \
    ((void)((condition) || (test_fail(__FILE__, __LINE__, "%s is false", #condition), false)))
#define EXPECT_FALSE(condition) EXPECT_TRUE(!(condition))

#define ASSERT_EQ(left, right)                     \
    do {                                           \
        if (!TEST_COMPARE(TEST_EQ, left, right)) { \
            return;                                \
        }                                          \
    } while (0)
#define ASSERT_OK(expression) ASSERT_EQ(expression, ZX_OK)
#define ASSERT_TRUE(condition)                                        \
    do {                                                              \
        if (!(condition)) {                                           \
            test_fail(__FILE__, __LINE__, "%s is false", #condition); \
            return;                                                   \
        }                                                             \
    } while (0)

// ---- threads of this process ----

struct test_thread {
    zx_handle_t handle;
    void (*run)(void *context);
    void *context;
    char *stack;
};

// Starts `run(context)` in a thread of its own. The structure must stay where it is until the thread
// was joined.
zx_status_t test_thread_start(struct test_thread *thread, void (*run)(void *context),
                              void *context);

// Waits for the thread's end (by itself, or killed), then frees what it had.
void test_thread_join(struct test_thread *thread);

// Waits until the thread shows one of the ZX_THREAD_STATE_* values; false if it does not for long.
bool test_thread_reaches(zx_handle_t thread, uint32_t state);

// Suspends a thread and waits until it stands; returns the token. It runs again after test_resume(), by which
// the token is closed.
zx_handle_t test_suspend(zx_handle_t thread);
void test_resume(zx_handle_t thread, zx_handle_t token);

// ---- other processes ----

// What a child process does; the result is its return code. Declared like a test.
struct test_child_case {
    const char *name;
    int (*run)(void);
};

#define CHILD(child_name)                                                                    \
    static int child_##child_name(void);                                                     \
    static const struct test_child_case test_child_case_##child_name                         \
        __attribute__((used, section("test_children"))) = {#child_name, child_##child_name}; \
    static int child_##child_name(void)

struct test_child {
    zx_handle_t job; // a job of its own
    zx_handle_t process;
    zx_handle_t thread;
    zx_handle_t channel; // to the child's test_child_channel()
};

// Starts this program once more, in a child job, to run CHILD(name). All fields of *out are valid on
// success. Failures are noted as failures of the test, with their reason.
zx_status_t test_child_start(const char *name, struct test_child *out);

// The same in `job` itself (borrowed; out->job is another handle to it), and the child may start children
// of its own in this way. Nothing is noted: a failure may be what is wanted.
zx_status_t test_child_start_in(zx_handle_t job, const char *name, struct test_child *out);

// Waits for the child's end and stores its return code; kills it if that takes too long. Closes the
// handles. Returns the return code.
int64_t test_child_finish(struct test_child *child);

// In the child: the channel to the test that started it.
zx_handle_t test_child_channel(void);

// Starts CHILD(name) and returns its return code; -1 means that the kernel ended it, and is also
// what comes back when it could not be started (a failure is noted then).
int64_t test_child_run(const char *name);

// ---- things that tests often need ----

// The number after the argument --NAME, or in the environment's test.NAME (which the kernel's command
// line becomes for the first program), or `otherwise`.
uint64_t test_option(const char *name, uint64_t otherwise);

// Runs `round` `rounds` times after a few for the caches, and expects that no memory stays away; as often
// again if some does, for on a busy machine the caches may still grow. Needs the root resource.
void test_no_loss(void (*round)(void), int rounds);

// What a job and all below it use of one kind (ZX_INFO_JOB_LIMITS, in the order of its fields).
enum test_job_kind {
    TEST_JOB_PAGES,
    TEST_JOB_KERNEL_MEMORY,
    TEST_JOB_HANDLES,
    TEST_JOB_THREADS,
    TEST_JOB_PROCESSES,
    TEST_JOB_KINDS
};
zx_job_usage_t test_job_usage(zx_handle_t job, enum test_job_kind kind);

// Waits until the job uses nothing of any kind: what was charged goes after the end has been told.
void test_await_nothing_used(zx_handle_t job);

// The root resource, or ZX_HANDLE_INVALID when the program was not given it.
zx_handle_t test_root_resource(void);

// The vDSO's VMO, or ZX_HANDLE_INVALID.
zx_handle_t test_vdso(void);

// A deadline that only a hang reaches.
zx_time_t test_patience(void);

// The signals that an object has now.
zx_signals_t test_signals(zx_handle_t handle);

// The koid, type and rights of an object; zeros if the handle is bad.
zx_info_handle_basic_t test_basic_info(zx_handle_t handle);

// Makes a duplicate of a handle without some of its rights; invalid on failure.
zx_handle_t test_without_rights(zx_handle_t handle, zx_rights_t rights);

#endif
