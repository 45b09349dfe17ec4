// SPDX-License-Identifier: MIT
//
// The commands demo and crash: what the kernel is for, shown with child processes. Both end with a
// verdict and an exit status, so that they serve as a first test of a machine.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/string.h>
#include <tasks/tasks.h>
#include <zircon/errors.h>
#include <zircon/processargs.h>
#include <zircon/syscalls.h>

// How long one side of the demo may take; only a hang takes that long.
#define DEMO_PATIENCE ZX_SEC(60)

// ---- demo ----

// Starts one side: bin/demo-side with a role, its end of the channel and, for ping, the event that it
// signals when it has seen all that the other side does while alive.
static zx_status_t start_side(char *role, zx_handle_t channel, zx_handle_t event,
                              struct program *out)
{
    char name[] = "demo-side";
    char *argv[] = {name, role, NULL};
    struct gift gifts[2] = {
        {channel, PA_HND(PA_USER0, 0)},
        {event, PA_HND(PA_USER1, 0)},
    };

    return program_start(2, argv, gifts, event == ZX_HANDLE_INVALID ? 1 : 2, out);
}

// Waits until ping says that it is done talking, or ends.
static bool wait_for_talk(zx_handle_t event, zx_handle_t ping)
{
    zx_wait_item_t items[2] = {
        {.handle = event, .waitfor = ZX_EVENT_SIGNALED},
        {.handle = ping, .waitfor = ZX_PROCESS_TERMINATED},
    };
    zx_status_t status = zx_object_wait_many(items, 2, zx_deadline_after(DEMO_PATIENCE));

    return status == ZX_OK && (items[0].pending & ZX_EVENT_SIGNALED) != 0;
}

// With both sides running: waits for the talk, ends pong, waits for both. True if all was as it
// should be.
static bool conduct(struct program *ping, struct program *pong, zx_handle_t event)
{
    int64_t ping_code = -1, pong_code = 0;
    bool talked = wait_for_talk(event, ping->process);

    if (talked) {
        console_printf("demo: killing pong, process %lu\n", tasks_koid(pong->process));
    }
    zx_status_t killed = zx_task_kill(pong->process);

    if (!talked) {
        (void)zx_task_kill(ping->process);
    }
    zx_status_t ping_status = program_finish(ping, &ping_code);
    zx_status_t pong_status = program_finish(pong, &pong_code);

    console_printf("demo: ping ended with %ld, pong with %ld\n", ping_code, pong_code);
    return talked && killed == ZX_OK && ping_status == ZX_OK && pong_status == ZX_OK &&
           ping_code == 0 && pong_code == -1;
}

int cmd_demo(int argc, char **argv)
{
    char ping_role[] = "ping", pong_role[] = "pong";
    struct program ping, pong;
    zx_handle_t ends[2], event, ping_event;
    bool good = false;

    (void)argc;
    zx_status_t status = zx_channel_create(0, &ends[0], &ends[1]);

    if (status != ZX_OK) {
        return report(argv[0], "no channel", status);
    }
    status = zx_event_create(0, &event);
    if (status == ZX_OK) {
        status = zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &ping_event);
    }
    if (status != ZX_OK) {
        zx_handle_close_many(ends, 2);
        return report(argv[0], "no event", status);
    }
    if (start_side(pong_role, ends[1], ZX_HANDLE_INVALID, &pong) != ZX_OK) {
        zx_handle_close(ends[0]);
        zx_handle_close(ping_event);
    } else if (start_side(ping_role, ends[0], ping_event, &ping) != ZX_OK) {
        int64_t code;

        (void)zx_task_kill(pong.job);
        (void)program_finish(&pong, &code);
    } else {
        good = conduct(&ping, &pong, event);
    }
    zx_handle_close(event);
    console_printf("demo: %s\n", good ? "all as it should be" : "FAILED");
    return good ? STATUS_OK : STATUS_FAILED;
}

// ---- crash ----

// What bin/crash can do, in the order that `crash` without arguments takes.
static const struct {
    const char *name;
    const char *what;
    bool may_survive; // an emulated CPU may not look: QEMU does not check the stack pointer
} crash_kinds[] = {
    {"null", "reads address 0", false},
    {"unmapped", "reads an address where nothing is mapped", false},
    {"rodata", "writes to its constants", false},
    {"kernel", "reads a kernel address", false},
    {"jump", "jumps to address 0", false},
    {"pc", "jumps to an address that is not aligned", false},
    {"undefined", "executes an undefined instruction", false},
    {"stack", "overflows its stack", false},
    {"sp", "uses a stack pointer that is not aligned", true},
    {"svc", "issues a system call outside the vDSO", false},
    {"brk", "executes a breakpoint instruction", false},
    {"unaligned", "makes an exclusive access that is not aligned", false},
};

// The return code of a bin/crash that comes to its end.
#define CRASH_SURVIVED 1

#define KIND_COUNT (sizeof(crash_kinds) / sizeof(crash_kinds[0]))

// Lets a process crash in one way. True if the kernel ended it.
static bool crash_one(size_t kind)
{
    char name[] = "crash";
    char *argv[] = {name, (char *)(uintptr_t)crash_kinds[kind].name, NULL};
    struct program program;
    int64_t code;

    console_printf("crash %s: a process %s\n", crash_kinds[kind].name, crash_kinds[kind].what);
    if (program_start(2, argv, NULL, 0, &program) != ZX_OK) {
        return false;
    }
    zx_koid_t koid = tasks_koid(program.process);
    zx_status_t status = program_finish(&program, &code);

    if (status != ZX_OK) {
        (void)report("crash", crash_kinds[kind].name, status);
        return false;
    }
    const char *verdict = "was ended by the kernel";
    bool good = code == -1;

    if (!good && code == CRASH_SURVIVED && crash_kinds[kind].may_survive) {
        verdict = "survived: this CPU does not check that";
        good = true;
    } else if (!good) {
        verdict = "SURVIVED";
    }
    console_printf("crash %s: process %lu %s (%ld)\n", crash_kinds[kind].name, koid, verdict, code);
    return good;
}

int cmd_crash(int argc, char **argv)
{
    bool found = false, good = true;

    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (argc == 1 || strcmp(argv[1], crash_kinds[i].name) == 0) {
            found = true;
            good &= crash_one(i);
        }
    }
    if (!found) {
        console_printf("usage: crash [KIND], where KIND is one of\n");
        for (size_t i = 0; i < KIND_COUNT; i++) {
            console_printf("  %-10s %s\n", crash_kinds[i].name, crash_kinds[i].what);
        }
        return STATUS_USAGE;
    }
    return good ? STATUS_OK : STATUS_FAILED;
}
