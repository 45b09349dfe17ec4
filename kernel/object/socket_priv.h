// SPDX-License-Identifier: MIT
// What the two halves of sockets share (private to them): socket.c has their lives, the control plane,
// sharing and thresholds; socket_data.c the bytes.
//
//   K1 rx_bytes is the sum of the unread bytes of `rx`, at most SOCKET_BUFFER_MAX. Stream: the blocks
//      run on, a block has room behind `end`; a small last one stays when it has been read. Datagram: a
//      block is one datagram.
//   K2 READABLE iff rx_bytes != 0.
//   K3 WRITABLE goes when the peer's buffer is exactly full, the peer closes or writing is disabled; it
//      comes back when the peer reads from a full buffer (also when writing is disabled: so the
//      reference does it, and the probes hold us to it).
//   K4 A datagram does not change once it is queued. Who reads it has a reference and copies it without
//      the lock; until one reader has all of it, it is in the queue for everybody. Who finds it gone
//      then begins anew with the next.
// A stream's bytes are copied under the lock, without faults, at most BLOCK_BYTES a hold.
// Locks: [P] the pair's mutex; [a] atomic.
#pragma once

#include <account/account.h>
#include <object/pair.h>
#include <object/socket.h>

struct block {
    struct list_node node; // [P] in rx
    atomic_uint refs;      // [a] one for the queue, one for each reader that copies it (K4)
    uint32_t room;         // [I] bytes of data[]
    uint32_t start, end;   // [P] unread bytes
    uint8_t data[];
};

struct socket {
    struct pair_end end;
    uint32_t options;          // [I]
    struct list rx;            // [P] of block, oldest first
    uint32_t rx_bytes;         // [P] K1
    bool read_disabled;        // [P] the peer cannot write any more
    bool write_disabled;       // [P]
    uint64_t rx_threshold;     // [P]
    uint64_t tx_threshold;     // [P]
    uint8_t *control;          // [P] control message to be read, NULL: none
    uint32_t control_bytes;    // [P]
    struct transit shared;     // [P] socket to be accepted; handle.object NULL: none
};

ALWAYS_INLINE struct socket *socket_from_object(struct object *obj)
{
    return container_of(obj, struct socket, end.obj);
}

ALWAYS_INLINE struct socket *socket_peer(struct socket *s)
{
    return container_of(s->end.peer, struct socket, end);
}

ALWAYS_INLINE bool is_datagram(const struct socket *s)
{
    return s->options & ZX_SOCKET_DATAGRAM;
}

ALWAYS_INLINE void update_locked(struct socket *s, zx_signals_t clear, zx_signals_t set)
{
    object_update_locked(&s->end.obj, clear, set);
}

// Drops a reference to a block, which may be NULL.
ALWAYS_INLINE void block_put(struct block *b)
{
    if (b != NULL && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
        account_kfree(b);
}

// Bring the threshold signals of s in line with what can be read, or written. Pair's lock held.
void socket_read_threshold_locked(struct socket *s);
void socket_write_threshold_locked(struct socket *s);
