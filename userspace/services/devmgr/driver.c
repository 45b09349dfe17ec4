// SPDX-License-Identifier: MIT
//
// Drivers from start to end, and again. States (DEVICES_, protocol/devices.h):
//
//   NO_DRIVER  for ever
//   RUNNING    has a process; its route is open. If the process closes its end, it is given a
//   moment to
//              exit, and then killed
//   WAITING    will be started when `again` fires; if that is soon, its route is open, so that
//              requests wait in it
//   FAILED     given up; route closed
//
// A driver that ends leaves nothing behind: its handles are closed before its end is seen, by which
// the kernel masks its interrupts and puts what it had pinned into quarantine. The exclusive claim
// on its registers stays with the device.

#include "devmgr.h"

#include <stdio.h>

#include <zircon/errors.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>
#include <zircon/syscalls/object.h>

// Failures in a row until a driver is given up.
#define FAILURES_MAX 10u

// The longest pause that connections wait in: in a longer one they are told at once that nobody is there.
#define WAIT_LONGEST (ZX_SEC(1) / 2)

// How long a process may live on without its end of the route.
#define GRACE (ZX_SEC(1) / 4)

static void try_start(struct device *device);

// Kills what is left of it and closes its handles.
static void bury(struct device *device)
{
    if (device->job != ZX_HANDLE_INVALID) {
        (void)zx_task_kill(device->job);
    }
    host_end(device);
    close_handle(&device->process);
    close_handle(&device->job);
    device->koid = 0;
}

static void give_up(struct device *device, const char *why)
{
    vfs_route_close(&device->route);
    device->state = DEVICES_FAILED;
    say("%s: %s: given up", device->path, why);
}

// Arranges the next start, by way of the loop.
static void start_again(struct device *device, int64_t delay)
{
    device->restarts++;
    device->state = DEVICES_WAITING;
    if (delay > WAIT_LONGEST) {
        vfs_route_close(&device->route);
    } else if (vfs_route_renew(&device->route) != ZX_OK) {
        give_up(device, "no channel for it");
        return;
    }
    vfs_timer_start(devmgr.loop, &device->again, delay == 0 ? 0 : zx_deadline_after(delay));
}

// Arranges the next start, or gives up. `what` is told.
static void retry(struct device *device, int64_t lived, bool failed, const char *what)
{
    int64_t delay;

    if (!backoff_after_end(&device->backoff, lived, failed, FAILURES_MAX, &delay)) {
        give_up(device, what);
        return;
    }
    say("%s: %s: started again%s", device->path, what, delay == 0 ? "" : " after a pause");
    start_again(device, delay);
}

// The timer `again`: it is time for the next start, or the end of a process without a route.
static void time_is_up(void *context)
{
    struct device *device = context;

    if (device->state == DEVICES_RUNNING) {
        say("%s: closed its directory and did not exit: killed", device->path);
        (void)zx_task_kill(device->job);
    } else {
        try_start(device);
    }
}

// Its end of the route is of no use any more: it exits, or is broken.
static void route_lost(void *context, bool nonsense)
{
    struct device *device = context;

    if (vfs_route_renew(&device->route) != ZX_OK || device->state != DEVICES_RUNNING) {
        return;
    }
    if (nonsense) {
        say("%s: sent what is no answer: killed", device->path);
        (void)zx_task_kill(device->job);
    } else {
        vfs_timer_start(devmgr.loop, &device->again, zx_deadline_after(GRACE));
    }
}

static void ended(void *context, zx_signals_t observed)
{
    struct device *device = context;
    zx_info_process_t info = {.return_code = -1};
    int64_t lived = zx_clock_get_monotonic() - device->started;
    char what[96];

    (void)observed;
    (void)zx_object_get_info(device->process, ZX_INFO_PROCESS, &info, sizeof(info), NULL, NULL);
    vfs_timer_cancel(&device->again);
    bury(device);
    if (device->at_once) {
        device->at_once = false;
        say("%s: restarted", device->path);
        start_again(device, 0);
        return;
    }
    snprintf(what, sizeof(what), "%s ended with %lld", device->driver->name,
             (long long)info.return_code);
    retry(device, lived, info.return_code != 0, what);
}

static zx_status_t watch_process(struct device *device)
{
    device->ended = (struct vfs_watch){
        .handle = device->process,
        .signals = ZX_PROCESS_TERMINATED,
        .fired = ended,
        .context = device,
    };
    return vfs_watch_start(devmgr.loop, &device->ended);
}

static void try_start(struct device *device)
{
    const char *reason = "no channel for it";
    bool hopeless = false;
    char what[160];
    zx_status_t status = vfs_route_renew(&device->route);

    if (status == ZX_OK) {
        status = start_driver(device, &reason, &hopeless);
    }
    if (status == ZX_OK) {
        reason = "cannot be watched";
        status = host_begin(device);
    }
    if (status == ZX_OK) {
        status = watch_process(device);
    }
    if (status == ZX_OK) {
        device->started = zx_clock_get_monotonic();
        device->state = DEVICES_RUNNING;
        return;
    }
    bury(device);
    snprintf(what, sizeof(what), "%s: %s (%s)", device->driver->program, reason,
             zx_status_get_string(status));
    if (hopeless) {
        give_up(device, what);
    } else {
        retry(device, 0, true, what);
    }
}

zx_status_t driver_restart(struct device *device)
{
    if (device->driver == NULL) {
        return ZX_ERR_NOT_FOUND;
    }
    device->backoff = (struct backoff){0};
    if (device->state == DEVICES_RUNNING) {
        device->at_once = true;
        (void)zx_task_kill(device->job);
        return ZX_OK;
    }
    vfs_timer_cancel(&device->again);
    say("%s: restarted", device->path);
    try_start(device);
    return device->state == DEVICES_RUNNING ? ZX_OK : ZX_ERR_UNAVAILABLE;
}

void drivers_begin(void)
{
    for (uint32_t i = 0; i < device_count; i++) {
        struct device *device = devices[i];

        vfs_route_init(&device->route, devmgr.loop, route_lost, device);
        device->again.fired = time_is_up;
        device->again.context = device;
        if (device->driver == NULL) {
            continue;
        }
        if (names_publish(device) != ZX_OK) {
            give_up(device, "no memory for its name");
            continue;
        }
        try_start(device);
    }
}
