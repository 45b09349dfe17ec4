// SPDX-License-Identifier: MIT
//
// Getting programs out of the initrd; the interface is in launch/launch.h. Files lie in a cpio
// archive at any offset, so a program cannot be mapped from where it is: it is copied into a VMO of
// its own, whose pages its code is then mapped from.
//
// No state.

#include <launch/launch.h>

#include <cpio/cpio.h>
#include <minilib/string.h>
#include <zircon/errors.h>
#include <zircon/syscalls.h>

// Of a file's VMO: it can be read and run, not changed.
#define FILE_RIGHTS \
    (ZX_RIGHTS_BASIC | ZX_RIGHT_READ | ZX_RIGHT_MAP | ZX_RIGHT_EXECUTE | ZX_RIGHT_GET_PROPERTY)

zx_status_t launch_map_file(zx_handle_t vmar, zx_handle_t vmo, const void **out_base,
                            size_t *out_size)
{
    uint64_t size;
    zx_vaddr_t base;
    zx_status_t status = zx_vmo_get_size(vmo, &size);

    if (status != ZX_OK) {
        return status;
    }
    *out_base = NULL;
    *out_size = 0;
    if (size == 0) {
        return ZX_OK;
    }
    status = zx_vmar_map(vmar, ZX_VM_PERM_READ, 0, vmo, 0, size, &base);
    if (status != ZX_OK) {
        return status;
    }
    *out_base = (const void *)base;
    *out_size = size;
    return ZX_OK;
}

// Words for a file that cannot be had.
static const char *find_reason(zx_status_t status)
{
    switch (status) {
    case ZX_ERR_NOT_FOUND: return "no such file in the initrd";
    case ZX_ERR_NOT_FILE: return "not a regular file";
    case ZX_ERR_INVALID_ARGS: return "not a path in the initrd";
    case ZX_ERR_IO_DATA_LOSS: return "not found before the place where the initrd is cut short";
    default: return "not found before the place where the initrd is corrupt";
    }
}

zx_status_t launch_open_file(const void *base, size_t size, const char *path, zx_handle_t *out_vmo,
                             const char **out_reason)
{
    struct cpio_entry entry;
    zx_status_t status = cpio_find(base, size, path, &entry);

    if (status != ZX_OK) {
        *out_reason = find_reason(status);
        return status;
    }
    status = zx_vmo_create(entry.size, 0, out_vmo);
    if (status == ZX_OK) {
        (void)zx_object_set_property(*out_vmo, ZX_PROP_NAME, path, strlen(path));
        status = zx_vmo_write(*out_vmo, entry.data, 0, entry.size);
        if (status == ZX_OK) {
            status = zx_handle_replace(*out_vmo, FILE_RIGHTS, out_vmo); // closed if that fails
        } else {
            zx_handle_close(*out_vmo);
        }
    }
    if (status != ZX_OK) {
        *out_vmo = ZX_HANDLE_INVALID;
    }
    *out_reason = status == ZX_OK ? NULL : "no memory for the file";
    return status;
}
