// SPDX-License-Identifier: MIT
//
// Small helpers of the monitor's commands; the interface is in mon.h. No state.

#include "mon.h"

#include <minilib/console.h>
#include <minilib/string.h>
#include <zircon/limits.h>
#include <zircon/status.h>
#include <zircon/syscalls.h>

zx_koid_t object_koid(zx_handle_t handle)
{
    zx_info_handle_basic_t info;

    if (zx_object_get_info(handle, ZX_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL) !=
        ZX_OK) {
        return 0;
    }
    return info.koid;
}

void object_name(zx_handle_t handle, char *name)
{
    if (zx_object_get_property(handle, ZX_PROP_NAME, name, ZX_MAX_NAME_LEN) != ZX_OK) {
        name[0] = '\0';
    }
}

int report(const char *command, const char *what, zx_status_t status)
{
    console_printf("%s: %s: %s\n", command, what, zx_status_get_string(status));
    return STATUS_FAILED;
}
