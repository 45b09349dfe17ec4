// SPDX-License-Identifier: MIT
//
// launch() against the real kernel. What it starts is not the ELF file's code, which this machine
// cannot run, but a function here: launch.c is compiled with zx_process_start replaced. The
// function reads the messages that the process was given and judges them.
//
// State: what the child found, and how the replaced call behaves. Each run is a process of its own.

#include "loading.h"

#include <stdatomic.h>

#include <launch/launch.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>

zx_status_t loading_process_start(zx_handle_t process, zx_handle_t thread, zx_vaddr_t entry,
                                  zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2);

#define TEXT_SIZE 512u

static bool refuse_start;
static zx_vaddr_t seen_entry, seen_stack;
static atomic_bool child_ran, child_satisfied;
static bool dynamic; // what the child is to expect

// Reads one message; false if there is none or memory ran out.
static bool read_message(zx_handle_t channel, char *bytes, zx_handle_t *handles,
                         struct processargs *out)
{
    uint32_t size, count;

    return zx_channel_read(channel, 0, bytes, handles, TEXT_SIZE, 16, &size, &count) == ZX_OK &&
           processargs_parse(bytes, size, count, out) == ZX_OK;
}

static bool has_handles(const struct processargs *message, const uint32_t *expected, uint32_t count)
{
    return message->handle_count == count &&
           memcmp(message->handle_info, expected, count * sizeof(*expected)) == 0;
}

// The linker's message, then the program's.
static bool judge_messages(zx_handle_t channel)
{
    const uint32_t for_linker[] = {PA_HND(PA_PROC_SELF, 0),   PA_HND(PA_VMAR_ROOT, 0),
                                   PA_HND(PA_THREAD_SELF, 0), PA_HND(PA_VMO_EXECUTABLE, 0),
                                   PA_HND(PA_VMAR_LOADED, 0), PA_HND(PA_LDSVC_LOADER, 0)};
    const uint32_t with_linker[] = {PA_HND(PA_PROC_SELF, 0), PA_HND(PA_THREAD_SELF, 0),
                                    PA_HND(PA_VMAR_ROOT, 0), PA_HND(PA_VMO_STACK, 0),
                                    PA_HND(PA_USER0, 3)};
    const uint32_t without_linker[] = {PA_HND(PA_PROC_SELF, 0),   PA_HND(PA_THREAD_SELF, 0),
                                       PA_HND(PA_VMAR_ROOT, 0),   PA_HND(PA_VMO_STACK, 0),
                                       PA_HND(PA_VMAR_LOADED, 0), PA_HND(PA_USER0, 3)};
    char bytes[TEXT_SIZE];
    zx_handle_t handles[16];
    struct processargs message;

    if (dynamic && (!read_message(channel, bytes, handles, &message) ||
                    !has_handles(&message, for_linker, 6) || message.names.count != 0 ||
                    message.args.count != 2)) {
        return false;
    }
    return read_message(channel, bytes, handles, &message) &&
           has_handles(&message, dynamic ? with_linker : without_linker, dynamic ? 5 : 6) &&
           message.args.count == 2 && message.environ.count == 1 && message.names.count == 1 &&
           strcmp(message.names.bytes, "/boot") == 0;
}

static void child(uint64_t bootstrap, uint64_t vdso)
{
    (void)vdso;
    atomic_store(&child_satisfied, judge_messages((zx_handle_t)bootstrap));
    atomic_store(&child_ran, true);
    zx_process_exit(0);
}

zx_status_t loading_process_start(zx_handle_t process, zx_handle_t thread, zx_vaddr_t entry,
                                  zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2)
{
    seen_entry = entry;
    seen_stack = stack;
    if (refuse_start) {
        assert_ok(zx_handle_close(arg1));
        return ZX_ERR_BAD_STATE;
    }
    return zx_process_start(process, thread, (zx_vaddr_t)child, stack, arg1, arg2);
}

// ---- launching ----

struct linker {
    zx_handle_t file;
    zx_status_t status;
    unsigned calls;
};

static zx_status_t open_interpreter(void *context, const char *name, zx_handle_t *out_vmo,
                                    zx_handle_t *out_loader)
{
    struct linker *linker = context;
    zx_status_t status = linker->status;

    assert_string_equal(name, "ld.so.1");
    linker->calls++;
    if (status == ZX_OK) {
        status = zx_handle_duplicate(linker->file, ZX_RIGHT_SAME_RIGHTS, out_vmo);
    }
    if (status == ZX_OK) {
        status = zx_event_create(0, out_loader); // any handle will do
        if (status != ZX_OK) {
            assert_ok(zx_handle_close(*out_vmo));
            *out_vmo = ZX_HANDLE_INVALID;
        }
    }
    return status;
}

// Launches `file`; consumes it. The status, and that nothing else was lost, is the caller's to
// judge.
static zx_status_t try_launch(const uint8_t *file, size_t size, struct linker *linker,
                              struct launched *out, const char **out_reason)
{
    static const char *const args[] = {"program", "argument"};
    static const char *const environment[] = {"A=b"};
    static const char *const names[] = {"/boot"};
    const uint32_t info = PA_HND(PA_USER0, 3);
    uint8_t plain[SAMPLE_SIZE];
    zx_handle_t gift = ZX_HANDLE_INVALID, vmo = ZX_HANDLE_INVALID, vdso = ZX_HANDLE_INVALID;
    zx_status_t status = sample_vmo(file, size, "program", &vmo);

    sample_build(plain, NULL);
    if (status == ZX_OK) {
        status = sample_vmo(plain, sizeof(plain), "vdso", &vdso);
    }
    if (status == ZX_OK) {
        status = zx_event_create(0, &gift);
    }
    if (status == ZX_OK) {
        const struct launch what = {
            .job = lab.job,
            .name = "program",
            .program = vmo,
            .vdso = vdso,
            .arg_count = 2,
            .args = args,
            .environ_count = 1,
            .environ = environment,
            .name_count = 1,
            .names = names,
            .handle_count = 1,
            .handles = &gift,
            .handle_info = &info,
            .give_loaded = true,
            .open_interpreter = open_interpreter,
            .context = linker,
        };

        *out_reason = NULL;
        status = launch(&what, out, out_reason);
        // Consumed in every case.
        assert_status(zx_handle_close(gift), ZX_ERR_BAD_HANDLE);
    }
    zx_handle_close(vmo);
    zx_handle_close(vdso);
    return status;
}

static void finish(const struct launched *launched)
{
    assert_ok(zx_object_wait_one(launched->process, ZX_PROCESS_TERMINATED, ZX_TIME_INFINITE, NULL));
    assert_ok(zx_handle_close(launched->process));
    assert_ok(zx_handle_close(launched->thread));
}

// Launches the sample, with a dynamic linker or without; for sweeps too.
static void launch_sample(void *arg)
{
    uint8_t file[SAMPLE_SIZE], plain[SAMPLE_SIZE];
    struct linker linker = {0};
    struct launched launched;
    const char *reason;

    dynamic = *(bool *)arg;
    struct possessions before = possessions_count();

    sample_build(file, dynamic ? "ld.so.1" : NULL);
    sample_build(plain, NULL);
    if (sample_vmo(plain, sizeof(plain), "linker", &linker.file) != ZX_OK) {
        return;
    }
    zx_status_t status = try_launch(file, sizeof(file), &linker, &launched, &reason);

    if (status == ZX_OK) {
        finish(&launched);
        assert_true(seen_entry % PAGE == SAMPLE_ENTRY % PAGE);
        assert_int_equal(seen_stack % 16, 0);
    } else {
        assert_int_equal(status, ZX_ERR_NO_MEMORY);
    }
    assert_ok(zx_handle_close(linker.file));
    possessions_check(before);
}

// The same where memory does not run out: all must be as it should.
static void launch_well(void *arg)
{
    launch_sample(arg);
    assert_true(atomic_load(&child_ran) && atomic_load(&child_satisfied));
}

static void test_messages_are_complete(void **state)
{
    bool both[] = {false, true};

    (void)state;
    lab_seeds_arg(launch_well, &both[0], 2, 20);
    lab_seeds_arg(launch_well, &both[1], 2, 20);
}

static void test_every_allocation_of_a_launch_may_fail(void **state)
{
    bool both[] = {false, true};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(lab_sweep_named(__func__, launch_sample, &both[i]) > 40);
    }
}

static void refused(void *arg)
{
    uint8_t file[SAMPLE_SIZE], looped[SAMPLE_SIZE];
    struct linker linker = {.status = ZX_ERR_NOT_FOUND};
    struct launched launched;
    const char *reason;

    (void)arg;
    struct possessions before = possessions_count();

    sample_build(file, "ld.so.1");
    assert_status(try_launch(file, sizeof(file), &linker, &launched, &reason), ZX_ERR_NOT_FOUND);
    assert_non_null(strstr(reason, "dynamic linker"));
    assert_int_equal(linker.calls, 1);
    // A linker that wants a linker.
    sample_build(looped, "ld.so.1");
    assert_ok(sample_vmo(looped, sizeof(looped), "linker", &linker.file));
    linker.status = ZX_OK;
    assert_status(try_launch(file, sizeof(file), &linker, &launched, &reason), ZX_ERR_NOT_FOUND);
    assert_non_null(strstr(reason, "itself"));
    assert_int_equal(linker.calls, 2);
    assert_ok(zx_handle_close(linker.file));
    // The very last step fails.
    sample_build(file, NULL);
    refuse_start = true;
    assert_status(try_launch(file, sizeof(file), &linker, &launched, &reason), ZX_ERR_BAD_STATE);
    assert_non_null(strstr(reason, "started"));
    possessions_check(before);
}

static void test_refusals_leave_nothing(void **state)
{
    (void)state;
    lab_seeds(refused, 1, 3);
}

static void mutants(void *arg)
{
    uint64_t random = *(uint64_t *)arg;
    uint8_t file[SAMPLE_SIZE], plain[SAMPLE_SIZE];
    struct linker linker = {0};
    unsigned reached = 0;

    refuse_start = true;
    struct possessions before = possessions_count();

    sample_build(plain, NULL);
    assert_ok(sample_vmo(plain, sizeof(plain), "linker", &linker.file));
    for (unsigned i = 0; i < 150; i++) {
        struct launched launched;
        const char *reason;

        sample_build(file, NULL);
        mutate_bytes(&random, file, sizeof(struct sample));
        zx_status_t status = try_launch(file, sizeof(file), &linker, &launched, &reason);

        assert_true(status != ZX_OK);
        assert_non_null(reason);
        reached += status == ZX_ERR_BAD_STATE; // all but the start went well
    }
    assert_true(reached > 5);
    assert_ok(zx_handle_close(linker.file));
    possessions_check(before);
}

static void test_mutated_programs_leave_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t start = seed * 0x9e3779b97f4a7c15u;
        struct lab_config config = lab_config_make(__func__, mutants);

        config.arg = &start;
        config.max_steps = 200000000;
        lab_run(&config);
    }
}

const struct CMUnitTest launch_tests[] = {
    cmocka_unit_test(test_messages_are_complete),
    cmocka_unit_test(test_every_allocation_of_a_launch_may_fail),
    cmocka_unit_test(test_refusals_leave_nothing),
    cmocka_unit_test(test_mutated_programs_leave_nothing),
};
const size_t launch_test_count = sizeof(launch_tests) / sizeof(launch_tests[0]);
