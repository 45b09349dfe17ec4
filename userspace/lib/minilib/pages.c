// SPDX-License-Identifier: MIT
//
// Memory in whole pages; the interface is in minilib/pages.h. The mapping alone keeps the memory
// alive: the handle of its VMO is closed at once.
//
// No state.

#include <minilib/pages.h>

#include <stdint.h>

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

void *pages_allocate(size_t size)
{
    zx_handle_t vmo;
    zx_vaddr_t address;

    if (zx_vmo_create(size, 0, &vmo) != ZX_OK) {
        return NULL;
    }
    zx_status_t status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0,
                                     vmo, 0, size, &address);

    zx_handle_close(vmo);
    return status == ZX_OK ? (void *)address : NULL;
}

void pages_free(void *memory, size_t size)
{
    if (memory != NULL) {
        (void)zx_vmar_unmap(zx_vmar_root_self(), (zx_vaddr_t)memory, size);
    }
}
