// SPDX-License-Identifier: MIT
//
// What drivers may ask for: protocol `host`. One message of one driver at a turn of the loop.

#include "devmgr.h"

#include <ipc/ipc.h>
#include <protocol/host.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// A clock that is this near is let be: it was set before, and shall not jump because a driver with
// a resolution of a second was started again.
#define CLOCK_NEAR ZX_SEC(2)

static void set_clock(void *context, const struct ipc_request *request, int64_t utc)
{
    struct device *device = context;
    zx_time_t now = zx_clock_get(ZX_CLOCK_UTC);
    zx_status_t status = ZX_OK;

    if ((device->driver->rights & PLAN_SET_CLOCK) == 0) {
        status = ZX_ERR_ACCESS_DENIED;
    } else if (utc < 0) {
        status = ZX_ERR_OUT_OF_RANGE;
    } else if (now < utc - CLOCK_NEAR || now - CLOCK_NEAR > utc) {
        status =
            zx_clock_adjust(devmgr.root_resource, ZX_CLOCK_UTC, utc - zx_clock_get_monotonic());
    }
    (void)host_reply_set_clock(request, status);
}

static void take_interrupt(void *context, const struct ipc_request *request, uint32_t index)
{
    struct device *device = context;
    zx_handle_t interrupt = ZX_HANDLE_INVALID;
    zx_status_t status = ZX_ERR_ACCESS_DENIED;

    if ((device->driver->rights & PLAN_HAND_OVER) != 0) {
        status = own_make_interrupt(device, index, &interrupt);
    }
    (void)host_reply_take_interrupt(request, status, interrupt);
}

static void take_registers(void *context, const struct ipc_request *request, uint32_t index)
{
    struct device *device = context;
    zx_handle_t vmo = ZX_HANDLE_INVALID;
    zx_status_t status = ZX_ERR_ACCESS_DENIED;

    if ((device->driver->rights & PLAN_HAND_OVER) != 0) {
        status = own_make_registers(device, index, &vmo);
    }
    (void)host_reply_take_registers(request, status, vmo);
}

static void asked(void *context, zx_signals_t observed)
{
    static const struct host_server server = {
        .set_clock = set_clock,
        .take_interrupt = take_interrupt,
        .take_registers = take_registers,
    };
    struct device *device = context;
    const struct ipc_binding binding = host_binding(&server, device);
    zx_status_t status = ZX_ERR_PEER_CLOSED;

    if ((observed & ZX_CHANNEL_READABLE) != 0) {
        status = ipc_serve_one(device->host, &binding, 1);
    }
    if (status != ZX_OK && status != ZX_ERR_SHOULD_WAIT) {
        host_end(device);
    }
}

zx_status_t host_begin(struct device *device)
{
    device->asked = (struct vfs_watch){
        .handle = device->host,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = asked,
        .context = device,
        .repeat = true,
    };
    return vfs_watch_start(devmgr.loop, &device->asked);
}

void host_end(struct device *device)
{
    vfs_watch_cancel(devmgr.loop, &device->asked);
    close_handle(&device->host);
}
