// SPDX-License-Identifier: MIT
// Sockets: a bidirectional pipe of bytes or datagrams, with an optional control message and an
// optional one-slot queue of sockets in each direction.
#pragma once

#include <object/handle_out.h>
#include <object/object.h>
#include <zircon/syscalls/object.h>

#define SOCKET_BUFFER_MAX 257024u // bytes unread in one direction
#define SOCKET_CONTROL_MAX 1024u  // bytes of a control message

extern const struct object_ops socket_ops;

// `options` as zx_socket_create() has checked them.
zx_status_t socket_create(uint32_t options, struct object **out0, struct object **out1) MUST_CHECK;

// Data from and to user memory, through a handle of the calling process; errors from row 2 of the tables in
// spec 11 section 2 on. How many bytes is stored at the user address `actual` unless that is 0;
// ZX_ERR_INVALID_ARGS also when that is bad: then they have moved. No lock held, faults are allowed.
zx_status_t socket_write_user(zx_handle_t handle, uintptr_t src, size_t size,
                              uintptr_t actual) MUST_CHECK;
zx_status_t socket_read_user(zx_handle_t handle, uintptr_t dst, size_t size,
                             uintptr_t actual) MUST_CHECK;
// Control messages; errors from row 4 on. *out_actual is set on ZX_OK.
zx_status_t socket_control_write_user(struct object *obj, uintptr_t src, size_t size) MUST_CHECK;
zx_status_t socket_control_read_user(struct object *obj, uintptr_t dst, size_t size,
                                     size_t *out_actual) MUST_CHECK;

// `how`: ZX_SOCKET_SHUTDOWN_* bits.
void socket_shutdown(struct object *obj, uint32_t how);

// Rows 5 to 8 of socket_share. Takes *t, a socket, only on ZX_OK.
zx_status_t socket_share(struct object *obj, struct transit *t) MUST_CHECK;
// ZX_ERR_NOT_SUPPORTED, ZX_ERR_SHOULD_WAIT.
zx_status_t socket_accept(struct object *obj, struct handle_out *out) MUST_CHECK;

// Thresholds; 0 turns one off. ZX_ERR_PEER_CLOSED (tx), ZX_ERR_INVALID_ARGS (above the maximum).
uint64_t socket_threshold(struct object *obj, bool tx);
zx_status_t socket_set_threshold(struct object *obj, bool tx, uint64_t value) MUST_CHECK;

void socket_info(struct object *obj, zx_info_socket_t *out);
