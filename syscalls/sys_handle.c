// SPDX-License-Identifier: MIT
// System calls on handles (spec 10 section 2).
#include "sys_priv.h"

zx_status_t sys_handle_close(zx_handle_t handle)
{
    return handle_close(handle);
}

#define CLOSE_BATCH 64u

zx_status_t sys_handle_close_many(user_in_zx_handle_t handles, size_t num_handles)
{
    zx_status_t status = ZX_OK;
    while (num_handles > 0 && !sys_killed()) {
        zx_handle_t batch[CLOSE_BATCH];
        size_t count = MIN(num_handles, (size_t)CLOSE_BATCH);
        if (user_copy_in(batch, handles, count) != ZX_OK)
            return status; // what was closed stays closed
        for (size_t i = 0; i < count; i++) {
            if (handle_close(batch[i]) != ZX_OK)
                status = ZX_ERR_BAD_HANDLE;
        }
        handles = user_advance(handles, count);
        num_handles -= count;
    }
    return status;
}

zx_status_t sys_handle_duplicate(zx_handle_t handle, zx_rights_t rights, user_out_zx_handle_t out)
{
    return handle_duplicate(handle, rights, out.addr);
}

static zx_status_t reduce_rights(struct handle *h, uint32_t rights)
{
    return handle_rights_reduce(h->rights, rights, &h->rights);
}

zx_status_t sys_handle_replace(zx_handle_t handle, zx_rights_t rights, user_out_zx_handle_t out)
{
    return handle_replace(handle, reduce_rights, rights, out.addr);
}
