// SPDX-License-Identifier: MIT
//
// A loader service: answers the requests of dynamic linkers from whatever holds the files. The host
// supplies a function that opens a file; this library reads requests, judges them and replies. It
// never blocks, and a peer that lies, floods or goes away costs its own connection at most.
//
// Use: wait for READABLE or PEER_CLOSED on the channel of a connection, by a port or otherwise, and
// call loader_serve_one().

#ifndef LOADER_SERVER_H
#define LOADER_SERVER_H

#include <stdbool.h>
#include <zircon/types.h>

// Longest path that is asked for, with its NUL.
#define LOADER_MAX_PATH 1280u
// Longest CONFIG, with its NUL and without the '!'.
#define LOADER_MAX_CONFIG 256u

// What a service is made of. The same for all its connections.
struct loader_service {
    // Opens the file `path`, relative to the root of the boot file system (`lib/libx.so`,
    // `bin/sh`): plain components, never empty. The VMO has READ, MAP and EXECUTE and the file's
    // name; it becomes the library's. Must not wait for the peer. ZX_ERR_NOT_FOUND lets a search go
    // on.
    zx_status_t (*open)(void *context, const char *path, zx_handle_t *out_vmo);

    // Takes the channel end as a further connection (loader_connection_init()), or closes it and
    // says why not. NULL: CLONE is ZX_ERR_NOT_SUPPORTED.
    zx_status_t (*clone)(void *context, zx_handle_t channel);

    // Takes the VMO that a sanitizer's runtime publishes under `name`. NULL: ZX_ERR_NOT_SUPPORTED.
    zx_status_t (*publish)(void *context, const char *name, zx_handle_t vmo);

    // Opens the configuration `name` for such a runtime. NULL: ZX_ERR_NOT_SUPPORTED.
    zx_status_t (*load_config)(void *context, const char *name, zx_handle_t *out_vmo);

    void *context;
};

// One connection.
struct loader_connection {
    zx_handle_t channel; // owned
    bool exclusive;      // look nowhere but in lib/<config>
    char config[LOADER_MAX_CONFIG];
};

// Starts a connection; takes the channel.
void loader_connection_init(struct loader_connection *connection, zx_handle_t channel);

// Closes the connection's channel.
void loader_connection_close(struct loader_connection *connection);

// Reads one request, if there is one, and answers it.
// ZX_OK: answered (a refused request, too).
// ZX_ERR_SHOULD_WAIT: no request is waiting.
// Others: the peer is done, has gone, or sent what is no request; the connection is to be closed.
zx_status_t loader_serve_one(const struct loader_service *service,
                             struct loader_connection *connection);

#endif
