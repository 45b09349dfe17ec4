// SPDX-License-Identifier: MIT
// Events: an object that is nothing but its signals (object/event.h).
#include <object/event.h>

#include <account/account.h>

static ACCOUNT_CACHE(event_cache, sizeof(struct event), _Alignof(struct event));

static struct event *event_from_object(struct object *obj)
{
    return container_of(obj, struct event, obj);
}

static void event_destroy(struct object *obj)
{
    account_free_object(event_cache, event_from_object(obj));
}

static zx_koid_t event_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

static struct object_cookie *event_cookie(struct object *obj)
{
    return &event_from_object(obj)->cookie;
}

const struct object_ops event_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_EVENT),
    .rights = ZX_DEFAULT_EVENT_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL | ZX_EVENT_SIGNALED,
    .destroy = event_destroy,
    .destroy_is_leaf = true,
    .related = event_related,
    .cookie = event_cookie,
};

struct object *event_create(void)
{
    struct event *e = account_alloc(event_cache);
    if (e == NULL)
        return NULL;
    mutex_init(&e->lock, &object_lock_class);
    e->cookie = (struct object_cookie){ 0 };
    object_init(&e->obj, &event_ops, &e->lock, 0);
    return &e->obj;
}
