// SPDX-License-Identifier: MIT
//
// The server's half: receiving requests, answering them. No state, no locks. A client may send
// anything: whatever it is, its handles are closed and its bytes are not looked at beyond what
// arrived.

#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "message.h"

zx_status_t ipc_reply_status(const struct ipc_request *request, zx_status_t status)
{
    struct ipc_header header = {
        .txid = request->txid,
        .ordinal = request->ordinal,
        .status = status < 0 ? status : ZX_ERR_INTERNAL,
    };

    return zx_channel_write(request->channel, 0, &header, sizeof(header), NULL, 0);
}

uint32_t ipc_answer_size(const struct ipc_answer *answer)
{
    size_t sizes[IPC_MAX_VARIABLES];

    for (uint32_t i = 0; i < IPC_MAX_VARIABLES; i++)
        sizes[i] = answer->parts[i].size;
    return message_size(answer->shape, sizes);
}

zx_status_t ipc_answer(struct ipc_answer *answer)
{
    const struct ipc_request *request = answer->request;
    struct ipc_header header = {.txid = request->txid, .ordinal = request->ordinal};
    struct message message = {.bytes = answer->buffer, .capacity = answer->buffer_size};
    zx_status_t status;

    if (answer->status != ZX_OK) {
        message_close_handles(answer->handles, answer->shape->handle_count);
        return ipc_reply_status(request, answer->status);
    }
    __builtin_memcpy(answer->reply, &header, sizeof(header));
    if (!message_build(answer->shape, answer->reply, answer->parts, answer->handles, &message)) {
        message_close_handles(answer->handles, answer->shape->handle_count);
        return ipc_reply_status(request, ZX_ERR_INTERNAL);
    }
    status = zx_channel_write(request->channel, 0, message.bytes, message.num_bytes,
                              message.handles, message.num_handles);
    // A handle that cannot be sent, or no memory for the message: the client shall not wait for
    // ever.
    if (status != ZX_OK && status != ZX_ERR_PEER_CLOSED)
        status = ipc_reply_status(request, status);
    return status;
}

void ipc_refuse(struct ipc_message *message, zx_status_t status)
{
    message_close_handles(message->handles, message->num_handles);
    message->num_handles = 0;
    // If this fails the client is gone, or the system out of memory: nothing else can be done.
    ipc_reply_status(&message->request, status);
}

bool ipc_unpack(struct ipc_message *message, const struct ipc_shape *shape, void *fixed,
                struct ipc_part *parts, zx_handle_t *handles)
{
    if (!message_check(shape, message->bytes, message->num_bytes, message->num_handles)) {
        ipc_refuse(message, ZX_ERR_INVALID_ARGS);
        return false;
    }
    message_take(shape, message->bytes, message->handles, fixed, parts, handles);
    message->num_handles = 0;
    return true;
}

static void hand_over(struct ipc_message *message, const struct ipc_header *header,
                      const struct ipc_binding *bindings, size_t count)
{
    if (header->status != 0 || header->reserved != 0) {
        ipc_refuse(message, ZX_ERR_INVALID_ARGS);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (bindings[i].protocol == header->ordinal >> 16) {
            bindings[i].dispatch(bindings[i].server, bindings[i].context, message);
            return;
        }
    }
    ipc_refuse(message, ZX_ERR_NOT_SUPPORTED);
}

zx_status_t ipc_serve_one(zx_handle_t channel, const struct ipc_binding *bindings, size_t count)
{
    uint64_t buffer[IPC_MAX_BYTES / 8];
    zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
    struct ipc_header header;
    struct ipc_message message = {.bytes = (const uint8_t *)buffer, .handles = handles};
    zx_status_t status =
        zx_channel_read(channel, ZX_CHANNEL_READ_MAY_DISCARD, buffer, handles, sizeof(buffer),
                        ZX_CHANNEL_MAX_MSG_HANDLES, &message.num_bytes, &message.num_handles);

    if (status == ZX_ERR_BUFFER_TOO_SMALL)
        return ZX_ERR_IO;
    if (status != ZX_OK)
        return status;
    if (message.num_bytes < sizeof(header)) {
        message_close_handles(handles, message.num_handles);
        return ZX_ERR_IO;
    }
    __builtin_memcpy(&header, buffer, sizeof(header));
    // An answer and no request: the other end is served too, and to answer it would never end.
    if (header.status < 0) {
        message_close_handles(handles, message.num_handles);
        return ZX_ERR_IO;
    }
    message.request = (struct ipc_request){channel, header.txid, header.ordinal};
    hand_over(&message, &header, bindings, count);
    return ZX_OK;
}
