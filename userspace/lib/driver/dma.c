// SPDX-License-Identifier: MIT
//
// Memory for devices; the interface is in driver/dma.h.

#include <driver/dma.h>

#include <stdlib.h>

#include <zircon/errors.h>
#include <zircon/process.h>
#include <zircon/syscalls.h>

zx_status_t driver_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t size, struct driver_pin *out)
{
    size_t count = size / DRIVER_DMA_PAGE;
    zx_paddr_t *addresses =
        count != 0 && count <= UINT32_MAX ? calloc(count, sizeof(*addresses)) : NULL;

    if (addresses == NULL) {
        return count == 0 ? ZX_ERR_INVALID_ARGS : ZX_ERR_NO_MEMORY;
    }
    zx_status_t status = zx_bti_pin(bti, ZX_BTI_PERM_READ | ZX_BTI_PERM_WRITE, vmo, 0, size,
                                    addresses, count, &out->pmt);

    if (status != ZX_OK) {
        free(addresses);
        return status;
    }
    out->page_count = (uint32_t)count;
    out->addresses = addresses;
    return ZX_OK;
}

void driver_unpin(struct driver_pin *pin)
{
    (void)zx_pmt_unpin(pin->pmt);
    free(pin->addresses);
    *pin = (struct driver_pin){0};
}

zx_status_t driver_allocate(zx_handle_t bti, uint64_t size, struct driver_memory *out)
{
    zx_handle_t vmo;
    zx_vaddr_t address;
    zx_status_t status = zx_vmo_create(size, 0, &vmo);

    if (status != ZX_OK) {
        return status;
    }
    status = driver_pin(bti, vmo, size, &out->pin);
    if (status == ZX_OK) {
        status = zx_vmar_map(zx_vmar_root_self(), ZX_VM_PERM_READ | ZX_VM_PERM_WRITE, 0, vmo, 0,
                             size, &address);
        if (status != ZX_OK) {
            driver_unpin(&out->pin);
        }
    }
    zx_handle_close(vmo);
    if (status == ZX_OK) {
        out->data = (void *)address;
    }
    return status;
}
