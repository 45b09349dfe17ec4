// SPDX-License-Identifier: MIT
//
// The MMIO transport; the interface is in virtio/mmio.h, the registers in virtio 1.1, 4.2.2, the
// order of the steps in 3.1.1 and 4.2.3.

#include <virtio/mmio.h>

#include <zircon/errors.h>

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    KIND = 0x008,
    OFFERED = 0x010,
    OFFERED_SELECT = 0x014,
    ACCEPTED = 0x020,
    ACCEPTED_SELECT = 0x024,
    QUEUE_SELECT = 0x030,
    QUEUE_SIZE_MAX = 0x034,
    QUEUE_SIZE = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACKNOWLEDGE = 0x064,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS = 0x080, // low word, then high word
    QUEUE_AVAILABLE = 0x090,
    QUEUE_USED = 0x0a0,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100,
};

#define MAGIC_VALUE      0x74726976u
#define SUPPORTED        2u
#define FEATURE_VERSION1 (UINT64_C(1) << 32)

// Device status (2.1).
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u

// Reads that a device gets to finish a reset, or to keep its configuration still.
#define PATIENCE 100000u

static uint32_t get(const struct virtio_mmio *device, size_t at)
{
    return device->read(device->context, at);
}

static void put(const struct virtio_mmio *device, size_t at, uint32_t value)
{
    device->write(device->context, at, value);
}

static void put_address(const struct virtio_mmio *device, size_t at, uint64_t address)
{
    put(device, at, (uint32_t)address);
    put(device, at + 4, (uint32_t)(address >> 32));
}

static void add_status(const struct virtio_mmio *device, uint32_t bits)
{
    put(device, STATUS, get(device, STATUS) | bits);
}

zx_status_t virtio_mmio_reset(const struct virtio_mmio *device)
{
    put(device, STATUS, 0);
    for (uint32_t i = 0; i < PATIENCE; i++) {
        if (get(device, STATUS) == 0) {
            return ZX_OK;
        }
    }
    return ZX_ERR_TIMED_OUT;
}

static uint64_t offered_features(const struct virtio_mmio *device)
{
    put(device, OFFERED_SELECT, 1);
    uint64_t high = get(device, OFFERED);

    put(device, OFFERED_SELECT, 0);
    return high << 32 | get(device, OFFERED);
}

static void accept_features(const struct virtio_mmio *device, uint64_t features)
{
    put(device, ACCEPTED_SELECT, 1);
    put(device, ACCEPTED, (uint32_t)(features >> 32));
    put(device, ACCEPTED_SELECT, 0);
    put(device, ACCEPTED, (uint32_t)features);
}

zx_status_t virtio_mmio_begin(const struct virtio_mmio *device, uint32_t kind, uint64_t wanted,
                              uint64_t *out_got)
{
    if (get(device, MAGIC) != MAGIC_VALUE || get(device, VERSION) != SUPPORTED ||
        get(device, KIND) != kind) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    zx_status_t status = virtio_mmio_reset(device);

    if (status != ZX_OK) {
        return status;
    }
    add_status(device, STATUS_ACKNOWLEDGE);
    add_status(device, STATUS_DRIVER);
    uint64_t offered = offered_features(device);

    if ((offered & FEATURE_VERSION1) == 0) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    *out_got = offered & wanted;
    accept_features(device, FEATURE_VERSION1 | *out_got);
    add_status(device, STATUS_FEATURES_OK);
    return (get(device, STATUS) & STATUS_FEATURES_OK) != 0 ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
}

zx_status_t virtio_mmio_set_queue(const struct virtio_mmio *device, uint32_t index,
                                  const struct virtio_queue *queue, uint64_t address)
{
    put(device, QUEUE_SELECT, index);
    if (get(device, QUEUE_READY) != 0 || get(device, QUEUE_SIZE_MAX) < queue->size) {
        return ZX_ERR_NOT_SUPPORTED;
    }
    put(device, QUEUE_SIZE, queue->size);
    put_address(device, QUEUE_DESCRIPTORS, address);
    put_address(device, QUEUE_AVAILABLE, address + VIRTIO_QUEUE_AVAILABLE);
    put_address(device, QUEUE_USED, address + VIRTIO_QUEUE_USED);
    put(device, QUEUE_READY, 1);
    return get(device, QUEUE_READY) == 1 ? ZX_OK : ZX_ERR_NOT_SUPPORTED;
}

void virtio_mmio_run(const struct virtio_mmio *device)
{
    add_status(device, STATUS_DRIVER_OK);
}

void virtio_mmio_notify(const struct virtio_mmio *device, uint32_t index)
{
    put(device, QUEUE_NOTIFY, index);
}

uint32_t virtio_mmio_take_interrupt(const struct virtio_mmio *device)
{
    uint32_t causes =
        get(device, INTERRUPT_STATUS) & (VIRTIO_INTERRUPT_USED | VIRTIO_INTERRUPT_CONFIG);

    put(device, INTERRUPT_ACKNOWLEDGE, causes);
    return causes;
}

zx_status_t virtio_mmio_read_config(const struct virtio_mmio *device, size_t at, uint32_t *out,
                                    uint32_t count)
{
    for (uint32_t tries = 0; tries < PATIENCE; tries++) {
        uint32_t before = get(device, CONFIG_GENERATION);

        for (uint32_t i = 0; i < count; i++) {
            out[i] = get(device, CONFIG + at + 4 * i);
        }
        if (get(device, CONFIG_GENERATION) == before) {
            return ZX_OK;
        }
    }
    return ZX_ERR_TIMED_OUT;
}
