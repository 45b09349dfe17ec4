// SPDX-License-Identifier: MIT
//
// The frame around target tests: finds the tests, runs them, prints TAP. The interface is in
// testing/testing.h.
//
// State: what the running test has come to; any thread of the program may say that it failed. A child
// process tells its test by a return code or a message.

#include <testing/testing.h>

#include <stdarg.h>
#include <stdatomic.h>

#include "framework.h"

#include <crt/crt.h>
#include <minilib/console.h>
#include <minilib/format.h>
#include <minilib/session.h>
#include <minilib/string.h>
#include <minilib/text.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>

#define MESSAGE_SIZE 200u

// From the linker: the rows that TEST and CHILD make.
extern const struct test_case __start_test_cases[], __stop_test_cases[];

static atomic_bool failed, skipped;
static zx_handle_t root_resource;
static char **options; // argv, ends with NULL

void test_fail(const char *file, int line, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    format_string_v(message, sizeof(message), format, arguments);
    va_end(arguments);
    console_printf("# %s:%d: %s\n", file, line, message);
    failed = true;
}

void test_skip(const char *reason)
{
    console_printf("# skipped: %s\n", reason);
    skipped = true;
}

static bool relation_holds(enum test_relation relation, int64_t left, int64_t right)
{
    switch (relation) {
    case TEST_EQ: return left == right;
    case TEST_NE: return left != right;
    case TEST_LT: return left < right;
    case TEST_LE: return left <= right;
    case TEST_GT: return left > right;
    default: return left >= right;
    }
}

static const char *relation_text(enum test_relation relation)
{
    static const char *const texts[] = {"==", "!=", "<", "<=", ">", ">="};

    return texts[relation];
}

// A number as text, with its name if it is a status code.
static void describe(int64_t value, char *text, size_t size)
{
    const char *name = value < 0 && value > -100 ? zx_status_get_string((zx_status_t)value) : "";

    if (name[0] == 'Z') {
        format_string(text, size, "%s", name);
    } else if (value > -4096 && value < 65536) {
        format_string(text, size, "%ld", value);
    } else {
        format_string(text, size, "0x%lx", value);
    }
}

bool test_compare(const char *file, int line, enum test_relation relation, int64_t left,
                  int64_t right, const char *left_text, const char *right_text)
{
    char left_value[48], right_value[48];

    if (relation_holds(relation, left, right)) {
        return true;
    }
    describe(left, left_value, sizeof(left_value));
    describe(right, right_value, sizeof(right_value));
    test_fail(file, line, "%s %s %s: %s against %s", left_text, relation_text(relation), right_text,
              left_value, right_value);
    return false;
}

static bool is_option(const char *argument)
{
    return strncmp(argument, "--", 2) == 0;
}

uint64_t test_option(const char *name, uint64_t otherwise)
{
    char key[MESSAGE_SIZE];
    const char *text = NULL;
    uint64_t value;

    for (char **option = options; option[0] != NULL && text == NULL; option++) {
        if (is_option(option[0]) && strcmp(option[0] + 2, name) == 0) {
            text = option[1];
        }
    }
    if (text == NULL) {
        format_string(key, sizeof(key), "test.%s", name);
        text = environment_get(key);
    }
    return text != NULL && text_parse_u64(text, &value) ? value : otherwise;
}

// True if the arguments name the test, or none. Options and their values are no names.
static bool is_selected(const struct test_case *test, int argc, char **argv)
{
    bool all = true;

    for (int i = 1; i < argc; i++) {
        if (is_option(argv[i])) {
            i++;
        } else if (strcmp(argv[i], test->name) == 0) {
            return true;
        } else {
            all = false;
        }
    }
    return all;
}

// The first test below a line of the file, or NULL.
static const struct test_case *next_test(int line)
{
    const struct test_case *next = NULL;

    for (const struct test_case *test = __start_test_cases; test < __stop_test_cases; test++) {
        if (test->line > line && (next == NULL || test->line < next->line)) {
            next = test;
        }
    }
    return next;
}

static unsigned count_selected(int argc, char **argv)
{
    unsigned count = 0;

    for (const struct test_case *test = __start_test_cases; test < __stop_test_cases; test++) {
        count += is_selected(test, argc, argv);
    }
    return count;
}

// Runs one test; true if it did not fail.
static bool run_test(const struct test_case *test, unsigned number)
{
    failed = false;
    skipped = false;
    test->run();
    // One write for the whole line: log lines of the kernel come in between otherwise.
    console_printf("%sok %u - %s%s\n", failed ? "not " : "", number, test->name,
                   skipped && !failed ? " # SKIP" : "");
    return !failed;
}

zx_handle_t test_root_resource(void)
{
    return root_resource;
}

int main(int argc, char **argv, char **envp)
{
    const char *nonce = environment_get(SESSION_NONCE_KEY);
    unsigned number = 0, failures = 0;

    (void)envp;
    options = argv;
    if (argc == 3 && strcmp(argv[1], CHILD_OPTION) == 0) {
        test_children_inherit();
        return test_child_main(argv[2]);
    }
    root_resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    test_children_init(argc > 0 ? argv[0] : NULL);
    console_printf("1..%u\n", count_selected(argc, argv));
    for (const struct test_case *test = next_test(0); test != NULL; test = next_test(test->line)) {
        if (is_selected(test, argc, argv)) {
            failures += !run_test(test, ++number);
        }
    }
    console_printf("# %u tests, %u failed\n", number, failures);
    int status = failures != 0 || number == 0;

    if (nonce != NULL) {
        session_end(nonce, status, root_resource);
    }
    return status;
}
