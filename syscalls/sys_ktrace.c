// SPDX-License-Identifier: MIT
// System calls of the kernel's trace (spec 31 section 5).
#include "sys_priv.h"

#include <object/ktrace.h>

zx_status_t sys_ktrace_read(zx_handle_t handle, user_out_void data, uint32_t offset,
                            size_t data_size, user_out_size_t actual)
{
    zx_status_t status = sys_check_root(handle);
    if (status != ZX_OK)
        return status;
    size_t available, size = 0;
    const char *from = ktrace_data(&available);
    if (user_is_null(data))
        return user_write_one(actual, available);
    if (offset < available) {
        size = MIN(data_size, available - offset);
        status = user_copy_out(data, (const void *)(from + offset), size);
    }
    return status == ZX_OK ? user_write_one(actual, size) : status;
}

#define PROBE_NAME_BYTES 31u // that are read, whatever the name's length

static zx_status_t new_probe(user_inout_void ptr)
{
    char name[KTRACE_NAME_MAX] = {0};
    uint32_t id;
    zx_status_t status = user_copy_in((void *)name, user_cast(user_in_void, ptr), PROBE_NAME_BYTES);
    if (status == ZX_OK)
        status = ktrace_probe_id(name, &id);
    return status == ZX_OK ? (zx_status_t)id : status;
}

zx_status_t sys_ktrace_control(zx_handle_t handle, uint32_t action, uint32_t options,
                               user_inout_void ptr)
{
    zx_status_t status = sys_check_root(handle);
    if (status != ZX_OK)
        return status;
    switch (action) {
    case KTRACE_ACTION_START: return ktrace_start(options);
    case KTRACE_ACTION_STOP: ktrace_stop(); return ZX_OK;
    case KTRACE_ACTION_REWIND: ktrace_rewind(); return ZX_OK;
    case KTRACE_ACTION_NEW_PROBE: return new_probe(ptr);
    default: return ZX_ERR_INVALID_ARGS;
    }
}

zx_status_t sys_ktrace_write(zx_handle_t handle, uint32_t id, uint32_t arg0, uint32_t arg1)
{
    zx_status_t status = sys_check_root(handle);
    if (status != ZX_OK)
        return status;
    return id <= KTRACE_PROBE_MAX ? ktrace_probe(id, arg0, arg1) : ZX_ERR_INVALID_ARGS;
}
