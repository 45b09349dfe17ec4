// SPDX-License-Identifier: MIT
//
// The way to somebody else's outgoing directory, for programs that hand out connections to others
// (the service manager, the device manager). They never wait for an answer.

#ifndef VFS_ROUTE_H
#define VFS_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include <vfs/loop.h>
#include <vfs/vfs.h>
#include <zircon/types.h>

// The way to a service's outgoing directory. Requests may be sent before the service runs: they lie
// in the channel.
struct vfs_route {
    struct vfs_loop *loop;
    zx_handle_t client;     // ours; ZX_HANDLE_INVALID: closed
    zx_handle_t server;     // the service's, until it is given to its process
    struct vfs_watch watch; // for answers
    struct vfs_link asked;  // requests without an answer yet, oldest first
    uint32_t asked_count;
    uint32_t next_txid;
    // The service has closed its end, or (nonsense) sent what is no answer. The route is still
    // open; the owner renews or closes it.
    void (*lost)(void *context, bool nonsense);
    void *context;
};

// Makes a closed route.
void vfs_route_init(struct vfs_route *route, struct vfs_loop *loop,
                    void (*lost)(void *context, bool nonsense), void *context);

// Opens it: makes a new channel. No-op if it is open.
zx_status_t vfs_route_open(struct vfs_route *route);

// Makes it one that waits for the next process, unless it is that already: whoever waits for the
// earlier process is told ZX_ERR_UNAVAILABLE.
zx_status_t vfs_route_renew(struct vfs_route *route);

// Closes it. Whoever waits is told ZX_ERR_UNAVAILABLE.
void vfs_route_close(struct vfs_route *route);

// Asks for `object` (consumed) to be connected to what `thing` ("/boot", "loader") and the rest of
// a path name. `asker`, if not NULL, is answered when the service has answered; else nobody is
// told.
void vfs_route_connect(struct vfs_route *route, const char *thing,
                       const struct vfs_connect *connect, const struct ipc_request *asker);

// A new connection to a thing, for nobody in particular: our end. ZX_HANDLE_INVALID: there is none.
zx_handle_t vfs_route_connection(struct vfs_route *route, const char *thing, const char *rest,
                                 uint32_t flags);

#endif
