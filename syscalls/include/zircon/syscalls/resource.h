// SPDX-License-Identifier: MIT
//
// Kinds and flags of resources (spec 30 section 1).
#pragma once

#include <zircon/types.h>

__BEGIN_CDECLS

#define ZX_RSRC_KIND_MMIO       ((zx_rsrc_kind_t)0u)
#define ZX_RSRC_KIND_IRQ        ((zx_rsrc_kind_t)1u)
#define ZX_RSRC_KIND_IOPORT     ((zx_rsrc_kind_t)2u)
#define ZX_RSRC_KIND_HYPERVISOR ((zx_rsrc_kind_t)3u)
#define ZX_RSRC_KIND_ROOT       ((zx_rsrc_kind_t)4u)
#define ZX_RSRC_KIND_VMEX       ((zx_rsrc_kind_t)5u)
#define ZX_RSRC_KIND_SMC        ((zx_rsrc_kind_t)6u)
#define ZX_RSRC_KIND_COUNT      ((zx_rsrc_kind_t)7u)

#define ZX_RSRC_FLAG_EXCLUSIVE ((zx_rsrc_flags_t)0x00010000u)
#define ZX_RSRC_FLAGS_MASK     ((zx_rsrc_flags_t)ZX_RSRC_FLAG_EXCLUSIVE)

// The options word of zx_resource_create() has the kind in its lower half, flags in the upper.
#define ZX_RSRC_EXTRACT_KIND(x)  ((x)&0x0000ffffu)
#define ZX_RSRC_EXTRACT_FLAGS(x) ((x)&0xffff0000u)

__END_CDECLS
