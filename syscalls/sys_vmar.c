// SPDX-License-Identifier: MIT
// System calls of VMARs (spec 23 sections 9 to 12): options, handles and their rights. What depends on
// the region is checked where it is locked, by vm/vmar.h.
#include "sys_priv.h"

#include <object/vmar_object.h>
#include <object/vmo_object.h>

#define PERM_BITS     (ZX_VM_PERM_READ | ZX_VM_PERM_WRITE | ZX_VM_PERM_EXECUTE)
#define CAN_MAP_RWX   (ZX_VM_CAN_MAP_READ | ZX_VM_CAN_MAP_WRITE | ZX_VM_CAN_MAP_EXECUTE)
#define ALLOCATE_BITS (ZX_VM_COMPACT | ZX_VM_SPECIFIC | ZX_VM_CAN_MAP_SPECIFIC | CAN_MAP_RWX)
#define MAP_BITS                                                               \
    (PERM_BITS | ZX_VM_SPECIFIC | ZX_VM_SPECIFIC_OVERWRITE | ZX_VM_MAP_RANGE | \
     ZX_VM_REQUIRE_NON_RESIZABLE)
// Refused by zx_vmar_map like unknown bits, only later.
#define MAP_BITS_LATE (ZX_VM_COMPACT | ZX_VM_CAN_MAP_SPECIFIC)

// READ, WRITE and EXECUTE are three neighbouring bits everywhere: permissions begin at bit 0, rights and
// CAN_MAP_* higher up.
#define RIGHTS_SHIFT  2u
#define CAN_MAP_SHIFT 7u
_Static_assert(PERM_BITS << RIGHTS_SHIFT == (ZX_RIGHT_READ | ZX_RIGHT_WRITE | ZX_RIGHT_EXECUTE) &&
                   PERM_BITS << CAN_MAP_SHIFT == CAN_MAP_RWX,
               "permissions turn into rights by a shift");
_Static_assert(ZX_VM_PERM_READ << RIGHTS_SHIFT == ZX_RIGHT_READ &&
                   ZX_VM_PERM_WRITE << RIGHTS_SHIFT == ZX_RIGHT_WRITE &&
                   ZX_VM_PERM_READ << CAN_MAP_SHIFT == ZX_VM_CAN_MAP_READ &&
                   ZX_VM_PERM_WRITE << CAN_MAP_SHIFT == ZX_VM_CAN_MAP_WRITE,
               "bit by bit");

static zx_rights_t rights_of_perms(uint32_t perms)
{
    return (perms & PERM_BITS) << RIGHTS_SHIFT;
}

static uint32_t perms_of_rights(zx_rights_t rights)
{
    return (rights >> RIGHTS_SHIFT) & PERM_BITS;
}

// --- Regions -----------------------------------------------------------------------------------

zx_status_t sys_vmar_allocate(zx_handle_t parent_vmar, zx_vm_option_t options, uint64_t offset,
                              uint64_t size, struct handle_out *child_vmar,
                              user_out_zx_vaddr_t child_addr)
{
    struct object *parent;
    vaddr_t base;
    zx_status_t status = sys_lookup(parent_vmar, &vmar_object_ops,
                                    rights_of_perms(options >> CAN_MAP_SHIFT), &parent);
    if (status != ZX_OK)
        return status;
    if ((options & ~ALLOCATE_BITS) || (size & PAGE_MASK))
        status = ZX_ERR_INVALID_ARGS;
    else
        status = vmar_object_allocate(vmar_from_object(parent), options, offset, size,
                                      &child_vmar->object, &child_vmar->rights, &base);
    object_unref(parent);
    if (status == ZX_OK && user_write_one(child_addr, base) != ZX_OK) {
        // Somebody may have destroyed it already through the parent.
        (void)!vmar_destroy(vmar_from_object(child_vmar->object));
        object_unref(child_vmar->object);
        status = ZX_ERR_INVALID_ARGS;
    }
    return status;
}

zx_status_t sys_vmar_allocate_old(zx_handle_t parent_vmar, uint64_t offset, uint64_t size,
                                  uint32_t map_flags, struct handle_out *child_vmar,
                                  user_out_zx_vaddr_t child_addr)
{
    return sys_vmar_allocate(parent_vmar, map_flags, offset, size, child_vmar, child_addr);
}

zx_status_t sys_vmar_destroy(zx_handle_t handle)
{
    struct object *vmar;
    zx_status_t status = sys_lookup(handle, &vmar_object_ops, 0, &vmar);
    if (status != ZX_OK)
        return status;
    status = vmar_destroy(vmar_from_object(vmar));
    object_unref(vmar);
    return status;
}

// --- Mappings ----------------------------------------------------------------------------------

// The checks of section 10 from the MAP right to the late option bits. `allowed`: permissions that
// both handles give.
static zx_status_t check_map(uint32_t options, zx_rights_t vmo_rights, uint32_t allowed,
                             const struct vmo *vmo)
{
    uint32_t perms = options & PERM_BITS;
    if (!(vmo_rights & ZX_RIGHT_MAP))
        return ZX_ERR_ACCESS_DENIED;
    if (perms != 0 && !(perms & ZX_VM_PERM_READ))
        return ZX_ERR_INVALID_ARGS;
    if ((options & ZX_VM_MAP_RANGE) && (options & ZX_VM_SPECIFIC_OVERWRITE))
        return ZX_ERR_INVALID_ARGS;
    if (options & CAN_MAP_RWX)
        return ZX_ERR_INVALID_ARGS;
    if (perms & ~allowed)
        return ZX_ERR_ACCESS_DENIED;
    if (options & ~(MAP_BITS | MAP_BITS_LATE))
        return ZX_ERR_INVALID_ARGS;
    if ((options & ZX_VM_REQUIRE_NON_RESIZABLE) && vmo_is_resizable(vmo))
        return ZX_ERR_NOT_SUPPORTED;
    return options & MAP_BITS_LATE ? ZX_ERR_INVALID_ARGS : ZX_OK;
}

zx_status_t sys_vmar_map(zx_handle_t handle, zx_vm_option_t options, uint64_t vmar_offset,
                         zx_handle_t vmo, uint64_t vmo_offset, uint64_t len,
                         user_out_zx_vaddr_t mapped_addr)
{
    struct handle_table *table = &process_current()->handles;
    struct object *vmar_obj, *vmo_obj;
    zx_rights_t vmar_rights, vmo_rights;
    vaddr_t base;
    zx_status_t status = handle_lookup(table, handle, &vmar_object_ops, 0, &vmar_obj, &vmar_rights);
    if (unlikely(status != ZX_OK))
        return status;
    status = handle_lookup(table, vmo, &vmo_object_ops, 0, &vmo_obj, &vmo_rights);
    if (unlikely(status != ZX_OK))
        goto out_vmar;
    struct vmar *r = vmar_from_object(vmar_obj);
    struct vmo *v = vmo_from_object(vmo_obj);
    uint32_t allowed = perms_of_rights(vmar_rights & vmo_rights);
    status = check_map(options, vmo_rights, allowed, v);
    if (likely(status == ZX_OK))
        status = vmar_map(r, options, vmar_offset, v, vmo_offset, len, allowed, &base);
    if (likely(status == ZX_OK) && unlikely(user_write_one(mapped_addr, base) != ZX_OK)) {
        (void)!vmar_unmap(r, base, len); // fails only for what is gone, or the vDSO's code
        status = ZX_ERR_INVALID_ARGS;
    }
    object_unref(vmo_obj);
out_vmar:
    object_unref(vmar_obj);
    return status;
}

zx_status_t sys_vmar_map_old(zx_handle_t handle, uint64_t vmar_offset, zx_handle_t vmo,
                             uint64_t vmo_offset, uint64_t len, uint32_t map_flags,
                             user_out_zx_vaddr_t mapped_addr)
{
    return sys_vmar_map(handle, map_flags, vmar_offset, vmo, vmo_offset, len, mapped_addr);
}

zx_status_t sys_vmar_unmap(zx_handle_t handle, zx_vaddr_t addr, uint64_t len)
{
    struct object *vmar;
    zx_status_t status = sys_lookup(handle, &vmar_object_ops, 0, &vmar);
    if (unlikely(status != ZX_OK))
        return status;
    status = vmar_unmap(vmar_from_object(vmar), addr, len);
    object_unref(vmar);
    return status;
}

zx_status_t sys_vmar_protect(zx_handle_t handle, zx_vm_option_t options, zx_vaddr_t addr,
                             uint64_t len)
{
    struct object *vmar;
    zx_status_t status = sys_lookup(handle, &vmar_object_ops, rights_of_perms(options), &vmar);
    if (unlikely(status != ZX_OK))
        return status;
    status = vmar_protect(vmar_from_object(vmar), options, addr, len);
    object_unref(vmar);
    return status;
}

zx_status_t sys_vmar_protect_old(zx_handle_t handle, zx_vaddr_t addr, uint64_t len,
                                 uint32_t prot_flags)
{
    return sys_vmar_protect(handle, prot_flags, addr, len);
}
