// SPDX-License-Identifier: MIT
// Sockets (object/socket.h): lives, the control plane, sharing, thresholds. Each endpoint owns what it has
// not yet read; its peer writes there. Rules: socket_priv.h.
#include "socket_priv.h"

#include <debug/assert.h>
#include <hal/usercopy.h>
#include <account/account.h>

struct socket_both {
    struct pair pair;
    struct socket side[2];
};

static ACCOUNT_CACHE(socket_cache, sizeof(struct socket_both), _Alignof(struct socket_both));

// --- Lifetime ----------------------------------------------------------------------------------

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
    struct transit shared;
    transit_move(&shared, &s->shared);
    update_locked(socket_peer(s), ZX_SOCKET_WRITABLE, ZX_SOCKET_PEER_CLOSED);
    mutex_unlock(obj->lock);
    put_blocks(&blocks);
    if (shared.handle.object != NULL)
        handle_drop(transit_end(&shared));
}

static void socket_destroy(struct object *obj)
{
    struct socket *s = socket_from_object(obj);
    struct pair *pair = s->end.pair;
    DEBUG_ASSERT(list_is_empty(&s->rx)); // nobody writes to a closed end
    account_kfree(s->control);
    if (pair_end_gone(&s->end))
        account_free(socket_cache, container_of(pair, struct socket_both, pair));
}

const struct object_ops socket_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_SOCKET),
    .rights = ZX_DEFAULT_SOCKET_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = socket_zero_handles,
    .destroy = socket_destroy,
    .related = pair_related,
    .signal_peer = pair_signal_peer,
};

zx_status_t socket_create(uint32_t options, struct object **out0, struct object **out1)
{
    struct socket_both *both = account_zalloc(socket_cache);
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
    uint8_t *message = account_kmalloc(size);
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
    account_kfree(message);
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
        account_kfree(message);
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

zx_status_t socket_share(struct object *obj, struct transit *t)
{
    struct socket *s = socket_from_object(obj);
    struct socket *to = socket_peer(s);
    struct socket *guest = socket_from_object(t->handle.object);
    if ((guest->options & ZX_SOCKET_HAS_ACCEPT) || guest == s || guest == to)
        return ZX_ERR_BAD_STATE;
    if (!(s->options & ZX_SOCKET_HAS_ACCEPT))
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_OK;
    mutex_lock(obj->lock);
    if (to->end.closed) {
        status = ZX_ERR_PEER_CLOSED;
    } else if (to->shared.handle.object != NULL) {
        status = ZX_ERR_SHOULD_WAIT;
    } else {
        transit_move(&to->shared, t); // its lock comes after that of a socket with HAS_ACCEPT
        update_locked(to, 0, ZX_SOCKET_ACCEPT);
        update_locked(s, ZX_SOCKET_SHARE, 0);
    }
    mutex_unlock(obj->lock);
    return status;
}

zx_status_t socket_accept(struct object *obj, struct handle_out *out)
{
    struct socket *s = socket_from_object(obj);
    if (!(s->options & ZX_SOCKET_HAS_ACCEPT))
        return ZX_ERR_NOT_SUPPORTED;
    zx_status_t status = ZX_ERR_SHOULD_WAIT;
    mutex_lock(obj->lock);
    if (s->shared.handle.object != NULL) {
        handle_taken_from(out, &s->shared);
        update_locked(s, ZX_SOCKET_ACCEPT, 0);
        if (!s->end.peer->closed)
            update_locked(socket_peer(s), 0, ZX_SOCKET_SHARE);
        status = ZX_OK;
    }
    mutex_unlock(obj->lock);
    return status;
}

void socket_read_threshold_locked(struct socket *s)
{
    bool reached = s->rx_threshold != 0 && s->rx_bytes >= s->rx_threshold;
    update_locked(s, reached ? 0 : ZX_SOCKET_READ_THRESHOLD, reached ? ZX_SOCKET_READ_THRESHOLD : 0);
}

void socket_write_threshold_locked(struct socket *s)
{
    uint32_t room = SOCKET_BUFFER_MAX - socket_peer(s)->rx_bytes;
    bool reached = s->tx_threshold != 0 && room >= s->tx_threshold;
    update_locked(s, reached ? 0 : ZX_SOCKET_WRITE_THRESHOLD,
                  reached ? ZX_SOCKET_WRITE_THRESHOLD : 0);
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
        socket_write_threshold_locked(s);
    } else {
        s->rx_threshold = value;
        socket_read_threshold_locked(s);
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
