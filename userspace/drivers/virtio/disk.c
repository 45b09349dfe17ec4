// SPDX-License-Identifier: MIT
//
// virtio's block device (virtio 1.1, 5.2). Serves protocol `block`. Data goes between the device
// and clients' memory directly.

#include "disk.h"

#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define QUEUE_SIZE 128u

// Features and configuration (5.2.3, 5.2.4).
#define FEATURE_SEGMENTS  (UINT64_C(1) << 2)
#define FEATURE_READ_ONLY (UINT64_C(1) << 5)
#define FEATURE_FLUSH     (UINT64_C(1) << 9)
#define CONFIG_CAPACITY   0u  // sectors, two words
#define CONFIG_SEGMENTS   12u // most of a request

struct disk disk;

static zx_status_t read_geometry(uint64_t features)
{
    uint32_t capacity[2], segments = 1;
    zx_status_t status = virtio_mmio_read_config(&disk.device.mmio, CONFIG_CAPACITY, capacity, 2);

    if (status == ZX_OK && (features & FEATURE_SEGMENTS) != 0) {
        status = virtio_mmio_read_config(&disk.device.mmio, CONFIG_SEGMENTS, &segments, 1);
    }
    disk.sectors = (uint64_t)capacity[1] << 32 | capacity[0];
    disk.max_pages = segments < REQUEST_PAGES ? segments : REQUEST_PAGES;
    disk.read_only = (features & FEATURE_READ_ONLY) != 0;
    disk.can_flush = (features & FEATURE_FLUSH) != 0;
    // A transfer may begin inside of a page: one segment is too few for a page of data.
    return status == ZX_OK && disk.max_pages < 2 ? ZX_ERR_NOT_SUPPORTED : status;
}

static zx_status_t start(struct vfs_loop *loop)
{
    uint64_t features;
    zx_status_t status =
        virtio_device_begin(&disk.device, VIRTIO_KIND_BLOCK,
                            FEATURE_SEGMENTS | FEATURE_READ_ONLY | FEATURE_FLUSH, &features);

    if (status == ZX_OK) {
        status = read_geometry(features);
    }
    if (status == ZX_OK) {
        status = driver_allocate(disk.device.bti, DRIVER_DMA_PAGE, &disk.headers);
    }
    if (status == ZX_OK) {
        disk.device.done = request_done;
        status = virtio_device_run(&disk.device, loop, QUEUE_SIZE);
    }
    return status;
}

int main(void)
{
    struct vfs_loop *loop;
    zx_status_t status = vfs_loop_create(&loop);

    vfs_link_init(&disk.waiting);
    if (status == ZX_OK) {
        status = start(loop);
    }
    if (status == ZX_OK) {
        status = driver_run_sessions(loop, disk_binding(), disk_sessions());
    }
    if (status != ZX_OK) {
        driver_say("cannot go on", status);
    }
    return status == ZX_OK ? 0 : 1;
}
