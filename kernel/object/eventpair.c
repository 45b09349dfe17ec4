// SPDX-License-Identifier: MIT
// Event pairs (object/eventpair.h): signals and a cookie on each side. When a side closes, the other's
// cookie is lost for ever (spec 10 section 5).
#include <object/eventpair.h>

#include <account/account.h>
#include <object/pair.h>

struct eventpair {
    struct pair_end end;
    struct object_cookie cookie; // [P]
};

struct eventpair_both {
    struct pair pair;
    struct eventpair side[2];
};

static ACCOUNT_CACHE(eventpair_cache, sizeof(struct eventpair_both), _Alignof(struct eventpair_both));

static struct eventpair *eventpair_from_object(struct object *obj)
{
    return container_of(obj, struct eventpair, end.obj);
}

static void eventpair_zero_handles(struct object *obj)
{
    struct pair_end *end = pair_end_of(obj);
    mutex_lock(obj->lock);
    end->closed = true;
    eventpair_from_object(&end->peer->obj)->cookie.scope = OBJECT_COOKIE_LOST;
    object_update_locked(&end->peer->obj, 0, ZX_EVENTPAIR_PEER_CLOSED);
    mutex_unlock(obj->lock);
}

static void eventpair_destroy(struct object *obj)
{
    struct pair_end *end = pair_end_of(obj);
    struct pair *pair = end->pair;
    if (pair_end_gone(end))
        account_free(eventpair_cache, container_of(pair, struct eventpair_both, pair));
}

static struct object_cookie *eventpair_cookie(struct object *obj)
{
    return &eventpair_from_object(obj)->cookie;
}

const struct object_ops eventpair_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_EVENTPAIR),
    .rights = ZX_DEFAULT_EVENTPAIR_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL | ZX_EVENTPAIR_SIGNALED,
    .on_zero_handles = eventpair_zero_handles,
    .destroy = eventpair_destroy,
    .related = pair_related,
    .signal_peer = pair_signal_peer,
    .cookie = eventpair_cookie,
};

zx_status_t eventpair_create(struct object **out0, struct object **out1)
{
    struct eventpair_both *both = account_zalloc(eventpair_cache);
    if (both == NULL)
        return ZX_ERR_NO_MEMORY;
    pair_init(&both->pair, &both->side[0].end, &both->side[1].end, &eventpair_ops, 0);
    *out0 = &both->side[0].end.obj;
    *out1 = &both->side[1].end.obj;
    return ZX_OK;
}
