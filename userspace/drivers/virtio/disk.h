// SPDX-License-Identifier: MIT
//
// virtio's block device: what its files share. One thread; no locks.

#ifndef DRIVERS_VIRTIO_DISK_H
#define DRIVERS_VIRTIO_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

#include <ipc/ipc.h>
#include <protocol/block.h>
#include <vfs/link.h>

#define SECTOR 512u

// Pages of a request, each of which may be a segment of its own; header and status come on top.
#define REQUEST_PAGES 64u

// Requests that the device is given at a time.
#define SLOTS 32u

// Operations (virtio 1.1, 5.2.6), as they stand in a request's header.
#define DISK_READ  0u
#define DISK_WRITE 1u
#define DISK_FLUSH 4u

// A client's memory. Counted: by its connection, and by each request that uses it.
struct buffer {
    struct driver_pin pin;
    uint32_t references;
};

// A connection.
struct session {
    struct buffer *buffers[BLOCK_MAX_BUFFERS];
    uint32_t request_count;
    struct vfs_link requests; // of struct request.of_session
};

// A request, from its message to its answer.
struct request {
    struct vfs_link of_session;
    struct vfs_link waiting; // in disk.waiting until it has a slot
    struct session *session; // NULL: the connection is gone, nobody wants an answer
    struct ipc_request asker;
    struct buffer *buffer; // NULL: DISK_FLUSH
    uint32_t operation;    // DISK_
    uint32_t count;        // sectors
    uint64_t offset;       // bytes into the buffer
    uint64_t sector;
    uint32_t slot;
};

struct disk {
    struct virtio_device device;
    struct driver_memory headers; // a page: a header and a status for each slot
    struct request *slots[SLOTS]; // NULL: free
    struct vfs_link waiting;      // requests that wait for a slot or for room in the queue
    uint64_t sectors;
    uint32_t max_pages; // of a request
    bool read_only;
    bool can_flush;
};

extern struct disk disk;

// ---- requests (disk_request.c) ------------------------------------------------------------------

// Takes a request over, which then belongs to the disk until it is answered.
void request_begin(struct request *request);
// Ends one that waits and whose client is gone.
void request_drop(struct request *request);

// For virtio_device.done.
void request_done(void *context, void *token, uint32_t written);

// Lets go of a buffer.
void buffer_release(struct buffer *buffer);

// ---- connections (disk_session.c) ---------------------------------------------------------------

struct vfs_sessions disk_sessions(void);
struct ipc_binding disk_binding(void);

#endif
