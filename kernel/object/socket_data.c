// SPDX-License-Identifier: MIT
// Sockets: the bytes, in streams and datagrams. Rules: socket_priv.h.
#include "handle_slot.h"
#include "socket_priv.h"
#include <account/account.h>

#include <hal/usercopy.h>
#include <sched/thread.h>

#define BLOCK_BYTES 4000u // of a stream's block: with its header below a page
#define SMALL_BYTES 512u  // the room of a block for little; such a one stays when it has been read

// --- Signals that follow from the state ---------------------------------------------------------

// `s` has written `bytes` into its peer's buffer.
ALWAYS_INLINE void written_locked(struct socket *s, uint32_t bytes)
{
    struct socket *to = socket_peer(s);
    to->rx_bytes += bytes;
    update_locked(to, 0, ZX_SOCKET_READABLE);
    if (to->rx_bytes == SOCKET_BUFFER_MAX)
        update_locked(s, ZX_SOCKET_WRITABLE, 0);
    if (to->rx_threshold != 0)
        socket_read_threshold_locked(to);
    if (s->tx_threshold != 0)
        socket_write_threshold_locked(s);
}

// `s` has read `bytes` of its buffer.
ALWAYS_INLINE void consumed_locked(struct socket *s, uint32_t bytes)
{
    struct socket *from = socket_peer(s);
    bool was_full = s->rx_bytes == SOCKET_BUFFER_MAX;
    s->rx_bytes -= bytes;
    if (s->rx_bytes == 0)
        update_locked(s, ZX_SOCKET_READABLE, 0);
    if (s->rx_threshold != 0)
        socket_read_threshold_locked(s);
    if (from->end.closed)
        return;
    if (was_full && bytes != 0)
        update_locked(from, 0, ZX_SOCKET_WRITABLE);
    if (from->tx_threshold != 0)
        socket_write_threshold_locked(from);
}

// --- Writing -----------------------------------------------------------------------------------

static struct block *block_alloc(uint32_t room)
{
    struct block *b = account_kmalloc(sizeof(*b) + room);
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
            spare = block_alloc((uint32_t)MIN(MAX(size - done, (size_t)SMALL_BYTES), (size_t)BLOCK_BYTES));
            if (spare != NULL)
                continue;
        }
        if (status == ZX_ERR_INVALID_ARGS && hal_user_fault_in(src + done, len, false) == ZX_OK)
            continue;
        if (status != ZX_OK)
            break;
        done += len;
    }
    account_kfree(spare);
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
    account_kfree(b);
    *out_actual = size;
    return status;
}

static NO_INLINE zx_status_t write_general(struct socket *s, uintptr_t src, size_t size,
                                           size_t *out_actual)
{
    mutex_lock(&s->end.pair->lock);
    zx_status_t status = may_write_locked(s);
    mutex_unlock(&s->end.pair->lock);
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

// A small piece of a stream, if it can be written in one hold. False: nothing has happened.
ALWAYS_INLINE bool write_at_once(struct socket *s, uintptr_t src, size_t size)
{
    struct socket *to = socket_peer(s);
    bool done = false;
    mutex_lock(&s->end.pair->lock);
    struct block *b = list_peek_tail_entry(&to->rx, struct block, node);
    if (likely(b != NULL && size <= b->room - b->end && size <= SOCKET_BUFFER_MAX - to->rx_bytes &&
               may_write_locked(s) == ZX_OK)) {
        uint32_t faults = user_faults_save();
        done = hal_copy_from_user(b->data + b->end, src, size) == ZX_OK;
        user_faults_restore(faults);
        if (likely(done)) {
            b->end += (uint32_t)size;
            written_locked(s, (uint32_t)size);
        }
    }
    mutex_unlock(&s->end.pair->lock);
    return done;
}

// Memory may have to come from a pager: the count must have its place before anything is written.
static NO_INLINE zx_status_t write_paged(zx_handle_t handle, uintptr_t src, size_t size,
                                         uintptr_t actual)
{
    struct object *obj;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, &socket_ops,
                                       ZX_RIGHT_WRITE, &obj, NULL);
    if (status != ZX_OK)
        return status;
    status = vm_user_page_in(actual, sizeof(size));
    if (status == ZX_OK)
        status = write_general(socket_from_object(obj), src, size, &size);
    object_unref(obj);
    return status == ZX_OK && actual != 0 ? hal_user_write_u64(actual, size) : status;
}

zx_status_t socket_write_user(zx_handle_t handle, uintptr_t src, size_t size, uintptr_t actual)
{
    zx_status_t status;
    struct object *obj = handle_hold_unpaged(handle, &socket_ops, ZX_RIGHT_WRITE, &status);
    if (unlikely(obj == NULL))
        return status == ZX_ERR_NEXT ? write_paged(handle, src, size, actual) : status;
    struct socket *s = socket_from_object(obj);
    if (likely(size - 1 < SMALL_BYTES && !is_datagram(s)) && write_at_once(s, src, size)) {
        handle_release();
    } else {
        size_t written;
        handle_release_with_ref(obj);
        status = write_general(s, src, size, &written);
        object_unref(obj);
        if (status != ZX_OK)
            return status;
        size = written;
    }
    return actual != 0 ? hal_user_write_u64(actual, size) : ZX_OK;
}

// --- Reading -----------------------------------------------------------------------------------

static zx_status_t empty_status_locked(struct socket *s)
{
    if (s->end.peer->closed)
        return ZX_ERR_PEER_CLOSED;
    return s->read_disabled ? ZX_ERR_BAD_STATE : ZX_ERR_SHOULD_WAIT;
}

// Whether the block, which has been read, stays for the bytes to come (K1): then it is empty again.
ALWAYS_INLINE bool keep_locked(struct socket *s, struct block *b)
{
    if (b->room > SMALL_BYTES || list_peek_tail_entry(&s->rx, struct block, node) != b)
        return false;
    b->start = b->end = 0;
    return true;
}

static zx_status_t stream_read_step(struct socket *s, uintptr_t dst, size_t *len)
{
    struct block *empty = NULL;
    mutex_lock(&s->end.pair->lock);
    struct block *b = list_peek_head_entry(&s->rx, struct block, node);
    zx_status_t status = ZX_OK;
    if (s->rx_bytes == 0) {
        status = empty_status_locked(s);
    } else {
        *len = MIN(*len, (size_t)(b->end - b->start));
        uint32_t faults = user_faults_save();
        status = hal_copy_to_user(dst, b->data + b->start, *len);
        user_faults_restore(faults);
    }
    if (status == ZX_OK && *len != 0) {
        b->start += (uint32_t)*len;
        if (b->start == b->end && !keep_locked(s, b)) {
            list_remove(&b->node);
            empty = b;
        }
        consumed_locked(s, (uint32_t)*len);
    }
    mutex_unlock(&s->end.pair->lock);
    account_kfree(empty);
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

static NO_INLINE zx_status_t read_general(struct socket *s, uintptr_t dst, size_t size,
                                          size_t *out_actual)
{
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

// A small read of a stream, if the first block has all of it or all there is. 0: nothing has happened.
ALWAYS_INLINE size_t read_at_once(struct socket *s, uintptr_t dst, size_t size)
{
    size_t done = 0;
    mutex_lock(&s->end.pair->lock);
    struct block *b = list_peek_head_entry(&s->rx, struct block, node);
    if (likely(b != NULL && b->room <= SMALL_BYTES && b->end != b->start &&
               list_peek_tail_entry(&s->rx, struct block, node) == b)) {
        size = MIN(size, (size_t)(b->end - b->start));
        uint32_t faults = user_faults_save();
        zx_status_t status = hal_copy_to_user(dst, b->data + b->start, size);
        user_faults_restore(faults);
        if (likely(status == ZX_OK)) {
            b->start += (uint32_t)size;
            if (b->start == b->end)
                b->start = b->end = 0; // it stays (K1)
            consumed_locked(s, (uint32_t)size);
            done = size;
        }
    }
    mutex_unlock(&s->end.pair->lock);
    return done;
}

// Memory may have to come from a pager: what there is to read must have its place before it is taken. What
// cannot come the copy finds.
static NO_INLINE zx_status_t read_paged(zx_handle_t handle, uintptr_t dst, size_t size,
                                        uintptr_t actual)
{
    struct object *obj;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, &socket_ops,
                                       ZX_RIGHT_READ, &obj, NULL);
    if (status != ZX_OK)
        return status;
    struct socket *s = socket_from_object(obj);
    mutex_lock(&s->end.pair->lock);
    size_t there = MIN(size, (size_t)s->rx_bytes);
    mutex_unlock(&s->end.pair->lock);
    status = vm_user_page_in(dst, there);
    if (status == ZX_OK || status == ZX_ERR_BAD_STATE)
        status = vm_user_page_in(actual, sizeof(size));
    if (status == ZX_OK)
        status = read_general(s, dst, size, &there);
    object_unref(obj);
    return status == ZX_OK && actual != 0 ? hal_user_write_u64(actual, there) : status;
}

zx_status_t socket_read_user(zx_handle_t handle, uintptr_t dst, size_t size, uintptr_t actual)
{
    zx_status_t status;
    size_t done = 0;
    struct object *obj = handle_hold_unpaged(handle, &socket_ops, ZX_RIGHT_READ, &status);
    if (unlikely(obj == NULL))
        return status == ZX_ERR_NEXT ? read_paged(handle, dst, size, actual) : status;
    struct socket *s = socket_from_object(obj);
    if (likely(size - 1 < SMALL_BYTES && !is_datagram(s)))
        done = read_at_once(s, dst, size);
    if (likely(done != 0)) {
        handle_release();
    } else {
        size_t read;
        handle_release_with_ref(obj);
        status = read_general(s, dst, size, &read);
        object_unref(obj);
        if (status != ZX_OK)
            return status;
        done = read;
    }
    return actual != 0 ? hal_user_write_u64(actual, done) : ZX_OK;
}
