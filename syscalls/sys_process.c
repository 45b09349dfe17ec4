// SPDX-License-Identifier: MIT
// System calls of processes (spec 20 section 5).
#include "sys_priv.h"

#include <object/vmar_object.h>
#include <vm/aspace.h>

zx_status_t sys_process_create(zx_handle_t job, user_in_char name, size_t name_size,
                               uint32_t options, struct handle_out *proc_handle,
                               struct handle_out *vmar_handle)
{
    char buf[ZX_MAX_NAME_LEN];
    struct object *obj;
    if (options != 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = policy_check(ZX_POL_NEW_PROCESS);
    if (status != ZX_OK)
        return status;
    status = sys_copy_name(name, name_size, buf);
    if (status != ZX_OK)
        return status;
    status = sys_lookup_either(job, &job_ops, ZX_RIGHT_MANAGE_PROCESS, ZX_RIGHT_WRITE, &obj);
    if (status != ZX_OK)
        return status;
    proc_handle->rights = ZX_DEFAULT_PROCESS_RIGHTS;
    status = process_create(job_from_object(obj), buf, &proc_handle->object, &vmar_handle->object,
                            &vmar_handle->rights);
    object_unref(obj);
    return status;
}

// The handle checks and the start. *taken: arg1 has left the caller's table, for good.
static zx_status_t start_process(zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry,
                                 zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2, bool *taken)
{
    struct object *process, *uthread;
    struct handle arg;
    zx_status_t status = sys_lookup(handle, &process_ops, ZX_RIGHT_WRITE, &process);
    if (status != ZX_OK)
        return status;
    status = sys_lookup(thread, &uthread_ops, ZX_RIGHT_WRITE, &uthread);
    if (status != ZX_OK)
        goto out_process;
    struct process *p = process_from_object(process);
    struct uthread *t = uthread_from_object(uthread);
    status = ZX_ERR_ACCESS_DENIED;
    if (t->process != p)
        goto out_thread;
    status = handle_remove(&process_current()->handles, arg1, ZX_RIGHT_TRANSFER, &arg);
    *taken = status == ZX_OK;
    if (status == ZX_OK)
        status = process_start(p, t, entry, stack, arg, arg2);
out_thread:
    object_unref(uthread);
out_process:
    object_unref(process);
    return status;
}

zx_status_t sys_process_start(zx_handle_t handle, zx_handle_t thread, zx_vaddr_t entry,
                              zx_vaddr_t stack, zx_handle_t arg1, uintptr_t arg2)
{
    bool taken = false;
    zx_status_t status = start_process(handle, thread, entry, stack, arg1, arg2, &taken);
    // arg1 always leaves the caller's table. Once it has, its value may be another handle's.
    if (!taken)
        handle_discard(&process_current()->handles, &arg1, 1);
    return status;
}

void sys_process_exit(int64_t retcode)
{
    process_exit(retcode);
}

#define MEMORY_TRANSFER_MAX 67108864u // 64 MiB, spec 20 section 5

// What both directions check; on ZX_OK *out_vmo is referenced and *len clipped to the mapping.
static zx_status_t find_memory(zx_handle_t handle, zx_rights_t rights, zx_vaddr_t vaddr,
                               uintptr_t buffer, size_t *len, bool read, struct vmo **out_vmo,
                               uint64_t *out_offset)
{
    struct object *obj;
    size_t room;
    if (buffer == 0 || *len == 0 || *len > MEMORY_TRANSFER_MAX)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = sys_lookup(handle, &process_ops, rights, &obj);
    if (status != ZX_OK)
        return status;
    status = vm_aspace_find(process_from_object(obj)->aspace, vaddr, out_vmo, out_offset, &room);
    object_unref(obj);
    if (status != ZX_OK)
        return ZX_ERR_NO_MEMORY;
    if (hal_user_fault_in(buffer, *len, read) != ZX_OK) {
        vmo_release(*out_vmo);
        return ZX_ERR_INVALID_ARGS;
    }
    *len = MIN(*len, room);
    return ZX_OK;
}

// The VMO's answers in this call's order (spec 20 section 5): cache policy, range, kind.
static zx_status_t transfer_status(struct vmo *vmo, uint64_t offset, size_t len)
{
    if (vmo_cache_policy(vmo) != ZX_CACHE_POLICY_CACHED)
        return ZX_ERR_BAD_STATE;
    uint64_t size = vmo_size(vmo);
    if (offset > size || len > size - offset)
        return ZX_ERR_OUT_OF_RANGE;
    return vmo_is_physical(vmo) ? ZX_ERR_NOT_SUPPORTED : ZX_OK;
}

zx_status_t sys_process_read_memory(zx_handle_t handle, zx_vaddr_t vaddr, user_out_void buffer,
                                    size_t buffer_size, user_out_size_t actual)
{
    struct vmo *vmo;
    uint64_t offset;
    size_t len = buffer_size;
    zx_status_t status = find_memory(handle, ZX_RIGHT_READ | ZX_RIGHT_WRITE, vaddr, buffer.addr,
                                     &len, true, &vmo, &offset);
    if (status != ZX_OK)
        return status;
    status = transfer_status(vmo, offset, len);
    if (status == ZX_OK)
        status = vmo_read_user(vmo, buffer.addr, offset, len);
    vmo_release(vmo);
    return status == ZX_OK ? user_write_one(actual, len) : status;
}

zx_status_t sys_process_write_memory(zx_handle_t handle, zx_vaddr_t vaddr, user_in_void buffer,
                                     size_t buffer_size, user_out_size_t actual)
{
    struct vmo *vmo;
    uint64_t offset;
    size_t len = buffer_size;
    zx_status_t status = find_memory(handle, ZX_RIGHT_WRITE, vaddr, buffer.addr, &len, false, &vmo,
                                     &offset);
    if (status != ZX_OK)
        return status;
    // Its code runs in every process, whatever rights the caller has to this one.
    status = vmo_is_vdso(vmo) ? ZX_ERR_ACCESS_DENIED : transfer_status(vmo, offset, len);
    if (status == ZX_OK)
        status = vmo_write_user(vmo, buffer.addr, offset, len);
    // What was written may be code, mapped anywhere. Pages that are gone by now need nothing.
    if (status == ZX_OK) {
        zx_status_t ignored = vmo_cache_op(vmo, ZX_VMO_OP_CACHE_SYNC, offset, len);
        (void)ignored;
    }
    vmo_release(vmo);
    return status == ZX_OK ? user_write_one(actual, len) : status;
}
