// SPDX-License-Identifier: MIT
//
// Laying out, checking and taking apart messages by their shapes.

#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include <ipc/ipc.h>

// A message being put together, in a buffer of the caller's.
struct message {
    uint8_t *bytes;
    size_t capacity;
    uint32_t num_bytes;
    uint32_t num_handles;
    zx_handle_t handles[IPC_MAX_HANDLES];
};

// Closes those that are not ZX_HANDLE_INVALID.
void message_close_handles(const zx_handle_t *handles, uint32_t count);

// Bytes of a message whose variable fields have these sizes, or as many as they may have.
uint32_t message_size(const struct ipc_shape *shape, const size_t *sizes);

// Puts fixed part (header included; lengths and presences are filled into it), parts and handles
// into the message. False: a part is too long, or a handle that must be there is invalid; handles
// stay the caller's.
bool message_build(const struct ipc_shape *shape, void *fixed, const struct ipc_part *parts,
                   const zx_handle_t *handles, struct message *message);

// True if bytes and number of handles are exactly what the shape allows.
bool message_check(const struct ipc_shape *shape, const uint8_t *bytes, uint32_t num_bytes,
                   uint32_t num_handles);

// Takes a checked message apart. `parts` point into `bytes`; optional handles that are not there
// become ZX_HANDLE_INVALID.
void message_take(const struct ipc_shape *shape, const uint8_t *bytes, const zx_handle_t *received,
                  void *fixed, struct ipc_part *parts, zx_handle_t *handles);

#endif
