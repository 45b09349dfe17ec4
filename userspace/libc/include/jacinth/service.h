// SPDX-License-Identifier: MIT
//
// Connections to services by name. A service's name is a path in the namespace ("/svc/manager");
// what the connection speaks is the service's own protocol (<protocol/...>), not `file`.
#pragma once

#include <zircon/compiler.h>
#include <zircon/types.h>

__BEGIN_CDECLS

// Connects to the service at `path` (relative ones start at the current directory); the caller owns
// *out_channel. Waits up to 5 s for the server of the directory to say that it knows the name.
// ZX_ERR_NOT_FOUND: no such service. ZX_ERR_TIMED_OUT, ZX_ERR_PEER_CLOSED, ZX_ERR_IO: the server of
// the directory. ZX_ERR_BAD_PATH: too long.
zx_status_t service_connect(const char *path, zx_handle_t *out_channel);

// The same below a directory of the caller's, a channel that speaks protocol `file`; `name` has no
// leading slash.
zx_status_t service_connect_at(zx_handle_t directory, const char *name, zx_handle_t *out_channel);

__END_CDECLS
