// SPDX-License-Identifier: MIT
// Tables of user address spaces: making, counting, splitting and freeing them, TLB invalidation.
//
// Interface, locks and invariants: aspace.h.
#include "aspace.h"

#include <arm64/sysreg.h>
#include <hal/upcall.h>

void aspace_flush(struct gather *g)
{
    if ((g->pages | g->tables) == 0)
        return;
    // The entries are changed in memory before the invalidation, and before the ASID is read.
    dsb(ishst);
    uint64_t asid = tlb_asid(g->as);
    if (g->everything) {
        __asm__ volatile("tlbi aside1is, %0" ::"r"(asid) : "memory");
    } else {
        vaddr_t va = g->base;
        for (uint64_t pages = g->pages; pages != 0; pages >>= 1, va += PAGE_SIZE) {
            if (pages & 1)
                __asm__ volatile("tlbi vale1is, %0" ::"r"(asid | tlb_page(va)) : "memory");
        }
        // The walk caches' copies of table entries go by the form that is not "last level".
        for (unsigned i = 0; i < g->tables; i++)
            __asm__ volatile("tlbi vae1is, %0" ::"r"(asid | tlb_page(g->table_va[i])) : "memory");
    }
    dsb(ish); // done on all CPUs
    for (unsigned i = 0; i < g->tables; i++)
        kernel_user_table_free(g->as, g->table_pa[i]);
    g->as->table_pages -= g->tables;
    g->tables = 0;
    g->pages = 0;
    g->everything = false;
}

void aspace_walk(struct hal_aspace *as, vaddr_t va, struct walk *w)
{
    uint64_t *table = as->root;
    for (unsigned level = 0;; level++) {
        w->entry[level] = &table[TABLE_INDEX(va, level)];
        w->depth = level;
        uint64_t value = pte_read(w->entry[level]);
        if (level == 3 || !is_table(value))
            return;
        table = table_of(value);
    }
}

// Unlinks the empty table behind entry[level].
static void table_unlink(struct walk *w, unsigned level, vaddr_t va, struct gather *g)
{
    if (g->tables == GATHER_TABLES)
        aspace_flush(g);
    g->table_va[g->tables] = va;
    g->table_pa[g->tables++] = pte_read(w->entry[level]) & PTE_ADDRESS;
    pte_write(w->entry[level], 0);
    if (level > 0)
        count_add(w, level - 1, -1);
}

zx_status_t aspace_walk_make(struct hal_aspace *as, vaddr_t va, unsigned level, struct walk *w)
{
    aspace_walk(as, va, w);
    if (w->depth < level && pte_read(w->entry[w->depth]) != 0)
        return ZX_ERR_ALREADY_EXISTS;
    unsigned made_from = w->depth;
    while (w->depth < level) {
        paddr_t pa = kernel_user_table_alloc(as);
        if (pa == 0) {
            struct gather g = {.as = as};
            while (w->depth > made_from)
                table_unlink(w, --w->depth, va, &g);
            aspace_flush(&g);
            return ZX_ERR_NO_MEMORY;
        }
        as->table_pages++;
        // The table's zeroes come before the way to them.
        dmb(ishst);
        pte_write(w->entry[w->depth], pa | PTE_PAGE);
        if (w->depth > 0)
            count_add(w, w->depth - 1, 1);
        w->depth++;
        uint64_t *table = hal_phys_to_virt(pa);
        w->entry[w->depth] = &table[TABLE_INDEX(va, w->depth)];
    }
    return ZX_OK;
}

void aspace_prune(struct hal_aspace *as, vaddr_t va, struct gather *g)
{
    struct walk w;

    aspace_walk(as, va, &w);
    if (w.depth < 3 || (pte_read(w.entry[2]) & PTE_COUNT_MASK) != 0)
        return;
    for (unsigned level = 2;; level--) {
        table_unlink(&w, level, va, g);
        if (level == 0 || (pte_read(w.entry[level - 1]) & PTE_COUNT_MASK) != 0)
            return;
    }
}

void aspace_table_emptied(struct hal_aspace *as, vaddr_t va, struct gather *g)
{
    vaddr_t block = ROUND_DOWN(va, BLOCK_2M);
    vaddr_t before = as->idle_table;

    as->idle_table = block;
    if (before != 0 && before != block)
        aspace_prune(as, before, g);
}

void aspace_block_removed(struct walk *w, vaddr_t va, struct gather *g)
{
    count_add(w, 1, -1);
    for (unsigned level = 1;; level--) {
        if ((pte_read(w->entry[level]) & PTE_COUNT_MASK) != 0)
            return;
        table_unlink(w, level, va, g);
        if (level == 0)
            return;
    }
}

void aspace_block_split(struct hal_aspace *as, struct walk *w, vaddr_t va)
{
    struct gather g = {.as = as};
    uint64_t block = pte_read(w->entry[2]);
    paddr_t pa = kernel_user_table_alloc(as);

    if (pa != 0) {
        uint64_t *table = hal_phys_to_virt(pa);
        for (unsigned i = 0; i < TABLE_ENTRIES; i++)
            pte_write(&table[i], (block | PTE_TABLE) + i * PAGE_SIZE);
        as->table_pages++;
    }
    pte_write(w->entry[2], 0);
    gather_page(&g, ROUND_DOWN(va, BLOCK_2M));
    aspace_flush(&g); // also orders the new table before the way to it
    if (pa != 0) {
        pte_write(w->entry[2], pa | PTE_PAGE | TABLE_ENTRIES * PTE_COUNT_ONE);
        dsb(ishst); // visible to the walkers before anybody relies on it
    } else {
        aspace_block_removed(w, va, &g);
        aspace_flush(&g);
    }
}
