// SPDX-License-Identifier: MIT
// System calls of futexes (spec 12 section 2), with ownership as it is documented.
#include "sys_priv.h"

#include <hal/usercopy.h>
#include <object/futex.h>
#include <object/uthread.h>

static bool aligned(uintptr_t addr)
{
    return (addr & 3u) == 0;
}

// The thread that is to own a futex: *out with a reference, NULL for ZX_HANDLE_INVALID. It cannot be
// the caller if that is about to wait.
static zx_status_t look_up_owner(zx_handle_t handle, struct uthread **out)
{
    struct object *obj;
    *out = NULL;
    if (handle == ZX_HANDLE_INVALID)
        return ZX_OK;
    zx_status_t status = sys_lookup(handle, &uthread_ops, 0, &obj);
    if (status == ZX_OK)
        *out = uthread_from_object(obj);
    return status;
}

static void drop_owner(struct uthread *owner)
{
    if (owner != NULL)
        object_unref(&owner->obj);
}

zx_status_t sys_futex_wait(user_in_zx_futex_t value_ptr, zx_futex_t current_value,
                           zx_handle_t new_futex_owner, zx_time_t deadline)
{
    struct uthread *owner;
    if (!aligned(value_ptr.addr))
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = look_up_owner(new_futex_owner, &owner);
    if (status != ZX_OK)
        return status;
    if (owner == uthread_current()) {
        drop_owner(owner);
        return ZX_ERR_INVALID_ARGS;
    }
    return futex_wait(process_current(), value_ptr.addr, current_value, owner, deadline);
}

zx_status_t sys_futex_wait_deprecated(user_in_zx_futex_t value_ptr, int32_t current_value,
                                      zx_time_t deadline)
{
    return sys_futex_wait(value_ptr, current_value, ZX_HANDLE_INVALID, deadline);
}

static zx_status_t wake(user_in_zx_futex_t value_ptr, uint32_t count, bool hand_over)
{
    if (count == 0)
        return ZX_OK;
    if (!aligned(value_ptr.addr))
        return ZX_ERR_INVALID_ARGS;
    futex_wake(process_current(), value_ptr.addr, count, hand_over);
    return ZX_OK;
}

zx_status_t sys_futex_wake(user_in_zx_futex_t value_ptr, uint32_t wake_count)
{
    return wake(value_ptr, wake_count, false);
}

zx_status_t sys_futex_wake_single_owner(user_in_zx_futex_t value_ptr)
{
    return wake(value_ptr, 1, true);
}

// The four forms of requeue. `r` has everything but the owner.
static zx_status_t requeue(struct futex_requeue *r, zx_handle_t new_requeue_owner)
{
    if (r->to == 0 && r->requeue_count > 0)
        return ZX_ERR_INVALID_ARGS;
    zx_status_t status = look_up_owner(new_requeue_owner, &r->owner);
    if (status != ZX_OK)
        return status;
    // The word is judged before the addresses.
    status = futex_compare(r->from, r->current);
    if (status == ZX_OK) {
        status = ZX_ERR_INVALID_ARGS;
        if (r->from != r->to && aligned(r->from) && aligned(r->to))
            status = futex_requeue(process_current(), r);
    }
    drop_owner(r->owner);
    return status;
}

zx_status_t sys_futex_requeue(user_in_zx_futex_t value_ptr, uint32_t wake_count,
                              zx_futex_t current_value, user_in_zx_futex_t requeue_ptr,
                              uint32_t requeue_count, zx_handle_t new_requeue_owner)
{
    struct futex_requeue r = { .from = value_ptr.addr,
                               .to = requeue_ptr.addr,
                               .current = current_value,
                               .wake_count = wake_count,
                               .requeue_count = requeue_count };
    return requeue(&r, new_requeue_owner);
}

zx_status_t sys_futex_requeue_single_owner(user_in_zx_futex_t value_ptr, zx_futex_t current_value,
                                           user_in_zx_futex_t requeue_ptr, uint32_t requeue_count,
                                           zx_handle_t new_requeue_owner)
{
    struct futex_requeue r = { .from = value_ptr.addr,
                               .to = requeue_ptr.addr,
                               .current = current_value,
                               .wake_count = 1,
                               .requeue_count = requeue_count,
                               .hand_over = true };
    return requeue(&r, new_requeue_owner);
}

zx_status_t sys_futex_requeue_deprecated(user_in_zx_futex_t wake_ptr, uint32_t wake_count,
                                         int32_t current_value, user_in_zx_futex_t requeue_ptr,
                                         uint32_t requeue_count)
{
    return sys_futex_requeue(wake_ptr, wake_count, current_value, requeue_ptr, requeue_count,
                             ZX_HANDLE_INVALID);
}

zx_status_t sys_futex_get_owner(user_in_zx_futex_t value_ptr, user_out_zx_koid_t koid)
{
    uint32_t word;
    if (!aligned(value_ptr.addr) || hal_user_read_u32(&word, value_ptr.addr) != ZX_OK)
        return ZX_ERR_INVALID_ARGS;
    return user_write_one(koid, futex_get_owner(process_current(), value_ptr.addr));
}
