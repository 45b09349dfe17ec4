// SPDX-License-Identifier: MIT
// System calls for what only PCs have (spec 30 section 6, spec 31 section 6), and for the frame buffer of
// a kernel console, of which this kernel has none.
#include "sys_priv.h"

#include <object/vmo_object.h>

zx_status_t sys_ioports_request(zx_handle_t resource UNUSED, uint16_t io_addr UNUSED,
                                uint32_t len UNUSED)
{
    return ZX_ERR_NOT_SUPPORTED;
}

zx_status_t sys_pc_firmware_tables(zx_handle_t handle, user_out_zx_paddr_t acpi_rsdp UNUSED,
                                   user_out_zx_paddr_t smbios UNUSED)
{
    zx_status_t status = sys_check_root(handle);
    return status == ZX_OK ? ZX_ERR_NOT_SUPPORTED : status;
}

zx_status_t sys_framebuffer_get_info(zx_handle_t resource, user_out_uint32_t format UNUSED,
                                     user_out_uint32_t width UNUSED,
                                     user_out_uint32_t height UNUSED,
                                     user_out_uint32_t stride UNUSED)
{
    zx_status_t status = sys_check_root(resource);
    return status == ZX_OK ? ZX_ERR_NOT_SUPPORTED : status;
}

zx_status_t sys_framebuffer_set_range(zx_handle_t resource, zx_handle_t vmo, uint32_t len UNUSED,
                                      uint32_t format UNUSED, uint32_t width UNUSED,
                                      uint32_t height UNUSED, uint32_t stride UNUSED)
{
    struct object *obj;
    zx_status_t status = sys_check_root(resource);
    if (status != ZX_OK || vmo == ZX_HANDLE_INVALID) // there is no display to drop
        return status;
    status = sys_lookup(vmo, &vmo_object_ops, 0, &obj);
    if (status != ZX_OK)
        return status;
    object_unref(obj);
    return ZX_ERR_NOT_SUPPORTED;
}

// Instruction traces and performance counters: both kinds are those of x86.
zx_status_t sys_mtrace_control(zx_handle_t handle, uint32_t kind UNUSED, uint32_t action UNUSED,
                               uint32_t options UNUSED, user_inout_void ptr UNUSED,
                               size_t ptr_size UNUSED)
{
    zx_status_t status = sys_check_root(handle);
    return status == ZX_OK ? ZX_ERR_INVALID_ARGS : status;
}
