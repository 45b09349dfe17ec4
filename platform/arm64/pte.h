// SPDX-License-Identifier: MIT
// Translation tables: 4 KiB granule, 48-bit addresses, four levels (0 to 3), stage 1 of EL1&0.
#pragma once

#include <hal/types.h>

#define PTE_VALID    (1ul << 0)
#define PTE_TABLE    (1ul << 1) // levels 0-2: a table, not a block; level 3: must be set
#define PTE_ATTR(n)  ((uint64_t)(n) << 2)
#define PTE_AP_USER  (1ul << 6) // EL0 may access
#define PTE_AP_RO    (1ul << 7)
#define PTE_SH_INNER (3ul << 8)
#define PTE_AF       (1ul << 10)
#define PTE_NG       (1ul << 11) // tagged by the ASID
#define PTE_PXN      (1ul << 53)
#define PTE_UXN      (1ul << 54)
#define PTE_ADDRESS  0x0000fffffffff000ul
#define PTE_PAGE     (PTE_VALID | PTE_TABLE)
#define PTE_BLOCK    PTE_VALID

// Bits 11:2 of a table descriptor are ignored by the hardware. User tables keep there how many
// entries of the table it points to are valid, so that an empty table is known without a scan.
#define PTE_COUNT_ONE  (1ul << 2)
#define PTE_COUNT_MASK (0x3fful << 2)

// Indices into MAIR_EL1.
#define ATTR_NORMAL   0
#define ATTR_DEVICE   1 // nGnRE
#define ATTR_UNCACHED 2 // Normal non-cacheable; also what write-combining asks for
#define ATTR_STRICT   3 // nGnRnE
#define MAIR_VALUE    (0xfful << 0 | 0x04ul << 8 | 0x44ul << 16 | 0x00ul << 24)

#define TABLE_ENTRIES          512u
#define LEVEL_SHIFT(level)     (39u - 9u * (level))
#define TABLE_INDEX(va, level) (((va) >> LEVEL_SHIFT(level)) & (TABLE_ENTRIES - 1))
#define BLOCK_2M               (1ul << 21)
#define BLOCK_1G               (1ul << 30)

// Kernel memory: global, never executable at EL0.
#define PTE_KERNEL_COMMON (PTE_VALID | PTE_AF | PTE_SH_INNER | PTE_UXN)
#define PTE_KERNEL_RW     (PTE_KERNEL_COMMON | PTE_ATTR(ATTR_NORMAL) | PTE_PXN)
#define PTE_KERNEL_RO     (PTE_KERNEL_RW | PTE_AP_RO)
#define PTE_KERNEL_RX     (PTE_KERNEL_COMMON | PTE_ATTR(ATTR_NORMAL) | PTE_AP_RO)
#define PTE_KERNEL_DEVICE (PTE_KERNEL_COMMON | PTE_ATTR(ATTR_DEVICE) | PTE_PXN)

// Entries are read by the walkers of all CPUs at any time: each access is one load or store.
ALWAYS_INLINE uint64_t pte_read(const uint64_t *pte)
{
    return *(const volatile uint64_t *)pte;
}

ALWAYS_INLINE void pte_write(uint64_t *pte, uint64_t value)
{
    *(volatile uint64_t *)pte = value;
}
