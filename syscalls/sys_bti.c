// SPDX-License-Identifier: MIT
// System calls of IOMMUs, BTIs and PMTs (spec 30 section 3).
#include "sys_priv.h"

#include <object/bti.h>
#include <object/vmo_object.h>
#include <zircon/syscalls/iommu.h>

#define PERMISSIONS (ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE | ZX_BTI_PERM_EXECUTE)
#define OPTIONS     (PERMISSIONS | ZX_BTI_COMPRESS | ZX_BTI_CONTIGUOUS)

zx_status_t sys_iommu_create(zx_handle_t resource, uint32_t type, user_in_void desc,
                             size_t desc_size, struct handle_out *out)
{
    uint8_t copy[sizeof(zx_iommu_desc_dummy_t)];
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK)
        return status;
    if (desc_size > ZX_IOMMU_MAX_DESC_LEN)
        return ZX_ERR_INVALID_ARGS;
    // Of a longer one, which no type that is known has, only the pages are looked at.
    status = user_copy_in(copy, desc, MIN(desc_size, sizeof(copy)));
    if (status != ZX_OK)
        return status;
    if (type != ZX_IOMMU_TYPE_DUMMY)
        return ZX_ERR_NOT_SUPPORTED;
    if (desc_size != sizeof(zx_iommu_desc_dummy_t))
        return ZX_ERR_INVALID_ARGS;
    out->rights = ZX_DEFAULT_IOMMU_RIGHTS;
    return iommu_create_dummy(&out->object);
}

zx_status_t sys_bti_create(zx_handle_t iommu, uint32_t options, uint64_t bti_id,
                           struct handle_out *out)
{
    struct object *obj;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(iommu, &iommu_ops, 0, &obj);
    if (status != ZX_OK)
        return status;
    object_unref(obj); // the dummy is nothing to hold on to
    out->rights = ZX_DEFAULT_BTI_RIGHTS;
    return bti_create(bti_id, &out->object);
}

// What the options ask of the VMO's handle and of the VMO.
static zx_status_t check_vmo(struct vmo *vmo, zx_rights_t rights, uint32_t options)
{
    zx_rights_t needs = ZX_RIGHT_MAP;
    if (options & (ZX_BTI_PERM_READ | ZX_BTI_PERM_EXECUTE))
        needs |= ZX_RIGHT_READ;
    if (options & ZX_BTI_PERM_WRITE)
        needs |= ZX_RIGHT_WRITE;
    if (needs & ~rights)
        return ZX_ERR_ACCESS_DENIED;
    if ((options & ~OPTIONS) || ((options & ZX_BTI_COMPRESS) && (options & ZX_BTI_CONTIGUOUS)))
        return ZX_ERR_INVALID_ARGS;
    if ((options & ZX_BTI_CONTIGUOUS) && vmo->kind != VMO_CONTIGUOUS && !vmo_is_physical(vmo))
        return ZX_ERR_INVALID_ARGS;
    return ZX_OK;
}

#define ADDRESS_BATCH 32u

static zx_status_t store_addresses(struct object *pmt, user_out_zx_paddr_t addrs, size_t count)
{
    zx_paddr_t batch[ADDRESS_BATCH];
    for (size_t done = 0; done < count;) {
        size_t here = MIN(count - done, (size_t)ADDRESS_BATCH);
        for (size_t i = 0; i < here; i++)
            batch[i] = pmt_address(pmt, done + i);
        if (user_copy_out(addrs, batch, here) != ZX_OK)
            return ZX_ERR_INVALID_ARGS;
        addrs = user_advance(addrs, here);
        done += here;
    }
    return ZX_OK;
}

// With both objects in hand.
static zx_status_t pin(struct object *bti, struct object *vmo, uint32_t options, uint64_t offset,
                       uint64_t size, user_out_zx_paddr_t addrs, size_t count,
                       struct object **out_pmt)
{
    // The least contiguity is a page: COMPRESS asks for as many as without.
    const uint64_t expected = options & ZX_BTI_CONTIGUOUS ? 1 : size >> PAGE_SHIFT;
    struct object *pmt;
    if (count > SIZE_MAX / sizeof(zx_paddr_t))
        return ZX_ERR_NO_MEMORY;
    if (size == 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = bti_pin(bti, vmo, offset, size, &pmt);
    if (status != ZX_OK)
        return status;
    status = ZX_ERR_INVALID_ARGS;
    if ((options & PERMISSIONS) != 0 && count == expected)
        status = store_addresses(pmt, addrs, count);
    if (status != ZX_OK)
        pmt_abandon(pmt);
    else
        *out_pmt = pmt;
    return status;
}

zx_status_t sys_bti_pin(zx_handle_t handle, uint32_t options, zx_handle_t vmo, uint64_t offset,
                        uint64_t size, user_out_zx_paddr_t addrs, size_t addrs_count,
                        struct handle_out *pmt)
{
    struct object *bti, *vmo_obj;
    zx_rights_t rights;
    zx_status_t status = sys_lookup(handle, &bti_ops, ZX_RIGHT_MAP, &bti);
    if (status != ZX_OK)
        return status;
    status = (offset | size) & PAGE_MASK ? ZX_ERR_INVALID_ARGS
                                         : handle_lookup(&process_current()->handles, vmo,
                                                         &vmo_object_ops, 0, &vmo_obj, &rights);
    if (status == ZX_OK) {
        status = check_vmo(vmo_from_object(vmo_obj), rights, options);
        if (status == ZX_OK)
            status = pin(bti, vmo_obj, options, offset, size, addrs, addrs_count, &pmt->object);
        object_unref(vmo_obj);
    }
    object_unref(bti);
    pmt->rights = ZX_DEFAULT_PMT_RIGHTS;
    return status;
}

zx_status_t sys_bti_release_quarantine(zx_handle_t handle)
{
    struct object *bti;
    zx_status_t status = sys_lookup(handle, &bti_ops, ZX_RIGHT_WRITE, &bti);
    if (status != ZX_OK)
        return status;
    bti_release_quarantine(bti);
    object_unref(bti);
    return ZX_OK;
}

zx_status_t sys_pmt_unpin(zx_handle_t handle)
{
    struct handle h;
    zx_status_t status = handle_remove(&process_current()->handles, handle, 0, &h);
    if (status != ZX_OK)
        return status;
    if (h.object->ops == &pmt_ops)
        pmt_unpin(h.object);
    else
        status = ZX_ERR_WRONG_TYPE;
    handle_drop(h);
    return status;
}

// --- Contiguous memory -------------------------------------------------------------------------

zx_status_t sys_vmo_create_contiguous(zx_handle_t bti, size_t size, uint32_t alignment_log2,
                                      struct handle_out *out)
{
    struct object *obj;
    if (size == 0 ||
        (alignment_log2 != 0 && (alignment_log2 < PAGE_SHIFT || alignment_log2 >= 64)))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(bti, &bti_ops, ZX_RIGHT_MAP, &obj);
    if (status != ZX_OK)
        return status;
    object_unref(obj);
    out->rights = ZX_DEFAULT_VMO_RIGHTS;
    return vmo_object_create_contiguous(size, alignment_log2, "", &out->object);
}
