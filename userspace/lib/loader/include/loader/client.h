// SPDX-License-Identifier: MIT
//
// Asking a loader service. Every call has a deadline: a service that never answers costs that long.

#ifndef LOADER_CLIENT_H
#define LOADER_CLIENT_H

#include <zircon/types.h>

// Fetches the library `name` (a name, not a path).
// ZX_ERR_INVALID_ARGS: too long. ZX_ERR_IO: the service's answer breaks the protocol.
// Others: the service's answer, or those of channel_call.
zx_status_t loader_load_object(zx_handle_t service, zx_time_t deadline, const char *name,
                               zx_handle_t *out_vmo);

// Fetches the program that runs a script, by absolute path. Errors as above.
zx_status_t loader_load_script_interpreter(zx_handle_t service, zx_time_t deadline,
                                           const char *path, zx_handle_t *out_vmo);

// Makes a further connection to the same service. Errors as above.
zx_status_t loader_clone(zx_handle_t service, zx_time_t deadline, zx_handle_t *out_service);

// Chooses the subdirectory of the libraries. Errors as above.
zx_status_t loader_set_config(zx_handle_t service, zx_time_t deadline, const char *config);

#endif
