// SPDX-License-Identifier: MIT
//
// The server side of the loader service; the interface is in loader/server.h.
//
// Handles: a request's handle belongs to serve_request() until a callback takes it; a VMO that a
// callback opened belongs to the reply.
//
// State: a connection's config. No locks: a connection is served by one thread at a time.

#include <loader/server.h>

#include <loader/protocol.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define LIBRARIES "lib/"
#define BOOT_ROOT "/boot/"

void loader_connection_init(struct loader_connection *connection, zx_handle_t channel)
{
    connection->channel = channel;
    connection->exclusive = false;
    connection->config[0] = '\0';
}

void loader_connection_close(struct loader_connection *connection)
{
    zx_handle_close(connection->channel);
    connection->channel = ZX_HANDLE_INVALID;
}

// A path under construction; `full` once something did not fit.
struct path {
    char text[LOADER_MAX_PATH];
    size_t length;
    bool full;
};

static void append(struct path *path, const char *text, size_t size)
{
    if (size >= sizeof(path->text) - path->length) {
        path->full = true;
        return;
    }
    memcpy(path->text + path->length, text, size);
    path->length += size;
    path->text[path->length] = '\0';
}

// Opens lib/[<config>/]<name>.
static zx_status_t open_library(const struct loader_service *service, const char *config,
                                const struct loader_request *request, zx_handle_t *out_vmo)
{
    struct path path;

    path.length = 0;
    path.full = false;
    append(&path, LIBRARIES, sizeof(LIBRARIES) - 1);
    if (config[0] != '\0') {
        append(&path, config, strlen(config));
        append(&path, "/", 1);
    }
    append(&path, request->string, request->string_size);
    return path.full ? ZX_ERR_BAD_PATH : service->open(service->context, path.text, out_vmo);
}

static zx_status_t load_object(const struct loader_service *service,
                               const struct loader_connection *connection,
                               const struct loader_request *request, zx_handle_t *out_vmo)
{
    zx_status_t status = ZX_ERR_NOT_FOUND;

    if (!loader_name_is_plain(request->string, request->string_size)) {
        return ZX_ERR_INVALID_ARGS;
    }
    if (connection->config[0] != '\0') {
        status = open_library(service, connection->config, request, out_vmo);
    }
    if (status == ZX_ERR_NOT_FOUND && !connection->exclusive) {
        status = open_library(service, "", request, out_vmo);
    }
    return status;
}

// A script's interpreter is named by an absolute path. The boot file system is at /boot; since a
// script does not know what else there is, its other absolute paths mean the same place: /bin/sh is
// /boot/bin/sh.
static zx_status_t load_script_interpreter(const struct loader_service *service,
                                           const struct loader_request *request,
                                           zx_handle_t *out_vmo)
{
    const size_t root = sizeof(BOOT_ROOT) - 1;
    const char *name = request->string;
    size_t size = request->string_size;
    struct path path;

    if (size == 0 || name[0] != '/') {
        return ZX_ERR_INVALID_ARGS;
    }
    size_t skip = size > root && memcmp(name, BOOT_ROOT, root) == 0 ? root : 1;

    if (!loader_name_is_plain(name + skip, size - skip)) {
        return ZX_ERR_INVALID_ARGS;
    }
    path.length = 0;
    path.full = false;
    append(&path, name + skip, size - skip);
    return path.full ? ZX_ERR_BAD_PATH : service->open(service->context, path.text, out_vmo);
}

// An empty name goes back to lib/ alone.
static zx_status_t set_config(struct loader_connection *connection,
                              const struct loader_request *request)
{
    size_t size = request->string_size;
    bool exclusive = size != 0 && request->string[size - 1] == '!';

    size -= exclusive;
    if (size >= sizeof(connection->config) ||
        (size == 0 ? exclusive : !loader_name_is_plain(request->string, size))) {
        return ZX_ERR_INVALID_ARGS;
    }
    memcpy(connection->config, request->string, size);
    connection->config[size] = '\0';
    connection->exclusive = exclusive;
    return ZX_OK;
}

// Copies a name that a callback is to see, with a NUL.
static zx_status_t copy_name(const struct loader_request *request, struct path *out)
{
    out->length = 0;
    out->full = false;
    out->text[0] = '\0';
    append(out, request->string, request->string_size);
    return out->full || out->length == 0 ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

static zx_status_t load_config(const struct loader_service *service,
                               const struct loader_request *request, zx_handle_t *out_vmo)
{
    struct path name;
    zx_status_t status = copy_name(request, &name);

    if (status != ZX_OK || service->load_config == NULL) {
        return status != ZX_OK ? status : ZX_ERR_NOT_SUPPORTED;
    }
    return service->load_config(service->context, name.text, out_vmo);
}

// Consumes `vmo`.
static zx_status_t publish(const struct loader_service *service,
                           const struct loader_request *request, zx_handle_t vmo)
{
    struct path name;
    zx_status_t status = copy_name(request, &name);

    if (status != ZX_OK || service->publish == NULL) {
        zx_handle_close(vmo);
        return status != ZX_OK ? status : ZX_ERR_NOT_SUPPORTED;
    }
    return service->publish(service->context, name.text, vmo);
}

// Consumes `channel`.
static zx_status_t clone(const struct loader_service *service, zx_handle_t channel)
{
    if (service->clone == NULL) {
        zx_handle_close(channel);
        return ZX_ERR_NOT_SUPPORTED;
    }
    return service->clone(service->context, channel);
}

// Carries out one well-formed request. Consumes `object`, which may be ZX_HANDLE_INVALID.
static zx_status_t serve_request(const struct loader_service *service,
                                 struct loader_connection *connection,
                                 const struct loader_request *request, zx_handle_t object,
                                 zx_handle_t *out_vmo)
{
    switch (request->ordinal) {
    case LOADER_LOAD_OBJECT: return load_object(service, connection, request, out_vmo);
    case LOADER_LOAD_SCRIPT_INTERPRETER: return load_script_interpreter(service, request, out_vmo);
    case LOADER_CONFIG: return set_config(connection, request);
    case LOADER_CLONE: return clone(service, object);
    case LOADER_DEBUG_PUBLISH_DATA_SINK: return publish(service, request, object);
    case LOADER_DEBUG_LOAD_CONFIG: return load_config(service, request, out_vmo);
    default: return ZX_ERR_INVALID_ARGS; // loader_parse_request() lets none through
    }
}

zx_status_t loader_serve_one(const struct loader_service *service,
                             struct loader_connection *connection)
{
    uint64_t message[LOADER_MAX_MESSAGE / sizeof(uint64_t)];
    zx_handle_t object = ZX_HANDLE_INVALID, vmo = ZX_HANDLE_INVALID;
    uint32_t size, handle_count;
    struct loader_request request;
    zx_status_t status = zx_channel_read(connection->channel, 0, message, &object, sizeof(message),
                                         1, &size, &handle_count);

    if (status != ZX_OK) {
        return status; // ZX_ERR_BUFFER_TOO_SMALL: no request is that large
    }
    status = loader_parse_request(message, size, handle_count, &request);
    if (status != ZX_OK) {
        if (handle_count != 0) {
            zx_handle_close(object);
        }
        if (size < sizeof(struct loader_header)) {
            return status;
        }
    } else if (request.ordinal == LOADER_DONE) {
        return ZX_ERR_PEER_CLOSED;
    } else {
        status = serve_request(service, connection, &request, object, &vmo);
    }
    size = (uint32_t)loader_build_reply(&request, status, vmo != ZX_HANDLE_INVALID, message);
    return zx_channel_write(connection->channel, 0, message, size, &vmo,
                            vmo != ZX_HANDLE_INVALID ? 1 : 0);
}
