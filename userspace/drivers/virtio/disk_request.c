// SPDX-License-Identifier: MIT
//
// Requests on their way through the device. Each has a slot: 16 bytes of header that the device
// reads, and a byte of status that it writes (virtio 1.1, 5.2.6).
//
//   D1  A request is waiting, or has a slot and is in the device's queue.
//   D2  A request holds a reference to its buffer: what the device may touch stays pinned.
//   D3  Requests begin in the order in which they came; they end in any order.

#include <stdlib.h>

#include "disk.h"

#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define HEADER_BYTES  16u
#define SLOT_BYTES    32u
#define STATUS_AT     HEADER_BYTES
#define STATUS_GOOD   0u
#define STATUS_CANNOT 2u
#define STATUS_NONE   0xffu // not of virtio: the device has not said

struct header {
    uint32_t operation;
    uint32_t reserved;
    uint64_t sector;
};

_Static_assert(sizeof(struct header) == HEADER_BYTES, "as the device reads it");
_Static_assert(SLOTS *SLOT_BYTES <= DRIVER_DMA_PAGE, "all slots in a page");

void buffer_release(struct buffer *buffer)
{
    if (--buffer->references == 0) {
        driver_unpin(&buffer->pin);
        free(buffer);
    }
}

static uint8_t *slot_memory(uint32_t slot)
{
    return (uint8_t *)disk.headers.data + slot * SLOT_BYTES;
}

static void reply(const struct request *request, zx_status_t status)
{
    switch (request->operation) {
    case DISK_READ: (void)block_reply_read(&request->asker, status); break;
    case DISK_WRITE: (void)block_reply_write(&request->asker, status); break;
    default: (void)block_reply_flush(&request->asker, status); break;
    }
}

static void answer(struct request *request, zx_status_t status)
{
    if (request->session != NULL) {
        request->session->request_count--;
        reply(request, status);
    }
    vfs_link_remove(&request->of_session);
    vfs_link_remove(&request->waiting);
    if (request->buffer != NULL) {
        buffer_release(request->buffer);
    }
    free(request);
}

void request_drop(struct request *request)
{
    answer(request, ZX_ERR_CANCELED); // nobody is told
}

// The segments of the request's data: neighbours in memory are one.
static uint32_t add_data(const struct request *request, struct virtio_segment *segments)
{
    uint64_t at = request->offset, end = request->offset + (uint64_t)request->count * SECTOR;
    uint32_t count = 0;

    while (at < end) {
        uint64_t in_page = at % DRIVER_DMA_PAGE;
        uint64_t size = DRIVER_DMA_PAGE - in_page < end - at ? DRIVER_DMA_PAGE - in_page : end - at;
        uint64_t address = request->buffer->pin.addresses[at / DRIVER_DMA_PAGE] + in_page;

        if (count != 0 && segments[count - 1].address + segments[count - 1].size == address) {
            segments[count - 1].size += (uint32_t)size;
        } else {
            segments[count++] =
                (struct virtio_segment){address, (uint32_t)size, request->operation == DISK_READ};
        }
        at += size;
    }
    return count;
}

// Gives the request to the device. ZX_ERR_SHOULD_WAIT: there is no room for it now.
static zx_status_t give(struct request *request)
{
    struct virtio_segment segments[REQUEST_PAGES + 3];
    uint64_t memory = disk.headers.pin.addresses[0] + request->slot * SLOT_BYTES;
    uint8_t *bytes = slot_memory(request->slot);
    uint32_t count = 1;

    *(struct header *)(void *)bytes = (struct header){request->operation, 0, request->sector};
    bytes[STATUS_AT] = STATUS_NONE;
    segments[0] = (struct virtio_segment){memory, HEADER_BYTES, false};
    if (request->buffer != NULL) {
        count += add_data(request, &segments[1]);
    }
    segments[count++] = (struct virtio_segment){memory + STATUS_AT, 1, true};
    return virtio_device_ask(&disk.device, segments, count, request);
}

static bool find_slot(uint32_t *out)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (disk.slots[i] == NULL) {
            *out = i;
            return true;
        }
    }
    return false;
}

// Gives the device as many of those that wait as it takes.
static void give_all(void)
{
    while (!vfs_link_alone(&disk.waiting)) {
        struct request *request = vfs_container(disk.waiting.next, struct request, waiting);

        if (!find_slot(&request->slot)) {
            return;
        }
        zx_status_t status = give(request);

        if (status == ZX_ERR_SHOULD_WAIT) {
            return;
        }
        if (status != ZX_OK) {
            answer(request, ZX_ERR_IO);
            continue;
        }
        vfs_link_remove(&request->waiting);
        disk.slots[request->slot] = request;
    }
}

void request_begin(struct request *request)
{
    vfs_link_append(&disk.waiting, &request->waiting);
    give_all();
}

// What the device has written as a request's status. It may still write: one look. A read of which it says that it
// has not written all is none (virtio 1.1, 2.6.8.2): the rest is what the client's memory held before.
static zx_status_t status_of(const struct request *request, uint32_t written)
{
    uint64_t all = request->operation == DISK_READ ? (uint64_t)request->count * SECTOR + 1 : 0;

    switch (*(volatile uint8_t *)(slot_memory(request->slot) + STATUS_AT)) {
    case STATUS_GOOD: return written >= all ? ZX_OK : ZX_ERR_IO;
    case STATUS_CANNOT: return ZX_ERR_NOT_SUPPORTED;
    default: return ZX_ERR_IO;
    }
}

void request_done(void *context, void *token, uint32_t written)
{
    struct request *request = token;

    (void)context;
    disk.slots[request->slot] = NULL;
    answer(request, status_of(request, written));
    give_all();
}
