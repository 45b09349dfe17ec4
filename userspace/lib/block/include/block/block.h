// SPDX-License-Identifier: MIT
//
// A client's side of protocol `block`: a connection with one buffer, many requests in flight. One
// thread uses a connection; no locks.

#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protocol/block.h>
#include <zircon/types.h>

struct block_device {
    struct block_info info;
    uint8_t *data;       // the buffer, mapped
    size_t size;         // its bytes
    zx_handle_t channel; // private
    uint32_t buffer;     // private
    uint32_t next_txid;  // private
};

// Connects to the device at a path (/svc/fs/device/disk0) with a buffer of `size` bytes, whole
// pages, at most BLOCK_MAX_BUFFER_BYTES. Statuses of service_connect(), of the protocol and of the
// kernel.
zx_status_t block_open(const char *path, size_t size, struct block_device *out);

// Closes the connection and frees the buffer.
void block_close(struct block_device *device);

// Reads or writes `count` blocks from `block` on; the data is in the buffer from its beginning,
// which must hold it. All requests that it takes are in flight at a time. The first failure is
// returned; then any part may have been done. ZX_ERR_PEER_CLOSED: the driver is gone.
// ZX_ERR_TIMED_OUT: no answer for 30 s.
zx_status_t block_transfer(struct block_device *device, bool write, uint64_t block, uint32_t count);

// Makes what was written last.
zx_status_t block_sync(struct block_device *device);

#endif
