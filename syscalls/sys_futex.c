// SPDX-License-Identifier: MIT
// System calls of futexes (spec 12 section 2). Ownership is as in the reference of December 2018: no
// owner can be named, and none is ever reported.
#include "sys_priv.h"

#include <object/futex.h>

static bool aligned(uintptr_t addr)
{
    return (addr & 3u) == 0;
}

zx_status_t sys_futex_wait(user_in_zx_futex_t value_ptr, zx_futex_t current_value,
                           zx_handle_t new_futex_owner, zx_time_t deadline)
{
    if (!aligned(value_ptr.addr) || new_futex_owner != ZX_HANDLE_INVALID)
        return ZX_ERR_INVALID_ARGS;
    return futex_wait(process_current(), value_ptr.addr, current_value, deadline);
}

zx_status_t sys_futex_wait_deprecated(user_in_zx_futex_t value_ptr, int32_t current_value,
                                      zx_time_t deadline)
{
    return sys_futex_wait(value_ptr, current_value, ZX_HANDLE_INVALID, deadline);
}

zx_status_t sys_futex_wake(user_in_zx_futex_t value_ptr, uint32_t wake_count)
{
    if (wake_count == 0)
        return ZX_OK;
    if (!aligned(value_ptr.addr))
        return ZX_ERR_INVALID_ARGS;
    futex_wake(process_current(), value_ptr.addr, wake_count);
    return ZX_OK;
}

zx_status_t sys_futex_wake_single_owner(user_in_zx_futex_t value_ptr)
{
    return sys_futex_wake(value_ptr, 1);
}

zx_status_t sys_futex_requeue(user_in_zx_futex_t value_ptr, uint32_t wake_count,
                              zx_futex_t current_value, user_in_zx_futex_t requeue_ptr,
                              uint32_t requeue_count, zx_handle_t new_requeue_owner)
{
    if (user_is_null(requeue_ptr) && requeue_count > 0)
        return ZX_ERR_INVALID_ARGS;
    if (new_requeue_owner != ZX_HANDLE_INVALID)
        return ZX_ERR_INVALID_ARGS;
    // The word is judged before the addresses.
    zx_status_t status = futex_compare(value_ptr.addr, current_value);
    if (status != ZX_OK)
        return status;
    if (value_ptr.addr == requeue_ptr.addr || !aligned(value_ptr.addr) ||
        !aligned(requeue_ptr.addr))
        return ZX_ERR_INVALID_ARGS;
    return futex_requeue(process_current(), value_ptr.addr, wake_count, current_value,
                         requeue_ptr.addr, requeue_count);
}

zx_status_t sys_futex_requeue_single_owner(user_in_zx_futex_t value_ptr, zx_futex_t current_value,
                                           user_in_zx_futex_t requeue_ptr, uint32_t requeue_count,
                                           zx_handle_t new_requeue_owner)
{
    return sys_futex_requeue(value_ptr, 1, current_value, requeue_ptr, requeue_count,
                             new_requeue_owner);
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
    (void)value_ptr;
    return user_write_one(koid, ZX_KOID_INVALID);
}
