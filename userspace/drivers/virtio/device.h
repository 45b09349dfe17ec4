// SPDX-License-Identifier: MIT
//
// What drivers of virtio devices share: a device with one queue and its interrupt. One thread; no
// locks.

#ifndef DRIVERS_VIRTIO_DEVICE_H
#define DRIVERS_VIRTIO_DEVICE_H

#include <stdint.h>

#include <driver/dma.h>
#include <driver/driver.h>
#include <vfs/loop.h>
#include <virtio/mmio.h>
#include <virtio/queue.h>
#include <zircon/types.h>

struct virtio_device {
    struct virtio_mmio mmio;
    struct virtio_queue queue;
    zx_handle_t bti;
    // Told of each request that the device has done. The queue is not to be used after a failure.
    void (*done)(void *context, void *token, uint32_t written);
    void *context;
    struct driver_registers registers; // private
    struct driver_memory page;         // private
    struct vfs_interrupt interrupt;    // private
};

// Takes what the process was given, and resets the device, which must be of this kind; then what a
// process before has left in quarantine is released. Features as in virtio_mmio_begin().
zx_status_t virtio_device_begin(struct virtio_device *device, uint32_t kind, uint64_t wanted,
                                uint64_t *out_got);

// Lets it run with a queue of `size` entries, and its interrupts come to the loop. `done` and
// `context` are set. A device that lies ends the process: devmgr starts another one, which resets
// it.
zx_status_t virtio_device_run(struct virtio_device *device, struct vfs_loop *loop, uint16_t size);

// Puts a request into the queue and tells the device. Statuses of virtio_queue_add().
zx_status_t virtio_device_ask(struct virtio_device *device, const struct virtio_segment *segments,
                              uint32_t count, void *token);

#endif
