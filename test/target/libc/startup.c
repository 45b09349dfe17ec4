// SPDX-License-Identifier: MIT
//
// The start and the end of a process (spec 32 sections 9 and 10, 34 section 1).

#define _GNU_SOURCE
#include <check/check.h>

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "raw.h"
#include "self.h"

#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/tls.h>

#define CHILD            "test/libc-start-child"
#define GOOD             42
#define KILLED           (-1)
#define PAGE_OF(address) ((uintptr_t)(address) & ~(uintptr_t)(PAGE_SIZE - 1))

_Static_assert(PAGE_SIZE == 4096 && PTHREAD_STACK_MIN == 3072 && PTHREAD_KEYS_MAX == 128,
               "spec 34 section 2");
_Static_assert(PTHREAD_STACK_MIN <= PAGE_SIZE, "spec 34 section 2");

// ---- what ran before main ----

static int order[4], runs;
static int extensions_at = -1;
static zx_handle_t claimed;

static void __attribute__((constructor(200))) second(void)
{
    order[runs++] = 2;
}

static void __attribute__((constructor)) third(void)
{
    order[runs++] = 3;
}

static void __attribute__((constructor(101))) first(void)
{
    order[runs++] = 1;
}

void __libc_extensions_init(uint32_t count, zx_handle_t *handles, uint32_t *info);

// Claims a handle as a program that has its own use for it does.
void __libc_extensions_init(uint32_t count, zx_handle_t *handles, uint32_t *info)
{
    extensions_at = runs;
    for (uint32_t i = 0; i < count; i++) {
        if (info[i] == PA_HND(PA_VMO_VDSO, 1)) {
            claimed = handles[i];
            handles[i] = ZX_HANDLE_INVALID;
            info[i] = 0;
        }
    }
}

TEST(constructors_run_by_priority_before_main)
{
    EXPECT_EQ(runs, 3);
    EXPECT_EQ(order[0], 1);
    EXPECT_EQ(order[1], 2);
    EXPECT_EQ(order[2], 3);
}

TEST(the_extensions_come_before_constructors_and_keep_what_they_claim)
{
    EXPECT_EQ(extensions_at, 0);
    EXPECT_TRUE(claimed != ZX_HANDLE_INVALID);
    EXPECT_EQ(zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 1)), ZX_HANDLE_INVALID);
}

TEST(startup_handles_are_given_once)
{
    zx_handle_t vdso = zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 2));

    EXPECT_TRUE(vdso != ZX_HANDLE_INVALID);
    EXPECT_EQ(zx_take_startup_handle(PA_HND(PA_VMO_VDSO, 2)), ZX_HANDLE_INVALID);
    EXPECT_EQ(zx_handle_close(vdso), ZX_OK);
    EXPECT_EQ(zx_take_startup_handle(PA_HND(PA_PROC_SELF, 0)), ZX_HANDLE_INVALID);
    EXPECT_EQ(zx_take_startup_handle(PA_HND(PA_USER2, 7)), ZX_HANDLE_INVALID);
}

static uint32_t type_of(zx_handle_t handle)
{
    zx_info_handle_basic_t info = {0};

    (void)zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL);
    return info.type;
}

TEST(the_process_knows_its_own_handles)
{
    EXPECT_EQ(type_of(zx_process_self()), ZX_OBJ_TYPE_PROCESS);
    EXPECT_EQ(type_of(zx_thread_self()), ZX_OBJ_TYPE_THREAD);
    EXPECT_EQ(type_of(zx_vmar_root_self()), ZX_OBJ_TYPE_VMAR);
    EXPECT_EQ(type_of(zx_job_default()), ZX_OBJ_TYPE_JOB);
    EXPECT_EQ(zx_process_self(), _zx_process_self());
}

// ---- the thread pointer and its neighbours ----

static _Thread_local char aligned[8] __attribute__((aligned(4096))) = "aligned";
static _Thread_local int counted = 5, zero;

TEST(thread_variables_have_their_values_and_alignment)
{
    EXPECT_EQ((uintptr_t)aligned % 4096, 0);
    EXPECT_STR(aligned, "aligned");
    EXPECT_EQ(counted, 5);
    EXPECT_EQ(zero, 0);
}

TEST(stack_environment_and_thread_variables_are_on_different_pages)
{
    int local;
    uintptr_t thread = PAGE_OF(__builtin_thread_pointer());

    EXPECT_TRUE(PAGE_OF(&local) != thread);
    EXPECT_TRUE(PAGE_OF(&counted) != PAGE_OF(&local));
    EXPECT_TRUE(PAGE_OF(environ) != thread);
    EXPECT_TRUE(PAGE_OF(environ) != PAGE_OF(&counted));
}

TEST(the_thread_pointer_points_at_itself_with_the_guard_below)
{
    char *thread = __builtin_thread_pointer();
    uint64_t guard = *(uint64_t *)(thread + ZX_TLS_STACK_GUARD_OFFSET);

    EXPECT_EQ(*(uintptr_t *)thread, (uintptr_t)thread);
    EXPECT_TRUE(guard != 0);
}

// ---- imports ----

TEST(system_calls_are_the_vdso_itself)
{
    uint64_t base = 0;
    uintptr_t call = (uintptr_t)&zx_handle_close, other = (uintptr_t)&zx_channel_create;
    static zx_status_t (*const in_data)(zx_handle_t) = zx_handle_close;

    ASSERT_EQ(zx_object_get_property(zx_process_self(), ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base,
                                     sizeof(base)),
              ZX_OK);
    EXPECT_TRUE(call > base && call < base + 0x10000);
    EXPECT_TRUE(other > base && other < base + 0x10000);
    EXPECT_EQ((uintptr_t)in_data, call);
    EXPECT_EQ(getauxval(AT_SYSINFO_EHDR), base);
    EXPECT_EQ(memcmp((const void *)base, "\177ELF", 4), 0);
}

TEST(dladdr_knows_the_vdso_and_the_program)
{
    Dl_info info = {0};
    uintptr_t base = getauxval(AT_SYSINFO_EHDR);

    ASSERT_TRUE(dladdr((const void *)(uintptr_t)&zx_handle_close, &info) != 0);
    EXPECT_EQ((uintptr_t)info.dli_fbase, base);
    EXPECT_EQ((uintptr_t)info.dli_saddr, (uintptr_t)&zx_handle_close);
    EXPECT_STR(info.dli_sname, "zx_handle_close");
    EXPECT_STR(info.dli_fname, "libzircon.so");
    ASSERT_TRUE(dladdr((const char *)(uintptr_t)&zx_channel_write + 4, &info) != 0);
    EXPECT_STR(info.dli_sname, "zx_channel_write");
    ASSERT_TRUE(dladdr(&runs, &info) != 0);
    EXPECT_EQ(memcmp(info.dli_fbase, "\177ELF", 4), 0);
    EXPECT_TRUE((uintptr_t)info.dli_fbase != base && info.dli_sname == NULL);
    EXPECT_EQ(dladdr(&info, &info), 0);
}

TEST(auxiliary_values)
{
    EXPECT_EQ(getauxval(AT_PAGESZ), 4096);
    EXPECT_TRUE(getauxval(AT_PHNUM) >= 4);
    EXPECT_ERRNO(getauxval(12345) == 0 ? -1 : 0, ENOENT);
}

// ---- arguments and environment of others ----

static int64_t run(const char *what, const char *const *argv, const char *more)
{
    char text[64];
    const char *environment[] = {text, more, NULL};

    snprintf(text, sizeof(text), "WHAT=%s", what);
    zx_handle_t child = self_start(CHILD, argv, environment, ZX_HANDLE_INVALID);

    return child != ZX_HANDLE_INVALID ? self_wait(child) : INT64_MIN;
}

static int64_t run_alone(const char *what)
{
    const char *const argv[] = {"child", NULL};

    return run(what, argv, NULL);
}

TEST(no_arguments_at_all)
{
    const char *const argv[] = {NULL};

    EXPECT_EQ(run("none", argv, NULL), GOOD);
}

TEST(thousands_of_arguments)
{
    static char numbers[5000][8];
    static const char *argv[5001];

    for (int i = 0; i < 5000; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%d", i);
        argv[i] = numbers[i];
    }
    EXPECT_EQ(run("many", argv, "COUNT=5000"), GOOD);
}

// Their pointers alone are more than the stack has.
TEST(a_message_full_of_empty_arguments)
{
    static const char *argv[60001];

    for (int i = 0; i < 60000; i++) {
        argv[i] = "";
    }
    EXPECT_EQ(run("empty", argv, "COUNT=60000"), GOOD);
}

TEST(the_environment_is_what_was_given)
{
    char *const before = getenv("LIBC_TEST");

    EXPECT_TRUE(before == NULL);
    EXPECT_EQ(setenv("LIBC_TEST", "value", 0), 0);
    EXPECT_STR(getenv("LIBC_TEST"), "value");
    EXPECT_EQ(setenv("LIBC_TEST", "other", 0), 0);
    EXPECT_STR(getenv("LIBC_TEST"), "value");
    EXPECT_EQ(unsetenv("LIBC_TEST"), 0);
    EXPECT_TRUE(getenv("LIBC_TEST") == NULL);
    EXPECT_ERRNO(setenv("A=B", "x", 1), EINVAL);
}

// ---- messages that no launcher sends ----

#define CANNOT_START 127

static int64_t run_raw(const void *message, size_t size)
{
    zx_handle_t child = raw_start(CHILD, message, size);

    return child != ZX_HANDLE_INVALID ? self_wait(child) : INT64_MIN;
}

TEST(a_bootstrap_message_may_be_anything)
{
    static uint32_t words[16384];
    static const zx_proc_args_t good = {.protocol = ZX_PROCARGS_PROTOCOL,
                                        .version = ZX_PROCARGS_VERSION,
                                        .handle_info_off = sizeof(zx_proc_args_t)};
    zx_proc_args_t bad = good;

    EXPECT_EQ(run_raw(&good, sizeof(good)), CANNOT_START); // well-formed, but no handles
    EXPECT_EQ(run_raw(NULL, 0), CANNOT_START);
    EXPECT_EQ(run_raw("", 0), CANNOT_START);
    EXPECT_EQ(run_raw(&good, sizeof(good) - 1), CANNOT_START);
    bad.protocol++;
    EXPECT_EQ(run_raw(&bad, sizeof(bad)), CANNOT_START);
    bad = good;
    bad.args_off = UINT32_MAX - 3;
    bad.args_num = 8;
    EXPECT_EQ(run_raw(&bad, sizeof(bad)), CANNOT_START);
    bad.args_off = sizeof(bad);
    bad.args_num = UINT32_MAX;
    EXPECT_EQ(run_raw(&bad, sizeof(bad)), CANNOT_START);
    memset(words, 'x', sizeof(words)); // strings without an end
    bad.args_num = 0;
    bad.environ_off = sizeof(bad);
    bad.environ_num = 1;
    memcpy(words, &bad, sizeof(bad));
    EXPECT_EQ(run_raw(words, sizeof(words)), CANNOT_START);
    memset(words, 0xff, sizeof(words));
    EXPECT_EQ(run_raw(words, sizeof(words)), CANNOT_START);
}

// ---- secrets ----

static bool ask_secrets(uint64_t out[3])
{
    const char *const argv[] = {"child", NULL};
    const char *const environment[] = {"WHAT=secrets", NULL};
    zx_handle_t near, far;

    if (zx_channel_create(0, &near, &far) != ZX_OK) {
        return false;
    }
    zx_handle_t child = self_start(CHILD, argv, environment, far);
    bool good = child != ZX_HANDLE_INVALID && self_wait(child) == GOOD &&
                zx_channel_read(near, 0, out, NULL, 24, 0, NULL, NULL) == ZX_OK;

    zx_handle_close(near);
    return good;
}

TEST(guards_and_random_numbers_differ_between_processes)
{
    uint64_t one[3], two[3];

    ASSERT_TRUE(ask_secrets(one));
    ASSERT_TRUE(ask_secrets(two));
    EXPECT_TRUE(one[0] != two[0] && one[0] != 0);
    EXPECT_TRUE(one[1] != two[1] && one[2] != two[2]);
    // A byte of the guard is zero, so that strings end there.
    EXPECT_EQ((one[0] >> 8) & 0xff, 0);
}

// ---- ends ----

TEST(exit_codes_are_not_cut)
{
    EXPECT_EQ(run_alone("exit"), 0x12345);
}

TEST(atexit_functions_run)
{
    EXPECT_EQ(run_alone("atexit"), GOOD);
}

TEST(bugs_are_crashes)
{
    EXPECT_EQ(run_alone("abort"), KILLED);
    EXPECT_EQ(run_alone("overflow"), KILLED);
    EXPECT_EQ(run_alone("twice"), KILLED);
    EXPECT_EQ(run_alone("scribble"), KILLED);
    EXPECT_EQ(run_alone("constant"), KILLED);
}

TEST(signals_that_end_a_process)
{
    EXPECT_EQ(run_alone("term"), 128 + 15);
    EXPECT_EQ(run_alone("kill"), 128 + 9);
    EXPECT_EQ(run_alone("handled"), GOOD);
}

// ---- names ----

TEST(basename_of_nothing_is_a_dot)
{
    char path[] = "/boot/bin/sh", slash[] = "/", empty[] = "";

    EXPECT_STR(basename(NULL), ".");
    EXPECT_STR(basename(empty), ".");
    EXPECT_STR(basename(path), "sh");
    EXPECT_STR(basename(slash), "/");
}
