// SPDX-License-Identifier: MIT
//
// Kinds of IOMMU and their descriptors (spec 30 section 3).
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_IOMMU_TYPE_DUMMY ((uint32_t)0u)
#define ZX_IOMMU_TYPE_INTEL ((uint32_t)1u) // refused on ARM64

// Bytes.
#define ZX_IOMMU_MAX_DESC_LEN 4096

typedef struct zx_iommu_desc_dummy {
    uint8_t reserved;
} zx_iommu_desc_dummy_t;

#define ZX_IOMMU_INTEL_SCOPE_ENDPOINT ((uint8_t)0u)
#define ZX_IOMMU_INTEL_SCOPE_BRIDGE   ((uint8_t)1u)

typedef struct zx_iommu_desc_intel_scope {
    uint8_t type;
    uint8_t start_bus;
    uint8_t num_hops;
    uint8_t dev_func[5];
} zx_iommu_desc_intel_scope_t;

typedef struct zx_iommu_desc_intel_reserved_memory {
    uint64_t base_addr;
    uint64_t len;
    uint8_t scope_bytes; // of the scopes that follow
    uint8_t _reserved[7];
} zx_iommu_desc_intel_reserved_memory_t;

typedef struct zx_iommu_desc_intel {
    uint64_t register_base;
    uint16_t pci_segment;
    bool whole_segment;
    uint8_t scope_bytes;
    uint16_t reserved_memory_bytes;
    uint8_t _reserved[2];
} zx_iommu_desc_intel_t;

__ABI_SIZE(zx_iommu_desc_dummy_t, 1);
__ABI_SIZE(zx_iommu_desc_intel_scope_t, 8);
__ABI_SIZE(zx_iommu_desc_intel_reserved_memory_t, 24);
__ABI_SIZE(zx_iommu_desc_intel_t, 16);
__ABI_OFFSET(zx_iommu_desc_intel_t, reserved_memory_bytes, 12);

__END_CDECLS
