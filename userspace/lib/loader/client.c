// SPDX-License-Identifier: MIT
//
// The client side of the loader service; the interface is in loader/client.h.
//
// Handles: a request's handle is consumed by the call, whatever comes of it; handles of an answer
// that breaks the protocol are closed.
//
// No state: the kernel's channel_call replaces the txid, so that calls of several threads do not
// mix.

#include <loader/client.h>

#include <loader/protocol.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// One call. Consumes `object`, which may be ZX_HANDLE_INVALID; out_vmo may be NULL.
static zx_status_t call(zx_handle_t service, zx_time_t deadline, uint32_t ordinal, const char *text,
                        zx_handle_t object, zx_handle_t *out_vmo)
{
    uint64_t request[LOADER_MAX_MESSAGE / sizeof(uint64_t)], reply[4];
    zx_handle_t received = ZX_HANDLE_INVALID;
    uint32_t size, handle_count = 0;
    zx_status_t answer;
    size_t request_size = loader_build_request(0, ordinal, text, strlen(text), request);

    if (request_size == 0) {
        zx_handle_close(object);
        return ZX_ERR_INVALID_ARGS;
    }
    zx_channel_call_args_t args = {
        .wr_bytes = request,
        .wr_num_bytes = (uint32_t)request_size,
        .wr_handles = &object,
        .wr_num_handles = object != ZX_HANDLE_INVALID ? 1 : 0,
        .rd_bytes = reply,
        .rd_num_bytes = sizeof(reply),
        .rd_handles = &received,
        .rd_num_handles = 1,
    };
    zx_status_t status = zx_channel_call(service, 0, deadline, &args, &size, &handle_count);

    if (status != ZX_OK) {
        return status == ZX_ERR_BUFFER_TOO_SMALL ? ZX_ERR_IO : status;
    }
    // The answer's txid is ours, or the kernel would not have taken it for one.
    status = loader_parse_reply(reply, size, handle_count, (uint32_t)reply[0], ordinal, &answer);
    if (status == ZX_OK && answer == ZX_OK && out_vmo != NULL) {
        *out_vmo = received;
        return ZX_OK;
    }
    if (handle_count != 0) {
        zx_handle_close(received);
    }
    return status != ZX_OK ? status : answer;
}

zx_status_t loader_load_object(zx_handle_t service, zx_time_t deadline, const char *name,
                               zx_handle_t *out_vmo)
{
    return call(service, deadline, LOADER_LOAD_OBJECT, name, ZX_HANDLE_INVALID, out_vmo);
}

zx_status_t loader_load_script_interpreter(zx_handle_t service, zx_time_t deadline,
                                           const char *path, zx_handle_t *out_vmo)
{
    return call(service, deadline, LOADER_LOAD_SCRIPT_INTERPRETER, path, ZX_HANDLE_INVALID,
                out_vmo);
}

zx_status_t loader_set_config(zx_handle_t service, zx_time_t deadline, const char *config)
{
    return call(service, deadline, LOADER_CONFIG, config, ZX_HANDLE_INVALID, NULL);
}

zx_status_t loader_clone(zx_handle_t service, zx_time_t deadline, zx_handle_t *out_service)
{
    zx_handle_t theirs;
    zx_status_t status = zx_channel_create(0, out_service, &theirs);

    if (status != ZX_OK) {
        return status;
    }
    status = call(service, deadline, LOADER_CLONE, "", theirs, NULL);
    if (status != ZX_OK) {
        zx_handle_close(*out_service);
        *out_service = ZX_HANDLE_INVALID;
    }
    return status;
}
