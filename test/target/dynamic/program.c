// SPDX-License-Identifier: MIT
//
// test-dynamic: a program as a reference system's compiler links it, with a dynamic linker
// (PT_INTERP), a library and the vDSO among what it needs. It judges what it was started with, and
// what the linker was (facts.h). Run as the first program, and by spawn() with the argument
// "spawned".
//
// Output is TAP. As the first program it ends the machine.

#include <stdbool.h>
#include <stdint.h>

#include <minilib/format.h>
#include <minilib/session.h>
#include <minilib/string.h>
#include <processargs/processargs.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>
#include <zircon/syscalls/system.h>

#include "library.h"

#define MAX_HANDLES 64u
#define PAGE        4096u
// What a launcher leaves a dynamic linker of its first stack, beside the message.
#define LINKER_STACK 3072u

void _start(zx_handle_t bootstrap, const void *vdso) __attribute__((noreturn, used));

static unsigned test_count, failure_count;
static char message[ZX_CHANNEL_MAX_MSG_BYTES] __attribute__((aligned(8)));
static uint32_t message_size;
static zx_handle_t handles[MAX_HANDLES];
static struct processargs start;

static void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print(const char *format, ...)
{
    char line[250];
    va_list arguments;

    va_start(arguments, format);
    size_t size = format_string_v(line, sizeof(line), format, arguments);
    va_end(arguments);
    (void)zx_debug_write(line, size);
}

static void check(bool good, const char *what)
{
    test_count++;
    failure_count += !good;
    print("%s %u - %s\n", good ? "ok" : "not ok", test_count, what);
}

static void check_status(zx_status_t got, zx_status_t expected, const char *what)
{
    check(got == expected, what);
    if (got != expected) {
        print("# %s, not %s\n", zx_status_get_string(got), zx_status_get_string(expected));
    }
}

static zx_handle_t handle_of(uint32_t info)
{
    for (uint32_t i = 0; i < start.handle_count; i++) {
        if (start.handle_info[i] == info) {
            return handles[i];
        }
    }
    return ZX_HANDLE_INVALID;
}

static void test_linker_message(bool spawned)
{
    const uint32_t expected[] = {
        PA_HND(PA_PROC_SELF, 0),      PA_HND(PA_VMAR_ROOT, 0),   PA_HND(PA_THREAD_SELF, 0),
        PA_HND(PA_VMO_EXECUTABLE, 0), PA_HND(PA_VMAR_LOADED, 0), PA_HND(PA_LDSVC_LOADER, 0),
        PA_HND(PA_FDIO_LOGGER, 0),
    };
    // userboot adds its log.
    uint32_t count = spawned ? 6 : 7;

    check(linker_facts.handle_count == count &&
              memcmp(linker_facts.info, expected, count * sizeof(expected[0])) == 0,
          "the linker's message has its handles, in order");
    check(linker_facts.name_count == 0, "the linker's message has no names");
    check(linker_facts.arg_count == start.args.count, "the linker has the program's arguments");
    if (spawned) {
        check(linker_facts.environ_count == start.environ.count,
              "the linker has the program's environment");
    } else {
        check(linker_facts.environ_count == 1 &&
                  strcmp(linker_facts.first_environ, "LD_DEBUG=1") == 0,
              "the linker's environment is LD_DEBUG=1");
        check(strcmp(linker_facts.executable_name, "test/dynamic") == 0,
              "the linker has the program's file");
    }
}

// A variant of the vDSO is as large as the full one, and has its name.
static void check_variant(uint32_t number, const char *expected)
{
    char name[ZX_MAX_NAME_LEN] = "";
    uint64_t full = 0, size = 0;
    zx_handle_t variant = handle_of(PA_HND(PA_VMO_VDSO, number));

    check(zx_object_get_property(variant, ZX_PROP_NAME, name, sizeof(name)) == ZX_OK &&
              strcmp(name, expected) == 0 && zx_vmo_get_size(variant, &size) == ZX_OK &&
              zx_vmo_get_size(handle_of(PA_HND(PA_VMO_VDSO, 0)), &full) == ZX_OK && size == full,
          expected);
}

static void test_main_message(bool spawned)
{
    check(handle_of(PA_HND(PA_PROC_SELF, 0)) != 0 && handle_of(PA_HND(PA_THREAD_SELF, 0)) != 0 &&
              handle_of(PA_HND(PA_VMAR_ROOT, 0)) != 0 && handle_of(PA_HND(PA_VMO_STACK, 0)) != 0 &&
              handle_of(PA_HND(PA_JOB_DEFAULT, 0)) != 0 && handle_of(PA_HND(PA_VMO_VDSO, 0)) != 0,
          "the program has its own handles");
    check(handle_of(PA_HND(PA_VMO_EXECUTABLE, 0)) == 0 &&
              handle_of(PA_HND(PA_VMAR_LOADED, 0)) == 0 &&
              handle_of(PA_HND(PA_LDSVC_LOADER, 0)) == 0,
          "the linker's handles are the linker's alone");
    if (!spawned) {
        check(handle_of(PA_HND(PA_VMO_VDSO, 1)) != 0 && handle_of(PA_HND(PA_VMO_VDSO, 2)) != 0 &&
                  handle_of(PA_HND(PA_VMO_BOOTDATA, 0)) != 0 &&
                  handle_of(PA_HND(PA_RESOURCE, 0)) != 0 &&
                  handle_of(PA_HND(PA_VMO_KERNEL_FILE, 0)) != 0 &&
                  handle_of(PA_HND(PA_VMO_BOOTFS, 0)) != 0,
              "the first program has all that the kernel gave");
        check_variant(1, "vdso/test1");
        check_variant(2, "vdso/test2");
        check(start.args.count == 0 && start.names.count == 0,
              "it has neither arguments nor names");
    }
}

static void test_libraries(const void *vdso)
{
    uint64_t base = 0;
    uint64_t size = 0;

    check(library_add(2) == 42 && *library_pointer == 40, "the library's code and data work");
    check(library_clock() <= zx_clock_get_monotonic(), "the library calls the system");
    check(library_call_address() == (const void *)(uintptr_t)zx_handle_close,
          "program and library call the same function");
    check(zx_object_get_property(handle_of(PA_HND(PA_PROC_SELF, 0)),
                                 ZX_PROP_PROCESS_VDSO_BASE_ADDRESS, &base, sizeof(base)) == ZX_OK &&
              base == (uintptr_t)vdso,
          "the vDSO is where x1 says");
    check(zx_vmo_get_size(handle_of(PA_HND(PA_VMO_VDSO, 0)), &size) == ZX_OK &&
              (uintptr_t)library_call_address() - base < size,
          "that function is the vDSO's own");
}

static void test_stack(void)
{
    uint64_t size = 0;
    uint64_t expected = message_size + start.handle_count * sizeof(zx_handle_t) + LINKER_STACK;

    check(zx_vmo_get_size(handle_of(PA_HND(PA_VMO_STACK, 0)), &size) == ZX_OK &&
              size == (expected + PAGE - 1) / PAGE * PAGE,
          "the first stack is what the message needs, whatever PT_GNU_STACK says");
}

static void test_placement(const void *vdso)
{
    zx_info_vmar_t info;
    zx_handle_t root = handle_of(PA_HND(PA_VMAR_ROOT, 0)), low;
    zx_vaddr_t address;

    if (zx_object_get_info(root, ZX_INFO_VMAR, &info, sizeof(info), NULL, NULL) != ZX_OK) {
        check(false, "the address space is known");
        return;
    }
    uintptr_t middle = info.base + info.len / 2;

    check((uintptr_t)vdso >= middle && linker_facts.linker_base >= middle &&
              linker_facts.stack >= middle,
          "linker, vDSO and stack are in the upper half");
    check_status(zx_vmar_allocate(root, ZX_VM_SPECIFIC, 0, PAGE, &low, &address), ZX_OK,
                 "the low half is free");
}

static void test_loader_service(bool spawned)
{
    check_status(linker_facts.missing, ZX_ERR_NOT_FOUND, "a library that is not there");
    check_status(linker_facts.parent, ZX_ERR_INVALID_ARGS, "a library outside of lib/");
    check_status(linker_facts.exclusive, ZX_ERR_NOT_FOUND, "CONFIG none! looks nowhere else");
    check_status(linker_facts.fallback, ZX_OK, "CONFIG none looks in lib/ too");
    check(strcmp(linker_facts.variant, "lib/variant/libgreet.so.1") == 0 ||
              strcmp(linker_facts.variant, "libgreet.so.1") == 0,
          "CONFIG variant finds the variant");
    check_status(linker_facts.bad_config, ZX_ERR_INVALID_ARGS, "CONFIG outside of lib/");
    check_status(linker_facts.script, ZX_OK, "LOAD_SCRIPT_INTERPRETER");
    check_status(linker_facts.relative_script, ZX_ERR_INVALID_ARGS, "a relative path of it");
    check_status(linker_facts.clone, spawned ? ZX_OK : ZX_ERR_NOT_SUPPORTED, "CLONE");
    check_status(linker_facts.malformed, ZX_ERR_INVALID_ARGS, "a request of the wrong length");
    check_status(linker_facts.unknown, ZX_ERR_INVALID_ARGS, "an unknown request");
    check_status(linker_facts.debug, ZX_ERR_NOT_SUPPORTED, "DEBUG_LOAD_CONFIG");
    check_status(linker_facts.done, ZX_OK, "DONE closes the channel");
}

static void __attribute__((noreturn)) finish(bool spawned)
{
    const char *nonce = processargs_get(&start.environ, SESSION_NONCE_KEY);

    print("# %u tests, %u failed\n", test_count, failure_count);
    if (!spawned && nonce != NULL) {
        print("[[%s]] status %d\n", nonce, failure_count != 0);
        (void)zx_system_powerctl(handle_of(PA_HND(PA_RESOURCE, 0)), ZX_SYSTEM_POWERCTL_SHUTDOWN,
                                 NULL);
    }
    zx_process_exit(failure_count != 0);
}

void _start(zx_handle_t bootstrap, const void *vdso)
{
    uint32_t handle_count = 0;
    zx_status_t status = zx_channel_read(bootstrap, 0, message, handles, sizeof(message),
                                         MAX_HANDLES, &message_size, &handle_count);

    if (status == ZX_OK) {
        status = processargs_parse(message, message_size, handle_count, &start);
    }
    if (status != ZX_OK) {
        print("the main message cannot be read: %s\n", zx_status_get_string(status));
        zx_process_exit(-1);
    }
    zx_handle_close(bootstrap);
    const bool spawned = start.args.count == 2;

    test_linker_message(spawned);
    test_main_message(spawned);
    test_libraries(vdso);
    test_stack();
    test_placement(vdso);
    test_loader_service(spawned);
    finish(spawned);
}
