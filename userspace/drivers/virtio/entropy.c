// SPDX-License-Identifier: MIT
//
// virtio's source of randomness (virtio 1.1, 5.4): mixes 64 bytes into the kernel's generator when
// it starts, and again every minute. Serves protocol `entropy`.

#include <string.h>

#include "device.h"

#include <protocol/entropy.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define PORTION 64u
#define PAUSE   ZX_SEC(60)

static struct {
    struct vfs_loop *loop;
    struct virtio_device device;
    struct driver_memory memory;
    struct vfs_timer again;
    uint64_t total;
} self;

// There is one request, and it is under way or will be made by the timer.
static void ask(void *context)
{
    const struct virtio_segment segment = {self.memory.pin.addresses[0], PORTION, true};
    zx_status_t status = virtio_device_ask(&self.device, &segment, 1, &self);

    (void)context;
    if (status != ZX_OK) {
        driver_say("the device takes no request", status);
    }
}

static void done(void *context, void *token, uint32_t written)
{
    uint8_t bytes[PORTION];

    (void)context;
    (void)token;
    // The device may still write: what is mixed in is one copy.
    memcpy(bytes, self.memory.data, written);
    if (zx_cprng_add_entropy(bytes, written) == ZX_OK) {
        self.total += written;
    }
    explicit_bzero(bytes, sizeof(bytes));
    explicit_bzero(self.memory.data, PORTION);
    vfs_timer_start(self.loop, &self.again, zx_deadline_after(PAUSE));
}

static void total(void *context, const struct ipc_request *request)
{
    (void)context;
    (void)entropy_reply_total(request, ZX_OK, self.total);
}

int main(void)
{
    static const struct entropy_server server = {.total = total};
    uint64_t features;
    zx_status_t status = virtio_device_begin(&self.device, VIRTIO_KIND_ENTROPY, 0, &features);

    self.device.done = done;
    self.again.fired = ask;
    if (status == ZX_OK) {
        status = vfs_loop_create(&self.loop);
    }
    if (status == ZX_OK) {
        status = driver_allocate(self.device.bti, DRIVER_DMA_PAGE, &self.memory);
    }
    if (status == ZX_OK) {
        status = virtio_device_run(&self.device, self.loop, 1);
    }
    if (status == ZX_OK) {
        ask(NULL);
        status = driver_run(self.loop, entropy_binding(&server, NULL));
    }
    if (status != ZX_OK) {
        driver_say("cannot go on", status);
    }
    return status == ZX_OK ? 0 : 1;
}
