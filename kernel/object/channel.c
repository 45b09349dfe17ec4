// SPDX-License-Identifier: MIT
// Channels (object/channel.h). Both endpoints and their lock are one allocation, freed when both have
// lost their last reference; so an endpoint may look at its peer as long as it lives itself.
//
// Signals: WRITABLE from creation until the peer closes; READABLE while the inbox is not empty;
// PEER_CLOSED once the peer has no handle.
//
//   C1 inbox_count is the length of inbox; READABLE is asserted iff it is not 0.
//   C2 closed is set when the last handle goes; from then on nothing is queued here.
//   C3 A call is on `callers` of its own endpoint from before its message is visible until a reply,
//      an end or its thread takes it off. A message whose first word is its txid goes to it alone.
//   C4 A caller's thread takes the pair's lock before it leaves the call: so whoever takes the call
//      off the list under that lock may still wake the thread (sched/wait.h W1).
//   C5 An endpoint has one handle at most, so one table at a time owns it. Who has looked it up may be
//      overtaken by its transfer; the owner is set before the new one can use it, and looked at under
//      the lock, so nothing of the old owner comes between what the new one does. NULL: it has not
//      been moved yet, so nobody but its creator can have looked it up.
// Locks: [P] the pair's mutex (rank OBJECT).
#include <object/channel.h>

#include <debug/assert.h>
#include <account/account.h>
#include <object/process.h>
#include <sched/wait.h>

struct channel {
    struct object obj;
    struct list inbox;      // [P] of packet, oldest first
    struct rb_tree callers; // [P] of channel_call, by txid
    const struct handle_table *_Atomic owner; // C5
    uint32_t inbox_count;   // [P] C1
    zx_txid_t last_txid;    // [P]
    uint8_t index;          // [I] which end of the pair
    bool closed;            // [P] C2
};

struct channel_pair {
    struct mutex lock;
    atomic_uint ends;       // [a] endpoints not yet destroyed
    struct channel end[2];
};

static ACCOUNT_CACHE(channel_cache, sizeof(struct channel_pair), _Alignof(struct channel_pair));

ALWAYS_INLINE struct channel *channel_from_object(struct object *obj)
{
    DEBUG_ASSERT(obj->ops == &channel_ops);
    return container_of(obj, struct channel, obj);
}

ALWAYS_INLINE struct channel_pair *pair_of(const struct channel *ch)
{
    return container_of(ch - ch->index, struct channel_pair, end[0]);
}

ALWAYS_INLINE struct channel *peer_of(const struct channel *ch)
{
    // The other end lies one struct above or below: no multiplication by an index.
    return (struct channel *)(ch->index == 0 ? ch + 1 : ch - 1);
}

static NO_INLINE void end_all_calls_locked(struct channel *ch, zx_status_t why)
{
    do {
        struct channel_call *call = rb_entry(ch->callers.root, struct channel_call, node);
        rb_remove(&ch->callers, &call->node, NULL);
        call->status = why;
        wait_wake(call->thread, why);
    } while (!rb_is_empty(&ch->callers));
}

// Ends every call in progress on `ch`.
ALWAYS_INLINE void end_calls_locked(struct channel *ch, zx_status_t why)
{
    if (unlikely(!rb_is_empty(&ch->callers)))
        end_all_calls_locked(ch, why);
}

static void channel_zero_handles(struct object *obj)
{
    struct channel *ch = channel_from_object(obj);
    struct channel *peer = peer_of(ch);
    struct list dropped;
    list_init(&dropped);
    mutex_lock(obj->lock);
    ch->closed = true;
    list_splice_tail(&dropped, &ch->inbox);
    ch->inbox_count = 0;
    end_calls_locked(ch, ZX_ERR_CANCELED);
    end_calls_locked(peer, ZX_ERR_PEER_CLOSED);
    object_update_locked(&peer->obj, ZX_CHANNEL_WRITABLE, ZX_CHANNEL_PEER_CLOSED);
    mutex_unlock(obj->lock);
    struct packet *p;
    while ((p = list_pop_head_entry(&dropped, struct packet, node)) != NULL)
        packet_free(p);
}

static void channel_destroy(struct object *obj)
{
    struct channel_pair *pair = pair_of(channel_from_object(obj));
    if (atomic_fetch_sub_explicit(&pair->ends, 1, memory_order_acq_rel) == 1)
        account_free(channel_cache, pair);
}

static zx_koid_t channel_related(const struct object *obj)
{
    return peer_of(container_of(obj, struct channel, obj))->obj.koid;
}

static zx_status_t channel_signal_peer(struct object *obj, zx_signals_t clear, zx_signals_t set)
{
    struct channel *peer = peer_of(channel_from_object(obj));
    zx_status_t status = ZX_OK;
    mutex_lock(obj->lock);
    if (peer->closed)
        status = ZX_ERR_PEER_CLOSED;
    else
        object_update_locked(&peer->obj, clear, set);
    mutex_unlock(obj->lock);
    return status;
}

static uint64_t channel_queue_length(struct object *obj)
{
    return channel_from_object(obj)->inbox_count;
}

const struct object_ops channel_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_CHANNEL),
    .rights = ZX_DEFAULT_CHANNEL_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = channel_zero_handles,
    .destroy = channel_destroy,
    .related = channel_related,
    .signal_peer = channel_signal_peer,
    .queue_length = channel_queue_length,
};

void channel_set_owner(struct object *obj, const struct handle_table *owner)
{
    // The receipt comes before the new owner's operations, and these order it for all that follow.
    atomic_store_explicit(&channel_from_object(obj)->owner, owner, memory_order_relaxed);
}

ALWAYS_INLINE bool owned_locked(const struct channel *ch)
{
    const struct handle_table *owner = atomic_load_explicit(&ch->owner, memory_order_relaxed);
    return owner == NULL || likely(owner == &process_current()->handles);
}

zx_status_t channel_create(struct object **out0, struct object **out1)
{
    struct channel_pair *pair = account_alloc(channel_cache);
    if (pair == NULL)
        return ZX_ERR_NO_MEMORY;
    mutex_init(&pair->lock, &object_lock_class);
    atomic_init(&pair->ends, 2);
    for (uint8_t i = 0; i < 2; i++) {
        struct channel *ch = &pair->end[i];
        list_init(&ch->inbox);
        rb_tree_init(&ch->callers);
        atomic_init(&ch->owner, NULL);
        ch->inbox_count = 0;
        ch->last_txid = 0;
        ch->index = i;
        ch->closed = false;
        object_init(&ch->obj, &channel_ops, &pair->lock, ZX_CHANNEL_WRITABLE);
    }
    *out0 = &pair->end[0].obj;
    *out1 = &pair->end[1].obj;
    return ZX_OK;
}

ALWAYS_INLINE int txid_compare(const void *key, const struct rb_node *n)
{
    zx_txid_t txid = *(const zx_txid_t *)key;
    zx_txid_t other = rb_entry(n, const struct channel_call, node)->txid;
    return txid < other ? -1 : txid > other;
}

// The call on `ch` that waits for this message, NULL if none.
ALWAYS_INLINE struct channel_call *match_locked(struct channel *ch, struct packet *p)
{
    if (likely(rb_is_empty(&ch->callers)) || p->num_bytes < sizeof(zx_txid_t))
        return NULL;
    zx_txid_t txid = *packet_txid(p);
    struct rb_node *n = rb_find(&ch->callers, &txid, txid_compare);
    return rb_entry_or_null(n, struct channel_call, node);
}

// Appends p to ch's inbox. The readers are told by the signal.
ALWAYS_INLINE void queue_locked(struct channel *ch, struct packet *p)
{
    list_add_tail(&ch->inbox, &p->node);
    ch->inbox_count++;
    object_update_locked(&ch->obj, 0, ZX_CHANNEL_READABLE);
}

zx_status_t channel_write(struct object *obj, struct packet **p)
{
    struct channel *ch = channel_from_object(obj), *peer = peer_of(ch);
    mutex_lock(obj->lock);
    if (unlikely(!owned_locked(ch) || peer->closed)) {
        zx_status_t status = owned_locked(ch) ? ZX_ERR_PEER_CLOSED : ZX_ERR_BAD_HANDLE;
        mutex_unlock(obj->lock);
        return status;
    }
    struct channel_call *call = match_locked(peer, *p);
    if (call != NULL) {
        rb_remove_mostly_last(&peer->callers, &call->node); // C3
        call->reply = *p;
        wait_wake(call->thread, ZX_OK);
    } else {
        queue_locked(peer, *p);
    }
    *p = NULL;
    mutex_unlock(obj->lock);
    return ZX_OK;
}

// Takes the first message off ch's inbox.
ALWAYS_INLINE void dequeue_locked(struct channel *ch, struct packet *p)
{
    list_remove(&p->node);
    if (--ch->inbox_count == 0)
        object_update_locked(&ch->obj, ZX_CHANNEL_READABLE, 0);
}

// The read calls: `ready` is what the caller's memory can take at once (NULL: all of `max_...`).
ALWAYS_INLINE zx_status_t read_first(struct object *obj, uint32_t max_bytes, uint32_t max_handles,
                                     const struct channel_sizes *ready, bool discard,
                                     struct packet **out, struct channel_sizes *sizes)
{
    struct channel *ch = channel_from_object(obj);
    mutex_lock(obj->lock);
    struct packet *p = list_peek_head_entry(&ch->inbox, struct packet, node);
    if (unlikely(!owned_locked(ch) || p == NULL)) {
        zx_status_t status = !owned_locked(ch)  ? ZX_ERR_BAD_HANDLE
                             : peer_of(ch)->closed ? ZX_ERR_PEER_CLOSED
                                                   : ZX_ERR_SHOULD_WAIT;
        mutex_unlock(obj->lock);
        return status;
    }
    if (unlikely(p->num_bytes > max_bytes || p->num_handles > max_handles)) {
        *sizes = (struct channel_sizes){ p->num_bytes, p->num_handles };
        if (discard)
            dequeue_locked(ch, p);
        mutex_unlock(obj->lock);
        if (discard)
            packet_free(p);
        return ZX_ERR_BUFFER_TOO_SMALL;
    }
    if (ready != NULL && (p->num_bytes > ready->bytes || p->num_handles > ready->handles)) {
        *sizes = (struct channel_sizes){ p->num_bytes, p->num_handles };
        mutex_unlock(obj->lock);
        return ZX_ERR_NEXT;
    }
    dequeue_locked(ch, p);
    mutex_unlock(obj->lock);
    *out = p;
    return ZX_OK;
}

zx_status_t channel_read(struct object *obj, uint32_t max_bytes, uint32_t max_handles, bool discard,
                         struct packet **out, struct channel_sizes *sizes)
{
    return read_first(obj, max_bytes, max_handles, NULL, discard, out, sizes);
}

zx_status_t channel_read_ready(struct object *obj, uint32_t max_bytes, uint32_t max_handles,
                               const struct channel_sizes *ready, bool discard,
                               struct packet **out, struct channel_sizes *sizes)
{
    return read_first(obj, max_bytes, max_handles, ready, discard, out, sizes);
}

// --- Calls -------------------------------------------------------------------------------------

// register_call_locked() when others are in progress.
static NO_INLINE void register_another_locked(struct channel *ch, struct channel_call *call)
{
    struct rb_node *parent, **link;
    bool taken;
    do {
        call->txid = ++ch->last_txid | 0x80000000u;
        parent = NULL;
        link = &ch->callers.root;
        taken = false;
        while (*link != NULL && !taken) {
            int order = txid_compare(&call->txid, *link);
            parent = *link;
            link = order < 0 ? &parent->left : &parent->right;
            taken = order == 0;
        }
    } while (unlikely(taken));
    rb_insert_at(&ch->callers, &call->node, parent, link, NULL);
}

// Gives the call a txid that no other in progress on `ch` has, and makes it one of them.
ALWAYS_INLINE void register_call_locked(struct channel *ch, struct channel_call *call)
{
    if (unlikely(!rb_is_empty(&ch->callers))) {
        register_another_locked(ch, call);
        return;
    }
    call->txid = ++ch->last_txid | 0x80000000u;
    rb_insert_first(&ch->callers, &call->node);
}

// Takes what the call has come to, if it has: a reply, or an end. Pair lock held.
ALWAYS_INLINE bool call_done_locked(struct channel_call *call, zx_status_t *out_status,
                             struct packet **out_reply)
{
    if (call->reply != NULL) {
        *out_reply = call->reply;
        *out_status = ZX_OK;
        return true;
    }
    *out_status = call->status;
    return call->status != ZX_OK;
}

// After the wait: the call's result, or it stays registered (INTR_RETRY). The reference in
// call->channel, if it is one by now, is the caller's affair.
ALWAYS_INLINE zx_status_t call_finish(struct channel_call *call, zx_status_t waited,
                               struct packet **out_reply)
{
    struct object *obj = call->channel;
    zx_status_t status;
    mutex_lock(obj->lock);
    if (!call_done_locked(call, &status, out_reply)) {
        status = waited;
        if (waited == ZX_ERR_INTERNAL_INTR_RETRY) {
            mutex_unlock(obj->lock);
            return status;
        }
        rb_remove_mostly_last(&channel_from_object(obj)->callers, &call->node);
    }
    mutex_unlock(obj->lock);
    call->channel = NULL;
    return status;
}

zx_status_t channel_call(struct object *obj, struct packet **p, zx_time_t deadline,
                         struct channel_call *call, struct packet **out_reply)
{
    struct channel *ch = channel_from_object(obj);
    struct channel *peer = peer_of(ch);
    DEBUG_ASSERT(!channel_call_pending(call));
    mutex_lock(obj->lock);
    if (unlikely(!owned_locked(ch) || peer->closed || ch->closed)) {
        // Its own last handle may have gone between the look-up and here: nobody would end the call.
        zx_status_t status = !owned_locked(ch) ? ZX_ERR_BAD_HANDLE
                             : ch->closed          ? ZX_ERR_CANCELED
                                                   : ZX_ERR_PEER_CLOSED;
        mutex_unlock(obj->lock);
        return status;
    }
    call->channel = obj; // on our caller's reference, until the call outlives this function
    call->thread = thread_current();
    call->reply = NULL;
    call->status = ZX_OK;
    register_call_locked(ch, call);
    *packet_txid(*p) = call->txid;
    wait_arm(true);
    wait_handoff_begin();
    queue_locked(peer, *p);
    wait_handoff_end();
    *p = NULL;
    mutex_unlock(obj->lock);
    zx_status_t status = call_finish(call, wait_block(WAIT_ON_CHANNEL, deadline), out_reply);
    if (unlikely(call->channel != NULL))
        object_ref(obj);
    return status;
}

zx_status_t channel_call_wait(struct channel_call *call, zx_time_t deadline,
                              struct packet **out_reply)
{
    struct object *obj = call->channel;
    zx_status_t status, ignored;
    wait_arm(true);
    mutex_lock(obj->lock);
    bool done = call->reply != NULL || call->status != ZX_OK;
    mutex_unlock(obj->lock);
    if (done) {
        (void)wait_disarm(&ignored);
        status = ZX_OK;
    } else {
        status = wait_block(WAIT_ON_CHANNEL, deadline);
    }
    status = call_finish(call, status, out_reply);
    if (call->channel == NULL)
        object_unref(obj);
    return status;
}

void channel_call_abandon(struct channel_call *call)
{
    if (!channel_call_pending(call))
        return;
    struct object *obj = call->channel;
    mutex_lock(obj->lock);
    if (rb_node_linked(&call->node))
        rb_remove_mostly_last(&channel_from_object(obj)->callers, &call->node);
    struct packet *reply = call->reply;
    call->reply = NULL;
    mutex_unlock(obj->lock);
    call->channel = NULL;
    object_unref(obj);
    packet_free(reply);
}
