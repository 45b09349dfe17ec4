// SPDX-License-Identifier: MIT
//
// demo: what the kernel is for, shown with two processes: they talk over a channel, pass a VMO's
// handle, share its memory; one is killed and the other sees PEER_CLOSED. Started again with a role,
// the program is one of the two (sides.c). Exit status 0 if all was as it should be.

#include "sides.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <jacinth/spawn.h>
#include <zircon/process.h>
#include <zircon/processargs.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

// How long the talk may take; only a hang takes that long.
#define PATIENCE ZX_SEC(60)

// The file that this program is started from again when argv[0] is a bare name.
#define PROGRAM "/boot/bin/demo"

void demo_say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout); // the other side prints too
}

static int report(const char *what, zx_status_t status)
{
    fprintf(stderr, "demo: %s: %s\n", what, zx_status_get_string(status));
    return 1;
}

// Starts one side. Takes the handles; `event` may be ZX_HANDLE_INVALID.
static zx_status_t start_side(const char *role, zx_handle_t channel, zx_handle_t event,
                              struct spawned *out)
{
    const char *argv[] = {"demo", role, NULL};
    const struct spawn_handle handles[] = {{channel, PA_HND(PA_USER0, 0)},
                                           {event, PA_HND(PA_USER1, 0)}};
    const struct spawn what = {
        .flags = SPAWN_INHERIT,
        .path = PROGRAM,
        .name = role,
        .argv = argv,
        .handle_count = event != ZX_HANDLE_INVALID ? 2 : 1,
        .handles = handles,
    };
    const char *reason = NULL;
    zx_status_t status = spawn_start(&what, out, &reason);

    if (status != ZX_OK) {
        fprintf(stderr, "demo: %s: %s (%s)\n", PROGRAM,
                reason != NULL ? reason : "cannot be started", zx_status_get_string(status));
    }
    return status;
}

// Waits for a side's end and releases it. Returns its exit code.
static int64_t finish(struct spawned *side)
{
    zx_info_process_t info = {.return_code = INT64_MIN};

    (void)zx_object_wait_one(side->process, ZX_PROCESS_TERMINATED, zx_deadline_after(PATIENCE),
                             NULL);
    (void)zx_object_get_info(side->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    zx_handle_close(side->process);
    zx_handle_close(side->thread);
    return info.return_code;
}

// Waits until ping says that it is done talking, or ends.
static bool wait_for_talk(zx_handle_t event, zx_handle_t ping)
{
    zx_wait_item_t items[2] = {
        {.handle = event, .waitfor = ZX_EVENT_SIGNALED},
        {.handle = ping, .waitfor = ZX_PROCESS_TERMINATED},
    };
    zx_status_t status = zx_object_wait_many(items, 2, zx_deadline_after(PATIENCE));

    return status == ZX_OK && (items[0].pending & ZX_EVENT_SIGNALED) != 0;
}

// With both sides running: waits for the talk, ends pong, waits for both.
static bool conduct(struct spawned *ping, struct spawned *pong, zx_handle_t event)
{
    bool talked = wait_for_talk(event, ping->process);

    if (talked) {
        printf("demo: killing pong, process %d\n", pong->pid);
    }
    zx_status_t killed = zx_task_kill(pong->process);

    if (!talked) {
        (void)zx_task_kill(ping->process);
    }
    int64_t ping_code = finish(ping), pong_code = finish(pong);

    printf("demo: ping ended with %lld, pong with %lld\n", (long long)ping_code,
           (long long)pong_code);
    return talked && killed == ZX_OK && ping_code == 0 && pong_code == -1;
}

// Starts both sides on the ends of a channel. Takes the ends and one handle of the event.
static bool start_both(zx_handle_t ends[2], zx_handle_t ping_event, zx_handle_t event)
{
    struct spawned ping, pong;

    if (start_side("pong", ends[1], ZX_HANDLE_INVALID, &pong) != ZX_OK) {
        zx_handle_close(ends[0]);
        zx_handle_close(ping_event);
        return false;
    }
    if (start_side("ping", ends[0], ping_event, &ping) != ZX_OK) {
        (void)zx_task_kill(pong.process);
        (void)finish(&pong);
        return false;
    }
    return conduct(&ping, &pong, event);
}

static int run(void)
{
    zx_handle_t ends[2], event, ping_event;
    zx_status_t status = zx_channel_create(0, &ends[0], &ends[1]);

    if (status != ZX_OK) {
        return report("no channel", status);
    }
    status = zx_event_create(0, &event);
    if (status == ZX_OK) {
        status = zx_handle_duplicate(event, ZX_RIGHT_SAME_RIGHTS, &ping_event);
    }
    if (status != ZX_OK) {
        zx_handle_close_many(ends, 2);
        return report("no event", status);
    }
    fflush(stdout);
    bool good = start_both(ends, ping_event, event);

    zx_handle_close(event);
    printf("demo: %s\n", good ? "all as it should be" : "FAILED");
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    zx_handle_t channel = zx_take_startup_handle(PA_HND(PA_USER0, 0));

    if (argc == 1) {
        return run();
    }
    if (argc == 2 && channel != ZX_HANDLE_INVALID) {
        return demo_play(argv[1], channel, zx_take_startup_handle(PA_HND(PA_USER1, 0)));
    }
    fprintf(stderr, "usage: demo\n");
    return 2;
}
