// SPDX-License-Identifier: MIT
// Sockets (object/socket.h). Each endpoint owns what it has not yet read; its peer writes there.
//
//   K1 rx_bytes is the sum of the unread bytes of `rx`, at most SOCKET_BUFFER_MAX. Stream: the blocks
//      run on, a block has room behind `end`. Datagram: a block is one datagram.
//   K2 READABLE iff rx_bytes != 0.
//   K3 WRITABLE goes when the peer's buffer is exactly full, the peer closes or writing is disabled; it
//      comes back when the peer reads from a full buffer (also when writing is disabled: so the
//      reference does it, and the probes hold us to it).
//   K4 A datagram does not change once it is queued. Who reads it has a reference and copies it without
//      the lock; until one reader has all of it, it is in the queue for everybody. Who finds it gone
//      then begins anew with the next.
// A stream's bytes are copied under the lock, without faults, at most BLOCK_BYTES a hold.
// Locks: [P] the pair's mutex; [a] atomic.
#include <object/socket.h>

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <mem/kmalloc.h>
#include <mem/slab.h>
#include <object/pair.h>
#include <sched/thread.h>

#define BLOCK_BYTES 4000u // of a stream's block: with its header below a page

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
    struct handle shared;      // [P] socket to be accepted; object NULL: none
};

struct socket_both {
    struct pair pair;
    struct socket side[2];
};

static SLAB_CACHE(socket_cache, sizeof(struct socket_both), _Alignof(struct socket_both));

static struct socket *socket_from_object(struct object *obj)
{
    return container_of(obj, struct socket, end.obj);
}

static struct socket *socket_peer(struct socket *s)
{
    return container_of(s->end.peer, struct socket, end);
}

static bool is_datagram(const struct socket *s)
{
    return s->options & ZX_SOCKET_DATAGRAM;
}

static void update_locked(struct socket *s, zx_signals_t clear, zx_signals_t set)
{
    object_update_locked(&s->end.obj, clear, set);
}

// --- Signals that follow from the state ---------------------------------------------------------

static void read_threshold_locked(struct socket *s)
{
    bool reached = s->rx_threshold != 0 && s->rx_bytes >= s->rx_threshold;
    update_locked(s, reached ? 0 : ZX_SOCKET_READ_THRESHOLD, reached ? ZX_SOCKET_READ_THRESHOLD : 0);
}

static void write_threshold_locked(struct socket *s)
{
    uint32_t room = SOCKET_BUFFER_MAX - socket_peer(s)->rx_bytes;
    bool reached = s->tx_threshold != 0 && room >= s->tx_threshold;
    update_locked(s, reached ? 0 : ZX_SOCKET_WRITE_THRESHOLD,
                  reached ? ZX_SOCKET_WRITE_THRESHOLD : 0);
}

// `s` has written `bytes` into its peer's buffer.
static void written_locked(struct socket *s, uint32_t bytes)
{
    struct socket *to = socket_peer(s);
    to->rx_bytes += bytes;
    update_locked(to, 0, ZX_SOCKET_READABLE);
    if (to->rx_bytes == SOCKET_BUFFER_MAX)
        update_locked(s, ZX_SOCKET_WRITABLE, 0);
    if (to->rx_threshold != 0)
        read_threshold_locked(to);
    if (s->tx_threshold != 0)
        write_threshold_locked(s);
}

// `s` has read `bytes` of its buffer.
static void consumed_locked(struct socket *s, uint32_t bytes)
{
    struct socket *from = socket_peer(s);
    bool was_full = s->rx_bytes == SOCKET_BUFFER_MAX;
    s->rx_bytes -= bytes;
    if (s->rx_bytes == 0)
        update_locked(s, ZX_SOCKET_READABLE, 0);
    if (s->rx_threshold != 0)
        read_threshold_locked(s);
    if (from->end.closed)
        return;
    if (was_full && bytes != 0)
        update_locked(from, 0, ZX_SOCKET_WRITABLE);
    if (from->tx_threshold != 0)
        write_threshold_locked(from);
}

// --- Lifetime ----------------------------------------------------------------------------------

static void block_put(struct block *b)
{
    if (b != NULL && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
        kfree(b);
}

static void put_blocks(struct list *blocks)
{
    struct block *b;
    while ((b = list_pop_head_entry(blocks, struct block, node)) != NULL)
        block_put(b);
}

static void socket_zero_handles(struct object *obj)
{
    struct socket *s = socket_from_object(obj);
    struct list blocks;
    list_init(&blocks);
    mutex_lock(obj->lock);
    s->end.closed = true;
    list_splice_tail(&blocks, &s->rx);
    s->rx_bytes = 0;
    struct handle shared = s->shared;
    s->shared.object = NULL;
    update_locked(socket_peer(s), ZX_SOCKET_WRITABLE, ZX_SOCKET_PEER_CLOSED);
    mutex_unlock(obj->lock);
    put_blocks(&blocks);
    if (shared.object != NULL)
        handle_drop(shared);
}

static void socket_destroy(struct object *obj)
{
    struct socket *s = socket_from_object(obj);
    struct pair *pair = s->end.pair;
    DEBUG_ASSERT(list_is_empty(&s->rx)); // nobody writes to a closed end
    kfree(s->control);
    if (pair_end_gone(&s->end))
        slab_free(&socket_cache, container_of(pair, struct socket_both, pair));
}


const struct object_ops socket_ops = {
    .type = ZX_OBJ_TYPE_SOCKET,
    .rights = ZX_DEFAULT_SOCKET_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = socket_zero_handles,
    .destroy = socket_destroy,
    .related = pair_related,
    .signal_peer = pair_signal_peer,
};

zx_status_t socket_create(uint32_t options, struct object **out0, struct object **out1)
{
    struct socket_both *both = slab_zalloc(&socket_cache);
    if (both == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_signals_t signals = ZX_SOCKET_WRITABLE;
    if (options & ZX_SOCKET_HAS_CONTROL)
        signals |= ZX_SOCKET_CONTROL_WRITABLE;
    if (options & ZX_SOCKET_HAS_ACCEPT)
        signals |= ZX_SOCKET_SHARE;
    for (unsigned i = 0; i < 2; i++) {
        both->side[i].options = options;
        list_init(&both->side[i].rx);
    }
    pair_init(&both->pair, &both->side[0].end, &both->side[1].end, &socket_ops, signals);
    *out0 = &both->side[0].end.obj;
    *out1 = &both->side[1].end.obj;
    return ZX_OK;
}

// --- Writing -----------------------------------------------------------------------------------

static struct block *block_alloc(uint32_t room)
{
    struct block *b = kmalloc(sizeof(*b) + room);
    if (b == NULL)
        return NULL;
    list_node_init(&b->node);
    atomic_init(&b->refs, 1);
    b->room = room;
    b->start = b->end = 0;
    return b;
}

// Whether s may write data at all, in the contract's order.
static zx_status_t may_write_locked(struct socket *s)
{
    if (s->end.peer->closed)
        return ZX_ERR_PEER_CLOSED;
    return s->write_disabled ? ZX_ERR_BAD_STATE : ZX_OK;
}

// Copies one piece into the last block of the peer, or into *spare, which then is the last one.
// ZX_ERR_INVALID_ARGS: the memory is not there now; *len is the piece that was wanted.
// ZX_ERR_NO_MEMORY: a block is needed and there is no spare.
static zx_status_t stream_step(struct socket *s, uintptr_t src, size_t *len, struct block **spare)
{
    struct socket *to = socket_peer(s);
    mutex_lock(&s->end.pair->lock);
    zx_status_t status = may_write_locked(s);
    if (status == ZX_OK && to->rx_bytes == SOCKET_BUFFER_MAX)
        status = ZX_ERR_SHOULD_WAIT;
    struct block *b = list_peek_tail_entry(&to->rx, struct block, node);
    bool fresh = b == NULL || b->end == b->room;
    if (fresh)
        b = *spare;
    if (status == ZX_OK && b == NULL)
        status = ZX_ERR_NO_MEMORY;
    if (status == ZX_OK) {
        *len = MIN(*len, (size_t)(SOCKET_BUFFER_MAX - to->rx_bytes));
        *len = MIN(*len, (size_t)(b->room - b->end));
        user_faults_disable();
        status = hal_copy_from_user(b->data + b->end, src, *len);
        user_faults_enable();
    }
    if (status == ZX_OK) {
        b->end += (uint32_t)*len;
        if (fresh) {
            list_add_tail(&to->rx, &b->node);
            *spare = NULL;
        }
        written_locked(s, (uint32_t)*len);
    }
    mutex_unlock(&s->end.pair->lock);
    return status;
}

static zx_status_t stream_write(struct socket *s, uintptr_t src, size_t size, size_t *out_actual)
{
    struct block *spare = NULL;
    size_t done = 0;
    zx_status_t status = ZX_OK;
    while (done < size) {
        size_t len = size - done;
        status = stream_step(s, src + done, &len, &spare);
        if (status == ZX_ERR_NO_MEMORY && spare == NULL) {
            spare = block_alloc((uint32_t)MIN(MAX(size - done, (size_t)512), (size_t)BLOCK_BYTES));
            if (spare != NULL)
                continue;
        }
        if (status == ZX_ERR_INVALID_ARGS && hal_user_fault_in(src + done, len, false) == ZX_OK)
            continue;
        if (status != ZX_OK)
            break;
        done += len;
    }
    kfree(spare);
    *out_actual = done;
    return done > 0 ? ZX_OK : status;
}

static zx_status_t datagram_write(struct socket *s, uintptr_t src, size_t size, size_t *out_actual)
{
    struct socket *to = socket_peer(s);
    struct block *b = NULL;
    zx_status_t status = ZX_OK;
    if (size <= SOCKET_BUFFER_MAX) {
        b = block_alloc((uint32_t)size);
        status = b == NULL ? ZX_ERR_NO_MEMORY : hal_copy_from_user(b->data, src, size);
    }
    mutex_lock(&s->end.pair->lock);
    zx_status_t state = may_write_locked(s);
    if (state == ZX_OK && to->rx_bytes == SOCKET_BUFFER_MAX)
        state = ZX_ERR_SHOULD_WAIT;
    if (state == ZX_OK && size > SOCKET_BUFFER_MAX)
        state = ZX_ERR_OUT_OF_RANGE;
    if (state == ZX_OK && size > SOCKET_BUFFER_MAX - to->rx_bytes)
        state = ZX_ERR_SHOULD_WAIT;
    if (state != ZX_OK)
        status = state;
    if (status == ZX_OK) {
        b->end = (uint32_t)size;
        list_add_tail(&to->rx, &b->node);
        written_locked(s, (uint32_t)size);
        b = NULL;
    }
    mutex_unlock(&s->end.pair->lock);
    kfree(b);
    *out_actual = size;
    return status;
}

zx_status_t socket_write_user(struct object *obj, uintptr_t src, size_t size, size_t *out_actual)
{
    struct socket *s = socket_from_object(obj);
    mutex_lock(obj->lock);
    zx_status_t status = may_write_locked(s);
    mutex_unlock(obj->lock);
    if (status != ZX_OK)
        return status;
    if (size != (uint32_t)size)
        return ZX_ERR_INVALID_ARGS;
    *out_actual = 0;
    if (size == 0)
        return ZX_OK;
    return is_datagram(s) ? datagram_write(s, src, size, out_actual)
                          : stream_write(s, src, size, out_actual);
}

// --- Reading -----------------------------------------------------------------------------------

static zx_status_t empty_status_locked(struct socket *s)
{
    if (s->end.peer->closed)
        return ZX_ERR_PEER_CLOSED;
    return s->read_disabled ? ZX_ERR_BAD_STATE : ZX_ERR_SHOULD_WAIT;
}

static zx_status_t stream_read_step(struct socket *s, uintptr_t dst, size_t *len)
{
    struct block *empty = NULL;
    mutex_lock(&s->end.pair->lock);
    struct block *b = list_peek_head_entry(&s->rx, struct block, node);
    zx_status_t status = ZX_OK;
    if (b == NULL) {
        status = empty_status_locked(s);
    } else {
        *len = MIN(*len, (size_t)(b->end - b->start));
        user_faults_disable();
        status = hal_copy_to_user(dst, b->data + b->start, *len);
        user_faults_enable();
    }
    if (status == ZX_OK && *len != 0) {
        b->start += (uint32_t)*len;
        if (b->start == b->end) {
            list_remove(&b->node);
            empty = b;
        }
        consumed_locked(s, (uint32_t)*len);
    }
    mutex_unlock(&s->end.pair->lock);
    kfree(empty);
    return status;
}

static zx_status_t stream_read(struct socket *s, uintptr_t dst, size_t size, size_t *out_actual)
{
    size_t done = 0;
    zx_status_t status;
    do {
        size_t len = size - done;
        status = stream_read_step(s, dst + done, &len);
        if (status == ZX_ERR_INVALID_ARGS && hal_user_fault_in(dst + done, len, true) == ZX_OK)
            continue;
        if (status != ZX_OK)
            break;
        done += len;
    } while (done < size);
    *out_actual = done;
    return done > 0 ? ZX_OK : status;
}

// The first datagram, with a reference. NULL: *out_status is why there is none.
static struct block *datagram_first(struct socket *s, zx_status_t *out_status)
{
    mutex_lock(&s->end.pair->lock);
    struct block *b = list_peek_head_entry(&s->rx, struct block, node);
    if (b != NULL)
        atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    else
        *out_status = empty_status_locked(s);
    mutex_unlock(&s->end.pair->lock);
    return b;
}

// Takes b off the queue. False: another reader was faster, or the end has closed.
static bool datagram_take(struct socket *s, struct block *b)
{
    mutex_lock(&s->end.pair->lock);
    bool first = list_peek_head_entry(&s->rx, struct block, node) == b;
    if (first) {
        list_remove(&b->node);
        consumed_locked(s, b->end);
    }
    mutex_unlock(&s->end.pair->lock);
    if (first)
        block_put(b); // the queue's
    return first;
}

static zx_status_t datagram_read(struct socket *s, uintptr_t dst, size_t size, size_t *out_actual)
{
    zx_status_t status;
    bool done = false;
    do {
        struct block *b = datagram_first(s, &status);
        if (b == NULL)
            return status;
        size_t len = MIN(size, (size_t)b->end);
        status = size != 0 ? hal_copy_to_user(dst, b->data, len) : ZX_OK;
        // Reading nothing takes nothing; nor does a buffer that is not there.
        done = status != ZX_OK || size == 0 || datagram_take(s, b);
        block_put(b);
        *out_actual = len;
    } while (!done && !(thread_pending(thread_current()) & THREAD_PENDING_KILL));
    return done ? status : ZX_ERR_CANCELED;
}

zx_status_t socket_read_user(struct object *obj, uintptr_t dst, size_t size, size_t *out_actual)
{
    struct socket *s = socket_from_object(obj);
    if (size != (uint32_t)size)
        return ZX_ERR_INVALID_ARGS;
    if (is_datagram(s))
        return datagram_read(s, dst, size, out_actual);
    if (size != 0)
        return stream_read(s, dst, size, out_actual);
    size_t none = 0;
    *out_actual = 0;
    return stream_read_step(s, dst, &none);
}

// --- Control plane -----------------------------------------------------------------------------

zx_status_t socket_control_write_user(struct object *obj, uintptr_t src, size_t size)
{
    struct socket *s = socket_from_object(obj);
    struct socket *to = socket_peer(s);
    if (!(s->options & ZX_SOCKET_HAS_CONTROL))
        return ZX_ERR_BAD_STATE;
    if (size == 0)
        return ZX_ERR_INVALID_ARGS;
    if (size > SOCKET_CONTROL_MAX)
        return ZX_ERR_OUT_OF_RANGE;
    uint8_t *message = kmalloc(size);
    zx_status_t status = message == NULL ? ZX_ERR_NO_MEMORY : hal_copy_from_user(message, src, size);
    mutex_lock(obj->lock);
    if (s->end.peer->closed)
        status = ZX_ERR_PEER_CLOSED;
    else if (to->control != NULL)
        status = ZX_ERR_SHOULD_WAIT;
    if (status == ZX_OK) {
        to->control = message;
        to->control_bytes = (uint32_t)size;
        message = NULL;
        update_locked(to, 0, ZX_SOCKET_CONTROL_READABLE);
        update_locked(s, ZX_SOCKET_CONTROL_WRITABLE, 0);
    }
    mutex_unlock(obj->lock);
    kfree(message);
    return status;
}

zx_status_t socket_control_read_user(struct object *obj, uintptr_t dst, size_t size,
                                     size_t *out_actual)
{
    struct socket *s = socket_from_object(obj);
    if (!(s->options & ZX_SOCKET_HAS_CONTROL))
        return ZX_ERR_BAD_STATE;
    for (;;) {
        uint8_t *message = NULL;
        mutex_lock(obj->lock);
        if (s->control == NULL) {
            mutex_unlock(obj->lock);
            return ZX_ERR_SHOULD_WAIT;
        }
        size_t len = MIN(size, (size_t)s->control_bytes);
        user_faults_disable();
        zx_status_t status = hal_copy_to_user(dst, s->control, len);
        user_faults_enable();
        if (status == ZX_OK) {
            message = s->control;
            s->control = NULL;
            update_locked(s, ZX_SOCKET_CONTROL_READABLE, 0);
            if (!s->end.peer->closed)
                update_locked(socket_peer(s), 0, ZX_SOCKET_CONTROL_WRITABLE);
        }
        mutex_unlock(obj->lock);
        kfree(message);
        *out_actual = len;
        if (status == ZX_OK || hal_user_fault_in(dst, len, true) != ZX_OK)
            return status;
    }
}

// --- Shutdown, sharing, thresholds --------------------------------------------------------------

// `writer` cannot write any more.
static void disable_locked(struct socket *writer)
{
    struct socket *reader = socket_peer(writer);
    writer->write_disabled = true;
    reader->read_disabled = true;
    if (!writer->end.closed)
        update_locked(writer, ZX_SOCKET_WRITABLE, ZX_SOCKET_WRITE_DISABLED);
    if (!reader->end.closed)
        update_locked(reader, 0, ZX_SOCKET_PEER_WRITE_DISABLED);
}

void socket_shutdown(struct object *obj, uint32_t how)
{
    struct socket *s = socket_from_object(obj);
    mutex_lock(obj->lock);
    if (how & ZX_SOCKET_SHUTDOWN_WRITE)
        disable_locked(s);
    if (how & ZX_SOCKET_SHUTDOWN_READ)
        disable_locked(socket_peer(s));
    mutex_unlock(obj->lock);
}

zx_status_t socket_share(struct object *obj, struct handle h)
{
    struct socket *s = socket_from_object(obj);
    struct socket *to = socket_peer(s);
    struct socket *guest = socket_from_object(h.object);
    if ((guest->options & ZX_SOCKET_HAS_ACCEPT) || guest == s || guest == to)
        return ZX_ERR_BAD_STATE;
    if (!(s->options & ZX_SOCKET_HAS_ACCEPT))
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_OK;
    mutex_lock(obj->lock);
    if (to->end.closed) {
        status = ZX_ERR_PEER_CLOSED;
    } else if (to->shared.object != NULL) {
        status = ZX_ERR_SHOULD_WAIT;
    } else {
        to->shared = h;
        update_locked(to, 0, ZX_SOCKET_ACCEPT);
        update_locked(s, ZX_SOCKET_SHARE, 0);
    }
    mutex_unlock(obj->lock);
    return status;
}

zx_status_t socket_accept(struct object *obj, struct handle *out)
{
    struct socket *s = socket_from_object(obj);
    if (!(s->options & ZX_SOCKET_HAS_ACCEPT))
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_ERR_SHOULD_WAIT;
    mutex_lock(obj->lock);
    if (s->shared.object != NULL) {
        *out = s->shared;
        s->shared.object = NULL;
        update_locked(s, ZX_SOCKET_ACCEPT, 0);
        if (!s->end.peer->closed)
            update_locked(socket_peer(s), 0, ZX_SOCKET_SHARE);
        status = ZX_OK;
    }
    mutex_unlock(obj->lock);
    return status;
}

uint64_t socket_threshold(struct object *obj, bool tx)
{
    struct socket *s = socket_from_object(obj);
    mutex_lock(obj->lock);
    uint64_t value = tx ? s->tx_threshold : s->rx_threshold;
    mutex_unlock(obj->lock);
    return value;
}

zx_status_t socket_set_threshold(struct object *obj, bool tx, uint64_t value)
{
    struct socket *s = socket_from_object(obj);
    zx_status_t status = ZX_OK;
    mutex_lock(obj->lock);
    if (tx && s->end.peer->closed) {
        status = ZX_ERR_PEER_CLOSED;
    } else if (value > SOCKET_BUFFER_MAX) {
        status = ZX_ERR_INVALID_ARGS;
    } else if (tx) {
        s->tx_threshold = value;
        write_threshold_locked(s);
    } else {
        s->rx_threshold = value;
        read_threshold_locked(s);
    }
    mutex_unlock(obj->lock);
    return status;
}

void socket_info(struct object *obj, zx_info_socket_t *out)
{
    struct socket *s = socket_from_object(obj);
    mutex_lock(obj->lock);
    struct block *first = list_peek_head_entry(&s->rx, struct block, node);
    bool peer_closed = s->end.peer->closed;
    *out = (zx_info_socket_t){
        .options = s->options,
        .rx_buf_max = SOCKET_BUFFER_MAX,
        .rx_buf_size = s->rx_bytes,
        .rx_buf_available = !is_datagram(s) ? s->rx_bytes : first != NULL ? first->end : 0,
        .tx_buf_max = peer_closed ? 0 : SOCKET_BUFFER_MAX,
        .tx_buf_size = peer_closed ? 0 : socket_peer(s)->rx_bytes,
    };
    mutex_unlock(obj->lock);
}
