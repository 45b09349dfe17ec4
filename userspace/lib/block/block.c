// SPDX-License-Identifier: MIT
//
// A client of protocol `block`; the interface is in block/block.h.

#include <block/block.h>

#include <string.h>

#include <ipc/ipc.h>
#include <jacinth/service.h>
#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

#define PATIENCE ZX_SEC(30)

static zx_time_t deadline(void)
{
    return zx_deadline_after(PATIENCE);
}

// Makes the buffer and shows it to the driver.
static zx_status_t make_buffer(struct block_device *device, size_t size)
{
    zx_handle_t vmo, copy;
    zx_vaddr_t address;
    zx_status_t status = zx_vmo_create(size, 0, &vmo);

    if (status != ZX_OK) {
        return status;
    }
    status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0, size,
                         &address);
    if (status == ZX_OK) {
        device->data = (uint8_t *)address;
        device->size = size;
        status = zx_handle_duplicate(vmo, ZX_RIGHT_SAME_RIGHTS, &copy);
    }
    if (status == ZX_OK) {
        status = block_attach(device->channel, deadline(), copy, &device->buffer);
    }
    zx_handle_close(vmo);
    return status;
}

zx_status_t block_open(const char *path, size_t size, struct block_device *out)
{
    *out = (struct block_device){0};
    zx_status_t status = service_connect(path, &out->channel);

    if (status != ZX_OK) {
        return status;
    }
    status = block_get_info(out->channel, deadline(), &out->info);
    if (status == ZX_OK && (out->info.block_size == 0 || out->info.max_transfer == 0)) {
        status = ZX_ERR_IO;
    }
    if (status == ZX_OK) {
        status = make_buffer(out, size);
    }
    if (status != ZX_OK) {
        block_close(out);
    }
    return status;
}

void block_close(struct block_device *device)
{
    if (device->data != NULL) {
        (void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)device->data, device->size);
    }
    zx_handle_close(device->channel);
    *device = (struct block_device){0};
}

// Waits for one answer, whichever it is.
static zx_status_t take_answer(struct block_device *device)
{
    uint32_t txid, ordinal;
    zx_status_t answer;
    zx_status_t status = zx_object_wait_one(
        device->channel, ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED, deadline(), NULL);

    if (status == ZX_OK) {
        status = ipc_read_status(device->channel, &txid, &ordinal, &answer);
    }
    return status == ZX_OK ? answer : status;
}

static zx_status_t send(struct block_device *device, bool write, uint64_t block, uint32_t count,
                        uint64_t offset)
{
    uint32_t txid = ++device->next_txid;

    return write ? block_send_write(device->channel, txid, device->buffer, count, offset, block)
                 : block_send_read(device->channel, txid, device->buffer, count, offset, block);
}

zx_status_t block_transfer(struct block_device *device, bool write, uint64_t block, uint32_t count)
{
    uint32_t sent = 0, in_flight = 0;
    zx_status_t result = ZX_OK;

    if ((uint64_t)count * device->info.block_size > device->size) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    // After a failure nothing new is sent, and what is in flight is waited for: the buffer is the
    // caller's again when this returns, unless the driver is gone or silent.
    while (in_flight != 0 || (sent < count && result == ZX_OK)) {
        uint32_t piece =
            count - sent < device->info.max_transfer ? count - sent : device->info.max_transfer;
        zx_status_t status;

        if (sent < count && result == ZX_OK && in_flight < BLOCK_MAX_REQUESTS) {
            status =
                send(device, write, block + sent, piece, (uint64_t)sent * device->info.block_size);
            sent += piece;
            in_flight += status == ZX_OK;
        } else {
            status = take_answer(device);
            in_flight--;
        }
        result = result == ZX_OK ? status : result;
        if (status == ZX_ERR_PEER_CLOSED || status == ZX_ERR_TIMED_OUT) {
            return status;
        }
    }
    return result;
}

zx_status_t block_sync(struct block_device *device)
{
    return block_flush(device->channel, deadline());
}
