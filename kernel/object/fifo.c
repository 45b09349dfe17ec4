// SPDX-License-Identifier: MIT
// FIFOs (object/fifo.h). Each endpoint owns the ring it reads from; its peer writes there.
//
//   F1 head and tail run freely; head - tail is the number of elements, at most elem_count.
//   F2 READABLE of an endpoint: its ring is not empty. WRITABLE: the peer's ring is not full and the
//      peer is open.
// User memory is copied under the lock without faulting (at most 4 KiB); on a fault the page is
// brought in without the lock and everything starts over, so nothing is lost or half-done.
// Locks: [P] the pair's mutex.
#include <object/fifo.h>

#include <hal/usercopy.h>
#include <mem/kmalloc.h>
#include <object/pair.h>

struct fifo {
    struct pair_end end;
    uint32_t elem_count; // [I] power of two
    uint32_t elem_size;  // [I] bytes
    uint32_t head, tail; // [P] F1
    uint8_t *ring;       // [P] what this endpoint reads
};

struct fifo_both {
    struct pair pair;
    struct fifo side[2];
    uint8_t rings[];
};

static struct fifo *fifo_from_object(struct object *obj)
{
    return container_of(obj, struct fifo, end.obj);
}

static struct fifo *fifo_peer(struct fifo *f)
{
    return container_of(f->end.peer, struct fifo, end);
}

static void fifo_zero_handles(struct object *obj)
{
    struct pair_end *end = pair_end_of(obj);
    mutex_lock(obj->lock);
    end->closed = true;
    object_update_locked(&end->peer->obj, ZX_FIFO_WRITABLE, ZX_FIFO_PEER_CLOSED);
    mutex_unlock(obj->lock);
}

static void fifo_destroy(struct object *obj)
{
    struct pair_end *end = pair_end_of(obj);
    struct pair *pair = end->pair;
    if (pair_end_gone(end))
        kfree(container_of(pair, struct fifo_both, pair));
}

const struct object_ops fifo_ops = {
    .type = ZX_OBJ_TYPE_FIFO,
    .rights = ZX_DEFAULT_FIFO_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .on_zero_handles = fifo_zero_handles,
    .destroy = fifo_destroy,
    .related = pair_related,
    .signal_peer = pair_signal_peer,
};

zx_status_t fifo_create(size_t elem_count, size_t elem_size, struct object **out0,
                        struct object **out1)
{
    if (elem_count == 0 || elem_size == 0 || (elem_count & (elem_count - 1)) != 0 ||
        elem_count > FIFO_MAX_BYTES || elem_size > FIFO_MAX_BYTES ||
        elem_count * elem_size > FIFO_MAX_BYTES)
        return ZX_ERR_OUT_OF_RANGE;
    size_t bytes = elem_count * elem_size;
    struct fifo_both *both = kzalloc(sizeof(*both) + 2 * bytes);
    if (both == NULL)
        return ZX_ERR_NO_MEMORY;
    for (unsigned i = 0; i < 2; i++) {
        struct fifo *f = &both->side[i];
        f->elem_count = (uint32_t)elem_count;
        f->elem_size = (uint32_t)elem_size;
        f->ring = both->rings + i * bytes;
    }
    pair_init(&both->pair, &both->side[0].end, &both->side[1].end, &fifo_ops, ZX_FIFO_WRITABLE);
    *out0 = &both->side[0].end.obj;
    *out1 = &both->side[1].end.obj;
    return ZX_OK;
}

// Copies `count` elements between user memory and the ring from index `at` on, around its end, without
// faulting.
static zx_status_t copy_locked(struct fifo *f, uint32_t at, size_t count, uintptr_t user,
                               bool to_user)
{
    uint32_t first = at & (f->elem_count - 1);
    size_t before_end = MIN(count, (size_t)(f->elem_count - first));
    size_t len[2] = { before_end * f->elem_size, (count - before_end) * f->elem_size };
    uint8_t *piece[2] = { f->ring + (size_t)first * f->elem_size, f->ring };
    zx_status_t status = ZX_OK;
    user_faults_disable();
    for (unsigned i = 0; i < 2 && status == ZX_OK; i++) {
        status = to_user ? hal_copy_to_user(user, piece[i], len[i])
                         : hal_copy_from_user(piece[i], user, len[i]);
        user += len[i];
    }
    user_faults_enable();
    return status;
}

// One attempt. *out_count is what it moves, or wants to move when user memory is not there
// (ZX_ERR_INVALID_ARGS).
static zx_status_t write_once(struct fifo *f, size_t elem_size, uintptr_t src, size_t count,
                              size_t *out_count)
{
    struct fifo *to = fifo_peer(f);
    zx_status_t status = ZX_ERR_OUT_OF_RANGE;
    mutex_lock(&f->end.pair->lock);
    uint32_t used = to->head - to->tail;
    if (to->end.closed) {
        status = ZX_ERR_PEER_CLOSED;
    } else if (elem_size == f->elem_size && count != 0) {
        count = MIN(count, (size_t)(f->elem_count - used));
        *out_count = count;
        status = count == 0 ? ZX_ERR_SHOULD_WAIT : copy_locked(to, to->head, count, src, false);
    }
    if (status == ZX_OK) {
        to->head += (uint32_t)count;
        object_update_locked(&to->end.obj, 0, ZX_FIFO_READABLE);
        if (used + count == f->elem_count)
            object_update_locked(&f->end.obj, ZX_FIFO_WRITABLE, 0);
    }
    mutex_unlock(&f->end.pair->lock);
    return status;
}

static zx_status_t read_once(struct fifo *f, size_t elem_size, uintptr_t dst, size_t count,
                             size_t *out_count)
{
    struct fifo *peer = fifo_peer(f);
    zx_status_t status = ZX_ERR_OUT_OF_RANGE;
    mutex_lock(&f->end.pair->lock);
    uint32_t used = f->head - f->tail;
    if (elem_size == f->elem_size && count != 0) {
        count = MIN(count, (size_t)used);
        *out_count = count;
        if (count != 0)
            status = copy_locked(f, f->tail, count, dst, true);
        else
            status = peer->end.closed ? ZX_ERR_PEER_CLOSED : ZX_ERR_SHOULD_WAIT;
    }
    if (status == ZX_OK) {
        f->tail += (uint32_t)count;
        if (used == count)
            object_update_locked(&f->end.obj, ZX_FIFO_READABLE, 0);
        if (used == f->elem_count && !peer->end.closed)
            object_update_locked(&peer->end.obj, 0, ZX_FIFO_WRITABLE);
    }
    mutex_unlock(&f->end.pair->lock);
    return status;
}

zx_status_t fifo_write_user(struct object *obj, size_t elem_size, uintptr_t src, size_t count,
                            size_t *out_count)
{
    for (;;) {
        zx_status_t status = write_once(fifo_from_object(obj), elem_size, src, count, out_count);
        if (status != ZX_ERR_INVALID_ARGS ||
            hal_user_fault_in(src, *out_count * elem_size, false) != ZX_OK)
            return status;
    }
}

zx_status_t fifo_read_user(struct object *obj, size_t elem_size, uintptr_t dst, size_t count,
                           size_t *out_count)
{
    for (;;) {
        zx_status_t status = read_once(fifo_from_object(obj), elem_size, dst, count, out_count);
        if (status != ZX_ERR_INVALID_ARGS ||
            hal_user_fault_in(dst, *out_count * elem_size, true) != ZX_OK)
            return status;
    }
}
