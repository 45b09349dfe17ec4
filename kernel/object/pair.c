// SPDX-License-Identifier: MIT
// What all paired objects do alike (object/pair.h).
#include <object/pair.h>

static void end_init(struct pair *pair, struct pair_end *end, struct pair_end *peer,
                     const struct object_ops *ops, zx_signals_t signals)
{
    end->pair = pair;
    end->peer = peer;
    end->closed = false;
    object_init(&end->obj, ops, &pair->lock, signals);
}

void pair_init(struct pair *pair, struct pair_end *a, struct pair_end *b,
               const struct object_ops *ops, zx_signals_t signals)
{
    mutex_init(&pair->lock, &object_lock_class);
    atomic_init(&pair->ends, 2);
    end_init(pair, a, b, ops, signals);
    end_init(pair, b, a, ops, signals);
}

bool pair_end_gone(struct pair_end *end)
{
    return atomic_fetch_sub_explicit(&end->pair->ends, 1, memory_order_acq_rel) == 1;
}

zx_koid_t pair_related(const struct object *obj)
{
    return pair_end_of((struct object *)obj)->peer->obj.koid;
}

zx_status_t pair_signal_peer(struct object *obj, zx_signals_t clear, zx_signals_t set)
{
    struct pair_end *peer = pair_end_of(obj)->peer;
    zx_status_t status = ZX_OK;
    mutex_lock(obj->lock);
    if (peer->closed)
        status = ZX_ERR_PEER_CLOSED;
    else
        object_update_locked(&peer->obj, clear, set);
    mutex_unlock(obj->lock);
    return status;
}
