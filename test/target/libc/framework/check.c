// SPDX-License-Identifier: MIT
//
// The frame around tests of the C library; the interface is in check/check.h. Output does not go
// through descriptors: these are what is being tested.
//
// State: whether the running test has failed; any thread may say so.

#include <check/check.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/system.h>

#define LINE_SIZE 256

// From the linker: the rows that TEST makes.
extern const struct check_case __start_check_cases[], __stop_check_cases[];

static atomic_bool failed;
static zx_handle_t root_resource;

static void print_v(const char *before, const char *format, va_list arguments)
{
    char line[LINE_SIZE];
    int length = snprintf(line, sizeof(line), "%s", before);

    length += vsnprintf(line + length, sizeof(line) - (size_t)length - 1, format, arguments);
    if (length > LINE_SIZE - 2) {
        length = LINE_SIZE - 2;
    }
    line[length++] = '\n';
    // One call for the whole line, so that nothing can come between its parts.
    zx_debug_write(line, (size_t)length);
}

void check_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_v("", format, arguments);
    va_end(arguments);
}

void check_fail(const char *file, int line, const char *format, ...)
{
    char before[96];
    const char *name = strrchr(file, '/');
    va_list arguments;

    snprintf(before, sizeof(before), "# %s:%d: ", name != NULL ? name + 1 : file, line);
    va_start(arguments, format);
    print_v(before, format, arguments);
    va_end(arguments);
    failed = true;
}

bool check_equal(const char *file, int line, int64_t left, int64_t right, const char *text)
{
    if (left == right) {
        return true;
    }
    check_fail(file, line, "%s: %lld against %lld (errno %d)", text, (long long)left,
               (long long)right, errno);
    return false;
}

bool check_text(const char *file, int line, const char *left, const char *right, const char *text)
{
    if (left != NULL && right != NULL && strcmp(left, right) == 0) {
        return true;
    }
    check_fail(file, line, "%s: \"%s\" against \"%s\"", text, left != NULL ? left : "(null)",
               right != NULL ? right : "(null)");
    return false;
}

bool check_errno(const char *file, int line, int64_t result, int error, int wanted,
                 const char *text)
{
    if (result == -1 && error == wanted) {
        return true;
    }
    if (result != -1) {
        check_fail(file, line, "%s: %lld instead of error %d", text, (long long)result, wanted);
    } else {
        check_fail(file, line, "%s: error %d (%s) instead of %d", text, error, strerror(error),
                   wanted);
    }
    return false;
}

uint32_t check_root_resource(void)
{
    return root_resource;
}

uint64_t check_handle_count(void)
{
    zx_info_process_handle_stats_t stats;
    uint64_t total = 0;
    zx_status_t status = zx_object_get_info(zx_process_self(), ZX_INFO_PROCESS_HANDLE_STATS, &stats,
                                            sizeof(stats), NULL, NULL);

    if (status != ZX_OK) {
        check_fail(__FILE__, __LINE__, "the handles cannot be counted: %d", status);
        return 0;
    }
    for (size_t i = 0; i < sizeof(stats.handle_count) / sizeof(stats.handle_count[0]); i++) {
        total += stats.handle_count[i];
    }
    return total;
}

bool check_handles_return(uint64_t before)
{
    zx_time_t deadline = zx_deadline_after(ZX_SEC(60));
    uint64_t now;

    while ((now = check_handle_count()) > before && zx_clock_get_monotonic() < deadline) {
        zx_nanosleep(zx_deadline_after(ZX_MSEC(1)));
    }
    if (now > before) {
        check_print("# %llu handles instead of %llu", (unsigned long long)now,
                    (unsigned long long)before);
    }
    return now <= before;
}

// True if `left` runs before `right`: by line; tests of several files that stand on the same line, as
// the linker put them.
static bool comes_before(const struct check_case *left, const struct check_case *right)
{
    return left->line != right->line ? left->line < right->line : left < right;
}

// The test that comes behind another (NULL: the first), or NULL.
static const struct check_case *next_test(const struct check_case *last)
{
    const struct check_case *next = NULL;

    for (const struct check_case *test = __start_check_cases; test < __stop_check_cases; test++) {
        if ((last == NULL || comes_before(last, test)) &&
            (next == NULL || comes_before(test, next))) {
            next = test;
        }
    }
    return next;
}

static bool is_selected(const struct check_case *test, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], test->name) == 0) {
            return true;
        }
    }
    return argc <= 1;
}

static void end_session(const char *nonce, int status)
{
    check_print("\n[[%s]] status %d", nonce, status);
    zx_system_powerctl(root_resource, ZX_SYSTEM_POWERCTL_SHUTDOWN, NULL);
}

int main(int argc, char **argv)
{
    const char *nonce = getenv("jacinth.nonce");
    unsigned number = 0, failures = 0;

    root_resource = zx_take_startup_handle(PA_HND(PA_RESOURCE, 0));
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        // As svc's session, with --cmd NAME; `true` stands for all.
        argv[1] = argv[2];
        argc = strcmp(argv[2], "true") == 0 ? 1 : 2;
    }
    for (const struct check_case *test = next_test(NULL); test != NULL; test = next_test(test)) {
        if (!is_selected(test, argc, argv)) {
            continue;
        }
        failed = false;
        test->run();
        check_print("%sok %u - %s", failed ? "not " : "", ++number, test->name);
        failures += failed;
    }
    check_print("1..%u", number);
    check_print("# %u tests, %u failed", number, failures);

    // Also a name that no test has.
    int status = failures != 0 || number == 0 || (int)number < argc - 1;

    if (nonce != NULL && root_resource != ZX_HANDLE_INVALID) {
        end_session(nonce, status);
    }
    return status;
}
