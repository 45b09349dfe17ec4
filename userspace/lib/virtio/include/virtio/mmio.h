// SPDX-License-Identifier: MIT
//
// virtio over MMIO (virtio 1.1, 4.2), version 2, the driver's side: from reset to a running device.
// The registers are reached through two functions, so that a model of a device can stand behind
// them.
//
// The device is not trusted: what it says is checked, and no wait for it is without an end.

#ifndef VIRTIO_MMIO_H
#define VIRTIO_MMIO_H

#include <stddef.h>
#include <stdint.h>

#include <virtio/queue.h>
#include <zircon/types.h>

// Bytes of registers without the device's configuration, which follows them.
#define VIRTIO_MMIO_REGISTERS 0x100u

// Kinds of devices (virtio 1.1, 5).
#define VIRTIO_KIND_BLOCK   2u
#define VIRTIO_KIND_ENTROPY 4u

// Causes of an interrupt.
#define VIRTIO_INTERRUPT_USED   1u // requests are done
#define VIRTIO_INTERRUPT_CONFIG 2u // the configuration has changed

struct virtio_mmio {
    uint32_t (*read)(void *context, size_t at); // a 32-bit register
    void (*write)(void *context, size_t at, uint32_t value);
    void *context;
};

// Resets the device: it forgets its queues and no longer touches memory. ZX_ERR_TIMED_OUT: it does
// not say that it has.
zx_status_t virtio_mmio_reset(const struct virtio_mmio *device);

// Resets a device of this kind and agrees with it on features: VERSION_1 and those of `wanted` that
// it offers, which *out_got then tells. ZX_ERR_NOT_SUPPORTED: another kind or version of device, or
// it does not take VERSION_1. ZX_ERR_TIMED_OUT: as above.
zx_status_t virtio_mmio_begin(const struct virtio_mmio *device, uint32_t kind, uint64_t wanted,
                              uint64_t *out_got);

// Gives it a queue, whose page is at `address` for the device. ZX_ERR_NOT_SUPPORTED: it has no such
// queue or takes no such size.
zx_status_t virtio_mmio_set_queue(const struct virtio_mmio *device, uint32_t index,
                                  const struct virtio_queue *queue, uint64_t address);

// Lets it run.
void virtio_mmio_run(const struct virtio_mmio *device);

// Tells it that a queue has new requests.
void virtio_mmio_notify(const struct virtio_mmio *device, uint32_t index);

// Takes the causes of an interrupt, VIRTIO_INTERRUPT_, and lets the line go.
uint32_t virtio_mmio_take_interrupt(const struct virtio_mmio *device);

// Reads the configuration from a multiple of 4 on, `count` words that belong together.
// ZX_ERR_TIMED_OUT: it changes all the time.
zx_status_t virtio_mmio_read_config(const struct virtio_mmio *device, size_t at, uint32_t *out,
                                    uint32_t count);

#endif
