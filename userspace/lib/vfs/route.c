// SPDX-License-Identifier: MIT
//
// Routes to providers: requests to connect are passed on and their answers passed back, without
// ever waiting for one.
//
//   R1  `asked` has one entry for each request that was written and not answered; answers are
//   matched
//       by txid. At most ROUTE_LIMIT: a service that never answers cannot make more pile up.
//   R2  Closing the route answers all of them.
//   R3  `server` is there exactly as long as no process was given it: what is asked then waits for
//   one.
//
// A client that has gone meanwhile is not noticed: its answer fails, which does no harm.

#include <vfs/route.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <protocol/file.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

#define ROUTE_LIMIT 64u

static void close_handle(zx_handle_t *handle)
{
    if (*handle != ZX_HANDLE_INVALID) {
        zx_handle_close(*handle);
    }
    *handle = ZX_HANDLE_INVALID;
}

struct asked {
    struct vfs_link link;
    uint32_t txid;
    bool has_asker;
    struct ipc_request asker;
};

static void answer(struct asked *asked, zx_status_t status)
{
    if (asked->has_asker) {
        (void)file_reply_open(&asked->asker, status);
    }
    vfs_link_remove(&asked->link);
    free(asked);
}

void vfs_route_init(struct vfs_route *route, struct vfs_loop *loop,
                    void (*lost)(void *context, bool nonsense), void *context)
{
    *route = (struct vfs_route){.loop = loop, .lost = lost, .context = context};
    vfs_link_init(&route->asked);
}

void vfs_route_close(struct vfs_route *route)
{
    if (route->client != ZX_HANDLE_INVALID) {
        vfs_watch_cancel(route->loop, &route->watch);
    }
    close_handle(&route->client);
    close_handle(&route->server);
    while (!vfs_link_alone(&route->asked)) {
        answer(vfs_container(route->asked.next, struct asked, link), ZX_ERR_UNAVAILABLE);
    }
    route->asked_count = 0;
}

static struct asked *find_asked(struct vfs_route *route, uint32_t txid)
{
    for (struct vfs_link *at = route->asked.next; at != &route->asked; at = at->next) {
        struct asked *asked = vfs_container(at, struct asked, link);

        if (asked->txid == txid) {
            return asked;
        }
    }
    return NULL;
}

// The service has answered something, or closed its end.
static void answered(void *context, zx_signals_t observed)
{
    struct vfs_route *route = context;
    uint32_t txid, ordinal;
    zx_status_t result;
    zx_status_t status = ipc_read_status(route->client, &txid, &ordinal, &result);
    struct asked *asked;

    (void)observed;
    if (status == ZX_ERR_SHOULD_WAIT) {
        return;
    }
    asked = status == ZX_OK && ordinal == FILE_ORDINAL_OPEN ? find_asked(route, txid) : NULL;
    if (asked == NULL) {
        route->lost(route->context, status != ZX_ERR_PEER_CLOSED);
        return;
    }
    route->asked_count--;
    answer(asked, result);
}

zx_status_t vfs_route_renew(struct vfs_route *route)
{
    if (route->client != ZX_HANDLE_INVALID && route->server != ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    vfs_route_close(route);
    return vfs_route_open(route);
}

zx_status_t vfs_route_open(struct vfs_route *route)
{
    zx_status_t status;

    if (route->client != ZX_HANDLE_INVALID) {
        return ZX_OK;
    }
    status = zx_channel_create(0, &route->client, &route->server);
    if (status != ZX_OK) {
        route->client = route->server = ZX_HANDLE_INVALID;
        return status;
    }
    route->watch = (struct vfs_watch){
        .handle = route->client,
        .signals = ZX_CHANNEL_READABLE | ZX_CHANNEL_PEER_CLOSED,
        .fired = answered,
        .context = route,
        .repeat = true,
    };
    status = vfs_watch_start(route->loop, &route->watch);
    if (status != ZX_OK) {
        close_handle(&route->client);
        close_handle(&route->server);
    }
    return status;
}

// Writes the request. The object is consumed.
static zx_status_t send(struct vfs_route *route, uint32_t txid, const char *thing,
                        const struct vfs_connect *connect)
{
    char path[FILE_MAX_NAME + 2 + FILE_MAX_PATH];
    int size = snprintf(path, sizeof(path), "%s%s%.*s", thing + (thing[0] == '/'),
                        connect->path_size != 0 ? "/" : "", (int)connect->path_size, connect->path);

    if (size > (int)FILE_MAX_PATH) {
        zx_handle_close(connect->object);
        return ZX_ERR_BAD_PATH;
    }
    return file_send_open(route->client, txid, connect->flags, connect->mode, path, (size_t)size,
                          connect->object);
}

// Notes the request and writes it. The object is consumed.
static zx_status_t ask(struct vfs_route *route, const char *thing,
                       const struct vfs_connect *connect, const struct ipc_request *asker)
{
    struct asked *asked = NULL;
    zx_status_t status = ZX_ERR_UNAVAILABLE;

    if (route->client != ZX_HANDLE_INVALID) {
        status = ZX_ERR_NO_RESOURCES;
        asked = route->asked_count < ROUTE_LIMIT ? calloc(1, sizeof(*asked)) : NULL;
    }
    if (asked == NULL) {
        zx_handle_close(connect->object);
        return status;
    }
    asked->txid = ++route->next_txid;
    status = send(route, asked->txid, thing, connect);
    if (status != ZX_OK) {
        free(asked);
        return status == ZX_ERR_PEER_CLOSED ? ZX_ERR_UNAVAILABLE : status;
    }
    asked->has_asker = asker != NULL;
    if (asker != NULL) {
        asked->asker = *asker;
    }
    vfs_link_append(&route->asked, &asked->link);
    route->asked_count++;
    return ZX_OK;
}

void vfs_route_connect(struct vfs_route *route, const char *thing,
                       const struct vfs_connect *connect, const struct ipc_request *asker)
{
    zx_status_t status = ask(route, thing, connect, asker);

    if (status != ZX_OK && asker != NULL) {
        (void)file_reply_open(asker, status);
    }
}

zx_handle_t vfs_route_connection(struct vfs_route *route, const char *thing, const char *rest,
                                 uint32_t flags)
{
    struct vfs_connect connect = {.flags = flags, .path = rest, .path_size = strlen(rest)};
    zx_handle_t ours;

    if (route == NULL || zx_channel_create(0, &ours, &connect.object) != ZX_OK) {
        return ZX_HANDLE_INVALID;
    }
    if (ask(route, thing, &connect, NULL) != ZX_OK) {
        zx_handle_close(ours);
        return ZX_HANDLE_INVALID;
    }
    return ours;
}
