// SPDX-License-Identifier: MIT
//
// The client's half: one call, one answer. No state, no locks.

#include <zircon/limits.h>
#include <zircon/syscalls.h>

#include "message.h"

// Puts what a checked answer carries where the caller wants it. Takes the handles.
static zx_status_t deliver(const struct ipc_call *call, const uint8_t *bytes,
                           const zx_handle_t *received)
{
    const struct ipc_shape *shape = call->reply_shape;
    struct ipc_part parts[IPC_MAX_VARIABLES];
    zx_handle_t handles[IPC_MAX_HANDLES];

    message_take(shape, bytes, received, call->reply, parts, handles);
    for (uint32_t i = 0; i < shape->variable_count; i++) {
        if (parts[i].size > call->rooms[i].capacity) {
            message_close_handles(handles, shape->handle_count);
            return ZX_ERR_BUFFER_TOO_SMALL;
        }
    }
    for (uint32_t i = 0; i < shape->variable_count; i++) {
        if (parts[i].size != 0)
            __builtin_memcpy(call->rooms[i].data, parts[i].data, parts[i].size);
        if (call->rooms[i].out_size != NULL)
            *call->rooms[i].out_size = parts[i].size;
    }
    for (uint32_t i = 0; i < shape->handle_count; i++) {
        if (call->out_handles[i] != NULL)
            *call->out_handles[i] = handles[i];
        else
            message_close_handles(&handles[i], 1);
    }
    return ZX_OK;
}

// Judges an answer. Takes the handles.
static zx_status_t finish(const struct ipc_call *call, const uint8_t *bytes, uint32_t num_bytes,
                          const zx_handle_t *handles, uint32_t num_handles)
{
    struct ipc_header header;
    zx_status_t status = ZX_ERR_IO;

    if (num_bytes >= sizeof(header)) {
        __builtin_memcpy(&header, bytes, sizeof(header));
        if (header.ordinal == call->ordinal && header.reserved == 0) {
            if (header.status == ZX_OK &&
                message_check(call->reply_shape, bytes, num_bytes, num_handles))
                return deliver(call, bytes, handles);
            if (header.status < 0 && num_bytes == sizeof(header) && num_handles == 0)
                status = header.status;
        }
    }
    message_close_handles(handles, num_handles);
    return status;
}

uint32_t ipc_call_size(const struct ipc_call *call)
{
    size_t sent[IPC_MAX_VARIABLES];
    size_t received[IPC_MAX_VARIABLES];
    uint32_t request;
    uint32_t reply;

    for (uint32_t i = 0; i < IPC_MAX_VARIABLES; i++) {
        sent[i] = call->parts[i].size;
        received[i] = call->rooms[i].capacity;
    }
    request = message_size(call->request_shape, sent);
    reply = message_size(call->reply_shape, received);
    return request > reply ? request : reply;
}

// Builds the request. Otherwise its handles are closed.
static zx_status_t build_request(const struct ipc_call *call, uint32_t txid,
                                 struct message *message)
{
    const struct ipc_shape *shape = call->request_shape;
    struct ipc_header header = {.txid = txid, .ordinal = call->ordinal};
    zx_status_t status = ZX_OK;

    message->bytes = call->buffer;
    message->capacity = call->buffer_size;
    for (uint32_t i = 0; i < shape->handle_count; i++) {
        if (call->handles[i] == ZX_HANDLE_INVALID && shape->present_at[i] == 0)
            status = ZX_ERR_BAD_HANDLE;
    }
    __builtin_memcpy(call->request, &header, sizeof(header));
    if (status == ZX_OK &&
        !message_build(shape, call->request, call->parts, call->handles, message))
        status = ZX_ERR_OUT_OF_RANGE;
    if (status != ZX_OK)
        message_close_handles(call->handles, shape->handle_count);
    return status;
}

zx_status_t ipc_call(struct ipc_call *call)
{
    struct message message;
    zx_handle_t received[IPC_MAX_HANDLES];
    zx_channel_call_args_t args;
    uint32_t num_bytes;
    uint32_t num_handles;
    zx_status_t status;

    for (uint32_t i = 0; i < call->reply_shape->handle_count; i++) {
        if (call->out_handles[i] != NULL)
            *call->out_handles[i] = ZX_HANDLE_INVALID;
    }
    status = build_request(call, 0, &message);
    if (status != ZX_OK)
        return status;
    // One buffer serves both ways: the request is in the kernel before the answer is written.
    args = (zx_channel_call_args_t){
        .wr_bytes = message.bytes,
        .wr_handles = message.handles,
        .rd_bytes = message.bytes,
        .rd_handles = received,
        .wr_num_bytes = message.num_bytes,
        .wr_num_handles = message.num_handles,
        .rd_num_bytes = call->buffer_size,
        .rd_num_handles = IPC_MAX_HANDLES,
    };
    status = zx_channel_call(call->channel, 0, call->deadline, &args, &num_bytes, &num_handles);
    // Too long for the caller's capacities; or, without any, for this method.
    if (status == ZX_ERR_BUFFER_TOO_SMALL && call->reply_shape->variable_count == 0)
        return ZX_ERR_IO;
    if (status != ZX_OK)
        return status;
    return finish(call, message.bytes, num_bytes, received, num_handles);
}

zx_status_t ipc_send(struct ipc_call *call, uint32_t txid)
{
    struct message message;
    zx_status_t status = build_request(call, txid, &message);

    if (status != ZX_OK)
        return status;
    return zx_channel_write(call->channel, 0, message.bytes, message.num_bytes, message.handles,
                            message.num_handles);
}

zx_status_t ipc_read_status(zx_handle_t channel, uint32_t *out_txid, uint32_t *out_ordinal,
                            zx_status_t *out_status)
{
    struct ipc_header header;
    uint64_t buffer[IPC_MAX_BYTES / 8];
    zx_handle_t handles[ZX_CHANNEL_MAX_MSG_HANDLES];
    uint32_t num_bytes;
    uint32_t num_handles;
    zx_status_t status =
        zx_channel_read(channel, ZX_CHANNEL_READ_MAY_DISCARD, buffer, handles, sizeof(buffer),
                        ZX_CHANNEL_MAX_MSG_HANDLES, &num_bytes, &num_handles);

    if (status == ZX_ERR_BUFFER_TOO_SMALL)
        return ZX_ERR_IO;
    if (status != ZX_OK)
        return status;
    message_close_handles(handles, num_handles);
    if (num_bytes < sizeof(header))
        return ZX_ERR_IO;
    __builtin_memcpy(&header, buffer, sizeof(header));
    if (header.status > 0 || header.reserved != 0)
        return ZX_ERR_IO;
    *out_txid = header.txid;
    *out_ordinal = header.ordinal;
    *out_status = header.status;
    return ZX_OK;
}
