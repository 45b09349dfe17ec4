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
#include <account/account.h>

#include <hal/usercopy.h>
#include <object/pair.h>

#include "handle_slot.h"

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
        account_kfree(container_of(pair, struct fifo_both, pair));
}

const struct object_ops fifo_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_FIFO),
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
    struct fifo_both *both = account_kzalloc(sizeof(*both) + 2 * bytes);
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

ALWAYS_INLINE zx_status_t copy_piece(uint8_t *ring, uintptr_t user, size_t len, bool to_user)
{
    return to_user ? hal_copy_to_user(user, ring, len) : hal_copy_from_user(ring, user, len);
}

// The same around the end of the ring.
static NO_INLINE zx_status_t copy_around(uint8_t *ring, size_t first, size_t ring_bytes, uintptr_t user,
                                         size_t len, bool to_user)
{
    size_t before_end = ring_bytes - first;
    zx_status_t status = copy_piece(ring + first, user, before_end, to_user);
    if (status == ZX_OK)
        status = copy_piece(ring, user + before_end, len - before_end, to_user);
    return status;
}

// Copies `count` elements between user memory and the ring from index `at` on, without faulting.
ALWAYS_INLINE zx_status_t copy_locked(struct fifo *f, uint32_t at, uint32_t count, uintptr_t user,
                                      bool to_user)
{
    uint32_t index = at & (f->elem_count - 1);
    size_t first = index * f->elem_size;
    size_t len = count * f->elem_size;
    uint32_t faults = user_faults_save();
    zx_status_t status =
        likely(count <= f->elem_count - index)
            ? copy_piece(f->ring + first, user, len, to_user)
            : copy_around(f->ring, first, f->elem_count * f->elem_size, user, len, to_user);
    user_faults_restore(faults);
    return status;
}

// What a transfer has moved, in elements.
struct fifo_moved {
    zx_status_t status;
    size_t count;
};

// One attempt. On ZX_ERR_INVALID_ARGS, when user memory is not there, count is what it wants to move.
ALWAYS_INLINE struct fifo_moved write_once(struct fifo *f, size_t elem_size, uintptr_t src,
                                           size_t count)
{
    struct fifo *to = fifo_peer(f);
    zx_status_t status = ZX_ERR_OUT_OF_RANGE;
    mutex_lock(&f->end.pair->lock);
    uint32_t used = to->head - to->tail;
    if (unlikely(to->end.closed)) {
        status = ZX_ERR_PEER_CLOSED;
    } else if (likely(elem_size == f->elem_size && count != 0)) {
        count = MIN(count, (size_t)(f->elem_count - used));
        status = count == 0 ? ZX_ERR_SHOULD_WAIT
                            : copy_locked(to, to->head, (uint32_t)count, src, false);
    }
    if (likely(status == ZX_OK)) {
        to->head += (uint32_t)count;
        object_update_locked(&to->end.obj, 0, ZX_FIFO_READABLE);
        if (used + count == f->elem_count)
            object_update_locked(&f->end.obj, ZX_FIFO_WRITABLE, 0);
    }
    mutex_unlock(&f->end.pair->lock);
    return (struct fifo_moved){ status, count };
}

ALWAYS_INLINE struct fifo_moved read_once(struct fifo *f, size_t elem_size, uintptr_t dst,
                                          size_t count)
{
    struct fifo *peer = fifo_peer(f);
    zx_status_t status = ZX_ERR_OUT_OF_RANGE;
    mutex_lock(&f->end.pair->lock);
    uint32_t used = f->head - f->tail;
    if (likely(elem_size == f->elem_size && count != 0)) {
        count = MIN(count, (size_t)used);
        if (likely(count != 0))
            status = copy_locked(f, f->tail, (uint32_t)count, dst, true);
        else
            status = peer->end.closed ? ZX_ERR_PEER_CLOSED : ZX_ERR_SHOULD_WAIT;
    }
    if (likely(status == ZX_OK)) {
        f->tail += (uint32_t)count;
        if (used == count)
            object_update_locked(&f->end.obj, ZX_FIFO_READABLE, 0);
        if (used == f->elem_count && !peer->end.closed)
            object_update_locked(&peer->end.obj, 0, ZX_FIFO_WRITABLE);
    }
    mutex_unlock(&f->end.pair->lock);
    return (struct fifo_moved){ status, count };
}

ALWAYS_INLINE struct fifo_moved move_once(struct object *obj, size_t elem_size, uintptr_t user,
                                          size_t count, bool write)
{
    struct fifo *f = fifo_from_object(obj);
    return write ? write_once(f, elem_size, user, count) : read_once(f, elem_size, user, count);
}

// User memory was not there: brings `wanted` elements of it in and goes on with a reference of its own,
// which it drops.
static NO_INLINE struct fifo_moved move_faulting(struct object *obj, uintptr_t user, size_t count,
                                                 size_t wanted, bool write)
{
    size_t elem_size = fifo_from_object(obj)->elem_size;
    struct fifo_moved moved = { ZX_ERR_INVALID_ARGS, wanted };
    while (moved.status == ZX_ERR_INVALID_ARGS &&
           hal_user_fault_in(user, moved.count * elem_size, !write) == ZX_OK)
        moved = move_once(obj, elem_size, user, count, write);
    object_unref(obj);
    return moved;
}

// The count may have to go to memory that a pager serves: brings that in before anything moves.
static NO_INLINE zx_status_t move_paged(zx_handle_t handle, size_t elem_size, uintptr_t user,
                                        size_t count, uintptr_t out, bool write)
{
    struct object *obj;
    zx_status_t status = handle_lookup(&process_current()->handles, handle, &fifo_ops,
                                       write ? ZX_RIGHT_WRITE : ZX_RIGHT_READ, &obj, NULL);
    if (status != ZX_OK)
        return status;
    struct fifo_moved moved = { vm_user_page_in(out, sizeof(size_t)), 0 };
    if (moved.status == ZX_OK)
        moved = move_once(obj, elem_size, user, count, write);
    if (moved.status == ZX_ERR_INVALID_ARGS)
        moved = move_faulting(obj, user, count, moved.count, write);
    else
        object_unref(obj);
    return moved.status == ZX_OK && out != 0 ? hal_user_write_u64(out, moved.count) : moved.status;
}

ALWAYS_INLINE zx_status_t move_user(zx_handle_t handle, size_t elem_size, uintptr_t user, size_t count,
                                    uintptr_t out, bool write)
{
    struct fifo_moved moved;
    struct object *obj = handle_hold_unpaged(
        handle, &fifo_ops, write ? ZX_RIGHT_WRITE : ZX_RIGHT_READ, &moved.status);
    if (unlikely(obj == NULL))
        return moved.status == ZX_ERR_NEXT ? move_paged(handle, elem_size, user, count, out, write)
                                           : moved.status;
    moved = move_once(obj, elem_size, user, count, write);
    if (likely(moved.status != ZX_ERR_INVALID_ARGS)) {
        handle_release();
    } else {
        handle_release_with_ref(obj);
        moved = move_faulting(obj, user, count, moved.count, write);
    }
    if (likely(moved.status == ZX_OK) && out != 0)
        return hal_user_write_u64(out, moved.count);
    return moved.status;
}

zx_status_t fifo_write_user(zx_handle_t handle, size_t elem_size, uintptr_t src, size_t count,
                            uintptr_t moved)
{
    return move_user(handle, elem_size, src, count, moved, true);
}

zx_status_t fifo_read_user(zx_handle_t handle, size_t elem_size, uintptr_t dst, size_t count,
                           uintptr_t moved)
{
    return move_user(handle, elem_size, dst, count, moved, false);
}
