// SPDX-License-Identifier: MIT
// Ports: packet queues, and the asynchronous waits that feed them.
#pragma once

#include <object/handle.h>
#include <object/object.h>
#include <zircon/syscalls/port.h>

extern const struct object_ops port_ops;

zx_status_t port_create(bool bind_to_interrupt, struct object **out) MUST_CHECK;

// A user packet, delivered verbatim but for its type. ZX_ERR_NO_MEMORY: the system-wide pool is
// exhausted; ZX_ERR_SHOULD_WAIT: the port is full.
zx_status_t port_queue_user(struct object *port, const zx_port_packet_t *packet) MUST_CHECK;

// The oldest packet. Blocks, interruptibly, until `deadline`. ZX_ERR_TIMED_OUT, ZX_ERR_CANCELED,
// ZX_ERR_INTERNAL_INTR_RETRY.
zx_status_t port_wait(struct object *port, zx_time_t deadline, zx_port_packet_t *out) MUST_CHECK;

// Registers an asynchronous wait on the object behind `handle` of `table`. In order: BAD_HANDLE,
// ACCESS_DENIED (no WAIT), NOT_SUPPORTED (not waitable), INVALID_ARGS (options); NO_MEMORY.
zx_status_t port_wait_async(struct object *port, struct handle_table *table, zx_handle_t handle,
                            uint64_t key, zx_signals_t signals, uint32_t options) MUST_CHECK;

// Removes all registrations and queued signal packets of this port that came from this very handle
// value with this key. In order: BAD_HANDLE, ACCESS_DENIED, NOT_SUPPORTED, NOT_FOUND.
zx_status_t port_cancel(struct object *port, struct handle_table *table, zx_handle_t source,
                        uint64_t key) MUST_CHECK;
