// SPDX-License-Identifier: MIT
// VMAR objects (object/vmar_object.h). The object holds one reference to the region; the region's
// storage goes back when the region's own last reference does.
#include <object/vmar_object.h>

#include <account/account.h>
#include <object/random.h>
#include <object/settings.h>

static ACCOUNT_CACHE(vmar_cache, sizeof(struct vmar_object), _Alignof(struct vmar_object));

static void vmar_zero_handles(struct object *obj)
{
    (void)obj; // closing handles unmaps nothing
}

static void vmar_object_destroy(struct object *obj)
{
    vmar_release(vmar_from_object(obj));
}

static zx_koid_t vmar_related(const struct object *obj)
{
    (void)obj;
    return 0;
}

const struct object_ops vmar_object_ops = {
    OBJECT_TYPE(ZX_OBJ_TYPE_VMAR),
    .rights = ZX_DEFAULT_VMAR_RIGHTS,
    .on_zero_handles = vmar_zero_handles,
    .destroy = vmar_object_destroy,
    .related = vmar_related,
};

static void vmar_storage_free(struct vmar *r)
{
    account_free(vmar_cache, container_of(r, struct vmar_object, vmar));
}

static const struct vmar_ops region_ops = { .free = vmar_storage_free };

static zx_rights_t rights_of(uint32_t options)
{
    zx_rights_t rights = ZX_DEFAULT_VMAR_RIGHTS;
    if (options & ZX_VM_CAN_MAP_READ)
        rights |= ZX_RIGHT_READ;
    if (options & ZX_VM_CAN_MAP_WRITE)
        rights |= ZX_RIGHT_WRITE;
    if (options & ZX_VM_CAN_MAP_EXECUTE)
        rights |= ZX_RIGHT_EXECUTE;
    return rights;
}

zx_status_t vmar_object_create_root(struct account *account, struct vm_aspace **out_aspace,
                                    struct object **out, zx_rights_t *out_rights)
{
    struct vmar_object *v = account_zalloc(vmar_cache);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = vm_aspace_create(&v->vmar, &region_ops,
                                          settings.aslr ? random_u64 : NULL, account,
                                          out_aspace);
    if (status != ZX_OK) {
        account_free(vmar_cache, v);
        return status;
    }
    object_init(&v->obj, &vmar_object_ops, NULL, 0);
    *out = &v->obj;
    *out_rights = ZX_DEFAULT_VMAR_RIGHTS | ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE;
    return ZX_OK;
}

zx_status_t vmar_object_allocate(struct vmar *parent, uint32_t options, uint64_t offset,
                                 uint64_t size, struct object **out, zx_rights_t *out_rights,
                                 vaddr_t *out_base)
{
    struct vmar_object *v = account_zalloc(vmar_cache);
    if (v == NULL)
        return ZX_ERR_NO_MEMORY;
    zx_status_t status = vmar_allocate(parent, options, offset, size, &v->vmar, &region_ops,
                                       out_base);
    if (status != ZX_OK) {
        account_free(vmar_cache, v);
        return status;
    }
    object_init(&v->obj, &vmar_object_ops, NULL, 0);
    *out = &v->obj;
    *out_rights = rights_of(options);
    return ZX_OK;
}
