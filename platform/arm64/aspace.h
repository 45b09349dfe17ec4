// SPDX-License-Identifier: MIT
// User translation tables, between the files that keep them: mmu.c maps, mmu_unmap.c unmaps and
// protects, mmu_tables.c makes, counts and frees tables and invalidates TLBs. Locks: [M] the caller's
// address-space lock, over everything here; the walkers of all CPUs read the tables at any time.
//
// Invariants:
//   M1  a valid entry changes to another valid one only in its permissions; anything else goes
//       through an invalid entry and a TLB invalidation (break-before-make);
//   M2  the count bits of a table entry tell how many valid entries its table has (pte.h);
//   M3  a table without valid entries is unlinked, except one at level 3, noted in idle_table, so
//       that mapping and unmapping the same page over and over makes no tables; tables above it are
//       not empty, since its own entry is valid;
//   M4  a table page is freed after the invalidation that followed its unlinking.
#pragma once

#include <hal/mmu.h>

#include "pte.h"

// The table that a table entry points to.
ALWAYS_INLINE uint64_t *table_of(uint64_t pte)
{
    return hal_phys_to_virt(pte & PTE_ADDRESS);
}

ALWAYS_INLINE bool is_table(uint64_t pte)
{
    return (pte & PTE_TABLE) != 0; // at levels 0 to 2; an invalid entry is 0
}

ALWAYS_INLINE uint64_t tlb_asid(struct hal_aspace *as)
{
    return atomic_load_explicit(&as->asid, memory_order_relaxed) & 0xffff000000000000;
}

ALWAYS_INLINE uint64_t tlb_page(vaddr_t va)
{
    return (va >> PAGE_SHIFT) & 0xfffffffffff;
}

// What has to be invalidated before anything may be reused. At most 64 pages by address.
#define GATHER_TABLES 16u
struct gather {
    struct hal_aspace *as;
    vaddr_t base;    // address of bit 0 of `pages`
    uint64_t pages;  // pages whose entry was valid
    bool everything; // more than that
    unsigned tables; // unlinked tables: an address below each, and its page
    vaddr_t table_va[GATHER_TABLES];
    paddr_t table_pa[GATHER_TABLES];
};

ALWAYS_INLINE void gather_page(struct gather *g, vaddr_t va)
{
    if (g->pages == 0)
        g->base = va;
    uint64_t bit = (va - g->base) >> PAGE_SHIFT;
    if (bit < 64)
        g->pages |= 1ul << bit;
    else
        g->everything = true;
}

// Attribute bits of an entry with this protection and memory type.
uint64_t aspace_attributes(unsigned prot);

// Invalidates what was gathered, on all CPUs, and frees the tables. An address space that never had
// an ASID is in nobody's TLB.
void aspace_flush(struct gather *g);

// The way to an address: the entry at each level. entry[l] is valid for l <= depth.
struct walk {
    uint64_t *entry[4];
    unsigned depth; // level of the last entry: it is no table
};

// Walks as far as there are tables.
void aspace_walk(struct hal_aspace *as, vaddr_t va, struct walk *w);
// Walks as far as there are tables, and makes those that are missing down to `level`, all or none.
// ZX_ERR_ALREADY_EXISTS: a block is in the way, at entry[2], which can be for level 3 only. ZX_ERR_NO_MEMORY.
zx_status_t aspace_walk_make(struct hal_aspace *as, vaddr_t va, unsigned level, struct walk *w)
    MUST_CHECK;
// Counts entries that became valid (or, negative, invalid) in the table behind entry[level].
ALWAYS_INLINE void count_add(struct walk *w, unsigned level, int64_t entries)
{
    uint64_t *entry = w->entry[level];
    pte_write(entry, pte_read(entry) + (uint64_t)entries * PTE_COUNT_ONE);
}

// Unlinks the empty level-3 table at va, and the tables above it that this leaves empty. Does nothing
// if there is no such table.
void aspace_prune(struct hal_aspace *as, vaddr_t va, struct gather *g);
// The level-3 table at va has become empty: it is kept, and the one kept before goes (M3).
void aspace_table_emptied(struct hal_aspace *as, vaddr_t va, struct gather *g);
// A level-2 block was removed: the tables above it may be empty now.
void aspace_block_removed(struct walk *w, vaddr_t va, struct gather *g);
// Replaces the block at entry[2] by a table of its pages, by break-before-make. Without memory for
// the table the whole block is unmapped: its other pages come back by faults.
void aspace_block_split(struct hal_aspace *as, struct walk *w, vaddr_t va);
