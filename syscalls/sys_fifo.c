// SPDX-License-Identifier: MIT
// System calls of FIFOs (spec 11 section 3).
#include "sys_priv.h"

#include <object/fifo.h>

zx_status_t sys_fifo_create(size_t elem_count, size_t elem_size, uint32_t options,
                            struct handle_out *out0, struct handle_out *out1)
{
    zx_status_t status = policy_check(ZX_POL_NEW_FIFO);
    if (status != ZX_OK)
        return status;
    out0->rights = out1->rights = ZX_DEFAULT_FIFO_RIGHTS;
    status = fifo_create(elem_count, elem_size, &out0->object, &out1->object);
    if (status == ZX_OK && options != 0) {
        // A bad size wins over a bad option.
        object_unref(out0->object);
        object_unref(out1->object);
        out0->object = out1->object = NULL;
        status = ZX_ERR_INVALID_ARGS;
    }
    return status;
}

zx_status_t sys_fifo_write(zx_handle_t handle, size_t elem_size, user_in_void data, size_t count,
                           user_out_size_t actual_count)
{
    return fifo_write_user(handle, elem_size, data.addr, count, actual_count.addr);
}

zx_status_t sys_fifo_read(zx_handle_t handle, size_t elem_size, user_out_void data, size_t count,
                          user_out_size_t actual_count)
{
    return fifo_read_user(handle, elem_size, data.addr, count, actual_count.addr);
}
