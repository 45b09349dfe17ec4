// SPDX-License-Identifier: MIT
//
// A virtio device with one queue; the interface is in device.h.

#include "device.h"

#include <stdlib.h>

#include <zircon/errors.h>
#include <zircon/syscalls.h>

static uint32_t read_register(void *context, size_t at)
{
    return driver_read32(context, at);
}

static void write_register(void *context, size_t at, uint32_t value)
{
    driver_write32(context, at, value);
}

zx_status_t virtio_device_begin(struct virtio_device *device, uint32_t kind, uint64_t wanted,
                                uint64_t *out_got)
{
    zx_status_t status = driver_map_registers(0, VIRTIO_MMIO_REGISTERS + 64, &device->registers);

    if (status != ZX_OK) {
        return status;
    }
    device->mmio = (struct virtio_mmio){read_register, write_register, &device->registers};
    device->bti = driver_take_bti();
    device->interrupt.handle = driver_take_interrupt(0);
    if (device->bti == ZX_HANDLE_INVALID || device->interrupt.handle == ZX_HANDLE_INVALID) {
        return ZX_ERR_BAD_HANDLE;
    }
    // Caches are not looked after here.
    if (!driver_has_property("dma-coherent")) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    status = virtio_mmio_begin(&device->mmio, kind, wanted, out_got);
    // It was reset, or is none of ours: nothing that was pinned before is in use.
    return status == ZX_OK ? zx_bti_release_quarantine(device->bti) : status;
}

static void take_all(struct virtio_device *device)
{
    void *token;
    uint32_t written;
    zx_status_t status;

    while ((status = virtio_queue_take(&device->queue, &token, &written)) == ZX_OK) {
        device->done(device->context, token, written);
    }
    if (status != ZX_ERR_SHOULD_WAIT) {
        driver_say("the device returns what makes no sense", status);
        exit(1);
    }
}

static void interrupted(void *context, zx_time_t when)
{
    struct virtio_device *device = context;

    (void)when;
    (void)virtio_mmio_take_interrupt(&device->mmio);
    take_all(device);
}

zx_status_t virtio_device_run(struct virtio_device *device, struct vfs_loop *loop, uint16_t size)
{
    zx_status_t status = driver_allocate(device->bti, VIRTIO_QUEUE_BYTES, &device->page);

    if (status == ZX_OK) {
        status = virtio_queue_init(&device->queue, device->page.data, size);
    }
    if (status == ZX_OK) {
        status =
            virtio_mmio_set_queue(&device->mmio, 0, &device->queue, device->page.pin.addresses[0]);
    }
    if (status == ZX_OK) {
        device->interrupt.fired = interrupted;
        device->interrupt.context = device;
        status = vfs_interrupt_start(loop, &device->interrupt);
    }
    if (status == ZX_OK) {
        virtio_mmio_run(&device->mmio);
    }
    return status;
}

zx_status_t virtio_device_ask(struct virtio_device *device, const struct virtio_segment *segments,
                              uint32_t count, void *token)
{
    zx_status_t status = virtio_queue_add(&device->queue, segments, count, token);

    if (status == ZX_OK) {
        virtio_mmio_notify(&device->mmio, 0);
    }
    return status;
}
