// SPDX-License-Identifier: MIT
//
// Connections to the disk: protocol `block`. What a client asks for is checked here, before
// anything of it reaches the device.

#include <stdlib.h>

#include "disk.h"

#include <zircon/errors.h>
#include <zircon/syscalls.h>

static void *begin(void *context)
{
    struct session *session = calloc(1, sizeof(*session));

    (void)context;
    if (session != NULL) {
        vfs_link_init(&session->requests);
    }
    return session;
}

static void detach_at(struct session *session, uint32_t index)
{
    struct buffer *buffer = session->buffers[index];

    session->buffers[index] = NULL;
    if (buffer != NULL) {
        buffer_release(buffer);
    }
}

// The requests under way go on, for nobody.
static void end(void *context)
{
    struct session *session = context;

    while (!vfs_link_alone(&session->requests)) {
        struct request *request = vfs_container(session->requests.next, struct request, of_session);

        request->session = NULL;
        vfs_link_remove(&request->of_session);
        if (!vfs_link_alone(&request->waiting)) {
            request_drop(request); // the device has not seen it
        }
    }
    for (uint32_t i = 0; i < BLOCK_MAX_BUFFERS; i++) {
        detach_at(session, i);
    }
    free(session);
}

struct vfs_sessions disk_sessions(void)
{
    return (struct vfs_sessions){begin, end};
}

static void info(void *context, const struct ipc_request *request)
{
    const struct block_info answer = {
        .block_count = disk.sectors,
        .block_size = SECTOR,
        // Wherever in a page it begins.
        .max_transfer = (disk.max_pages - 1) * (DRIVER_DMA_PAGE / SECTOR),
        .flags = disk.read_only ? BLOCK_READ_ONLY : 0,
    };

    (void)context;
    (void)block_reply_get_info(request, ZX_OK, &answer);
}

// ---- buffers ------------------------------------------------------------------------------------

// Pins the VMO, which stays the caller's, as a buffer with one reference.
static zx_status_t make_buffer(zx_handle_t vmo, struct buffer **out)
{
    struct buffer *buffer;
    uint64_t size;
    zx_status_t status = zx_vmo_get_size(vmo, &size);

    if (status == ZX_OK && (size == 0 || size > BLOCK_MAX_BUFFER_BYTES)) {
        status = ZX_ERR_OUT_OF_RANGE;
    }
    if (status != ZX_OK) {
        return status;
    }
    buffer = calloc(1, sizeof(*buffer));
    if (buffer == NULL) {
        return ZX_ERR_NO_MEMORY;
    }
    buffer->references = 1;
    status = driver_pin(disk.device.bti, vmo, size, &buffer->pin);
    if (status != ZX_OK) {
        free(buffer);
        return status;
    }
    *out = buffer;
    return ZX_OK;
}

static void attach(void *context, const struct ipc_request *request, zx_handle_t vmo)
{
    struct session *session = context;
    zx_status_t status = ZX_ERR_NO_RESOURCES;
    uint32_t index = 0;

    while (index < BLOCK_MAX_BUFFERS && session->buffers[index] != NULL) {
        index++;
    }
    if (index < BLOCK_MAX_BUFFERS) {
        status = make_buffer(vmo, &session->buffers[index]);
    }
    zx_handle_close(vmo);
    (void)block_reply_attach(request, status, index);
}

static void detach(void *context, const struct ipc_request *request, uint32_t index)
{
    struct session *session = context;
    bool there = index < BLOCK_MAX_BUFFERS && session->buffers[index] != NULL;

    if (there) {
        detach_at(session, index);
    }
    (void)block_reply_detach(request, there ? ZX_OK : ZX_ERR_NOT_FOUND);
}

// ---- requests -----------------------------------------------------------------------------------

// What is wrong with a transfer, or ZX_OK.
static zx_status_t judge(const struct session *session, uint32_t operation, uint32_t index,
                         uint32_t count, uint64_t offset, uint64_t sector)
{
    if (operation == DISK_WRITE && disk.read_only) {
        return ZX_ERR_ACCESS_DENIED;
    }
    if (index >= BLOCK_MAX_BUFFERS || session->buffers[index] == NULL) {
        return ZX_ERR_NOT_FOUND;
    }
    uint64_t bytes = (uint64_t)count * SECTOR;
    uint64_t room = (uint64_t)session->buffers[index]->pin.page_count * DRIVER_DMA_PAGE;
    uint64_t most = (uint64_t)(disk.max_pages - 1) * DRIVER_DMA_PAGE;

    if (offset % SECTOR != 0 || count == 0) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (bytes > most || offset > room || bytes > room - offset || sector > disk.sectors ||
        count > disk.sectors - sector) {
        return ZX_ERR_OUT_OF_RANGE;
    }
    return ZX_OK;
}

// A new request of the session, or NULL: too many, or no memory.
static struct request *make_request(struct session *session, const struct ipc_request *asker,
                                    uint32_t operation)
{
    struct request *request =
        session->request_count < BLOCK_MAX_REQUESTS ? calloc(1, sizeof(*request)) : NULL;

    if (request == NULL) {
        return NULL;
    }
    request->session = session;
    request->asker = *asker;
    request->operation = operation;
    vfs_link_init(&request->of_session);
    vfs_link_init(&request->waiting);
    vfs_link_append(&session->requests, &request->of_session);
    session->request_count++;
    return request;
}

static zx_status_t transfer(struct session *session, const struct ipc_request *asker,
                            uint32_t operation, uint32_t index, uint32_t count, uint64_t offset,
                            uint64_t sector)
{
    zx_status_t status = judge(session, operation, index, count, offset, sector);
    struct request *request = status == ZX_OK ? make_request(session, asker, operation) : NULL;

    if (request == NULL) {
        return status != ZX_OK ? status : ZX_ERR_NO_RESOURCES;
    }
    request->buffer = session->buffers[index];
    request->buffer->references++;
    request->count = count;
    request->offset = offset;
    request->sector = sector;
    request_begin(request);
    return ZX_OK;
}

static void read_blocks(void *context, const struct ipc_request *request, uint32_t buffer,
                        uint32_t count, uint64_t offset, uint64_t block)
{
    zx_status_t status = transfer(context, request, DISK_READ, buffer, count, offset, block);

    if (status != ZX_OK) {
        (void)block_reply_read(request, status);
    }
}

static void write_blocks(void *context, const struct ipc_request *request, uint32_t buffer,
                         uint32_t count, uint64_t offset, uint64_t block)
{
    zx_status_t status = transfer(context, request, DISK_WRITE, buffer, count, offset, block);

    if (status != ZX_OK) {
        (void)block_reply_write(request, status);
    }
}

// Without a cache of its own the device has nothing to flush.
static void flush(void *context, const struct ipc_request *asker)
{
    struct request *request = disk.can_flush ? make_request(context, asker, DISK_FLUSH) : NULL;

    if (request != NULL) {
        request_begin(request);
    } else {
        (void)block_reply_flush(asker, disk.can_flush ? ZX_ERR_NO_RESOURCES : ZX_OK);
    }
}

struct ipc_binding disk_binding(void)
{
    static const struct block_server server = {
        .get_info = info,
        .attach = attach,
        .detach = detach,
        .read = read_blocks,
        .write = write_blocks,
        .flush = flush,
    };

    return block_binding(&server, NULL);
}
