// SPDX-License-Identifier: MIT
// Profiles (object/profile.h): immutable once made.
#include <object/profile.h>

#include <account/account.h>

struct profile {
    struct object obj;
    unsigned priority; // [I]
};

static ACCOUNT_CACHE(profile_cache, sizeof(struct profile), _Alignof(struct profile));

static struct profile *profile_from_object(struct object *obj)
{
    return container_of(obj, struct profile, obj);
}

static void profile_zero_handles(struct object *obj)
{
    (void)obj;
}

static void profile_destroy(struct object *obj)
{
    account_free(profile_cache, profile_from_object(obj));
}

static zx_koid_t profile_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops profile_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_PROFILE),
    .rights = ZX_DEFAULT_PROFILE_RIGHTS,
    .on_zero_handles = profile_zero_handles,
    .destroy = profile_destroy,
    .related = profile_related,
};

zx_status_t profile_create(unsigned priority, struct object **out)
{
    struct profile *p = account_alloc(profile_cache);
    if (p == NULL)
        return ZX_ERR_NO_MEMORY;
    p->priority = priority;
    object_init(&p->obj, &profile_ops, NULL, 0);
    *out = &p->obj;
    return ZX_OK;
}

unsigned profile_priority(struct object *obj)
{
    return profile_from_object(obj)->priority;
}
