// SPDX-License-Identifier: MIT
//
// Feeds the machine's watchdog (jacinth.watchdog=SECONDS): when this program hangs, or its driver, the scheduler or
// the kernel does, nobody feeds it, and it resets the machine.
//
//   W1  At most one request waits for its answer: a driver that hangs does not make them pile up, and is not fed for.
//       One request is waited for, LONGEST_WAIT at most: what the longest time is, of a driver that has just answered.
//   W2  The connection is made anew at the next turn after it was lost: a driver that was started again feeds on.

#include "svc.h"

#include <stdlib.h>

#include <ipc/ipc.h>
#include <protocol/file.h>
#include <protocol/watchdog.h>
#include <zircon/errors.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

#define DEVICES "/device" // of the manifest: what the device manager provides
#define DEVICE  "watchdog0"

// Fed this often in its time.
#define TURNS 4

#define LONGEST_WAIT ZX_SEC(1)

static uint32_t seconds;
static zx_handle_t channel; // the connection; ZX_HANDLE_INVALID: none
static struct vfs_watch watch;
static struct vfs_timer turn;
static uint32_t txid;
static bool waits; // W1
static zx_status_t known = ZX_ERR_SHOULD_WAIT; // what was told last; this: nothing yet

// Tells how it goes, when that has changed.
static void tell(zx_status_t status)
{
    if (status == known) {
        return;
    }
    known = status;
    if (status == ZX_OK) {
        say("%s is fed: %u s", DEVICE, seconds);
    } else {
        say("%s cannot be fed: %s", DEVICE, zx_status_get_string(status));
    }
}

static void disconnect(void)
{
    vfs_watch_cancel(svc.loop, &watch);
    close_handle(&channel);
    waits = false;
}

static void feed(void *context);

// The time is too long for the device: the longest that it has, from now on. False: it does not say.
static bool shorten(void)
{
    uint32_t longest;

    if (watchdog_state(channel, zx_deadline_after(LONGEST_WAIT), NULL, &longest) != ZX_OK ||
        longest == 0 || longest >= seconds) {
        return false;
    }
    say("%s: %u s are too long for it", DEVICE, seconds);
    seconds = longest;
    return true;
}

static void answered(void *context, zx_signals_t observed)
{
    uint32_t its_txid, its_ordinal;
    zx_status_t result = ZX_OK;
    zx_status_t status = ipc_read_status(channel, &its_txid, &its_ordinal, &result);

    (void)context;
    if (status == ZX_ERR_SHOULD_WAIT) {
        if ((observed & ZX_CHANNEL_PEER_CLOSED) == 0) {
            return;
        }
        // The loop cannot go on waiting: the connection is as good as lost.
        status = ZX_ERR_NO_MEMORY;
    }
    waits = false;
    if (status != ZX_OK || (observed & ZX_CHANNEL_PEER_CLOSED) != 0) {
        tell(status == ZX_OK ? result : status);
        disconnect();
    } else if (result == ZX_ERR_OUT_OF_RANGE && shorten()) {
        feed(NULL);
    } else {
        tell(result);
    }
}

static zx_status_t connect(void)
{
    channel = vfs_route_connection(service_route(DEVICES), DEVICES, DEVICE,
                                   FILE_OPEN_READ | FILE_OPEN_WRITE);
    if (channel == ZX_HANDLE_INVALID) {
        return ZX_ERR_UNAVAILABLE;
    }
    watch = (struct vfs_watch){
        .handle = channel,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = answered,
        .repeat = true,
    };
    zx_status_t status = vfs_watch_start(svc.loop, &watch);

    if (status != ZX_OK) {
        close_handle(&channel);
    }
    return status;
}

static void feed(void *context)
{
    zx_status_t status = ZX_OK;

    (void)context;
    vfs_timer_start(svc.loop, &turn, zx_deadline_after(ZX_SEC(seconds) / TURNS));
    if (channel == ZX_HANDLE_INVALID) {
        status = connect();
    }
    if (status == ZX_OK && !waits) {
        status = watchdog_send_feed(channel, ++txid, seconds);
        waits = status == ZX_OK;
    }
    // A lost connection is seen by the watch.
    if (status != ZX_OK && status != ZX_ERR_PEER_CLOSED) {
        tell(status);
    }
}

void watchdog_begin(void)
{
    const char *text = getenv("jacinth.watchdog");
    char *end;

    if (text == NULL) {
        return;
    }
    unsigned long value = strtoul(text, &end, 10);

    if (*end != '\0' || value > UINT32_MAX) {
        say("jacinth.watchdog=%s: not a number of seconds", text);
        return;
    }
    if (value == 0) {
        return;
    }
    seconds = (uint32_t)value;
    turn.fired = feed;
    feed(NULL);
}
