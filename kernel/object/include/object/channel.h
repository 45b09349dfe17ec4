// SPDX-License-Identifier: MIT
// Channels: two endpoints, each with a queue of messages, in one allocation with the lock they share.
#pragma once

#include <lib/rbtree.h>
#include <object/handle.h>
#include <object/object.h>
#include <zircon/types.h>

struct channel;

// A message. Up to CHANNEL_INLINE_MAX bytes lie behind the handles in the same allocation; longer
// ones are in pages.
#define CHANNEL_INLINE_MAX 4000u
struct packet {
    struct list_node node;  // [P] in a channel's inbox
    uint32_t num_bytes;
    uint16_t num_handles;   // valid entries of `handles`
    uint16_t handle_room;   // entries allocated
    struct transit handles[];
    // then: bytes, or an array of struct page *
};

extern const struct object_ops channel_ops;

zx_status_t channel_create(struct object **out0, struct object **out1) MUST_CHECK;
// Before the handle of an object that was moved comes into `owner`: if it is an endpoint, it belongs to
// that table from now on. Operations below that were begun through another table's handle and have not
// taken effect yet come too late: ZX_ERR_BAD_HANDLE.
void channel_set_owner(struct object *ch, const struct handle_table *owner);
ALWAYS_INLINE void channel_moved(struct object *obj, const struct handle_table *owner)
{
    if (unlikely(obj->ops == &channel_ops))
        channel_set_owner(obj, owner);
}

// A message of user bytes with room for handles, in one step. ZX_ERR_NO_MEMORY, ZX_ERR_INVALID_ARGS.
zx_status_t packet_from_user(uint32_t num_bytes, uint32_t num_handles, uintptr_t src,
                             struct packet **out) MUST_CHECK;
// Copies the bytes to the user, then frees the message, with the handles that it still has, in any
// case. ZX_ERR_INVALID_ARGS.
zx_status_t packet_to_user(struct packet *p, uintptr_t dst) MUST_CHECK;

// Packet with room for the given sizes. NULL: out of memory.
struct packet *packet_alloc(uint32_t num_bytes, uint32_t num_handles) MUST_CHECK;
// Frees it and closes its handles. NULL allowed. No lock held.
void packet_free(struct packet *p);
// Copies a packet's bytes to user memory. ZX_ERR_INVALID_ARGS.
zx_status_t packet_drain_user(const struct packet *p, uintptr_t dst) MUST_CHECK;
// Fills it from kernel memory.
void packet_fill(struct packet *p, const void *src);
// First four bytes; num_bytes >= 4.
zx_txid_t *packet_txid_paged(const struct packet *p);
ALWAYS_INLINE zx_txid_t *packet_txid(struct packet *p)
{
    if (unlikely(p->num_bytes > CHANNEL_INLINE_MAX))
        return packet_txid_paged(p);
    return (zx_txid_t *)&p->handles[p->handle_room];
}

// Appends *p to the peer's queue, or hands it to the peer's caller that waits for its txid. Takes *p
// and nulls it, only on success. ZX_ERR_PEER_CLOSED.
zx_status_t channel_write(struct object *ch, struct packet **p) MUST_CHECK;

struct channel_sizes {
    uint32_t bytes, handles;
};

// Takes the first message if it fits; if not, *sizes are its sizes (ZX_ERR_BUFFER_TOO_SMALL). `discard`: a
// message that does not fit is dropped. ZX_ERR_SHOULD_WAIT, ZX_ERR_PEER_CLOSED, ZX_ERR_BUFFER_TOO_SMALL.
zx_status_t channel_read(struct object *ch, uint32_t max_bytes, uint32_t max_handles, bool discard,
                         struct packet **out, struct channel_sizes *sizes) MUST_CHECK;
// The same, but a message that fits is left, too, if it has more than `ready`: ZX_ERR_NEXT, and *sizes are
// its sizes. For a caller whose memory has to be brought in first.
zx_status_t channel_read_ready(struct object *ch, uint32_t max_bytes, uint32_t max_handles,
                               const struct channel_sizes *ready, bool discard,
                               struct packet **out, struct channel_sizes *sizes) MUST_CHECK;

// A call in progress: lives in the thread, so that a suspended call can be finished later.
struct channel_call {
    struct rb_node node;     // [P] in the endpoint's `callers`; unlinked: not in progress. Zero at first
    struct thread *thread;   // [I]
    struct object *channel;  // referenced while in progress
    struct packet *reply;    // [P]
    zx_txid_t txid;          // [P]
    zx_status_t status;      // [P] ZX_ERR_PEER_CLOSED or CANCELED if it ended so
};

// Sends *p with a fresh txid and waits for the reply. ZX_OK: *out_reply. ZX_ERR_INTERNAL_INTR_RETRY:
// the call stays registered in `call`; channel_call_wait goes on. Else ZX_ERR_PEER_CLOSED, CANCELED,
// TIMED_OUT. *p is taken unless it could not be sent (PEER_CLOSED at once: nulled as well when sent).
zx_status_t channel_call(struct object *ch, struct packet **p, zx_time_t deadline,
                         struct channel_call *call, struct packet **out_reply) MUST_CHECK;
zx_status_t channel_call_wait(struct channel_call *call, zx_time_t deadline,
                              struct packet **out_reply) MUST_CHECK;
// A thread dies with an interrupted call: forgets it.
void channel_call_abandon(struct channel_call *call);
ALWAYS_INLINE bool channel_call_pending(const struct channel_call *call) { return call->channel != NULL; }
