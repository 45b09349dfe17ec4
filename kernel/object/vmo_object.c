// SPDX-License-Identifier: MIT
// VMO objects (object/vmo_object.h). The object holds one reference to the VMO; the storage of both
// goes back when the VMO's own last reference does.
#include <object/vmo_object.h>

#include <lib/string.h>
#include <account/account.h>
#include <object/kernel_range.h>
#include <vm/source.h>

static ACCOUNT_CACHE(vmo_cache, sizeof(struct vmo_object), _Alignof(struct vmo_object));

static void vmo_object_destroy(struct object *obj)
{
    vmo_release(vmo_from_object(obj));
}

static zx_koid_t vmo_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

static char *vmo_name(struct object *obj)
{
    return container_of(obj, struct vmo_object, obj)->name;
}

static struct object_cookie *vmo_cookie(struct object *obj)
{
    return &container_of(obj, struct vmo_object, obj)->cookie;
}

_Static_assert(offsetof(struct vmo_object, name) % sizeof(uint64_t) == 0 &&
                   ZX_MAX_NAME_LEN == 4 * sizeof(uint64_t),
               "a name is cleared by words");

const struct object_ops vmo_object_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_VMO),
    .rights = ZX_DEFAULT_VMO_RIGHTS,
    .user_signals = ZX_USER_SIGNAL_ALL,
    .destroy = vmo_object_destroy,
    .destroy_is_leaf = true, // but for the source of a pager's, which never leads to a VMO: no chain
    .related = vmo_related,
    .name = vmo_name,
    .cookie = vmo_cookie,
};

static void vmo_storage_free(struct vmo *v)
{
    account_free_object(vmo_cache, vmo_object_of(v));
}

static void vmo_children(struct vmo *v, bool any)
{
    struct object *obj = &vmo_object_of(v)->obj;
    object_update(obj, any ? ZX_VMO_ZERO_CHILDREN : 0, any ? 0 : ZX_VMO_ZERO_CHILDREN);
}

static const struct vmo_ops storage_ops = { .free = vmo_storage_free, .children = vmo_children };

static void vmo_pager_storage_free(struct vmo *v)
{
    vmo_source_end(v);
    vmo_storage_free(v);
}

static const struct vmo_ops pager_storage_ops = { .free = vmo_pager_storage_free,
                                                  .children = vmo_children };

ALWAYS_INLINE struct vmo_object *vmo_object_alloc(const char *name)
{
    struct vmo_object *v = account_alloc(vmo_cache);
    if (unlikely(v == NULL))
        return NULL;
    mutex_init(&v->lock, &object_lock_class);
    v->cookie = (struct object_cookie){ 0 };
    v->create_options = 0;
    v->parent_koid = 0;
    uint64_t *words = (uint64_t *)v->name; // which the compiler does not make a call of memset
    words[0] = words[1] = words[2] = words[3] = 0;
    if (unlikely(name[0] != 0)) // few have one from birth
        strlcpy(v->name, name, sizeof(v->name));
    return v;
}

ALWAYS_INLINE zx_status_t vmo_object_finish(struct vmo_object *v, zx_status_t status,
                                            struct object **out)
{
    if (unlikely(status != ZX_OK)) {
        account_free(vmo_cache, v);
        return status;
    }
    object_init(&v->obj, &vmo_object_ops, &v->lock, ZX_VMO_ZERO_CHILDREN);
    *out = &v->obj;
    return ZX_OK;
}

zx_status_t vmo_object_create(uint64_t size, unsigned flags, const char *name, struct object **out)
{
    if (unlikely(size > VMO_MAX_SIZE)) // first: there is nothing to take back then
        return ZX_ERR_OUT_OF_RANGE;
    struct vmo_object *v = vmo_object_alloc(name);
    if (unlikely(v == NULL))
        return ZX_ERR_NO_MEMORY;
    v->create_options = flags & VMO_RESIZABLE ? 1u : 0u;
    vmo_init_sized(&v->vmo, size, flags, &storage_ops);
    return vmo_object_finish(v, ZX_OK, out);
}

zx_status_t vmo_object_create_physical(paddr_t paddr, uint64_t size, const char *name,
                                       struct object **out)
{
    struct vmo_object *v = vmo_object_alloc(name);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = vmo_init_physical(&v->vmo, paddr, size, &storage_ops);
    if (status == ZX_OK)
        status = kernel_range_check(paddr, size);
    return vmo_object_finish(v, status, out);
}

zx_status_t vmo_object_create_clone(struct object *parent, uint64_t offset, uint64_t size,
                                    unsigned flags, bool named, struct object **out)
{
    char name[ZX_MAX_NAME_LEN] = { 0 };
    if (named) {
        mutex_lock(parent->lock);
        memcpy(name, vmo_name(parent), sizeof(name));
        mutex_unlock(parent->lock);
    }
    struct vmo_object *v = vmo_object_alloc(name);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    v->create_options = flags & VMO_RESIZABLE ? 1u : 0u;
    v->parent_koid = parent->koid;
    return vmo_object_finish(
        v, vmo_init_clone(&v->vmo, vmo_from_object(parent), offset, size, flags, &storage_ops), out);
}

zx_status_t vmo_object_create_wired(paddr_t paddr, uint64_t size, const char *name,
                                    struct object **out)
{
    struct vmo_object *v = vmo_object_alloc(name);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    return vmo_object_finish(v, vmo_init_wired(&v->vmo, paddr, size, &storage_ops), out);
}

zx_status_t vmo_object_create_contiguous(uint64_t size, unsigned alignment_log2, const char *name,
                                         struct object **out)
{
    struct vmo_object *v = vmo_object_alloc(name);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    return vmo_object_finish(v, vmo_init_contiguous(&v->vmo, size, alignment_log2, &storage_ops),
                             out);
}

zx_status_t vmo_object_create_pager(uint64_t size, struct vmo_source *source, struct object **out)
{
    struct vmo_object *v = vmo_object_alloc("");
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    v->create_options = 1u;
    return vmo_object_finish(
        v, vmo_init_pager(&v->vmo, size, VMO_RESIZABLE, source, &pager_storage_ops), out);
}
