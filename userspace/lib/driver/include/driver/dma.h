// SPDX-License-Identifier: MIT
//
// Memory that a device sees. It stays pinned until it is unpinned here: if the process dies before,
// it goes to the quarantine of the BTI.

#ifndef DRIVER_DMA_H
#define DRIVER_DMA_H

#include <stddef.h>
#include <stdint.h>

#include <zircon/types.h>

#define DRIVER_DMA_PAGE 4096u

// Pinned pages of a VMO.
struct driver_pin {
    zx_handle_t pmt;
    uint32_t page_count;
    zx_paddr_t *addresses; // of each page, for the device
};

// Pins [0, size) of a VMO, whole pages, for reading and writing by the device. Statuses of
// zx_bti_pin(), ZX_ERR_NO_MEMORY.
zx_status_t driver_pin(zx_handle_t bti, zx_handle_t vmo, uint64_t size, struct driver_pin *out);

// Takes them from the device, which must have been told to let them be.
void driver_unpin(struct driver_pin *pin);

// Memory of the driver's own: zeros, mapped and pinned, for as long as the process lives.
struct driver_memory {
    void *data;
    struct driver_pin pin;
};

zx_status_t driver_allocate(zx_handle_t bti, uint64_t size, struct driver_memory *out);

#endif
