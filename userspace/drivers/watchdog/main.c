// SPDX-License-Identifier: MIT
//
// The driver of a watchdog (docs/drivers.md): serves protocol `watchdog`. It never feeds by itself: it does so when
// its client says so, and whatever stops the client, this process, the scheduler or the machine stops the feeding.
// One thread; no locks.

#include "watchdog.h"

#include <stdlib.h>

#include <driver/driver.h>
#include <protocol/watchdog.h>
#include <zircon/errors.h>

static struct driver_registers registers;
static struct watchdog watchdog = {.context = &registers};
static void *owner;          // the session that feeds
static uint32_t set_seconds; // 0: was not started

static uint32_t read16(void *context, size_t at)
{
    return driver_read16(context, at);
}

static void write16(void *context, size_t at, uint32_t value)
{
    driver_write16(context, at, (uint16_t)value);
}

static uint32_t read32(void *context, size_t at)
{
    return driver_read32(context, at);
}

static void write32(void *context, size_t at, uint32_t value)
{
    driver_write32(context, at, value);
}

static void feed(void *session, const struct ipc_request *request, uint32_t seconds)
{
    if (owner != NULL && owner != session) {
        (void)watchdog_reply_feed(request, ZX_ERR_ALREADY_BOUND);
        return;
    }
    if (seconds == 0 || seconds > watchdog.kind->longest) {
        (void)watchdog_reply_feed(request, ZX_ERR_OUT_OF_RANGE);
        return;
    }
    owner = session;
    if (seconds != set_seconds) {
        watchdog.kind->start(&watchdog, seconds);
    } else {
        watchdog.kind->feed(&watchdog, seconds);
    }
    set_seconds = seconds;
    (void)watchdog_reply_feed(request, ZX_OK);
}

static void state(void *session, const struct ipc_request *request)
{
    (void)session;
    (void)watchdog_reply_state(request, ZX_OK, set_seconds, watchdog.kind->longest);
}

static void *begin(void *context)
{
    (void)context;
    return malloc(1); // tells one session from another
}

static void end(void *session)
{
    if (session == owner) {
        owner = NULL;
    }
    free(session);
}

static zx_status_t find_device(void)
{
    static const struct watchdog_kind *const kinds[] = {&watchdog_imx, &watchdog_npcm,
                                                        &watchdog_bcm2835, &watchdog_sunxi};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!driver_is_one_of(kinds[i]->compatible)) {
            continue;
        }
        watchdog.kind = kinds[i];
        watchdog.read = kinds[i]->width == 2 ? read16 : read32;
        watchdog.write = kinds[i]->width == 2 ? write16 : write32;
        watchdog.external = driver_has_property("fsl,ext-reset-output");
        return driver_map_registers(0, kinds[i]->registers, &registers);
    }
    return ZX_ERR_NOT_SUPPORTED;
}

int main(void)
{
    static const struct watchdog_server server = {.feed = feed, .state = state};
    struct vfs_loop *loop;
    zx_status_t status = find_device();

    if (status == ZX_OK) {
        status = vfs_loop_create(&loop);
    }
    if (status == ZX_OK) {
        status = driver_run_sessions(loop, watchdog_binding(&server, NULL),
                                     (struct vfs_sessions){begin, end});
    }
    if (status != ZX_OK) {
        driver_say("cannot go on", status);
    }
    return status == ZX_OK ? 0 : 1;
}
