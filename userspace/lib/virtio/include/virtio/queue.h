// SPDX-License-Identifier: MIT
//
// A split virtqueue (virtio 1.1, 2.6), the driver's side. Pure functions over one page of memory
// that the device sees, too; no allocation, no system calls, no locks: one thread uses a queue.
//
// The device is not trusted. It can write to the page at any time; nothing in it decides about
// memory: which descriptors belong to which request is kept here, and what the device returns is
// compared with it. A device that returns what it was not given, more than it was given, or more
// bytes than there is room for, breaks the queue: from then on everything is
// ZX_ERR_IO_DATA_INTEGRITY, until a new start.

#ifndef VIRTIO_QUEUE_H
#define VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

// A queue takes one page: descriptors, what is available, what was used.
#define VIRTIO_QUEUE_BYTES     4096u
#define VIRTIO_QUEUE_MAX       128u // entries, a power of two
#define VIRTIO_QUEUE_AVAILABLE 2048u
#define VIRTIO_QUEUE_USED      2320u

// A piece of memory that a request shows the device, by the address that the device uses.
struct virtio_segment {
    uint64_t address;
    uint32_t size;      // bytes, not 0
    bool device_writes; // these come behind those that it reads
};

// All fields are private.
struct virtio_queue {
    volatile uint8_t *page;
    uint16_t size;
    uint16_t free_count;
    uint16_t first_free;
    uint16_t next_available; // counts on and on
    uint16_t next_used;
    bool broken;
    struct {
        void *token;       // of the request that begins here; NULL: none does
        uint32_t writable; // bytes that the device may write for it
        uint16_t next;     // in the request, or among the free ones
        uint16_t count;    // descriptors of the request
    } chains[VIRTIO_QUEUE_MAX];
};

// Makes an empty queue of `size` entries (a power of two, at most VIRTIO_QUEUE_MAX) in a page of
// memory, which must be aligned to 16 bytes. ZX_ERR_INVALID_ARGS: not such a size.
zx_status_t virtio_queue_init(struct virtio_queue *queue, void *page, uint16_t size);

// Puts a request into the queue; `token` (not NULL) comes back when it is done. The device is to be
// notified afterwards. ZX_ERR_SHOULD_WAIT: there is no room now. ZX_ERR_INVALID_ARGS: no segments,
// more than the queue has entries, an empty one, or one that is read behind one that is written.
// ZX_ERR_IO_DATA_INTEGRITY: the queue is broken.
zx_status_t virtio_queue_add(struct virtio_queue *queue, const struct virtio_segment *segments,
                             uint32_t count, void *token);

// Takes a request that the device has done: its token, and how many bytes it says it has written.
// ZX_ERR_SHOULD_WAIT: there is none. ZX_ERR_IO_DATA_INTEGRITY: the queue is broken.
zx_status_t virtio_queue_take(struct virtio_queue *queue, void **out_token, uint32_t *out_written);

// Takes any request out of a queue whose device was reset, as if nobody had ever seen it. NULL:
// none is left.
void *virtio_queue_abandon(struct virtio_queue *queue);

// Entries that are free.
static inline uint32_t virtio_queue_free(const struct virtio_queue *queue)
{
    return queue->free_count;
}

#endif
