// SPDX-License-Identifier: MIT
// ARM64 part of <hal/mmu.h>: the direct map and the state of a user address space.
#pragma once

#include <hal/types.h>

#define USER_MAP_END USER_END

// All RAM is mapped at this address plus its physical address. Both directions are one instruction.
#define PLAT_DIRECT_MAP 0xffff000000000000ul

ALWAYS_INLINE void *hal_phys_to_virt(paddr_t pa)
{
    return (void *)(pa | PLAT_DIRECT_MAP);
}

ALWAYS_INLINE paddr_t hal_virt_to_phys(const void *va)
{
    return (paddr_t)(uintptr_t)va & ~PLAT_DIRECT_MAP;
}

// Zeroes one page (4 KiB aligned) by DC ZVA where the CPU allows it.
void arm64_zero_page(void *page);

ALWAYS_INLINE void hal_zero_page(void *page)
{
    arm64_zero_page(page);
}

// A user address space. Locks: [M] the address-space lock of the caller, [A] the ASID lock,
// [I] fixed after init, [a] atomic.
struct hal_aspace {
    uint64_t *root;        // [I] level-0 table, a direct-map address
    _Atomic uint64_t asid; // [a] ASID above its generation, see asid.c. Written under [A]
    size_t table_pages;    // [M] pages in use by tables, the root included
    vaddr_t idle_table;    // [M] address under an empty level-3 table that is kept; 0: none
};
