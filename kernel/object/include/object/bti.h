// SPDX-License-Identifier: MIT
// Memory for devices (spec 30 section 3): IOMMU objects, of which there is only the dummy one,
// BTIs, which stand for a device's view of memory, and PMTs, which stand for pages that are pinned
// for it.
#pragma once

#include <object/object.h>

#define BTI_MINIMUM_CONTIGUITY 4096u
#define BTI_ASPACE_SIZE        UINT64_MAX

extern const struct object_ops iommu_ops;
extern const struct object_ops bti_ops;
extern const struct object_ops pmt_ops;

// The dummy IOMMU: devices see physical addresses. ZX_ERR_NO_MEMORY.
zx_status_t iommu_create_dummy(struct object **out) MUST_CHECK;

// ZX_ERR_NO_MEMORY. `id` is the driver's name for the device and shows in the log only.
zx_status_t bti_create(uint64_t id, struct object **out) MUST_CHECK;

// Commits and pins [offset, offset + size) of a VMO, whole pages, for the device. In order:
// ZX_ERR_OUT_OF_RANGE beyond the VMO's end; ZX_ERR_NO_MEMORY; what committing a pager's pages can
// end with; ZX_ERR_UNAVAILABLE a page is pinned too often; ZX_ERR_BAD_STATE the BTI has no handles
// any more, or the pages were taken away again and again.
zx_status_t bti_pin(struct object *bti, struct object *vmo, uint64_t offset, uint64_t size,
                    struct object **out_pmt) MUST_CHECK;

// Gives the pages of a PMT back that nobody was shown yet, and the reference.
void pmt_abandon(struct object *pmt);

// The device's address of page `index` of the pinned range.
paddr_t pmt_address(struct object *pmt, uint64_t index);

// Takes the pages from the device and lets them go. Once; later calls do nothing.
void pmt_unpin(struct object *pmt);

// Lets go of what was pinned by PMTs that were closed without pmt_unpin().
void bti_release_quarantine(struct object *bti);
