// SPDX-License-Identifier: MIT
// Ports: packet queues, and the asynchronous waits that feed them.
#pragma once

#include <object/handle.h>
#include <object/object.h>
#include <zircon/syscalls/port.h>

extern const struct object_ops port_ops;

// What a port queues; data.type tells whose it is. Whoever embeds one keeps it alive while it is queued.
struct port_packet {
    struct list_node node; // [P] port's lock; unlinked: not queued
    // It is off the queue, read or gone with its port; no lock held. Not used by the port's own packets,
    // those of users and of signals.
    void (*done)(struct port_packet *p);
    zx_port_packet_t data; // [P] once queued
};

zx_status_t port_create(bool bind_to_interrupt, struct object **out) MUST_CHECK;

// The calls on ports: handles are the calling process's, and errors of theirs come first. No lock held.

// Queues a user packet, delivered verbatim but for its type, from the user address `packet`.
// ZX_ERR_INVALID_ARGS: unreadable; ZX_ERR_NO_MEMORY: the system-wide pool is exhausted;
// ZX_ERR_SHOULD_WAIT: the port is full.
zx_status_t port_queue_user(zx_handle_t handle, uintptr_t packet) MUST_CHECK;

// The queue of interrupt packets, which port_wait serves first; NULL: the port was not made for them.
struct irq_queue;
struct irq_queue *port_interrupts(struct object *port);

// Queues a packet of the rest of the kernel, `done` and `data` filled in, `node` initialised and not queued. A
// full port takes it too: these are preallocated, as few as what they tell of, and never lost. False: the
// port is closed; `done` is not called. Locks of rank below RANK_PORT may be held.
bool port_queue_packet(struct object *port, struct port_packet *p) MUST_CHECK;
// Takes such a packet off the queue. True: it was queued, `done` is not called.
bool port_unqueue_packet(struct object *port, struct port_packet *p);
// Queues a packet with its own type on a port that is bound to a task. ZX_ERR_NO_MEMORY,
// ZX_ERR_SHOULD_WAIT as above. Locks below RANK_PORT may be held.
zx_status_t port_queue_exception(struct object *port, const zx_port_packet_t *packet) MUST_CHECK;
// Puts `node` on the list that exception_port_closed is given when the port closes. False: closed. The
// list is guarded by the caller's lock.
bool port_attach_exceptions(struct object *port, struct list_node *node) MUST_CHECK;

// Takes the oldest packet to the user address `out`. Blocks, interruptibly, until `deadline`.
// ZX_ERR_TIMED_OUT, ZX_ERR_CANCELED, ZX_ERR_INTERNAL_INTR_RETRY; ZX_ERR_INVALID_ARGS: not writable, the
// packet is lost. Memory that a pager serves is waited for before a packet is taken: ZX_ERR_BAD_STATE,
// detached.
zx_status_t port_wait_user(zx_handle_t handle, zx_time_t deadline, uintptr_t out) MUST_CHECK;

// Registers an asynchronous wait on the object behind `handle`. In order, after those of `port`:
// BAD_HANDLE, ACCESS_DENIED (no WAIT), NOT_SUPPORTED (not waitable), INVALID_ARGS (options); NO_MEMORY.
zx_status_t port_wait_async(zx_handle_t handle, zx_handle_t port, uint64_t key, zx_signals_t signals,
                            uint32_t options) MUST_CHECK;

// Removes all registrations and queued signal packets of this port that came from this very handle
// value with this key. In order: BAD_HANDLE, ACCESS_DENIED, NOT_SUPPORTED, NOT_FOUND.
zx_status_t port_cancel(struct object *port, struct handle_table *table, zx_handle_t source,
                        uint64_t key) MUST_CHECK;
